"""What a checked network is: a static graph of layers with a type on every edge.

Modules nest as the text nests: a `Graph` is a block, a model or a labelled container, a `Layer`
is a leaf. Keys of children are the parts of `state_dict` names. Steps run in order; each value is
a `Slot`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod

from netspec.source import Span
from netspec.types import Dim, TensorType

Literal = int | float | bool | str | None | tuple["Literal", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A learned tensor or a buffer of a layer, by its name within the layer."""

    name: str
    shape: tuple[int, ...]
    learned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A leaf module: `target` is the dotted name of its class.

    `arguments` holds every argument by name, inferred ones and defaults included, in the
    declaration's order.
    """

    span: Span
    name: str
    target: str
    arguments: tuple[tuple[str, Literal], ...]
    weights: tuple[Weight, ...] = ()

    @property
    def parameters(self) -> int:
        """How many learned numbers it has."""
        return sum(prod(weight.shape) for weight in self.weights if weight.learned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A value in a graph: unique `id`, type, and the name the text gave it, if any."""

    id: int
    type: TensorType
    span: Span
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Ref:
    """A use of the slot with this id."""

    id: int


@dataclass(frozen=True, slots=True)
class SliceOperand:
    """`lower:upper:step` in a subscript."""

    lower: Operand
    upper: Operand
    step: Operand


@dataclass(frozen=True, slots=True)
class EllipsisOperand:
    """`...` in a subscript."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A tuple or list of operands, as `cat` takes them."""

    items: tuple[Operand, ...]


# A `Dim` is a size known only when the model runs: read off the shape of an input.
Operand = Ref | Dim | Sequence | SliceOperand | EllipsisOperand | int | float | bool | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoke:
    """Apply the child module `child` (a key of the same graph) to operands."""

    span: Span
    child: str
    operands: tuple[Operand, ...]
    results: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """Apply a function or an operator.

    `function` is a function's name in the catalogue (`cat`, `mean`), an operator
    (`+ - * / // % ** @ neg == != < <= > >=`), or `getitem` (operands: value, then each subscript).
    """

    span: Span
    function: str
    operands: tuple[Operand, ...]
    keywords: tuple[tuple[str, Operand], ...] = ()
    results: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One sequence of a scan: `slot` is its piece at a step."""

    sequence: Ref
    slot: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """One state of a scan: `slot` is what a step begins with, `update` what it ends with."""

    initial: Ref
    slot: Slot
    update: Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Run `steps` for each piece of the sequences along `dim`, which may count from the end.

    The steps stand in the same graph: they use its values and its children, and values of their own
    that nothing outside sees. `results` are the outputs of all steps, stacked along `dim`, and
    then the last state of each carry.
    """

    span: Span
    dim: int
    pieces: tuple[Piece, ...]
    carries: tuple[Carry, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Ref, ...]
    results: tuple[Slot, ...]

    @property
    def begins(self) -> tuple[Slot, ...]:
        """What a step begins with: a piece of each sequence, and each state."""
        pieces = tuple(piece.slot for piece in self.pieces)
        return (*pieces, *(carry.slot for carry in self.carries))

    @property
    def stacked(self) -> tuple[Slot, ...]:
        """The results that are outputs of all steps, one an output."""
        return self.results[: len(self.outputs)]

    @property
    def last(self) -> tuple[Slot, ...]:
        """The results that are last states, one a carry."""
        return self.results[len(self.outputs) :]


Step = Invoke | Compute | Scan


def every_step(steps: Iterable[Step]) -> Iterator[Step]:
    """Each step, those within a scan before the scan itself."""
    for step in steps:
        if isinstance(step, Scan):
            yield from every_step(step.steps)
        yield step


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A module under its key; `labelled` when the text named it, else the key was counted."""

    key: str
    module: Layer | Graph
    labelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A module with parts. `name` is the block's or model's, empty for a plain container.

    `arguments` are the block's own arguments with their values at this use (layers passed as
    arguments are left out). `sequential` says the text is a plain chain of stages without a named
    value: each child runs once, in order, on the value before.
    """

    span: Span
    name: str
    arguments: tuple[tuple[str, Literal], ...] = ()
    children: tuple[Child, ...]
    inputs: tuple[Slot, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Ref, ...]
    sequential: bool

    def child(self, key: str) -> Layer | Graph:
        """The child module under `key`."""
        return next(child.module for child in self.children if child.key == key)

    def slots(self) -> dict[int, Slot]:
        """Every value of this graph by id."""
        found = {slot.id: slot for slot in self.inputs}
        for step in every_step(self.steps):
            found.update((slot.id, slot) for slot in step.results)
            if isinstance(step, Scan):
                found.update((slot.id, slot) for slot in step.begins)
        return found

    @property
    def output_types(self) -> tuple[TensorType, ...]:
        """The types of the outputs."""
        slots = self.slots()
        return tuple(slots[ref.id].type for ref in self.outputs)

    def layers(self, prefix: str = "") -> Iterator[tuple[str, Layer]]:
        """Every leaf with its full key, in `state_dict` order."""
        for child in self.children:
            key = prefix + child.key
            if isinstance(child.module, Layer):
                yield key, child.module
            else:
                yield from child.module.layers(key + ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What must hold of sizes not known at check time: `left == right` or `left >= right`."""

    left: Dim
    right: Dim
    relation: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A network to build; its inputs are the graph's, its state_dict keys the graph's keys."""

    span: Span
    name: str
    graph: Graph
    output_names: tuple[str, ...]
    requirements: tuple[Requirement, ...] = ()
