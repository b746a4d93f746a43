from __future__ import annotations

import pytest

from netspec.types import Dim, Kind, TensorType
from netspec.types.measures import (
    Arithmetic,
    Axis,
    Size,
    UnreadableSizeError,
    axes,
    evaluate,
    measure,
)

H, W = Dim.symbol("H"), Dim.symbol("W")
FIRST = Axis(0, 0)
HALF = Arithmetic("//", FIRST, 2)
ODD_HALF = Arithmetic("//", Arithmetic("+", FIRST, 1), 2)
QUARTER = Arithmetic("//", Arithmetic("-", FIRST, 1), 4)


def shaped(*dims: Dim) -> TensorType:
    return TensorType(Kind("real"), dims)


@pytest.mark.parametrize(
    ("given", "wanted", "size"),
    [
        (H // 2, H // 4, HALF),
        ((H + 1) // 2, (H + 3) // 4, ODD_HALF),
        (H, (H + 1) // 2 * 3 + H, Arithmetic("+", Arithmetic("*", 3, ODD_HALF), FIRST)),
        (4 * H + 1, 2 * H - 1, Arithmetic("-", Arithmetic("*", 2, QUARTER), 1)),
        (H * W, H * W * 2, Arithmetic("*", 2, FIRST)),
        (H * W, H * W // 2, HALF),
    ],
)
def test_a_size_is_worked_out_from_what_an_input_tells(given: Dim, wanted: Dim, size: Size) -> None:
    assert measure(wanted, [shaped(given)]) == size
    assert set(axes(size)) == {FIRST}
    assert evaluate(size, [shaped(given)]) == wanted or given != H
    for height in range(1, 40):
        known = {"H": height, "W": 6}
        read = evaluate(size, [shaped(Dim.of(given.evaluate(known)))])
        assert read.value == wanted.evaluate(known)


def test_a_size_that_nothing_tells_is_refused() -> None:
    with pytest.raises(UnreadableSizeError, match="H"):
        measure(H, [shaped(H * W, H // 2)])
