"""The algebra of sizes: integers, symbols, and arithmetic over them in one canonical form.

A `Dim` is a polynomial with integer coefficients over atoms; an atom is a symbol (`B`) or a floor
division of a polynomial by a positive integer (`H // 2`). Equal sizes written differently are
equal objects, as far as floor division allows: `(4*H + 2) // 2` is `2*H + 1`, `(H // 2) // 2` is
`H // 4`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import gcd


@dataclass(frozen=True, slots=True, order=True)
class Quotient:
    """The atom `numerator // divisor`, with a divisor above 1, not reducible further."""

    numerator: Dim
    divisor: int
    # How much it holds; a formula holds itself again and again when it is divided in a loop.
    weight: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        weight = 1 + self.numerator.weight
        if weight > MAX_WEIGHT:
            raise SizeTooLargeError
        object.__setattr__(self, "weight", weight)

    def __str__(self) -> str:
        return f"{_grouped(self.numerator)} // {self.divisor}"


# A size that a spec can mean is far below these; without them a short spec could make one that
# fills the memory: `n = n * (n + 1)`, forty times.
MAX_COEFFICIENT = 10**18
MAX_TERMS = 256
MAX_DEGREE = 64
MAX_WEIGHT = 256


class SizeTooLargeError(ArithmeticError):
    """A size with more than 18 digits, or a formula too long to be meant."""


Atom = str | Quotient
Monomial = tuple[Atom, ...]


@dataclass(frozen=True, slots=True)
class Dim:
    """A size. `terms` maps each product of atoms to its coefficient, sorted, without zeros."""

    terms: tuple[tuple[Monomial, int], ...]

    @staticmethod
    def of(value: int | Dim) -> Dim:
        """The size that is this integer."""
        if isinstance(value, Dim):
            return value
        return Dim((((), value),) if value else ())

    @staticmethod
    def symbol(name: str) -> Dim:
        """The size named `name`, at least 1."""
        return Dim((((name,), 1),))

    @property
    def value(self) -> int | None:
        """The integer it is, or None when it hangs on a symbol."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and self.terms[0][0] == ():
            return self.terms[0][1]
        return None

    @property
    def weight(self) -> int:
        """How many symbols and divisions it is written with."""
        atoms = (atom for monomial, _ in self.terms for atom in monomial)
        return sum(1 if isinstance(atom, str) else atom.weight for atom in atoms)

    @property
    def symbols(self) -> frozenset[str]:
        """The symbols it hangs on."""
        found: set[str] = set()
        for monomial, _ in self.terms:
            for atom in monomial:
                found |= {atom} if isinstance(atom, str) else atom.numerator.symbols
        return frozenset(found)

    def __add__(self, other: Dim | int) -> Dim:
        total = dict(self.terms)
        for monomial, coefficient in Dim.of(other).terms:
            total[monomial] = total.get(monomial, 0) + coefficient
        return _canonical(total)

    __radd__ = __add__

    def __neg__(self) -> Dim:
        return Dim(tuple((monomial, -coefficient) for monomial, coefficient in self.terms))

    def __sub__(self, other: Dim | int) -> Dim:
        return self + -Dim.of(other)

    def __rsub__(self, other: int) -> Dim:
        return Dim.of(other) - self

    def __mul__(self, other: Dim | int) -> Dim:
        total: dict[Monomial, int] = {}
        if len(self.terms) * len(Dim.of(other).terms) > MAX_TERMS:
            raise SizeTooLargeError
        for left, a in self.terms:
            for right, b in Dim.of(other).terms:
                if len(left) + len(right) > MAX_DEGREE:
                    raise SizeTooLargeError
                monomial = tuple(sorted((*left, *right), key=_rank))
                total[monomial] = total.get(monomial, 0) + a * b
        return _canonical(total)

    __rmul__ = __mul__

    def __floordiv__(self, divisor: int) -> Dim:
        """Floor division by a positive integer."""
        if divisor <= 0:
            raise ValueError(f"a size is divided by {divisor}")
        whole = _canonical({m: c // divisor for m, c in self.terms})
        rest = _canonical({m: c % divisor for m, c in self.terms})
        return whole if rest.value is not None else whole + _quotient(rest, divisor)

    def __mod__(self, divisor: int) -> Dim:
        """The remainder of floor division by a positive integer."""
        return self - (self // divisor) * divisor

    def substitute(self, values: Mapping[str, Dim]) -> Dim:
        """The size with symbols replaced; symbols not in `values` stay."""
        total = Dim.of(0)
        for monomial, coefficient in self.terms:
            product = Dim.of(coefficient)
            for atom in monomial:
                if isinstance(atom, str):
                    product = product * values.get(atom, Dim.symbol(atom))
                else:
                    product = product * (atom.numerator.substitute(values) // atom.divisor)
            total = total + product
        return total

    def evaluate(self, values: Mapping[str, int]) -> int:
        """The integer it is when each of its symbols has the given value.

        Raises KeyError when a symbol has none.
        """
        total = 0
        for monomial, coefficient in self.terms:
            for atom in monomial:
                if isinstance(atom, str):
                    coefficient *= values[atom]
                else:
                    coefficient *= atom.numerator.evaluate(values) // atom.divisor
            total += coefficient
        return total

    def __lt__(self, other: Dim) -> bool:
        """An arbitrary total order, for canonical forms only."""
        return str(self) < str(other)

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        parts: list[str] = []
        for monomial, coefficient in sorted(self.terms, key=lambda term: -len(term[0])):
            alone = abs(coefficient) == 1 and len(monomial) == 1
            factors = [str(a) if alone or isinstance(a, str) else f"({a})" for a in monomial]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            text = "*".join(factors)
            if parts:
                text = f"{'-' if coefficient < 0 else '+'} {text}"
            elif coefficient < 0:
                text = f"-{text}"
            parts.append(text)
        return " ".join(parts)


def _quotient(numerator: Dim, divisor: int) -> Dim:
    """`numerator // divisor` as an atom, nested divisions joined and common factors cancelled."""
    lone = [m[0] for m, c in numerator.terms if c == 1 and len(m) == 1]
    match [atom for atom in lone if isinstance(atom, Quotient)]:
        case [inner]:
            others = numerator - Dim((((inner,), 1),))
            return (others * inner.divisor + inner.numerator) // (inner.divisor * divisor)
    common = _common_factor(numerator, divisor)
    if common > 1:
        reduced = {m: c // common for m, c in numerator.terms}
        return _canonical(reduced) // (divisor // common)
    return Dim((((Quotient(numerator, divisor),), 1),))


def _common_factor(numerator: Dim, divisor: int) -> int:
    """The largest factor of `divisor` that divides every non-constant coefficient.

    A constant below the factor never reaches the quotient: `(2*H + 1) // 4` is `H // 2`.
    """
    common = divisor
    for monomial, coefficient in numerator.terms:
        if monomial:
            common = gcd(common, coefficient)
    return common


def _canonical(terms: Mapping[Monomial, int]) -> Dim:
    kept = [(monomial, coefficient) for monomial, coefficient in terms.items() if coefficient]
    if len(kept) > MAX_TERMS or any(abs(found) >= MAX_COEFFICIENT for _, found in kept):
        raise SizeTooLargeError
    return Dim(tuple(sorted(kept, key=lambda term: (not term[0], [_rank(a) for a in term[0]]))))


def _rank(atom: Atom) -> str:
    return str(atom)


def _grouped(dim: Dim) -> str:
    return str(dim) if len(dim.terms) == 1 and dim.terms[0][1] == 1 else f"({dim})"
