"""Facts on sizes: joined where that is right, left alone where it would not be."""

from __future__ import annotations

import itertools

import pytest
import torch
from spec_pieces import codes, facts, model_of

from netspec import codegen
from netspec.analysis.network.requirements import formula, holds, impossible, simplified
from netspec.program.graph import Requirement
from netspec.source import Source
from netspec.types import Dim

SPAN = Source("test.net", "model { }").span(0, 5)
T, H, W = Dim.symbol("T"), Dim.symbol("H"), Dim.symbol("W")


def equal(left: Dim | int, right: Dim | int) -> Requirement:
    left, right = Dim.of(left), Dim.of(right)
    return Requirement(left=left, right=right, relation="==", span=SPAN, text="equal")


def at_least(left: Dim | int, right: Dim | int) -> Requirement:
    left, right = Dim.of(left), Dim.of(right)
    return Requirement(left=left, right=right, relation=">=", span=SPAN, text="at least")


SETS = {
    "even": [equal(T % 2, 0)],
    "odd": [equal(T % 2, 1)],
    "four and six": [equal(T % 4, 0), equal(T % 6, 0)],
    "a multiple above": [equal(T % 4, 0), at_least(T, 9)],
    "one size": [equal(T * 3, 21)],
    "one size, far away": [equal(T // 7, 100), equal(T % 7, 3)],
    "seven sizes": [equal(T // 7, 100)],
    "at most": [at_least(12, T)],
    "between": [at_least(12, T), at_least(T, 5)],
    "the larger bound": [at_least(T, 3), at_least(T, 8), at_least(T, 5)],
    "always": [at_least(T, 1)],
    "halves of halves": [equal(((T // 2) // 2) * 4, T)],
    "a shifted division": [equal(((T + 3) // 5) * 5, T + 3)],
    "two remainders": [equal((T % 2) * (T % 2), T % 2)],
}


@pytest.mark.parametrize("name", sorted(SETS))
def test_joined_facts_say_the_same(name: str) -> None:
    before = SETS[name]
    after = simplified(before)
    for size in range(1, 2000):
        sizes = {"T": size}
        assert all(holds(f, sizes) for f in before) == all(holds(f, sizes) for f in after), size


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("even", ["T % 2 == 0"]),
        ("odd", ["T % 2 == 1"]),
        ("four and six", ["T % 12 == 0"]),
        ("a multiple above", ["T % 4 == 0", "T >= 12"]),
        ("one size", ["T == 7"]),
        ("one size, far away", ["T == 703"]),
        ("the larger bound", ["T >= 8"]),
        ("always", []),
        ("halves of halves", ["T % 4 == 0"]),
        ("a shifted division", ["T % 5 == 2"]),
    ],
)
def test_facts_are_joined(name: str, expected: list[str]) -> None:
    assert [fact.text for fact in simplified(SETS[name])] == expected


@pytest.mark.parametrize("name", ["seven sizes", "at most", "between"])
def test_what_is_no_progression_stays(name: str) -> None:
    assert {fact.text for fact in simplified(SETS[name])} <= {"equal", "at least"}


@pytest.mark.parametrize(
    "fact",
    [equal(T * T, 49), equal((T * T) // 3, 5), at_least(T * T, 50 * T), equal(H * W, 12)],
    ids=formula,
)
def test_products_are_left_alone(fact: Requirement) -> None:
    assert simplified([fact]) == (fact,)
    assert impossible([fact]) == ()


def test_facts_on_several_symbols_are_kept_once() -> None:
    fact = equal(H, W)
    assert simplified([fact, equal(T % 2, 0), fact])[-1:] == (fact,)
    assert len(simplified([fact, fact])) == 1


def test_a_huge_period_is_not_tried() -> None:
    fact = equal(T % 1_000_003, 5)
    assert simplified([fact]) == (fact,)
    assert impossible([fact, equal(T % 2, 0), equal(T % 2, 1)]) == ()


def test_many_bounds_cost_one() -> None:
    chain = [at_least(T, number) for number in range(1, 5001)]
    assert [fact.text for fact in simplified(chain)] == ["T >= 5000"]


IMPOSSIBLE = {
    "even and odd": ([equal(T % 2, 0), at_least(T, 4), equal(T % 2, 1)], 2),
    "below its bound": ([at_least(4, T), at_least(T, 5)], 2),
    "no fraction": ([equal(T * 2, 7)], 1),
    "three by three": ([equal(T % 6, 1), equal(T % 10, 3), equal(T % 15, 6)], 2),
    "only all together": (
        [at_least(T % 2 + T % 3, 1), equal(T % 3, 0), equal(T % 2, 0)],
        3,
    ),
}


@pytest.mark.parametrize("name", sorted(IMPOSSIBLE))
def test_what_no_size_fits_is_found_with_few_facts(name: str) -> None:
    given, wanted = IMPOSSIBLE[name]
    ((symbol, few),) = impossible(given)
    assert symbol == "T"
    assert len(few) == wanted
    assert not any(all(holds(f, {"T": size}) for f in few) for size in range(1, 500))


def test_what_can_be_is_not_called_impossible() -> None:
    for name, (left, right) in itertools.product(SETS, itertools.combinations(range(1, 4), 2)):
        extra = [at_least(T, left), equal(T % right, T % right)]
        assert impossible([*SETS[name], *extra]) == ()


def test_unet_needs_a_multiple_of_sixteen() -> None:
    model = model_of(
        """
        for i in 0..4 {
          skip[i] = x -> Conv2d(4, 3, padding=1)
          x = skip[i] -> MaxPool2d(2)
        }
        for i in 0..4 {
          up = x -> ConvTranspose2d(4, 2, stride=2)
          x = cat(up, skip[3 - i], dim=1) -> Conv2d(4, 3, padding=1)
        }
        """,
        "real[B, 3, H, W]",
    )
    assert facts(model) == ["H % 16 == 0", "W % 16 == 0"]


def test_a_convolution_needs_its_kernel() -> None:
    assert facts(model_of("Conv1d(4, 7) -> Conv1d(4, 3)", "real[B, 2, T]")) == ["T >= 9"]


def test_the_data_settles_what_it_tells() -> None:
    text = """
    data {{ load_digits() }}
    model {{
      input x: real[B, D]
      x -> Unflatten(1, [{parts}, -1]) -> Flatten -> Linear(10)
    }}
    """
    assert codes(text.format(parts=8)) == []
    assert codes(text.format(parts=7)) == ["NS4002"]


def test_a_slice_leaves_something() -> None:
    assert facts(model_of("x[:, 1:]", "real[B, T]")) == ["T >= 2"]
    assert codes("model {\n input x: real[B, 4]\n x[:, 3:1]\n}") == ["NS4002"]


def test_a_batch_of_one_row_is_not_squeezed_away() -> None:
    module = codegen.build_model(model_of("x -> squeeze", "real[B, 1, 4]"), "test.net")
    assert module(torch.ones(1, 1, 4)).shape == (1, 4)
    assert codes("model {\n input x: real[B, 4]\n squeeze(x, dim=none)\n}") == ["NS4005"]


def test_many_facts_on_long_periods_are_left_as_they_are() -> None:
    found = [at_least((T + k) // (97 + 2 * k), 1) for k in range(200)]
    assert simplified(found) == tuple(found)
