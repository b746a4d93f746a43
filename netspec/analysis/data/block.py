"""State of one data block under analysis: its names, its steps, and where reports go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from netspec.analysis.data.values import INT, Array, Augmented, Info, Table, Value
from netspec.analysis.network.values import UNKNOWN, Namespace, Unknown
from netspec.catalog import Catalog, Entry
from netspec.diagnostics import Diagnostic, Sink
from netspec.program.data import Expression, Length, Operand, Step, Use
from netspec.program.externs import Extern
from netspec.program.graph import Literal
from netspec.program.schemas import Category, CsvSchema, SchemaReader, Unreadable
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim

HoldsRows = TypeVar("HoldsRows", bound=Table | Array)

# A name of the spec around the block: its value, Unknown when its mistake was reported, else None.
Constants = Callable[[tree.Expr], Literal | Unknown]


@dataclass(slots=True, eq=False)
class Named:
    """A name's value, where it was bound, and whether the block uses it; `step` makes it.

    `exported` names come from a source that stands alone.
    """

    value: Value
    span: Span
    step: int | None = None
    used: bool = False
    exported: bool = False


@dataclass(slots=True, eq=False)
class Block:
    """State of one analysis of a data block."""

    sink: Sink
    catalog: Catalog
    schemas: SchemaReader
    # The value of a name around the block: a literal, Unknown when its mistake was reported, None
    # when there is no such constant.
    constant: Constants
    # The declaration of an entry that is the user's, looked at where that is allowed.
    extern: Callable[[Entry], Extern | None] = lambda entry: None
    # The imported file that `lib` or `lib.parts` stands for.
    file: Callable[[tree.Expr], Namespace | None] = lambda expression: None
    names: dict[str, Named] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    # Every value ever bound, rebound ones too, with the step that makes it.
    made: list[tuple[int, Table | Array]] = field(default_factory=list)
    masks: dict[tuple[Dim, Expression], Dim] = field(default_factory=dict)
    # The numbers of rows that are windows, and how many windows reach over a border of a split.
    windows: dict[Dim, int] = field(default_factory=dict)
    # What is fitted: its name, its place, and the rows it learns from.
    fits: list[tuple[str, Span, Dim]] = field(default_factory=list)
    # The name being bound, for values that get a step of their own.
    target: str = "rows"
    # Reads the files whole that were only sampled.
    sampled: dict[str, Callable[[], CsvSchema | Unreadable]] = field(default_factory=dict)
    # Whether a source that stands alone failed: its columns' names are then not known.
    nameless: bool = False
    # Masks that were refused, so that each is reported once.
    refused: set[Expression] = field(default_factory=set)
    unknowns: int = 0
    failed: bool = False
    seed: int | None = None

    def categories(self, info: Info) -> tuple[Category, ...] | None:
        """The categories of a column; a file that was only sampled is now read whole."""
        if info.categories is not None or info.sampled is None:
            return info.categories
        schema = self.sampled[info.sampled]()
        if not isinstance(schema, CsvSchema):
            return None
        return next((c.categories for c in schema.columns if c.name == info.name), None)

    def known(self, info: Info) -> Info:
        """A column that is looked at by itself: one that may be of classes is read whole."""
        if info.sampled is None or not (info.classes or info.dtype == "int"):
            return info
        categories = self.categories(info)
        if categories is None or not all(isinstance(value, int) for value in categories):
            return replace(info, classes=False)
        return replace(info, dtype="int", kind=INT, categories=categories)

    def column_elsewhere(self, column: str, before: str = "") -> str | None:
        """Where a column of that name is to be had: `rows.town`."""
        for name, named in self.names.items():
            if isinstance(named.value, Table) and named.value.column(column) is not None:
                written = f".{column}" if column.isidentifier() else f'["{column}"]'
                return f"the column is written `{before}{name}{written}`"
        return None

    def fail(self, diagnostic: Diagnostic) -> Unknown:
        """Report a mistake; the faulty part becomes unknown."""
        self.failed = True
        self.sink.report(diagnostic)
        return UNKNOWN

    def bind(self, name: tree.Name, value: Value, *, exported: bool = False) -> None:
        """Bind a name; a table or an array becomes a step that later steps use."""
        step = None
        if isinstance(value, Table | Array):
            step = self.add_named(name.id, value, name.span)
        if isinstance(value, Augmented):
            step = self.add_named(name.id, value.array, name.span)
        if isinstance(value, Unknown):
            self.failed = True
        self.names[name.id] = Named(value, name.span, step, exported=exported)

    def add(self, name: str, value: Table | Array, span: Span) -> int:
        """A new step that makes this value."""
        step = len(self.steps)
        self.steps.append(Step(span=span, name=name, value=value.expression, fitted=value.fitted))
        self.made.append((step, value))
        return step

    def add_named(self, name: str, value: Table | Array, span: Span) -> int:
        """A step of that name; a value that was just given a step of its own names that one."""
        last = len(self.steps) - 1
        if value.expression == Use(last) and self.steps[last].name == f"{self.target}_raw":
            self.steps[last] = replace(self.steps[last], name=name)
            return last
        return self.add(name, value, span)

    def hoist(self, value: HoldsRows, span: Span) -> HoldsRows:
        """The value under a name of its own, so that what is fitted on it has it at hand."""
        if isinstance(value.expression, Use):
            return value
        step = self.add(f"{self.target}_raw", value, span)
        return replace(value, expression=Use(step))

    def rows_where(self, rows: Dim, mask: Expression) -> Dim:
        """The number of rows that a mask keeps: one symbol for each named mask."""
        known = self.masks.get((rows, mask))
        if known is None:
            known = self.masks[rows, mask] = self.unknown_rows()
        return known

    def unknown_rows(self) -> Dim:
        """A number of rows that nothing tells."""
        self.unknowns += 1
        return Dim.symbol(f"rows_{self.unknowns}")

    def count(self, rows: Dim) -> Operand | None:
        """An expression for a number of rows, from its value or a step that has as many."""
        if rows.value is not None:
            return rows.value
        for step, value in self.made:
            if value.rows == rows and not value.fitted:
                return Length(value=Use(step))
        return None
