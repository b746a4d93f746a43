"""Sizes known only at run time, written as arithmetic over the shapes of a graph's inputs."""

from __future__ import annotations

from collections.abc import Callable

from netspec.codegen.layout import Expr, binary, literal
from netspec.types import Dim
from netspec.types.measures import Arithmetic, Axis, Size


def written(size: Size, axis: Callable[[Axis], Expr]) -> Expr:
    """A size as Python; `axis` writes what is read off an input."""
    match size:
        case int():
            return literal(size)
        case Axis():
            return axis(size)
        case Arithmetic():
            return binary(size.operator, written(size.left, axis), written(size.right, axis))


def multiple_needed(left: Dim, right: Dim) -> tuple[Dim, int] | None:
    """The `n` and `k` of `n % k == 0`, when this is what `left == right` says."""
    for gap in (left - right, right - left):
        for monomial, coefficient in gap.terms:
            if len(monomial) != 1 or isinstance(monomial[0], str):
                continue
            numerator, divisor = monomial[0].numerator, monomial[0].divisor
            # n - k * (n // k) is the remainder; a common factor scales both sides.
            scale, rest = divmod(-coefficient, divisor)
            if scale > 0 and not rest and gap == (numerator % divisor) * scale:
                return numerator, divisor
    return None
