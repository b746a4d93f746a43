"""The fields of a data block: which names are fields, their types, and how they are stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from netspec.analysis.data import errors
from netspec.analysis.data.arrays import check_numbers, rows_words
from netspec.analysis.data.block import Block, Named
from netspec.analysis.data.expressions import as_use
from netspec.analysis.data.tables import as_matrix
from netspec.analysis.data.values import REAL, Array, Augmented, Table, classes_of
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.program.data import (
    Apply,
    Augment,
    Choose,
    Expression,
    Field,
    Load,
    Matrix,
    Pick,
    Stored,
    Use,
)
from netspec.program.schemas import ColumnRange
from netspec.source import Span
from netspec.types import Dim, Kind, TensorType

INPUTS = ("x", "y")


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields, how many rows they have, and how many of those are the source's test rows."""

    fields: tuple[Field, ...]
    rows: Dim
    own_test: int


def plan_fields(block: Block, span: Span) -> Fields | Unknown:
    """Every name bound to an array of the data's rows, in the order of the text.

    The data's rows are those of `y`, else of `x`, else of the last array. A table is a field when
    nothing in the block uses it.
    """
    arrays = [] if block.failed else list(_arrays(block))
    rowed = [(name, named, array) for name, named, array in arrays if array.rows is not None]
    if block.failed:
        return UNKNOWN
    if not rowed:
        return block.fail(errors.no_fields(span))
    by_name = {name: array for name, _, array in rowed}
    main = by_name.get("y") or by_name.get("x") or rowed[-1][2]
    rows = main.rows
    assert rows is not None
    if _stands_alone(main, rows, rowed, block):
        return UNKNOWN
    fields: list[Field] = []
    for name, named, array in arrays:
        if array.rows != rows:
            _check_other_rows(block, name, named, array, rows)
        elif not (named.exported and _unreadable(array)):
            made = _field(block, name, named, array)
            if made is not None:
                fields.append(made)
    for what, place, fitted_rows in block.fits:
        if fitted_rows != rows:
            sides = (rows_words(fitted_rows), rows_words(rows))
            block.fail(errors.rows_differ(place, f"what `{what}` learns from and the data", *sides))
    return UNKNOWN if block.failed else Fields(tuple(fields), rows, main.own_test)


def _arrays(block: Block) -> Iterator[tuple[str, Named, Array]]:
    """The names bound to arrays; an unused table becomes a matrix."""
    for name, named in list(block.names.items()):
        value = named.value
        if isinstance(value, Array):
            yield name, named, value
        elif isinstance(value, Augmented):
            yield name, named, value.array
        elif isinstance(value, Table) and named.step is not None:
            if named.used and name not in INPUTS:
                continue
            kept = named.used or value.expression == Use(named.step)
            table = as_use(value, named.step) if kept else value
            assert isinstance(table, Table)
            matrix = as_matrix(block, table, named.span)
            if isinstance(matrix, Unknown):
                continue
            if kept:
                named.step = block.add(name, matrix, named.span)
            else:
                step = block.steps[named.step]
                block.steps[named.step] = replace(step, value=matrix.expression)
            yield name, named, matrix


def _unreadable(array: Array) -> bool:
    """Whether it is a column that cannot be a tensor as it is."""
    info = array.info
    return info is not None and (info.dtype == "text" or info.missing is not None)


def _stands_alone(
    main: Array, rows: Dim, rowed: Sequence[tuple[str, Named, Array]], block: Block
) -> bool:
    """Whether all other fields, two or more, agree and `main` with its `rows` differs; reported.

    It is the one at fault then, not each of them.
    """
    others = [
        array.rows
        for name, named, array in rowed
        if array is not main and _is_field(name, named) and array.rows is not None
    ]
    if len(others) < 2 or len(set(others)) > 1 or others[0] == rows:
        return False
    name, named = next((name, named) for name, named, array in rowed if array is main)
    sides = (rows_words(rows), rows_words(others[0]))
    block.fail(errors.rows_differ(named.span, f"`{name}` and the other fields", *sides))
    return True


