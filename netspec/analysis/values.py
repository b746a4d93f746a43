"""What a name can stand for while the compiler evaluates a spec, and the scopes that bind names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netspec.catalog import Entry
from netspec.program.graph import Slot
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim, TensorType

if TYPE_CHECKING:
    from netspec.analysis.builder import GraphBuilder


@dataclass(frozen=True, slots=True)
class Unknown:
    """The value of what was reported already; whatever meets it becomes unknown in silence."""


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A value of the network, in the graph it was computed in."""

    graph: GraphBuilder
    slot: Slot

    @property
    def type(self) -> TensorType:
        """Its kind and shape."""
        return self.slot.type


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A stage not yet applied (`ReLU`, `Linear(20)`, `(A -> B)`) with the scope it was written in.

    Each application makes a fresh instance.
    """

    expression: tree.Expr
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A `block` or `model` of this file."""

    definition: tree.Definition
    scope: Scope

    @property
    def name(self) -> str:
        """Its name; an unnamed model has none."""
        return self.definition.name.id if self.definition.name is not None else ""

    @property
    def head(self) -> Span:
        """The place of its name, or of the word `model`."""
        span = self.definition.span
        if self.definition.name is not None:
            return self.definition.name.span
        return span.source.span(span.start, span.start + len("model"))


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """A labelled module of a graph: applying it again shares its weights."""

    graph: GraphBuilder
    child: int
    label: tree.Name


@dataclass(frozen=True, slots=True)
class CatalogueName:
    """A layer or a function of the catalogue."""

    entry: Entry


@dataclass(slots=True, eq=False)
class Indexed:
    """A family of names with compile-time indices: `skip[i] = x`."""

    items: dict[tuple[int | str, ...], Value] = field(default_factory=dict)


Value = (
    int
    | float
    | bool
    | str
    | None
    | tuple["Value", ...]
    | Dim
    | Tensor
    | Stage
    | Block
    | Instance
    | CatalogueName
    | Indexed
    | Unknown
)


@dataclass(slots=True, eq=False)
class Bound:
    """A name's value, where it was bound, and whether anything used it."""

    value: Value
    span: Span
    used: bool = False


@dataclass(slots=True, eq=False)
class Scope:
    """Names and labels of one body, inside the scope around it."""

    parent: Scope | None = None
    names: dict[str, Bound] = field(default_factory=dict)

    def bind(self, name: str, value: Value, span: Span) -> None:
        """Bind `name` here, replacing an earlier binding of this scope."""
        self.names[name] = Bound(value, span)

    def find(self, name: str) -> Bound | None:
        """The innermost binding of `name`, marked as used."""
        scope: Scope | None = self
        while scope is not None:
            bound = scope.names.get(name)
            if bound is not None:
                bound.used = True
                return bound
            scope = scope.parent
        return None

    def visible(self) -> Iterator[str]:
        """Every name that can be seen from here."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope.names
            scope = scope.parent


def describe(value: Value) -> str:
    """A value in the words of a message: "a number", "a tensor `real[B, 3]`"."""
    match value:
        case bool():
            return f"`{'true' if value else 'false'}`"
        case int() | float():
            return f"the number `{value}`"
        case str():
            return f'the text `"{value}"`'
        case None:
            return "`none`"
        case tuple():
            return "a list"
        case Dim():
            return f"the size `{value}`"
        case Tensor():
            return f"a tensor `{value.type}`"
        case Stage() | Instance():
            return "a stage"
        case Block():
            return f"the {value.definition.keyword} `{value.name}`"
        case CatalogueName():
            return f"the {value.entry.kind} `{value.entry.name}`"
        case Indexed():
            return "a name with indices"
        case Unknown():
            return "something unknown"
