"""Patterns of axes, `"b (h d) t -> b h t d"`: text to axes, every part with its place in the text.

The language of einops: names and numbers, groups in parentheses, `...` for any number of axes. What
the axes are of, and whether sizes fit, is the business of `rules/rearranging.py`.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"\.\.\.|[A-Za-z0-9_]+|[()]|\s+|.", re.DOTALL)
# einops warns of this name, which torch gives to the argument of dimensions.
DISCOURAGED = frozenset({"axis"})
MOST_AXES = 64
# Longer numbers are none that a size can be.
MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Axis:
    """A named axis, or a number without a name; `start` and `end` are its place in the pattern."""

    name: str
    size: int | None
    start: int
    end: int

    @property
    def is_rest(self) -> bool:
        """Whether it is `...`."""
        return self.name == "..."


@dataclass(frozen=True, slots=True)
class Group:
    """What stands for one dimension: one axis, several in parentheses, or none (a size of 1)."""

    axes: tuple[Axis, ...]
    start: int
    end: int
    joined: bool

    @property
    def is_rest(self) -> bool:
        """Whether it is `...` without parentheses, which stands for several dimensions."""
        return not self.joined and any(axis.is_rest for axis in self.axes)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the arrow."""

    groups: tuple[Group, ...]

    @property
    def axes(self) -> Iterator[Axis]:
        """Every axis in order."""
        return (axis for group in self.groups for axis in group.axes)

    @property
    def names(self) -> frozenset[str]:
        """The names on this side, `...` included."""
        return frozenset(axis.name for axis in self.axes if axis.name)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a pattern cannot be read, and where."""

    message: str
    start: int
    end: int
    help: str | None = None


def read(pattern: str) -> tuple[Side, Side] | Fault:
    """The two sides of a pattern."""
    at = pattern.find("->")
    if at < 0:
        advice = 'write both sides, as in `"b c h w -> b (c h w)"`'
        return Fault("it has no `->`", 0, len(pattern), advice)
    again = pattern.find("->", at + 2)
    if again >= 0:
        return Fault("it has two `->`", again, again + 2)
    left, right = _side(pattern[:at], 0), _side(pattern[at + 2 :], at + 2)
    if isinstance(left, Fault):
        return left
    if isinstance(right, Fault):
        return right
    for group in left.groups:
        inside = next((axis for axis in group.axes if axis.is_rest and not group.is_rest), None)
        if inside is not None:
            return Fault("`...` stands in parentheses on the right only", inside.start, inside.end)
    if "..." in right.names - left.names:
        rest = next(axis for axis in right.axes if axis.is_rest)
        return Fault("`...` is on the right and not on the left", rest.start, rest.end)
    return left, right


def _side(text: str, offset: int) -> Side | Fault:
    groups: list[Group] = []
    opened: tuple[int, list[Axis]] | None = None
    seen: set[str] = set()
    for token in _TOKEN.finditer(text):
        start, end = token.start() + offset, token.end() + offset
        part = token[0]
        if part.isspace():
            continue
        if part == "(":
            if opened is not None:
                return Fault("parentheses stand in parentheses", start, end)
            opened = (start, [])
        elif part == ")":
            if opened is None:
                return Fault("`)` closes nothing", start, end)
            groups.append(Group(tuple(opened[1]), opened[0], end, joined=True))
            opened = None
        else:
            axis = _axis(part, start, end)
            if isinstance(axis, Fault):
                return axis
            if axis is not None and axis.name in seen:
                return Fault(f"`{axis.name}` stands twice on one side", start, end)
            if axis is not None and axis.name:
                seen.add(axis.name)
            axes = () if axis is None else (axis,)
            if opened is None:
                groups.append(Group(axes, start, end, joined=False))
            else:
                opened[1].extend(axes)
        if len(groups) > MOST_AXES or (opened is not None and len(opened[1]) > MOST_AXES):
            return Fault(f"it has more than {MOST_AXES} axes", start, end)
    if opened is not None:
        return Fault("`(` is never closed", opened[0], opened[0] + 1)
    return Side(tuple(groups))


def _axis(part: str, start: int, end: int) -> Axis | Fault | None:
    """An axis; None for a 1, which stands for no axis at all."""
    if part == "...":
        return Axis(part, None, start, end)
    if part.isdecimal():
        if len(part) > MOST_DIGITS or int(part) < 1:
            return Fault(f"an axis of size {part}", start, end)
        return Axis("", int(part), start, end) if int(part) > 1 else None
    if not part.isidentifier():
        if part == ".":
            return Fault("dots stand for axes as `...`", start, end)
        advice = "set axes apart by blanks" if part == "," else None
        return Fault(f"`{part}` is no axis", start, end, advice)
    if part.startswith("_") or part.endswith("_"):
        return Fault(f"`{part}` begins or ends with `_`, which no axis does", start, end)
    if keyword.iskeyword(part) or part in DISCOURAGED:
        return Fault(f"`{part}` means something else in Python", start, end)
    return Axis(part, None, start, end)
