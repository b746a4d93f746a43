from __future__ import annotations

import pytest

from netspec.types import Bindings, Capture, Clash, Dim, Fixed, Rest, broadcast, unify
from netspec.types.unification import WrongRank, WrongSize

B, T, H = (Dim.symbol(name) for name in "BTH")
ONE, THREE, FOUR = Dim.of(1), Dim.of(3), Dim.of(4)


def test_names_are_bound_in_order() -> None:
    bindings = Bindings()
    assert unify((Capture("B"), Capture("C")), (B, THREE), bindings) is None
    assert bindings.sizes == {"B": B, "C": THREE}


@pytest.mark.parametrize(
    ("before", "after"), [((), (Capture("D"),)), ((Capture("B"),), ()), ((), ())]
)
def test_dots_take_what_is_left(before: tuple[Capture, ...], after: tuple[Capture, ...]) -> None:
    bindings = Bindings()
    assert unify((*before, Rest(), *after), (B, T, THREE), bindings) is None
    assert bindings.rest == (B, T, THREE)[len(before) : 3 - len(after)]


def test_dots_may_be_nothing() -> None:
    bindings = Bindings()
    assert unify((Rest(), Capture("D")), (THREE,), bindings) is None
    assert bindings.rest == ()


def test_dots_are_the_same_every_time() -> None:
    bindings = Bindings()
    assert unify((Rest(),), (B, THREE), bindings) is None
    assert unify((Rest(),), (B, THREE), bindings) is None
    assert unify((Rest(),), (B, FOUR), bindings) == WrongSize(1, FOUR, THREE, None)
    assert unify((Rest(),), (B,), bindings) == WrongRank(2, open=False)


@pytest.mark.parametrize(
    ("items", "shape", "wanted"),
    [
        ((Capture("B"),), (B, T), WrongRank(1, open=False)),
        ((Capture("B"), Capture("C")), (B,), WrongRank(2, open=False)),
        ((Capture("B"), Rest(), Capture("C")), (B,), WrongRank(2, open=True)),
        ((Fixed(THREE),), (FOUR,), WrongSize(0, FOUR, THREE, None)),
    ],
)
def test_what_does_not_match(
    items: tuple[Capture | Fixed | Rest, ...], shape: tuple[Dim, ...], wanted: object
) -> None:
    assert unify(items, shape, Bindings()) == wanted


def test_a_name_has_one_size() -> None:
    bindings = Bindings()
    square = (Capture("N"), Capture("N"))
    assert unify(square, (THREE, FOUR), bindings) == WrongSize(1, FOUR, THREE, "N")


def test_unknown_sizes_become_equalities() -> None:
    bindings = Bindings()
    assert unify((Capture("N"), Capture("N")), (B, T), bindings) is None
    assert bindings.equalities == [(T, B)]


def test_sizes_that_can_never_be_equal_do_not_match() -> None:
    assert isinstance(unify((Fixed(H),), (H + 1,), Bindings()), WrongSize)
    assert isinstance(unify((Fixed(H),), (H * 2,), Bindings()), WrongSize)


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        ((B, THREE), (THREE,), (B, THREE)),
        ((B, ONE), (ONE, THREE), (B, THREE)),
        ((), (B,), (B,)),
        ((B,), (B,), (B,)),
    ],
)
def test_broadcasting(
    left: tuple[Dim, ...], right: tuple[Dim, ...], wanted: tuple[Dim, ...]
) -> None:
    bindings = Bindings()
    assert broadcast(left, right, bindings) == wanted
    assert not bindings.equalities


def test_a_clash_is_counted_from_the_last_dimension() -> None:
    assert broadcast((B, THREE, ONE), (FOUR, ONE), Bindings()) == Clash(-2, THREE, FOUR)


def test_an_unknown_size_is_not_taken_to_be_one() -> None:
    bindings = Bindings()
    assert broadcast((B,), (THREE,), bindings) == (THREE,)
    assert bindings.equalities == [(B, THREE)]
