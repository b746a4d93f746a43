"""What can be known of sizes before their symbols are: bounds, equality, exact division.

Every symbol is a whole number of at least 1.
"""

from __future__ import annotations

from typing import Literal

from netspec.types.dimensions import Atom, Dim, Monomial


def lowest(dim: Dim) -> int | None:
    """The least integer the size can surely not go below; None when there is none."""
    total = 0
    for monomial, coefficient in dim.terms:
        if not monomial:
            total += coefficient
            continue
        if coefficient < 0:
            return None
        least = 1
        for atom in monomial:
            bound = 1 if isinstance(atom, str) else lowest(atom.numerator)
            if bound is None or bound < 0:
                return None
            least *= bound if isinstance(atom, str) else bound // atom.divisor
        total += coefficient * least
    return total


def compare(left: Dim, right: Dim) -> Literal["equal", "different", "unknown"]:
    """Whether two sizes are the same for all, none or some values of their symbols."""
    difference = left - right
    if difference.value is not None:
        return "different" if difference.value else "equal"
    for signed in (difference, -difference):
        bound = lowest(signed)
        if bound is not None and bound > 0:
            return "different"
    return "unknown"


def product(dims: tuple[Dim, ...]) -> Dim:
    """The number of elements of a shape."""
    total = Dim.of(1)
    for dim in dims:
        total = total * dim
    return total


def divide(total: Dim, divisor: Dim) -> Dim | None:
    """The size that times `divisor` is `total`, or None when no polynomial is.

    Long division by the leading monomial, in the order of degree and then of names.
    """
    if not divisor.terms:
        return None
    lead, lead_coefficient = max(divisor.terms, key=_degree)
    quotient, rest = Dim.of(0), total
    while rest.terms:
        monomial, coefficient = max(rest.terms, key=_degree)
        left = _without(monomial, lead)
        if left is None or coefficient % lead_coefficient:
            return None
        step = Dim(((left, coefficient // lead_coefficient),))
        quotient, rest = quotient + step, rest - step * divisor
    return quotient


def _degree(term: tuple[Monomial, int]) -> tuple[int, list[str]]:
    return len(term[0]), [str(atom) for atom in term[0]]


def _without(monomial: Monomial, factor: Monomial) -> Monomial | None:
    """The monomial divided by another, or None when it is no multiple of it."""
    left: list[Atom] = list(monomial)
    for atom in factor:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)
