"""Patterns against shapes: captured names, fixed sizes, one run of any length, broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from netspec.types.bounds import compare
from netspec.types.dimensions import Dim

Shape = tuple[Dim, ...]


@dataclass(frozen=True, slots=True)
class Capture:
    """A dimension named in the pattern: binds the name, or must agree with what it is bound to."""

    name: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """A dimension that must be this size."""

    size: Dim


@dataclass(frozen=True, slots=True)
class Rest:
    """`...`: any number of dimensions, the same ones wherever it stands in one signature."""


PatternItem = Capture | Fixed | Rest


@dataclass(frozen=True, slots=True)
class WrongRank:
    """The shape has too few or too many dimensions: `wanted` of them, or at least so many."""

    wanted: int
    open: bool


@dataclass(frozen=True, slots=True)
class WrongSize:
    """Dimension `position` of the shape cannot be `wanted`; `name` is what the pattern calls it."""

    position: int
    given: Dim
    wanted: Dim
    name: str | None


Mismatch = WrongRank | WrongSize


@dataclass(slots=True)
class Bindings:
    """What the names of one signature stand for, and which sizes must still turn out equal."""

    sizes: dict[str, Dim] = field(default_factory=dict)
    rest: Shape | None = None
    equalities: list[tuple[Dim, Dim]] = field(default_factory=list)

    def agree(self, given: Dim, wanted: Dim) -> bool:
        """Note that two sizes must be equal; false when they cannot be."""
        match compare(given, wanted):
            case "equal":
                return True
            case "different":
                return False
            case _:
                self.equalities.append((given, wanted))
                return True


def unify(pattern: Sequence[PatternItem], shape: Shape, bindings: Bindings) -> Mismatch | None:
    """Match a shape, extending `bindings`; gives the first mismatch, or None."""
    fixed = sum(not isinstance(item, Rest) for item in pattern)
    is_open = fixed < len(pattern)
    if len(shape) < fixed or (not is_open and len(shape) > fixed):
        return WrongRank(fixed, is_open)
    position = 0
    for item in pattern:
        if isinstance(item, Rest):
            mismatch = _unify_rest(shape, position, len(shape) - fixed, bindings)
            position += len(shape) - fixed
        else:
            mismatch = _unify_one(item, shape[position], position, bindings)
            position += 1
        if mismatch is not None:
            return mismatch
    return None


def _unify_one(
    item: Capture | Fixed, given: Dim, position: int, bindings: Bindings
) -> WrongSize | None:
    name = item.name if isinstance(item, Capture) else None
    wanted = item.size if isinstance(item, Fixed) else bindings.sizes.get(item.name)
    if wanted is None:
        assert name is not None
        bindings.sizes[name] = given
        return None
    return None if bindings.agree(given, wanted) else WrongSize(position, given, wanted, name)


def _unify_rest(shape: Shape, start: int, length: int, bindings: Bindings) -> Mismatch | None:
    run = shape[start : start + length]
    if bindings.rest is None:
        bindings.rest = run
        return None
    if len(run) != len(bindings.rest):
        return WrongRank(len(shape) - len(run) + len(bindings.rest), open=False)
    for offset, (given, wanted) in enumerate(zip(run, bindings.rest, strict=True)):
        if not bindings.agree(given, wanted):
            return WrongSize(start + offset, given, wanted, None)
    return None


@dataclass(frozen=True, slots=True)
class Clash:
    """Two sizes that do not broadcast, `position` counted from the last dimension (-1)."""

    position: int
    left: Dim
    right: Dim


def broadcast(left: Shape, right: Shape, bindings: Bindings) -> Shape | Clash:
    """The shape two operands give together, by torch's rules.

    A size that is not known is never taken to be 1: it must equal its partner.
    """
    result: list[Dim] = []
    for back in range(1, max(len(left), len(right)) + 1):
        if back > len(left) or back > len(right):
            result.append(left[-back] if back <= len(left) else right[-back])
            continue
        a, b = left[-back], right[-back]
        if a.value == 1:
            result.append(b)
        elif b.value == 1:
            result.append(a)
        elif bindings.agree(a, b):
            result.append(a if a.value is not None else b)
        else:
            return Clash(-back, a, b)
    return tuple(reversed(result))
