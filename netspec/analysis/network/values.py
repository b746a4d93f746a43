"""What a name can stand for while the compiler evaluates a spec, and the scopes that bind names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.catalog import Entry
from netspec.program.graph import Module
from netspec.source import Source, Span
from netspec.syntax import tree
from netspec.types import Dim


@dataclass(frozen=True, slots=True)
class Unknown:
    """The value of what was reported already; whatever meets it becomes unknown in silence."""


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A stage not yet applied (`ReLU`, `Linear(20)`, `(A -> B)`) with the scope it was written in.

    Each application makes a fresh instance. `depth` is how many blocks are around it.
    """

    expression: tree.Expr
    scope: Scope
    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A `block` or `model`; `called` is what it goes by where that is not its own name."""

    definition: tree.Definition
    scope: Scope
    called: str = ""

    @property
    def name(self) -> str:
        """Its name; an unnamed model has none."""
        if self.called:
            return self.called
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

    @property
    def module(self) -> Module:
        """The module it stands for."""
        return self.graph.parts[self.child].module


@dataclass(frozen=True, slots=True, eq=False)
class Inner:
    """A module below a labelled one, `h[0].attn`: the keys that lead to it, and what is there.

    `within` is what stands before the dot in names of a layer's own weights (`out_proj.weight`).
    """

    instance: Instance
    path: tuple[str, ...]
    module: Module
    within: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Namespace:
    """An imported file under the name it has here: what it binds, its blocks and models.

    `externs` are those of its declarations that no name of its scope is bound to: losses, metrics,
    sources and transforms.
    """

    name: str
    scope: Scope
    source: Source
    blocks: list[Block]
    externs: dict[str, CatalogueName]

    @property
    def model(self) -> Block | None:
        """The unnamed or only model of the file, which is its `model`."""
        models = [block for block in self.blocks if block.definition.keyword == "model"]
        unnamed = [block for block in models if not block.name]
        found = unnamed or (models if len(models) == 1 else [])
        return found[0] if found else None

    def has(self, name: str) -> bool:
        """Whether the file has something under a name."""
        named = name in self.scope.names or name in self.externs
        return named or (name == "model" and self.model is not None)

    def member(self, name: str) -> Value:
        """What the file has under a name that it has."""
        bound = self.scope.names.get(name)
        if bound is not None:
            return bound.value
        return self.externs.get(name) or self.model

    def members(self) -> list[str]:
        """The names it has something under."""
        names = [n for n, bound in self.scope.names.items() if not isinstance(bound.value, Unknown)]
        names += self.externs
        return [*names, "model"] if self.model is not None and "model" not in names else names


@dataclass(frozen=True, slots=True)
class CatalogueName:
    """A layer or a function of the catalogue."""

    entry: Entry


@dataclass(slots=True, eq=False)
class Indexed:
    """A family of names with compile-time indices: `skip[i] = x`.

    `around` is the family of that name in the scopes around, of which it hides what it binds anew.
    A family of labels, `fc[i]: Linear(8)`, `labels` layers.
    """

    around: Indexed | None = None
    labels: bool = False
    items: dict[tuple[int | str, ...], Value] = field(default_factory=dict)

    def holder(self, key: tuple[int | str, ...]) -> Indexed | None:
        """The innermost family that binds `key`."""
        family: Indexed | None = self
        while family is not None and key not in family.items:
            family = family.around
        return family

    def indices(self) -> tuple[tuple[int | str, ...], ...]:
        """Every index that is bound, in the order of the text."""
        outer = self.around.indices() if self.around is not None else ()
        return (*outer, *(key for key in self.items if key not in outer))


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
    | Namespace
    | Instance
    | Inner
    | CatalogueName
    | Indexed
    | Unknown
)


@dataclass(slots=True, eq=False)
class Bound:
    """A name's value, where it was bound, and whether anything used it.

    A label, an input and the variable of a loop are `own`: another thing than the name of outside
    that they hide. A name bound by `=` is the same name there. A name that was `reported` as
    standing for nothing is bound so that it is not reported again.
    """

    value: Value
    span: Span
    used: bool = False
    own: bool = False
    reported: bool = False


@dataclass(slots=True, eq=False)
class Scope:
    """Names and labels of one body, inside the scope around it."""

    parent: Scope | None = None
    names: dict[str, Bound] = field(default_factory=dict)

    def bind(self, name: str, value: Value, span: Span, *, own: bool = False) -> None:
        """Bind `name` here, replacing an earlier binding of this scope."""
        earlier = self.names.get(name)
        own = own or (earlier is not None and earlier.own)
        self.names[name] = Bound(value, span, own=own)

    def absorb(self, name: str, span: Span) -> None:
        """Bind a name that was reported to nothing known: one mistake is one report."""
        self.names[name] = Bound(UNKNOWN, span, reported=True)

    def family(self, name: str, span: Span) -> Indexed:
        """The indexed name as this scope binds it, to bind one of its indices here."""
        bound = self.names.get(name)
        if bound is None or not isinstance(bound.value, Indexed):
            around = self.find(name)
            value = around.value if around is not None else None
            made = Indexed(value, value.labels) if isinstance(value, Indexed) else Indexed()
            self.bind(name, made, span)
            return made
        return bound.value

    def rebound(self) -> Iterator[tuple[str, Bound]]:
        """Names of the scopes around this one that are bound anew here."""
        for name, bound in self.names.items():
            if not bound.own and self.parent is not None and self.parent.has(name):
                yield name, bound

    def has(self, name: str) -> bool:
        """Whether `name` can be seen from here."""
        return name in self.names or (self.parent is not None and self.parent.has(name))

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
        """Every name that stands for something here."""
        scope: Scope | None = self
        while scope is not None:
            yield from (name for name, bound in scope.names.items() if not bound.reported)
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
        case Inner():
            return f"a part of `{value.instance.label.id}`"
        case Block():
            return f"the {value.definition.keyword} `{value.name}`"
        case Namespace():
            return f"the imported file `{value.name}`"
        case CatalogueName():
            return f"the {value.entry.kind} `{value.entry.name}`"
        case Indexed():
            return "a name with indices"
        case Unknown():
            return "something unknown"
