"""What must hold of sizes that are not known yet, said in as few and as plain facts as possible.

Facts that are linear in one symbol, up to floor divisions, are decided by trying sizes: the gap
between their sides grows by the same amount with every whole period, so beyond some size nothing
new comes. Those that together say "a multiple of n, at least m" are replaced by exactly that. Facts
on several symbols, or on products, stay as they are.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence

from netspec.program.graph import Requirement
from netspec.types import Dim
from netspec.types.dimensions import Quotient

# How often facts are tried on sizes, all of them together, and pairs of facts on one another.
MAX_TRIED = 1 << 17
MAX_PAIRS = 64

Facts = tuple[Requirement, ...]


def holds(requirement: Requirement, sizes: dict[str, int]) -> bool:
    """Whether a fact holds at these sizes."""
    left = requirement.left.evaluate(sizes)
    right = requirement.right.evaluate(sizes)
    return left == right if requirement.relation == "==" else left >= right


def formula(requirement: Requirement) -> str:
    """A fact as a formula: `T % 2 == 1` where it says just that."""
    symbols = requirement.left.symbols | requirement.right.symbols
    if len(symbols) == 1 and _is_linear(requirement.left) and _is_linear(requirement.right):
        plain = _joined(next(iter(symbols)), (requirement,))
        if plain and plain != (requirement,):
            return " and ".join(fact.text for fact in plain)
    return f"{requirement.left} {requirement.relation} {requirement.right}"


def simplified(requirements: Sequence[Requirement]) -> Facts:
    """The same facts, fewer: those that always hold are dropped, those on one symbol joined."""
    by_symbol, others = _sorted_out(requirements)
    joined = (fact for symbol, facts in by_symbol.items() for fact in _joined(symbol, facts))
    return (*joined, *others)


def impossible(requirements: Sequence[Requirement]) -> tuple[tuple[str, Facts], ...]:
    """Symbols for which no size does, each with as few facts as it takes to rule all sizes out."""
    found: list[tuple[str, Facts]] = []
    by_symbol, _ = _sorted_out(requirements)
    for symbol, facts in by_symbol.items():
        if _allowed(symbol, facts) == []:
            pairs = itertools.islice(itertools.combinations(facts, 2), MAX_PAIRS)
            fewer = (*((fact,) for fact in facts), *pairs)
            found.append((symbol, next((f for f in fewer if _allowed(symbol, f) == []), facts)))
    return tuple(found)


def _sorted_out(requirements: Sequence[Requirement]) -> tuple[dict[str, Facts], Facts]:
    """Facts linear in one symbol by that symbol, and the others."""
    by_symbol: dict[str, list[Requirement]] = defaultdict(list)
    others: list[Requirement] = []
    for requirement in _strongest(requirements):
        symbols = requirement.left.symbols | requirement.right.symbols
        if len(symbols) == 1 and _is_linear(requirement.left) and _is_linear(requirement.right):
            by_symbol[next(iter(symbols))].append(requirement)
        else:
            others.append(requirement)
    return {symbol: tuple(facts) for symbol, facts in by_symbol.items()}, tuple(others)


def _strongest(requirements: Sequence[Requirement]) -> Facts:
    """Without facts that are said twice, and of `T >= 3` and `T >= 5` only the second."""
    strongest: dict[tuple[str, Dim], tuple[int, Requirement]] = {}
    for fact in requirements:
        gap = fact.left - fact.right
        constant = dict(gap.terms).get((), 0)
        key = (fact.relation, gap - constant if fact.relation == ">=" else gap)
        known = strongest.get(key)
        if known is None or constant < known[0]:
            strongest[key] = (constant, fact)
    return tuple(fact for _, fact in strongest.values())


def _is_linear(dim: Dim) -> bool:
    """Whether no symbols or quotients are multiplied, in numerators neither."""
    return all(
        len(monomial) <= 1
        and all(isinstance(atom, str) or _is_linear(atom.numerator) for atom in monomial)
        for monomial, _ in dim.terms
    )


def _joined(symbol: str, facts: Facts) -> Facts:
    """The facts on `symbol` as one remainder and one lower bound, when that is what they say."""
    allowed = _allowed(symbol, facts)
    if not allowed:
        return facts
    size, span, least = Dim.symbol(symbol), facts[0].span, allowed[0]
    if len(allowed) == 1:
        text = f"{symbol} == {least}"
        right = Dim.of(least)
        return (Requirement(left=size, right=right, relation="==", span=span, text=text),)
    reach, period, step = _reach(symbol, facts), _period_of(facts), allowed[1] - least
    endless = reach is not None and allowed[-1] >= reach - period
    if not endless or allowed != list(range(least, allowed[-1] + 1, step)):
        return facts
    made: list[Requirement] = []
    if step > 1:
        remainder = least % step
        text = f"{symbol} % {step} == {remainder}"
        left, right = size % step, Dim.of(remainder)
        made.append(Requirement(left=left, right=right, relation="==", span=span, text=text))
    if least > (least % step or step):
        text = f"{symbol} >= {least}"
        right = Dim.of(least)
        made.append(Requirement(left=size, right=right, relation=">=", span=span, text=text))
    return tuple(made)


def _allowed(symbol: str, facts: Facts) -> list[int] | None:
    """The sizes that do, as far as it takes to know them all; None when that is too far."""
    reach = _reach(symbol, facts)
    if reach is None:
        return None
    return [n for n in range(1, reach) if all(holds(fact, {symbol: n}) for fact in facts)]


def _reach(symbol: str, facts: Facts) -> int | None:
    """Two periods beyond the size from where on every fact repeats itself."""
    period = _period_of(facts)
    if period * len(facts) > MAX_TRIED:
        return None
    settled = 1
    for fact in facts:
        gap = fact.left - fact.right
        first = [gap.evaluate({symbol: n}) for n in range(1, period + 1)]
        growth = gap.evaluate({symbol: 1 + period}) - first[0]
        if growth:
            # From here on the gap has the sign of its growth.
            settled = max(settled, period * (max(map(abs, first)) // abs(growth) + 2))
    reach = settled + 2 * period
    return reach if reach * len(facts) <= MAX_TRIED else None


def _period_of(facts: Facts) -> int:
    return math.lcm(*(_period(side) for fact in facts for side in (fact.left, fact.right)))


def _period(dim: Dim) -> int:
    """A number of steps of the symbol after which every floor division in `dim` repeats."""
    period = 1
    for monomial, _ in dim.terms:
        for atom in monomial:
            if isinstance(atom, Quotient):
                period = math.lcm(period, atom.divisor * _period(atom.numerator))
    return period
