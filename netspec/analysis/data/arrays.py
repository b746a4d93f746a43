"""Row by row arithmetic of a data block: shapes, rows, and what may stand for numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netspec.analysis.data import errors
from netspec.analysis.data.block import Block
from netspec.analysis.data.values import (
    BOOL,
    REAL,
    Array,
    Info,
    Pending,
    Size,
    Table,
    Value,
    describe,
    sized,
)
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.diagnostics import Label
from netspec.program.data import Apply, Draw, Expression, Keep, Numbers, Operand
from netspec.program.graph import Literal
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
LOGICAL = frozenset({"and", "or"})
MOST_NUMBERS = 2**31


def shape_text(array: Array) -> str:
    """An array's shape as it is written: `[393, 2]`."""
    rows = [] if array.rows is None else [rows_text(array.rows)]
    return "[" + ", ".join((*rows, *("?" if d is None else str(d) for d in array.dims))) + "]"


def rows_text(rows: Dim) -> str:
    """A number of rows in words that do not show the compiler's own symbols."""
    return str(rows.value) if rows.value is not None else "B"


def check_numbers(block: Block, value: Array, span: Span) -> bool:
    """Whether these may be calculated with; text and missing cells are reported."""
    return value.info is None or check_column(block, value.info, span)


def check_column(block: Block, info: Info, span: Span) -> bool:
    """Whether a source's column holds numbers in every row; reported when not."""
    if info.dtype == "text":
        row, cell = info.text or (1, "")
        block.fail(errors.text_for_numbers(span, info.name, info.place, row, cell))
        return False
    if info.missing is not None:
        block.fail(errors.missing_cell(span, info.name, info.place, info.missing))
        return False
    return True


def list_array(values: tuple[Literal, ...], block: Block, span: Span) -> Array | Unknown:
    """A list written in the text as an array, its first dimension the rows."""
    shape = [len(values)]
    level: Sequence[Literal] = values
    while True:
        if not level or not isinstance(level[0], tuple):
            break
        nested = [item for item in level if isinstance(item, tuple) and len(item) == len(level[0])]
        if len(nested) != len(level):
            given = "a list of lists of different lengths"
            return block.fail(errors.wrong_value(span, "an array", "lists of one length", given))
        shape.append(len(nested[0]))
        level = [inner for item in nested for inner in item]
    wrong = [v for v in level if isinstance(v, bool | str | tuple) or v is None]
    if wrong or not level:
        given = describe(wrong[0]) if wrong else "an empty list"
        return block.fail(errors.wrong_value(span, "an array", "numbers", given))
    whole = len(shape) == 1 and all(isinstance(v, int) for v in level)
    return Array(
        expression=Numbers(values=values),
        kind=REAL,
        dims=tuple(shape[1:]),
        rows=Dim.of(shape[0]),
        values=frozenset(v for v in level if isinstance(v, int)) if whole else None,
    )


# --- operators -------------------------------------------------------------------------------


def negate(block: Block, expression: tree.Unary, value: Array) -> Value:
    """`-x` of numbers, `not x` of a mask."""
    mask = value.kind == BOOL
    if mask != (expression.op == "not"):
        wanted = "a condition" if expression.op == "not" else "numbers"
        return block.fail(
            errors.wrong_value(
                expression.operand.span, f"`{expression.op}`", wanted, describe(value)
            )
        )
    if not check_numbers(block, value, expression.operand.span):
        return UNKNOWN
    name = "not" if mask else "neg"
    made = Apply(span=expression.span, function=name, operands=(as_float(value, expression.span),))
    return replace(
        value, expression=made, kind=BOOL if mask else REAL, info=None, values=None, class_names=()
    )


def combine(block: Block, expression: tree.Binary, left: Value, right: Value) -> Value:
    """An operator between two values of which at least one is an array, or random numbers."""
    sides: list[Array | Pending | Operand] = []
    for side, value in ((expression.left, left), (expression.right, right)):
        made = _operand(block, expression, side, value, right if value is left else left)
        if isinstance(made, Unknown):
            return UNKNOWN
        sides.append(made)
    a, b = (_with_size(block, one, other) for one, other in (sides, sides[::-1]))
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return UNKNOWN
    if isinstance(a, Pending) or isinstance(b, Pending):
        waiting = a if isinstance(a, Pending) else b
        assert isinstance(waiting, Pending)
        made = Apply(
            span=expression.span,
            function=expression.op,
            operands=tuple(_expression(side, expression.op, expression.span) for side in (a, b)),
        )
        return Pending(expression=made, span=waiting.span)
    arrays = [side for side in (a, b) if isinstance(side, Array)]
    joined = broadcast(block, arrays, expression.span, f"the sides of `{expression.op}`")
    if isinstance(joined, Unknown):
        return UNKNOWN
    kind = BOOL if expression.op in COMPARISONS | LOGICAL else REAL
    made = Apply(
        span=expression.span,
        function=expression.op,
        operands=tuple(_expression(side, expression.op, expression.span) for side in (a, b)),
    )
    return replace(joined, expression=made, kind=kind)