def _is_field(name: str, named: Named) -> bool:
    """Whether a name is a field rather than a value on the way to one, which something uses."""
    return not named.used or name in INPUTS


def _check_other_rows(block: Block, name: str, named: Named, array: Array, rows: Dim) -> None:
    """An array with other rows than the data's is an intermediate value, so something uses it."""
    if array.rows is None:
        if not named.used:
            block.fail(errors.unused(named.span, name))
    elif _is_field(name, named):
        sides = (rows_words(array.rows), rows_words(rows))
        block.fail(errors.rows_differ(named.span, f"`{name}` and the other fields", *sides))


def _field(block: Block, name: str, named: Named, array: Array) -> Field | None:
    assert named.step is not None
    if not check_numbers(block, array, named.span):
        return None
    sizes: list[Dim] = []
    for dim in array.dims:
        if dim is None:
            place = array.info.place if array.info is not None else name
            block.fail(errors.image_sizes_differ(named.span, name, place))
            return None
        sizes.append(Dim.of(dim))
    augments: tuple[Augment, ...] = ()
    if isinstance(named.value, Augmented):
        augments, sizes = named.value.augments, [Dim.of(dim) for dim in named.value.dims]
    kind = array.kind
    classes = classes_of(array.values) if not array.dims and kind == REAL else None
    if classes is not None:
        kind = Kind("index", Dim.of(classes))
    return Field(
        span=named.span,
        name=name,
        type=TensorType(kind, (Dim.symbol("B"), *sizes)),
        stored=stored_as(kind),
        step=named.step,
        origin=_origin(name, array, kind),
        consumed=named.used,
        class_names=array.class_names,
        augments=augments,
        ranges=tuple(_ranges(block, block.steps[named.step].value)),
    )


def _ranges(block: Block, value: Expression) -> Iterator[ColumnRange]:
    """The ranges of the columns of a source that a value is, all rows of them."""
    while isinstance(value, Use) or (isinstance(value, Apply) and value.function == "unsqueeze"):
        inner = value.operands[0] if isinstance(value, Apply) else block.steps[value.step].value
        if not isinstance(inner, Expression):
            return
        value = inner
    if not isinstance(value, Pick | Matrix):
        return
    names = (value.column,) if isinstance(value, Pick) else value.columns
    table: Expression | None = value.table
    while isinstance(table, Choose) or (
        isinstance(table, Use) and not isinstance(block.steps[table.step].value, Load)
    ):
        table = table.table if isinstance(table, Choose) else block.steps[table.step].value
    made = dict(block.made).get(table.step) if isinstance(table, Use) else None
    for name in names:
        info = made.column(name) if isinstance(made, Table) else None
        if info is not None and info.range is not None:
            yield ColumnRange(name, *info.range)


def stored_as(kind: Kind) -> Stored:
    """The dtype that numbers of a kind are held in."""
    if kind.is_integer:
        return "int64"
    return "bool" if kind.name == "bool" else "float32"


def _origin(name: str, array: Array, kind: Kind) -> str:
    """Where a field comes from, in the words of a note."""
    info = array.info
    place = f" ({info.place})" if info is not None and info.place else ""
    column = info.name if info is not None else name
    if kind.name == "index":
        last = kind.size - 1 if kind.size is not None else "n-1"
        return f"`{column}` holds the classes 0 to {last}{place}"
    if kind.name == "int" and array.values:
        low, high = min(array.values), max(array.values)
        return (
            f"`{column}` holds integers from {low} to {high}{place}; "
            "class indices are 0 to n-1, as `-> OrdinalEncoder` makes them"
        )
    if not array.dims:
        return f"`{column}` is one number per row{place}"
    shape = " x ".join(str(dim) for dim in array.dims)
    plural = "" if shape == "1" else "s"
    return f"`{column}` is {shape} number{plural} per row{place}"
