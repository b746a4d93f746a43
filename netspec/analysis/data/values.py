"""What a name of a data block can stand for, with all that is known of it before reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from netspec.analysis.network.values import Unknown
from netspec.program.data import (
    Apply,
    Augment,
    Choose,
    Draw,
    Expression,
    Keep,
    Length,
    Matrix,
    Operand,
    Pick,
    Statistic,
    Transform,
    Use,
)
from netspec.program.graph import Literal
from netspec.program.schemas import Category
from netspec.source import Span
from netspec.types import Dim, Kind

REAL, BOOL, INT = Kind("real"), Kind("bool"), Kind("int")
MOST_CLASSES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What is known of a source's column; `dims` are those after the rows, None where they vary.

    `missing` is the first row with an empty cell, `text` the first cell that is no number with its
    row, `categories` the distinct values in order when all are known. `place` is for messages:
    `boston.csv, column 14`. `sampled` is the file's name when only a sample of it was read.
    `range`: the smallest and the largest number seen, which may be `classes`, whole numbers from 0.
    """

    name: str
    dtype: OneOf["real", "int", "text", "pixels"]
    kind: Kind = REAL
    dims: tuple[int | None, ...] = ()
    missing: int | None = None
    text: tuple[int, str] | None = None
    categories: tuple[Category, ...] | None = None
    place: str = ""
    class_names: tuple[str, ...] = ()
    sampled: str | None = None
    range: tuple[float, float] | None = None
    classes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Named columns of equal length; `own_test` counts the test rows that the source brings."""

    expression: Expression
    columns: tuple[Info, ...]
    rows: Dim
    fitted: bool = False
    own_test: int = 0

    def column(self, name: str) -> Info | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """Numbers, a row each; `rows` None for a statistic, which has no rows.

    `dims` are the sizes after the rows, None where images differ. `values` are the integers it can
    hold, when they are few and known. `info` is there while it is a source's column unchanged.
    """

    expression: Expression
    kind: Kind
    dims: tuple[int | None, ...]
    rows: Dim | None
    fitted: bool = False
    own_test: int = 0
    values: frozenset[int] | None = None
    info: Info | None = None
    class_names: tuple[str, ...] = ()
    resized: bool = False

    @property
    def pixels(self) -> bool:
        """Whether it holds images not yet turned into real numbers."""
        return self.info is not None and self.info.dtype == "pixels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmented:
    """Images that chance changes in training: `array` before that, `dims` of a row afterwards.

    The kind of `array` is that of the numbers afterwards too.
    """

    array: Array
    dims: tuple[int, int, int]
    augments: tuple[Augment, ...]

    def after(self, change: Augment, dims: tuple[int, int, int], kind: Kind) -> Augmented:
        """The images after one more change, which makes numbers of that kind."""
        array = replace(self.array, kind=kind, values=None)
        return Augmented(array=array, dims=dims, augments=(*self.augments, change))


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A number of rows, known or not."""

    expression: Operand
    dim: Dim


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Random numbers that take their size from what they are combined with."""

    expression: Expression
    span: Span


Value = Table | Array | Augmented | Size | Pending | Unknown | Literal


def describe(value: Value) -> str:
    """A value in the words of a message."""
    match value:
        case Table():
            return "a table"
        case Array(rows=None):
            return "a statistic"
        case Array(kind=Kind(name="bool"), dims=()):
            return "a mask"
        case Array(pixels=True):
            return "images"
        case Array(dims=()):
            return "a column"
        case Array():
            return "a matrix" if len(value.dims) == 1 else "an array"
        case Augmented():
            return "images that chance changes"
        case Size():
            return "a number of rows"
        case Pending():
            return "random numbers without a size"
        case bool():
            return f"`{'true' if value else 'false'}`"
        case int() | float():
            return f"the number `{value}`"
        case str():
            return f'the text `"{value}"`'
        case tuple():
            return "a list"
        case None:
            return "`none`"
        case Unknown():
            return "something unknown"


def classes_of(values: frozenset[int] | None) -> int | None:
    """The n of the classes 0..n-1 if these values are exactly those, else None."""
    if values is None or not 2 <= len(values) <= MOST_CLASSES:
        return None
    return len(values) if values == frozenset(range(len(values))) else None


def column_of(table: Table, info: Info, span: Span) -> Array:
    """A table's column as an array."""
    values = None
    kind = info.kind
    if info.dtype == "int" and info.categories is not None and kind.name == "int":
        values = frozenset(c for c in info.categories if isinstance(c, int))
        classes = classes_of(values)
        kind = INT if classes is None else Kind("index", Dim.of(classes))
    return Array(
        expression=Pick(span=span, table=table.expression, column=info.name),
        kind=kind,
        dims=info.dims,
        rows=table.rows,
        fitted=table.fitted,
        own_test=table.own_test,
        values=values,
        info=info,
        class_names=info.class_names,
    )


def parts(expression: Operand) -> Iterator[Expression]:
    """The direct parts of an expression."""
    match expression:
        case Pick(table=part) | Choose(table=part) | Matrix(table=part):
            yield part
        case Keep():
            yield expression.value
            yield expression.mask
        case Length() | Statistic() | Transform():
            yield expression.value
        case Draw():
            yield from (o for o in expression.size if not isinstance(o, int | float | str))
        case Apply():
            yield from (o for o in expression.operands if not isinstance(o, int | float | str))
        case _:
            return


def uses(expression: Operand) -> Iterator[int]:
    """The steps an expression uses, in order."""
    if isinstance(expression, Use):
        yield expression.step
    for part in parts(expression):
        yield from uses(part)


def sized(expression: Expression, size: tuple[Operand, ...]) -> Expression:
    """The expression with every draw that waits for a size given this one."""
    match expression:
        case Draw(size=()):
            return replace(expression, size=size)
        case Apply():
            return replace(
                expression,
                operands=tuple(
                    o if isinstance(o, int | float | str) else sized(o, size)
                    for o in expression.operands
                ),
            )
        case _:
            return expression