def _operand(
    block: Block, expression: tree.Binary, side: tree.Expr, value: Value, other: Value
) -> Array | Pending | Operand | Unknown:
    """A side of an operator, checked to be what the operator works on."""
    op = expression.op
    compares_text = op in {"==", "!="}
    match value:
        case Array(info=Info(dtype="text")) if compares_text and isinstance(other, str):
            return value
        case str() if compares_text and _is_text(other):
            return value
        case Array():
            if (value.kind == BOOL) != (op in LOGICAL) and op not in {"==", "!="}:
                wanted = "conditions" if op in LOGICAL else "numbers"
                advice = "compare first, e.g. `age > 18`" if op in LOGICAL else None
                given = describe(value)
                return block.fail(errors.wrong_value(side.span, f"`{op}`", wanted, given, advice))
            return value if check_numbers(block, value, side.span) else UNKNOWN
        case Pending() if op not in LOGICAL:
            return value
        case Size() if op not in LOGICAL:
            return value.expression
        case tuple() if op not in LOGICAL:
            array = list_array(value, block, side.span)
            if isinstance(array, Array) and isinstance(other, Array) and other.dims:
                # Beside a matrix a list stands for one row.
                if array.rows is None or array.rows.value is None or array.dims:
                    return array
                return replace(array, rows=None, dims=(array.rows.value,))
            return array
        case bool():
            pass
        case int() | float() if op not in LOGICAL:
            return value
    return block.fail(
        errors.wrong_value(side.span, f"`{op}`", "columns or numbers", describe(value))
    )


def _is_text(value: Value) -> bool:
    return isinstance(value, Array) and value.info is not None and value.info.dtype == "text"


def _with_size(
    block: Block, value: Array | Pending | Operand, other: Array | Pending | Operand
) -> Array | Pending | Operand | Unknown:
    """Random numbers beside an array are drawn in its shape."""
    if not isinstance(value, Pending) or not isinstance(other, Array):
        return value
    size: list[Operand] = []
    if other.rows is not None:
        rows = block.count(other.rows)
        if rows is None:
            return block.fail(errors.size_missing(value.span))
        size.append(rows)
    for dim in other.dims:
        if dim is None:
            return block.fail(errors.size_missing(value.span))
        size.append(dim)
    drawn = sized(value.expression, tuple(size))
    return Array(expression=drawn, kind=REAL, dims=other.dims, rows=other.rows)


def as_float(value: Array, span: Span) -> Expression:
    """The expression for an array as floating numbers: integers cast, images scaled to 0..1."""
    if value.pixels:
        return Apply(span=span, function="pixels", operands=(value.expression,))
    if value.kind.is_integer:
        return Apply(span=span, function="float", operands=(value.expression,))
    return value.expression


def _expression(value: Array | Pending | Operand, op: str, span: Span) -> Operand:
    if isinstance(value, Array):
        plain = op in COMPARISONS | LOGICAL and not value.pixels
        return value.expression if plain else as_float(value, span)
    return value.expression if isinstance(value, Pending) else value


