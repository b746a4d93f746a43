"""A graph as the class that will be written for it sees it: parts, structure, and holes.

A hole is a place where a constant stands that may differ from one use of a class to the next. Two
graphs have the same structure when they differ in their holes only.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal as OneOf

from netspec.codegen.arguments import MISSING, Absence, Argument, Given
from netspec.codegen.constructors import in_order
from netspec.codegen.initializers import defaults
from netspec.program.graph import (
    Compute,
    EllipsisOperand,
    Graph,
    Initializer,
    Invoke,
    Layer,
    Literal,
    Operand,
    Read,
    Ref,
    Scan,
    SliceOperand,
    Step,
    Stored,
)
from netspec.program.graph import Sequence as OperandSequence
from netspec.types import Dim, TensorType
from netspec.types.measures import measure

Path = tuple[str | int, ...]

# What stands in a path behind the key of a stored tensor: before a place in the steps that make it,
# and before the name of an argument of the function that fills it.
VALUE, INIT = "value", "init"
# What begins the path of a line of `init`; no key is empty.
FILLING = ""
# What stands for the steps that not all uses have among the optional parts; no key is a keyword.
GUARD = "if"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A layer of PyTorch, or of the user's."""

    layer: Layer


@dataclass(frozen=True, slots=True)
class Chain:
    """A container written in place as `nn.Sequential(...)`."""

    items: tuple[Part, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A parameter or buffer of the class's own; `value` is what makes it, a body without parts."""

    stored: Stored
    value: Body


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """A use of a class, with the values of its constructor arguments at this use."""

    plan: ClassPlan
    values: Mapping[str, Literal]


Part = Leaf | Held | Chain | Instance


@dataclass(frozen=True, slots=True)
class Hole:
    """A constant: where it is, what the text there calls it, its value, and its default there."""

    path: Path
    name: str
    value: Literal
    default: Literal | OneOf[Absence.MISSING] = MISSING


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassPlan:
    """A class to write. `body` is a use that has every optional part.

    `flags` maps the key of an optional part to the argument that says whether it is there; that of
    optional steps is GUARD.
    """

    name: str
    body: Body
    uses: tuple[Body, ...]
    arguments: tuple[Argument, ...]
    holes: Mapping[Path, Given]
    flags: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """One use of a graph with its parts by key."""

    graph: Graph
    parts: Mapping[str, Part]

    @property
    def input_types(self) -> tuple[TensorType, ...]:
        """The types of the inputs."""
        return tuple(slot.type for slot in self.graph.inputs)

    @property
    def is_chain(self) -> bool:
        """Whether `nn.Sequential` runs it: a chain of parts numbered from 0."""
        numbered = list(self.parts) == [str(at) for at in range(len(self.parts))]
        return self.graph.sequential and numbered and len(self.parts) == len(self.graph.steps)

    @property
    def is_numbered(self) -> bool:
        """Whether all parts have numbers, as in an `nn.ModuleList`."""
        return bool(self.parts) and list(self.parts) == [str(at) for at in range(len(self.parts))]

    @property
    def is_indexed(self) -> bool:
        """Whether its parts are reached by their numbers, `self[0]`."""
        return self.is_chain or self.is_numbered

    def structure(self, without: frozenset[str] = frozenset()) -> Hashable:
        """What all uses of one class have in common; calls of `without` pass their input on."""
        fresh = count()
        number = {slot.id: next(fresh) for slot in self.graph.inputs}
        steps = tuple(self._normal_steps(self.graph.steps, number, fresh, without))
        parts = tuple(
            (key, signature(part)) for key, part in self.parts.items() if key not in without
        )
        outputs = tuple(number[ref.id] for ref in self.graph.outputs)
        return parts, len(self.graph.inputs), steps, outputs, self._directives()

    def _directives(self) -> Hashable:
        """What is done once the parts are made, without the arguments that may differ."""
        graph = self.graph
        ties = tuple((tie.left, tie.right) for tie in graph.ties)
        fillings = tuple((line.pattern, _filled(line.init)) for line in graph.fillings)
        return ties, fillings, tuple(line.patterns for line in graph.frozen)

    def holes(self, numbers: Sequence[int]) -> Iterator[Hole]:
        """Every hole, in the order it is written; the steps go by `numbers`."""
        for key, part in self.parts.items():
            yield from _part_holes(part, (key,))
        for at, line in enumerate(self.graph.fillings):
            yield from _init_holes(line.init, (FILLING, at))
        for number, step in zip(numbers, self.graph.steps, strict=True):
            yield from _step_holes(step, (number,))

    def _normal_steps(
        self,
        steps: Sequence[Step],
        number: dict[int, int],
        fresh: Iterator[int],
        without: frozenset[str],
    ) -> Iterator[Hashable]:
        """The steps with their values numbered as they come, by `fresh`."""
        for step in steps:
            said: tuple[Hashable, ...]
            match step:
                case Invoke(child=child, operands=(Ref(given),)) if child in without:
                    number[step.results[0].id] = number[given]
                    continue
                case Invoke():
                    operands = tuple(self._normal(value, number) for value in step.operands)
                    said = ("invoke", step.child, operands)
                case Read():
                    said = ("read", step.child, step.path)
                case Compute():
                    operands = tuple(self._normal(value, number) for value in step.operands)
                    named = ((name, self._normal(value, number)) for name, value in step.keywords)
                    said = ("compute", step.function, tuple(named), operands)
                case Scan():
                    sequences = tuple(number[piece.sequence.id] for piece in step.pieces)
                    initials = tuple(number[carry.initial.id] for carry in step.carries)
                    number.update((slot.id, next(fresh)) for slot in step.begins)
                    inner = tuple(self._normal_steps(step.steps, number, fresh, without))
                    outputs = tuple(number[ref.id] for ref in step.outputs)
                    updates = tuple(number[carry.update.id] for carry in step.carries)
                    said = ("scan", step.dim, sequences, initials, inner, outputs, updates)
            number.update((slot.id, next(fresh)) for slot in step.results)
            yield *said, len(step.results)

    def _normal(self, operand: Operand, number: Mapping[int, int]) -> Hashable:
        match operand:
            case Ref():
                return "ref", number[operand.id]
            case Dim():
                return "size", measure(operand, self.input_types)
            case OperandSequence():
                return "sequence", tuple(self._normal(item, number) for item in operand.items)
            case SliceOperand():
                ends = (operand.lower, operand.upper, operand.step)
                return "slice", tuple(self._normal(end, number) for end in ends)
            case EllipsisOperand():
                return "ellipsis"
            case str() | None:
                return "constant", operand
            case bool():
                return "flag"
            case int() | float():
                return "hole"


def signature(part: Part) -> Hashable:
    """What parts under the same key must have in common to be one part of one class."""
    match part:
        case Leaf():
            return part.layer.target, tuple(name for name, _ in part.layer.arguments)
        case Held(stored=stored):
            filled = None if stored.init is None else _filled(stored.init)
            return stored.name, stored.persistent, filled, part.value.structure()
        case Chain():
            return tuple(signature(item) for item in part.items)
        case Instance():
            return part.plan.name


def _filled(init: Initializer) -> Hashable:
    """A function of `torch.nn.init` and the names of its arguments."""
    return init.target, tuple(name for name, _ in init.arguments)


def _init_holes(init: Initializer, path: Path) -> Iterator[Hole]:
    known = defaults(init.target)
    for name, value in init.arguments:
        yield Hole((*path, name), name, value, known.get(name, MISSING))


def _part_holes(part: Part, path: Path) -> Iterator[Hole]:
    match part:
        case Leaf():
            for parameter, value in in_order(part.layer):
                name = parameter.name
                yield Hole((*path, name), name, value, parameter.default_literal)
        case Held():
            for number, step in enumerate(part.value.graph.steps):
                yield from _step_holes(step, (*path, VALUE, number))
            if part.stored.init is not None:
                yield from _init_holes(part.stored.init, (*path, INIT))
        case Chain():
            for at, item in enumerate(part.items):
                yield from _part_holes(item, (*path, at))
        case Instance():
            for argument in part.plan.arguments:
                name, value = argument.name, part.values[argument.name]
                default = argument.default if argument.has_default else MISSING
                yield Hole((*path, name), name, value, default)


def _step_holes(step: Step, path: Path) -> Iterator[Hole]:
    if isinstance(step, Scan):
        for number, inner in enumerate(step.steps):
            yield from _step_holes(inner, (*path, number))
        return
    for at, operand in enumerate(step.operands):
        yield from _operand_holes(operand, (*path, at), _constant_name(step))
    if isinstance(step, Compute):
        for name, value in step.keywords:
            yield from _operand_holes(value, (*path, name), name)


def _constant_name(step: Invoke | Compute | Read) -> str:
    """What a constant is called that differs between the uses of a class."""
    if not isinstance(step, Compute) or step.function == "getitem":
        return "index"
    return "scale" if step.function in {"*", "/"} else "size"


def _operand_holes(operand: Operand, path: Path, name: str) -> Iterator[Hole]:
    match operand:
        case OperandSequence():
            for at, item in enumerate(operand.items):
                yield from _operand_holes(item, (*path, at), name)
        case SliceOperand():
            for at, end in enumerate((operand.lower, operand.upper, operand.step)):
                yield from _operand_holes(end, (*path, at), name)
        case int() | float():
            yield Hole(path, name, operand)
        case _:
            return
