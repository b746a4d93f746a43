"""Statements of the language itself: choices, loops, targets, stored tensors, patterns of axes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import einops
import torch
from lines import Line, Maker
from torch import Tensor, nn

Size = Callable[..., int]

# Labels are told apart by a number: a body has each once.
_labels = itertools.count()


def chosen(x: Tensor, size: Size, *_: int) -> Line:
    n, a, b = size(), size(), size()
    text = f"x = (x -> Linear({n})) if {a} < {b} else x"
    return Line(text, lambda x: nn.Linear(x.shape[-1], n)(x) if a < b else x)


def branched(x: Tensor, size: Size, *_: int) -> Line:
    n, a, b = size(), size(0, 1, 2, 3), size(0, 1)
    text = (
        f"if {a} % 2 == {b} {{ x = x -> Linear({n}) }} "
        f"else if {a} > 2 {{ x = x * 2 }} else {{ x = x + 1 }}"
    )

    def run(x: Tensor) -> Tensor:
        if a % 2 == b:
            return nn.Linear(x.shape[-1], n)(x)  # type: ignore[no-any-return]  # torch's own
        return x * 2 if a > 2 else x + 1

    return Line(text, run)


def on_a_size(x: Tensor, size: Size, *_: int) -> Line:
    n, kind = size(1, 2, 4, 5), "real" if x.is_floating_point() else "int"
    choice = f"t + size if size > {n} else t - size"
    text = f"x = x -> {{\n    input t: {kind}[..., size]\n    {choice}\n  }}"
    return Line(text, lambda x: x + x.shape[-1] if x.shape[-1] > n else x - x.shape[-1])


def looped(x: Tensor, size: Size, *_: int) -> Line:
    n, m = size(0, 1, 2), size(0, 1, 2)
    text = f"for i in 0..{n} {{\n    repeat {m} {{ x = x * (i + 2) - i }}\n  }}"

    def run(x: Tensor) -> Tensor:
        for i in range(n):
            for _ in range(m):
                x = x * (i + 2) - i
        return x

    return Line(text, run)


def indexed(x: Tensor, size: Size, *_: int) -> Line:
    n = size()
    text = f"for i in 0..{n} {{ s[i] = x * i }}\n  x = {' + '.join(f's[{i}]' for i in range(n))}"
    return Line(text, lambda x: sum((x * i for i in range(1, n)), x * 0))


def labelled(x: Tensor, size: Size, *_: int) -> Line:
    n, label = size(), f"l{next(_labels)}"
    rounds = f"{label}: for c in [{n}, {n + 1}] {{ Linear(c) -> ReLU }}"
    return Line(
        f"-> {{ {rounds} }}",
        lambda x: nn.Linear(n, n + 1)(nn.Linear(x.shape[-1], n)(x).relu()).relu(),
    )


def unpacked(x: Tensor, size: Size, *_: int) -> Line:
    text = "(a, b), c = (x, x * 2), x + 1\n  x = a + b - c"
    return Line(text, lambda x: x + x * 2 - (x + 1))


def parameter(x: Tensor, size: Size, *_: int) -> Line:
    n, m, label = size(1, 2, 4, 5), size(1, 1, 2), f"w{next(_labels)}"
    text = f"{label}: Parameter([{m}, {n}], init=ones)\n  x = x * {label}"
    return Line(text, lambda x: x * nn.Parameter(torch.ones(m, n)))


def buffer(x: Tensor, size: Size, *_: int) -> Line:
    n, label = size(1, 2, 4, 5), f"w{next(_labels)}"
    return Line(
        f"{label}: Buffer(tril(ones({n}, {n})))\n  x = x @ {label}",
        lambda x: x @ torch.ones(n, n).tril(),
    )


def directed(x: Tensor, size: Size, *_: int) -> Line:
    n, label = size(), f"l{next(_labels)}"
    directive = (
        f'init "{label}.weight" = constant(0.5)',
        f'freeze "{label}.*"',
        f"tie {label}b.weight = {label}.weight",
    )[size(0, 1, 2)]
    text = f"x = x -> {label}: Linear({n})\n  x = x -> {label}b: Linear({n})\n  {directive}"

    def run(x: Tensor) -> Tensor:
        first, second = nn.Linear(x.shape[-1], n), nn.Linear(n, n)
        if directive.startswith("tie"):
            assert first.weight.shape == second.weight.shape
        made: Tensor = second(first(x))
        return made

    return Line(text, run)


def shared(x: Tensor, size: Size, *_: int) -> Line:
    n, label = size(), f"l{next(_labels)}"

    def run(x: Tensor) -> Tensor:
        layer = nn.Linear(x.shape[-1], n)
        made: Tensor = layer(layer(x))
        return made

    return Line(f"x = x -> {label}: Linear({n})\n  x = x -> {label}", run)


def dotted(x: Tensor, size: Size, *_: int) -> Line:
    a, b = size(0, 1, -1, -2), size(1, 2, -1)
    made: Sequence[Line] = [
        Line(f"x = x[..., none, {a}]", lambda x: x[..., None, a]),
        Line(f"x = x[:, ..., {a}:]", lambda x: x[:, ..., a:]),
        Line(f"x = x[:, {a}, ...]", lambda x: x[:, a, ...]),
        Line(f"x = x[..., :{b}, {a}]", lambda x: x[..., :b, a]),
        Line(f"x = x[:, [{a}], ..., none]", lambda x: x[:, [a], ..., None]),
    ]
    return made[size(0, 1, 2, 3, 4)]


def rearranged(x: Tensor, size: Size, *_: int) -> Line:
    n = size(1, 2, 3)
    made: Sequence[tuple[str, dict[str, int]]] = [
        ("b ... c -> b c ...", {}),
        ("b c ... -> b (c ...)", {}),
        ("b (h w) -> b h w", {"h": n}),
        ("b c (h w) -> b (c h) w", {"w": n}),
        ("b t c -> t (b c)", {}),
        ("b c h w -> b (h w) c", {}),
        ("b c 1 -> b c", {}),
    ]
    pattern, sizes = made[size(*range(len(made)))]
    given = "".join(f", {name}={value}" for name, value in sizes.items())
    return Line(
        f'x = rearrange(x, "{pattern}"{given})', lambda x: einops.rearrange(x, pattern, **sizes)
    )


def reduced(x: Tensor, size: Size, *_: int) -> Line:
    pattern = ("b ... -> b", "b c ... -> b ...", "b (h 2) -> b h", "... c -> c")[size(0, 1, 2, 3)]
    how = ("mean", "max", "sum")[size(0, 1, 2)]
    return Line(f'x = reduce(x, "{pattern}", "{how}")', lambda x: einops.reduce(x, pattern, how))


def repeated(x: Tensor, size: Size, *_: int) -> Line:
    n = size()
    pattern = ("b ... -> b ... k", "b ... c -> b ... (k c)", "b c -> b k c")[size(0, 1, 2)]
    return Line(f'x = repeat(x, "{pattern}", k={n})', lambda x: einops.repeat(x, pattern, k=n))


def summed(x: Tensor, size: Size, *_: int) -> Line:
    pattern = ("b...i,b...j->b...ij", "b...i,b...i->b...", "bi,bj->ij", "bti,bsi->bts")[
        size(0, 1, 2, 3)
    ]
    return Line(f'x = einsum("{pattern}", x, x)', lambda x: torch.einsum(pattern, x, x))


LANGUAGE: tuple[Maker, ...] = (
    chosen,
    branched,
    on_a_size,
    looped,
    indexed,
    labelled,
    unpacked,
    parameter,
    buffer,
    directed,
    shared,
    dotted,
    rearranged,
    reduced,
    repeated,
    summed,
)