def broadcast(block: Block, arrays: Sequence[Array], span: Span, what: str) -> Array | Unknown:
    """What arrays combined row by row give, as an array without its own expression.

    Arrays with rows must have as many rows and dimensions; sizes are equal or 1. Statistics apply
    to every row.
    """
    rowed = [array for array in arrays if array.rows is not None]
    for array in rowed[1:]:
        first = rowed[0]
        assert first.rows is not None
        assert array.rows is not None
        if first.rows != array.rows:
            return block.fail(
                errors.rows_differ(span, what, rows_words(first.rows), rows_words(array.rows))
            )
        if len(first.dims) != len(array.dims):
            return block.fail(errors.sizes_differ(span, shape_text(first), shape_text(array)))
    rank = max(len(array.dims) for array in arrays)
    if rowed and len(rowed[0].dims) < rank:
        other = next(array for array in arrays if len(array.dims) == rank)
        return block.fail(errors.sizes_differ(span, shape_text(rowed[0]), shape_text(other)))
    dims: list[int | None] = []
    for place in range(-rank, 0):
        sizes = [a.dims[place] for a in arrays if len(a.dims) >= -place]
        wide = sorted({s for s in sizes if s is not None and s != 1})
        if len(wide) > 1:
            return block.fail(
                errors.sizes_differ(span, shape_text(arrays[0]), shape_text(arrays[1]))
            )
        dims.append(wide[0] if wide else None if None in sizes else 1)
    return Array(
        expression=arrays[0].expression,
        kind=REAL,
        dims=tuple(dims),
        rows=rowed[0].rows if rowed else None,
        fitted=any(array.fitted for array in arrays),
        own_test=max((array.own_test for array in arrays), default=0),
    )


def rows_words(rows: Dim) -> str:
    """A number of rows in words: `100`, or that it is known only on reading."""
    return str(rows.value) if rows.value is not None else "a number known only on reading"


# --- rows ------------------------------------------------------------------------------------


def keep_rows(block: Block, expression: tree.Subscript, value: Table | Array, mask: Array) -> Value:
    """`value[mask]`: the rows where the mask holds."""
    if mask.kind != BOOL or mask.dims:
        given = describe(mask)
        advice = "compare a column, e.g. `rows[rows.age > 18]`"
        return block.fail(
            errors.wrong_value(
                expression.items[0].span, "a subscript", "a condition for each row", given, advice
            )
        )
    if mask.expression in block.refused:
        return UNKNOWN
    if value.fitted or mask.fitted:
        block.refused.add(mask.expression)
        return block.fail(errors.chosen_after_fit(expression.span, "choosing rows"))
    if value.own_test:
        return block.fail(errors.own_test_rows(expression.span, "choosing rows"))
    if value.rows in block.windows:
        block.refused.add(mask.expression)
        return block.fail(errors.windows_in_order(expression.span, "choosing windows"))
    if value.rows is None or mask.rows != value.rows:
        held = "none" if value.rows is None else rows_words(value.rows)
        also = (Label(expression.items[0].span, "the condition"),)
        other = rows_words(mask.rows) if mask.rows is not None else "none"
        return block.fail(
            errors.rows_differ(
                expression.value.span, "the value and the condition", held, other, also
            )
        )
    kept = Keep(value=value.expression, mask=mask.expression)
    rows = block.rows_where(value.rows, mask.expression)
    if isinstance(value, Table):
        # Whether a missing cell is among the kept rows is seen on reading.
        columns = tuple(replace(column, missing=None) for column in value.columns)
        return replace(value, expression=kept, rows=rows, columns=columns)
    info = None if value.info is None else replace(value.info, missing=None)
    return replace(value, expression=kept, rows=rows, info=info)


def drawn(block: Block, draw: Draw, size: Literal | Size, span: Span) -> Value:
    """Random numbers of a size: a number of rows, or a list of sizes."""
    shape = sizes(block, size if isinstance(size, tuple) else (size,), span)
    if isinstance(shape, Unknown):
        return UNKNOWN
    rows, dims, operands = shape
    made = replace(draw, size=operands)
    return Array(expression=made, kind=REAL, dims=dims, rows=rows)


def sizes(
    block: Block, given: Sequence[Value], span: Span
) -> tuple[Dim, tuple[int, ...], tuple[Operand, ...]] | Unknown:
    """Sizes as they are written: the rows, the other dimensions, and the plan's operands."""
    operands: list[Operand] = []
    rows: Dim | None = None
    dims: list[int] = []
    for place, size in enumerate(given):
        if isinstance(size, Size) and place == 0:
            rows = size.dim
            operands.append(size.expression)
        elif isinstance(size, int) and not isinstance(size, bool) and size > 0:
            operands.append(size)
            if place == 0:
                rows = Dim.of(size)
            else:
                dims.append(size)
        else:
            wanted = "positive whole numbers, the rows first"
            return block.fail(errors.wrong_value(span, "a size", wanted, describe(size)))
    total = rows.value if rows is not None and rows.value is not None else 1
    for dim in dims:
        total *= dim
    if total > MOST_NUMBERS:
        return block.fail(errors.too_large(span, "this array", "2**31 numbers"))
    assert rows is not None
    return rows, tuple(dims), tuple(operands)
