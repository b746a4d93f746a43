from __future__ import annotations

import pytest

from netspec.types import Dim, compare, divide, lowest, product

B, H, W = (Dim.symbol(name) for name in "BHW")


@pytest.mark.parametrize(
    ("dim", "wanted"),
    [(Dim.of(-3), -3), (H, 1), (H * 2 + W, 3), (H * W - 1, 0), (H // 2, 0), (H - W, None)],
)
def test_lowest(dim: Dim, wanted: int | None) -> None:
    assert lowest(dim) == wanted


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        (H, H, "equal"),
        (H, H + 1, "different"),
        (H, H + W, "different"),
        (H, W, "unknown"),
        (H, Dim.of(3), "unknown"),
        (H, Dim.of(0), "different"),
    ],
)
def test_compare(left: Dim, right: Dim, wanted: str) -> None:
    assert compare(left, right) == wanted
    assert compare(right, left) == wanted


@pytest.mark.parametrize(
    ("total", "divisor", "wanted"),
    [
        (B * 12, Dim.of(4), B * 3),
        (B * 16 * (H - 4) * (W - 4), B, (H - 4) * (W - 4) * 16),
        (B * 16 * (H - 4) * (W - 4), B * (H - 4), (W - 4) * 16),
        (B * 7, Dim.of(3), None),
        (B * H, W, None),
        (B, Dim.of(0), None),
    ],
)
def test_divide(total: Dim, divisor: Dim, wanted: Dim | None) -> None:
    assert divide(total, divisor) == wanted


def test_product() -> None:
    assert product(()) == Dim.of(1)
    assert product((B, Dim.of(3), H)) == B * H * 3
