"""What a checked network is: a static graph of layers with a type on every edge.

Modules nest as the text nests: a `Graph` is a block, a model or a labelled container, a `Layer`
is a leaf. Keys of children are the parts of `state_dict` names. Steps run in order; each value is
a `Slot`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Literal as OneOf

from netspec.program.externs import Extern
from netspec.source import Span
from netspec.types import Dim, TensorType

Literal = int | float | bool | str | None | tuple["Literal", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A learned tensor or a buffer of a layer, by its name within the layer."""

    name: str
    shape: tuple[int, ...]
    learned: bool = True
    # Whether it is in the `state_dict`.
    persistent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A leaf module: `target` is the dotted name of its class.

    `arguments` holds every argument by name, inferred ones and defaults included, in the
    declaration's order. A layer of the user's has its declaration as `extern`, and `module:name` as
    its target; while its Python was not looked at, it is not `weighed`: its weights are not known.
    """

    span: Span
    name: str
    target: str
    arguments: tuple[tuple[str, Literal], ...]
    weights: tuple[Weight, ...] = ()
    extern: Extern | None = None
    weighed: bool = True

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
    A function of the user's has its declaration as `extern`, and goes by `module:name`.
    """

    span: Span
    function: str
    operands: tuple[Operand, ...]
    keywords: tuple[tuple[str, Operand], ...] = ()
    results: tuple[Slot, ...]
    extern: Extern | None = None

    @property
    def name(self) -> str:
        """What the function is called where it is declared."""
        return self.function if self.extern is None else self.extern.name


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Take a tensor of the child `child`, as it is.

    `path` leads from the child to the tensor: keys of modules below it, then the tensor's name; it
    is empty where the child is the stored tensor itself. There are no operands.
    """

    span: Span
    child: str
    path: tuple[str, ...] = ()
    results: tuple[Slot, ...]
    operands: tuple[Operand, ...] = ()


Step = Invoke | Read | Compute | Scan


def every_step(steps: Iterable[Step]) -> Iterator[Step]:
    """Each step, those within a scan before the scan itself."""
    for step in steps:
        if isinstance(step, Scan):
            yield from every_step(step.steps)
        yield step


@dataclass(frozen=True, slots=True, kw_only=True)
class Initializer:
    """A function of `torch.nn.init`: its dotted name, and every argument but the tensor."""

    span: Span
    name: str
    target: str
    arguments: tuple[tuple[str, Literal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A tensor of a module's own, under its own key: a parameter or a buffer.

    `value` has no inputs and one output, what the tensor is before `init` fills it, if that is
    there. It is computed when the module is made.
    """

    span: Span
    name: OneOf["Parameter", "Buffer"]
    type: TensorType
    value: Graph
    init: Initializer | None = None
    persistent: bool = True

    @property
    def weight(self) -> Weight:
        """It as a weight without a name of its own."""
        shape = tuple(dim.value or 0 for dim in self.type.shape)
        return Weight(
            name="", shape=shape, learned=self.name == "Parameter", persistent=self.persistent
        )

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return prod(self.weight.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A module under its key; `labelled` when the text named it, else the key was counted."""

    key: str
    module: Module
    labelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """One parameter under two names: `left` becomes the parameter `right`.

    Each is a path: keys of modules, then the parameter's name.
    """

    span: Span
    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """Parameters whose names match `pattern` (`fnmatch`) begin as `init` says."""

    span: Span
    pattern: str
    init: Initializer


@dataclass(frozen=True, slots=True, kw_only=True)
class Freezing:
    """Parameters of which a name matches one of `patterns` (`fnmatch`) do not learn."""

    span: Span
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A module with parts. `name` is the block's or model's, empty for a plain container.

    `arguments` are the block's own arguments with their values at this use (layers passed as
    arguments are left out). `sequential` says the text is a plain chain of stages without a named
    value: each child runs once, in order, on the value before.

    When the parts are made, first the `ties` are tied, each after those that its right side needs;
    then each parameter is filled as the last of `fillings` says that matches its name within the
    graph, in `state_dict` order; then `frozen` ones are frozen.
    """

    span: Span
    name: str
    arguments: tuple[tuple[str, Literal], ...] = ()
    children: tuple[Child, ...]
    inputs: tuple[Slot, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Ref, ...]
    sequential: bool
    ties: tuple[Tie, ...] = ()
    fillings: tuple[Filling, ...] = ()
    frozen: tuple[Freezing, ...] = ()

    @property
    def settles(self) -> bool:
        """Whether anything is done once its parts are made."""
        return bool(self.ties or self.fillings or self.frozen)

    def child(self, key: str) -> Module:
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
            match child.module:
                case Layer():
                    yield key, child.module
                case Graph():
                    yield from child.module.layers(key + ".")
                case Stored():
                    pass

    def stored(self, prefix: str = "") -> Iterator[tuple[str, Stored]]:
        """Every stored tensor with its full key, those of a module before those of its parts."""
        for child in self.children:
            if isinstance(child.module, Stored):
                yield prefix + child.key, child.module
        for child in self.children:
            if isinstance(child.module, Graph):
                yield from child.module.stored(f"{prefix}{child.key}.")

    def weights(self, prefix: str = "") -> Iterator[tuple[str, Weight]]:
        """Every parameter and buffer with its full key, in `state_dict` order."""
        own = [child for child in self.children if isinstance(child.module, Stored)]
        for learned in (True, False):
            for child in own:
                weight = child.module.weight if isinstance(child.module, Stored) else None
                if weight is not None and weight.learned == learned:
                    yield prefix + child.key, weight
        for child in self.children:
            match child.module:
                case Layer():
                    for weight in child.module.weights:
                        yield f"{prefix}{child.key}.{weight.name}", weight
                case Graph():
                    yield from child.module.weights(f"{prefix}{child.key}.")
                case Stored():
                    pass


Module = Layer | Graph | Stored


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
    """A network to build; its inputs are the graph's, its state_dict keys the graph's keys.

    `open` is the same network with those sizes left open that the text names and only the data
    tell, where its layers do not hang on them: what is emitted takes other sizes too.
    """

    span: Span
    name: str
    graph: Graph
    output_names: tuple[str, ...]
    requirements: tuple[Requirement, ...] = ()
    open: Model | None = None

    @property
    def emitted(self) -> Model:
        """The network as it is emitted, with as many sizes open as can be."""
        return self.open or self

    @property
    def weighed(self) -> bool:
        """Whether the weights of all its layers are known."""
        return all(layer.weighed for _, layer in self.graph.layers())
