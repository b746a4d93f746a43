"""Columns of tables, and parts of arrays that keep their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netspec.analysis.data import errors
from netspec.analysis.data.arrays import check_column, check_numbers, shape_text
from netspec.analysis.data.block import Block
from netspec.analysis.data.values import REAL, Array, Info, Table, Value, column_of, describe
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.diagnostics import Diagnostic
from netspec.program.data import Apply, Choose, Matrix
from netspec.program.graph import Literal
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Kind


def picked(block: Block, table: Table, name: str, span: Span) -> Value:
    """One column by its name."""
    info = table.column(name)
    if info is None:
        return block.fail(unknown(table, name, span))
    return column_of(table, block.known(info), span)


def unknown(table: Table, name: str, span: Span) -> Diagnostic:
    """The report for a column that the table lacks."""
    places = {info.place.split(", column")[0] for info in table.columns}
    where = f"`{places.pop()}`" if len(places) == 1 else "the table"
    return errors.unknown_column(span, name, where, [info.name for info in table.columns])


def chosen(block: Block, table: Table, names: Sequence[str], span: Span) -> Value:
    """A table of these columns, in this order."""
    infos: list[Info] = []
    for name in names:
        info = table.column(name)
        if info is None:
            return block.fail(unknown(table, name, span))
        infos.append(info)
    if not infos:
        advice = "leave at least one"
        return block.fail(errors.wrong_value(span, "a table", "columns", "no column", advice))
    expression = Choose(table=table.expression, columns=tuple(names))
    return replace(table, expression=expression, columns=tuple(infos))


def by_position(
    block: Block, table: Table, position: int | slice, expression: tree.Subscript
) -> Value:
    """Columns by position: `rows[0]`, `rows[:8]`, `rows[-1]`."""
    names = [info.name for info in table.columns]
    if isinstance(position, slice):
        if position.step == 0:
            return block.fail(
                errors.wrong_value(expression.span, "a slice", "a step that is not 0", "0")
            )
        return chosen(block, table, names[position], expression.span)
    if not -len(names) <= position < len(names):
        have = f"positions 0 to {len(names) - 1}"
        return block.fail(
            errors.wrong_value(expression.items[0].span, "this table", have, str(position))
        )
    return picked(block, table, names[position], expression.items[0].span)


def as_matrix(block: Block, table: Table, span: Span) -> Array | Unknown:
    """A table's columns side by side, which all have to be numbers."""
    for info in table.columns:
        if info.dims or info.dtype == "pixels":
            advice = f"take one column, e.g. `.{info.name}`"
            given = "a table of sources' columns that are more than one number per row"
            return block.fail(
                errors.wrong_value(span, "a matrix", "one number per column and row", given, advice)
            )
    if not all(check_column(block, info, span) for info in table.columns):
        return UNKNOWN
    names = tuple(info.name for info in table.columns)
    return Array(
        expression=Matrix(span=span, table=table.expression, columns=names),
        kind=Kind("unit") if all(map(_within_unit, table.columns)) else REAL,
        dims=(len(names),),
        rows=table.rows,
        fitted=table.fitted,
        own_test=table.own_test,
    )


def _within_unit(info: Info) -> bool:
    """Whether every number of a column is known to be within 0 to 1."""
    known = info.range is not None and info.sampled is None and not info.dims
    return known and info.range is not None and 0 <= info.range[0] <= info.range[1] <= 1


def subscript_array(
    block: Block,
    expression: tree.Subscript,
    value: Array,
    items: Sequence[Literal | slice | Array],
) -> Value:
    """`x[:, 0]`, `x[:, :2]`: parts of each row; the rows themselves stay whole."""
    span = expression.span
    whole = bool(items) and isinstance(items[0], slice) and items[0] == slice(None)
    if not whole or value.rows is None:
        advice = (
            "a `:` stands first, for all rows; rows are chosen by a condition, `x[x[:, 0] > 0]`"
        )
        return block.fail(
            errors.wrong_value(span, "an array's subscript", "all rows", describe(value), advice)
        )
    if not check_numbers(block, value, expression.value.span):
        return UNKNOWN
    dims: list[int | None] = []
    encoded: list[Literal] = [(None, None, None)]
    for place, item in enumerate(items[1:]):
        size = value.dims[place] if place < len(value.dims) else 0
        match item:
            case slice() if size is not None and place < len(value.dims) and item.step != 0:
                length = len(range(size)[item])
                encoded.append((item.start, item.stop, item.step))
                dims.append(length)
                if length:
                    continue
            case int() if size is not None and -size <= item < size:
                encoded.append(item)
                continue
        where = expression.items[place + 1].span
        return block.fail(
            errors.wrong_value(where, "a subscript", f"a place within {shape_text(value)}", "none")
        )
    made = Apply(
        span=span,
        function="getitem",
        operands=(value.expression,),
        keywords=(("items", tuple(encoded)),),
    )
    rest = value.dims[len(items) - 1 :]
    kind = value.kind if value.kind.name == "index" else REAL
    return replace(value, expression=made, dims=(*dims, *rest), kind=kind, info=None, values=None)
