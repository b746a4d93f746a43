"""`rearrange`, `reduce` and `repeat` against einops, `einsum` against torch."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoken import agree, agree_at_other_sizes, check, inputs_of

X, Y, N, T = "real[4, 6]", "real[2, 8, 6]", "int[4, 6]", "bool[4, 6]"
IMAGE = "unit[2, 3, 8, 6]"

CASES = [
    ('rearrange(x, "b c -> c b")', "x: prob[4, 6]"),
    ('rearrange(x, "b (h d) t -> b h t d", h=4)', f"x: {Y}"),
    ('rearrange(x, "b (h d) t -> b h t d", h=3)', f"x: {Y}"),
    ('rearrange(x, "b (h d) t -> b h t d", h=2, d=4)', f"x: {Y}"),
    ('rearrange(x, "b (h d) t -> b h t d", h=2, d=3)', f"x: {Y}"),
    ('rearrange(x, "b (h d) t -> b h t d")', f"x: {Y}"),
    ('rearrange(x, "b c (h p) (w q) -> b (h w) (p q c)", p=2, q=3)', f"x: {IMAGE}"),
    ('rearrange(x, "b ... -> ... b")', f"x: {IMAGE}"),
    ('rearrange(x, "b ... w -> b (...) w")', f"x: {IMAGE}"),
    ('rearrange(x, "b (...) -> b ...")', f"x: {X}"),
    ('rearrange(x, "b c -> b c 1")', f"x: {X}"),
    ('rearrange(x, "b 1 c -> b c")', "x: real[4, 1, 6]"),
    ('rearrange(x, "b 1 c -> b c")', f"x: {Y}"),
    ('rearrange(x, "b () c -> (b c)")', "x: real[4, 1, 6]"),
    ('rearrange(x, "b c -> b")', f"x: {X}"),
    ('rearrange(x, "b -> b c")', "x: real[4]"),
    ('rearrange(x, "b c d -> b d c")', f"x: {X}"),
    ('rearrange(x, "b c -> b c c")', f"x: {X}"),
    ('rearrange(x, "b b -> b")', f"x: {X}"),
    ('rearrange(x, "b (c 2) -> b c 2")', f"x: {X}"),
    ('rearrange(x, "b c -> c b", c=6)', f"x: {X}"),
    ('rearrange(x, "b c -> c b", c=5)', f"x: {X}"),
    ('rearrange(x, "b c -> c b", d=5)', f"x: {X}"),
    ('rearrange(x, "b c")', f"x: {X}"),
    ('rearrange(x, "b c -> c -> b")', f"x: {X}"),
    ('rearrange(x, "b (c -> b c")', f"x: {X}"),
    ('rearrange(x, "b ((c) d) -> b c d")', f"x: {X}"),
    ('rearrange(x, "b c) -> b c")', f"x: {X}"),
    ('rearrange(x, "b . -> b")', f"x: {X}"),
    ('rearrange(x, "... ... -> ...")', f"x: {X}"),
    ('rearrange(x, "b c -> b ... c")', f"x: {X}"),
    ('rearrange(x, "b _c -> _c b")', f"x: {X}"),
    ('rearrange(x, "b c* -> c* b")', f"x: {X}"),
    ('rearrange(x, "b 0 -> b 0")', f"x: {X}"),
    ('rearrange([x, x], "n b c -> b (n c)")', f"x: {X}"),
    ('rearrange([x, y], "n b c -> b (n c)")', f"x: {X}; y: {Y}"),
    ('reduce(x, "b c h w -> b c", "mean")', f"x: {IMAGE}"),
    ('reduce(x, "b c (h 2) (w 3) -> b c h w", "max")', f"x: {IMAGE}"),
    ('reduce(x, "b c (h 2) (w 4) -> b c h w", "max")', f"x: {IMAGE}"),
    ('reduce(x, "b c (h p) (w q) -> b h w c", "sum", p=2, q=2)', f"x: {IMAGE}"),
    ('reduce(x, "b ... -> b", "min")', f"x: {IMAGE}"),
    ('reduce(x, "b c -> b 1", "prod")', f"x: {X}"),
    ('reduce(x, "b c -> ", "sum")', f"x: {N}"),
    ('reduce(x, "b c -> b", "mean")', f"x: {N}"),
    ('reduce(x, "b c -> b", "any")', f"x: {T}"),
    ('reduce(x, "b c -> b", "median")', f"x: {X}"),
    ('reduce(x, "b c -> b d", "sum")', f"x: {X}"),
    ('repeat(x, "b c -> b c k", k=3)', f"x: {X}"),
    ('repeat(x, "b c -> (k b) c", k=2)', "x: prob[4, 6]"),
    ('repeat(x, "b c -> b (c 2)")', f"x: {X}"),
    ('repeat(x, "b c -> b c k")', f"x: {X}"),
    ('repeat(x, "b c -> b", c=6)', f"x: {X}"),
    ('repeat(x, "b ... -> 3 b ...")', f"x: {IMAGE}"),
    ('einsum("b i d, b j d -> b i j", x, x)', f"x: {Y}"),
    ('einsum("...ij,...jk->...ik", x, y)', f"x: {Y}; y: real[6, 3]"),
    ('einsum("b...->...b", x)', f"x: {IMAGE}"),
    ('einsum("...i,...i", x, x)', f"x: {Y}"),
    ('einsum("...i->i", x)', f"x: {X}"),
    ('einsum("bi,bi", x, x)', f"x: {X}"),
    ('einsum("ii->i", x)', "x: real[3, 3]"),
    ('einsum("bi,ij->bj", x, x)', f"x: {X}"),
    ('einsum("bi,ij->bk", x, x)', "x: real[6, 6]"),
    ('einsum("bi,bj->bb", x, x)', f"x: {X}"),
    ('einsum("bi,bi,bi->b", x, x)', f"x: {X}"),
    ('einsum("b1->b", x)', f"x: {X}"),
    ('einsum("batch i -> i", x)', f"x: {X}"),
    ('einsum("bij->b", x)', f"x: {X}"),
    ('einsum("..bi->b", x)', f"x: {X}"),
]


@pytest.mark.parametrize(("call", "given"), CASES)
def test_netspec_and_einops_agree(call: str, given: str) -> None:
    agree(call, given)


@pytest.mark.parametrize(("call", "given"), CASES)
def test_they_agree_at_other_sizes(call: str, given: str) -> None:
    agree_at_other_sizes(call, given)


@st.composite
def patterns(draw: st.DrawFn) -> tuple[str, str]:
    """A call of `rearrange` on a tensor; about half of them fit."""
    names = draw(st.permutations(["a", "b", "c", "d", "..."]))[: draw(st.integers(1, 5))]

    def side(order: list[str]) -> str:
        text, opened = "", False
        for name in order:
            if not opened and name != "..." and draw(st.booleans()):
                text, opened = text + "(", True
            text += name + " "
            if opened and draw(st.booleans()):
                text, opened = text.rstrip() + ") ", False
        return text.rstrip() + (")" if opened else "")

    left, right = side(list(names)), side(list(draw(st.permutations(names))))
    sizes = draw(st.dictionaries(st.sampled_from("abcd"), st.integers(1, 4), max_size=3))
    shape = draw(st.lists(st.sampled_from([1, 2, 3, 4, 6, 12]), min_size=1, max_size=5))
    named = "".join(f", {name}={size}" for name, size in sizes.items())
    return f'rearrange(x, "{left} -> {right}"{named})', f"x: real{shape}"


@given(patterns())
@settings(max_examples=300)
def test_random_patterns_agree(case: tuple[str, str]) -> None:
    agree(*case)


@pytest.mark.parametrize(
    ("call", "given", "wanted"),
    [
        ('rearrange(x, "b (h d) t -> b h t d", h=8)', "x: real[B, 96, T]", "real[B, 8, T, 12]"),
        ('rearrange(x, "b (t p) c -> b t (p c)", p=4)', "x: real[B, T, 5]", "real[B, T // 4, 20]"),
        ('rearrange(x, "b t c -> (b t) c")', "x: real[B, T, 5]", "real[B*T, 5]"),
        ('rearrange(x, "(b t) c -> b t c", t=T)', "x: real[B, 3]; y: real[B, T]", ""),
        ('reduce(x, "b c (h 2) -> b c h", "mean")', "x: unit[B, 3, H]", "unit[B, 3, H // 2]"),
        ('repeat(x, "c -> b c", b=B)', "x: real[5]; y: real[B, 2]", "real[B, 5]"),
        ('einsum("b i d, b j d -> b i j", x, x)', "x: real[B, T, 5]", "real[B, T, T]"),
    ],
)
def test_sizes_not_yet_known(call: str, given: str, wanted: str) -> None:
    more = "\n  output z, y" if "y:" in given else ""
    spoken = check(f"z = {call}{more}" if more else call, inputs_of(given))
    if wanted:
        assert str(spoken.outputs[0]) == wanted, spoken.messages
    else:
        assert spoken.codes == ("NS4005",)
