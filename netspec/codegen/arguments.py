"""Constructor arguments of a class: what differs between its uses, named as a person would.

Each hole of the class has a vector: its value at every use. Holes with equal vectors share one
argument, named after the block's own argument with that vector, else after the layer's argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final
from typing import Literal as OneOf

from netspec.codegen.names import local, unused
from netspec.program.graph import Literal


class Absence(Enum):
    """The value of a hole at a use where an optional part is left out."""

    MISSING = auto()


MISSING: Final = Absence.MISSING
Vector = tuple[Literal | OneOf[Absence.MISSING], ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same constant at every use."""

    value: Literal


@dataclass(frozen=True, slots=True)
class Named:
    """`times * name` or `name // over`; `-name` of -1."""

    name: str
    times: int = 1
    over: int = 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A tuple whose items differ in their own ways."""

    items: tuple[Given, ...]


Given = Fixed | Named | Listed


@dataclass(frozen=True, slots=True)
class Argument:
    """A constructor argument with its value at every use; a default is what most uses have."""

    name: str
    values: tuple[Literal, ...]
    has_default: bool = False
    default: Literal = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a hole is: below the child `key`, called `name`; `default` is what torch has there."""

    name: str
    key: str = ""
    default: Literal | OneOf[Absence.MISSING] = MISSING


@dataclass(slots=True)
class Naming:
    """Gives holes their values, creating arguments as they are needed.

    `own` are the block's arguments with their vectors, `inputs` and `outputs` the vectors of sizes
    that flow in and out: a hole equal to an input size is not written as a multiple of something
    else.
    """

    uses: int
    own: Mapping[str, Vector] = field(default_factory=dict)
    inputs: frozenset[Vector] = frozenset()
    outputs: frozenset[Vector] = frozenset()
    arguments: dict[str, Vector] = field(default_factory=dict)
    _defaults: dict[str, list[Literal]] = field(default_factory=dict)

    def flag(self, wanted: str, vector: tuple[bool, ...]) -> str:
        """The argument that says whether an optional part is there."""
        known = [name for name, own in self.own.items() if _same(vector, own)]
        name = known[0] if known else unused(local(wanted), {*self.own, *self.arguments})
        self.arguments[name] = vector
        self._defaults[name] = [False]
        return name

    def given(self, place: Place, vector: Vector) -> Given:
        """The value of a hole."""
        present = [value for value in vector if value is not MISSING]
        if all(alike(value, present[0]) for value in present):
            return self._among_optional(place, vector) or Fixed(present[0])
        for known in (self.own, self.arguments):
            equal = [name for name, its in known.items() if _same(vector, its)]
            if equal:
                return self._use(place.name if place.name in equal else equal[0], place, vector)
        items = _columns(vector)
        if items is not None:
            inner = replace(place, default=MISSING)
            return Listed(tuple(self.given(inner, item) for item in items))
        if vector not in self.inputs:
            multiple = self._multiple(vector)
            if multiple is not None:
                return multiple
        return self._new(place, vector)

    def finished(self) -> tuple[Argument, ...]:
        """The arguments, those with a default last.

        A default is what most uses have, where torch has the same default or a use needs none.
        """
        made = [self._finish(name, vector) for name, vector in self.arguments.items()]
        return tuple(sorted(made, key=lambda argument: argument.has_default))

    def _among_optional(self, place: Place, vector: Vector) -> Named | None:
        """A constant of an optional part as the argument it is an instance of.

        Too few uses have the part to tell, so only a size or an equal name will do.
        """
        if MISSING not in vector:
            return None
        sizes = self.inputs | self.outputs
        for name, its in {**self.arguments, **self.own}.items():
            if _same(vector, its) and (name == place.name or its in sizes):
                return self._use(name, place, vector)
        return None

    def _multiple(self, vector: Vector) -> Named | None:
        turned = [name for name, its in self.own.items() if _is_negative(vector, its)]
        if turned:
            self.arguments.setdefault(turned[0], self.own[turned[0]])
            return Named(turned[0], times=-1)
        ratios = {name: _ratio(vector, its) for name, its in {**self.own, **self.arguments}.items()}
        found = [name for name, (times, over) in ratios.items() if times * over > 1]
        if not found:
            return None
        # The smallest ratio is the one meant: `3 * width`, not `48 * heads`.
        nearest = min(found, key=lambda name: sum(ratios[name]))
        self.arguments.setdefault(nearest, self.own.get(nearest, ()))
        return Named(nearest, *ratios[nearest])

    def _use(self, name: str, place: Place, vector: Vector) -> Named:
        if name not in self.arguments:
            # Uses without the optional part need not give what only that part takes.
            self.arguments[name] = vector if MISSING in vector else self.own[name]
        elif name in self.own and MISSING not in vector:
            self.arguments[name] = self.own[name]
        if place.default is not MISSING:
            self._defaults.setdefault(name, []).append(place.default)
        return Named(name)

    def _new(self, place: Place, vector: Vector) -> Named:
        taken = {*self.own, *self.arguments}
        name = local(place.name)
        if name in taken and place.key and not place.key.isdecimal():
            name = local(f"{place.key}_{place.name}".replace(".", "_"))
        name = unused(name, taken)
        self.arguments[name] = vector
        return self._use(name, place, vector)

    def _finish(self, name: str, vector: Vector) -> Argument:
        counted = Counter((type(value), value) for value in vector if value is not MISSING)
        (_, usual), count = counted.most_common(1)[0]
        values = tuple(usual if value is MISSING else value for value in vector)
        known = any(alike(usual, default) for default in self._defaults.get(name, ()))
        if MISSING in vector or (known and 2 * count > self.uses):
            return Argument(name, values, True, usual)
        return Argument(name, values)


