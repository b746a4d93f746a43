"""What an assert can say of models: types and counts, and when two types are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, permutations

from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.program.graph import Graph, Literal, Model, Module, Stored
from netspec.program.state import parameters
from netspec.source import Span
from netspec.types import Dim, Kind, TensorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A type in an assert; `kind` is None where only dimensions are written.

    `dots` is where `...` stands among the dimensions, `origin` where a model makes it.
    """

    kind: Kind | None
    dims: tuple[Dim, ...]
    dots: int | None = None
    origin: Span | None = None

    def __str__(self) -> str:
        dims = [str(dim) for dim in self.dims]
        if self.dots is not None:
            dims.insert(self.dots, "...")
        return f"{self.kind or ''}[{', '.join(dims)}]"


# In how many orders names of dimensions are held against one another.
MOST_ORDERS = 120

Fact = Literal | Shown | Unknown


def of_type(type: TensorType, origin: Span) -> Shown:
    """A model's type as an assert sees it."""
    return Shown(kind=type.kind, dims=type.shape, origin=origin)


def said(fact: Fact) -> str:
    """A fact in the words of a message."""
    match fact:
        case bool():
            return "true" if fact else "false"
        case int():
            return f"{fact:,}"
        case None:
            return "none"
        case str():
            return f'"{fact}"'
        case tuple():
            return f"[{', '.join(said(item) for item in fact)}]"
        case _:
            return str(fact)


def as_shape(fact: Fact) -> Fact:
    """A list of sizes as dimensions, to be compared with a type; else the fact itself."""
    if isinstance(fact, tuple):
        sizes = [size for size in fact if isinstance(size, int) and not isinstance(size, bool)]
        if len(sizes) == len(fact):
            return Shown(kind=None, dims=tuple(Dim.of(size) for size in sizes))
    return fact


def same_types(left: Sequence[Shown], right: Sequence[Shown]) -> bool:
    """Whether types are the same one by one, but for the names of their dimensions.

    Each name of one side stands for one name of the other, wherever it occurs.
    """
    pairs: list[tuple[Dim, Dim]] = []
    for one, other in zip(left, right, strict=True):
        dims, kinds = _aligned(one, other), _kinds(one, other)
        if dims is None or kinds is None:
            return False
        pairs += [*dims, *kinds]
    there: dict[str, str] = {}
    back: dict[str, str] = {}
    for here, beyond in pairs:
        if len(here.symbols) == len(beyond.symbols) == 1:
            (name,), (called,) = here.symbols, beyond.symbols
            if there.setdefault(name, called) != called or back.setdefault(called, name) != name:
                return False
    # Names that only stand among others: which stands for which is tried.
    ours = sorted({name for here, _ in pairs for name in here.symbols} - there.keys())
    theirs = sorted({name for _, beyond in pairs for name in beyond.symbols} - back.keys())
    if len(ours) != len(theirs):
        return False
    orders = islice(permutations(theirs), MOST_ORDERS)
    return any(_agree(pairs, there | dict(zip(ours, order, strict=True))) for order in orders)


def _agree(pairs: Sequence[tuple[Dim, Dim]], names: Mapping[str, str]) -> bool:
    symbols = {name: Dim.symbol(called) for name, called in names.items()}
    return all(here.substitute(symbols) == beyond for here, beyond in pairs)


def _kinds(left: Shown, right: Shown) -> list[tuple[Dim, Dim]] | None:
    """The numbers of classes that must agree; None where the kinds themselves differ."""
    if left.kind is None or right.kind is None:
        return []
    if left.kind.name != right.kind.name:
        return None
    one, other = left.kind.size, right.kind.size
    if one is None or other is None:
        return [] if one is other else None
    return [(one, other)]


def _aligned(left: Shown, right: Shown) -> list[tuple[Dim, Dim]] | None:
    """The dimensions that meet; `...` of one side stands for any number of the other."""
    if left.dots is not None and right.dots is not None:
        if (left.dots, len(left.dims)) != (right.dots, len(right.dims)):
            return None
        return list(zip(left.dims, right.dims, strict=True))
    if left.dots is None and right.dots is None:
        if len(left.dims) != len(right.dims):
            return None
        return list(zip(left.dims, right.dims, strict=True))
    if left.dots is None:
        swapped = _aligned(right, left)
        return None if swapped is None else [(there, here) for here, there in swapped]
    tail = len(left.dims) - left.dots
    if len(right.dims) < len(left.dims):
        return None
    end = right.dims[len(right.dims) - tail :]
    return list(zip(left.dims, (*right.dims[: left.dots], *end), strict=True))


# --- what a model has ------------------------------------------------------------------------

COUNTED = ("params", "layers")
TYPED = ("input", "output")
FACTS = (*COUNTED, *TYPED, "count")


def counted(model: Model, name: str) -> int:
    """`params`, the learned numbers of a model, or `layers`, those that hold or do something."""
    return parameters(model.graph) if name == "params" else sum(1 for _ in model.graph.layers())


def occurrences(model: Model, wanted: str | Span) -> int:
    """How many layers of that name, or blocks defined there, a model has, at any depth."""
    return sum(
        module.name == wanted if isinstance(wanted, str) else module.span == wanted
        for module in _modules(model.graph)
        if not isinstance(module, Stored)
    )


def _modules(graph: Graph) -> Iterator[Module]:
    for child in graph.children:
        yield child.module
        if isinstance(child.module, Graph):
            yield from _modules(child.module)


def ends(model: Model, name: str) -> dict[str, Shown]:
    """The inputs or the outputs of a model, by their names."""
    graph = model.graph
    if name == "input":
        return {slot.name or "x": of_type(slot.type, slot.span) for slot in graph.inputs}
    slots = graph.slots()
    made = [slots[ref.id] for ref in graph.outputs]
    return {
        called: of_type(slot.type, slot.span)
        for called, slot in zip(model.output_names, made, strict=True)
    }


def constants(values: Sequence[Fact]) -> Fact:
    """Several constants as one list."""
    known = [value for value in values if not isinstance(value, Shown | Unknown)]
    return tuple(known) if len(known) == len(values) else UNKNOWN