def annotation(values: Iterable[Literal]) -> str:
    """The type of an argument that takes these values."""
    found = {_type(value) for value in values}
    optional = "None" in found
    found.discard("None")
    if found == {"int", "float"}:
        found = {"float"}
    return " | ".join([*sorted(found), *(["None"] if optional else [])])


def _type(value: Literal) -> str:
    if value is None:
        return "None"
    if isinstance(value, tuple):
        return f"tuple[{annotation(value)}, ...]" if value else "tuple[()]"
    return type(value).__name__


def alike(left: object, right: object) -> bool:
    """Equal and of one type: `1`, `1.0` and `True` are three things."""
    return type(left) is type(right) and left == right


def _same(vector: Vector, known: Sequence[object]) -> bool:
    return len(vector) == len(known) and all(
        value is MISSING or alike(value, other) for value, other in zip(vector, known, strict=True)
    )


def _columns(vector: Vector) -> tuple[Vector, ...] | None:
    """A vector of tuples of one length as one vector per item."""
    rows = [value for value in vector if value is not MISSING]
    if not all(isinstance(row, tuple) and row for row in rows):
        return None
    lengths = {len(row) for row in rows if isinstance(row, tuple)}
    if len(lengths) != 1:
        return None
    return tuple(
        tuple(value[at] if isinstance(value, tuple) else MISSING for value in vector)
        for at in range(lengths.pop())
    )


def _is_negative(vector: Vector, known: Vector) -> bool:
    """Whether each is the other one's negative; not all are 0."""
    pairs = list(zip(vector, known, strict=True))
    return any(value for value, _ in pairs) and all(
        type(value) is int and type(other) is int and value == -other for value, other in pairs
    )


def _ratio(vector: Vector, known: Vector) -> tuple[int, int]:
    """The `times` and `over` that make `vector` from `known`, one of them 1; (1, 1) for neither."""
    pairs: list[tuple[int, int]] = []
    for value, other in zip(vector, known, strict=True):
        if value is MISSING:
            continue
        # A use without the other has some default of it, so that nothing follows from it.
        # `type` and not `isinstance`: True is no size
        if type(value) is not int or type(other) is not int or value <= 0 or other <= 0:
            return 1, 1
        pairs.append((value, other))
    factors = {divmod(value, other) for value, other in pairs}
    shares = {divmod(other, value) for value, other in pairs}
    if len(factors) == 1:
        times, rest = factors.pop()
        if not rest:
            return times, 1
    if len(shares) == 1:
        over, rest = shares.pop()
        if not rest:
            return 1, over
    return 1, 1
