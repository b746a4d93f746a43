"""Functions of a matrix's diagonal."""

from __future__ import annotations

from collections.abc import Callable

from netspec.catalog.call import Call
from netspec.catalog.kinds import elements, join, numeric
from netspec.catalog.rules.arrangements import at_least
from netspec.types import Dim, TensorType

Types = tuple[TensorType, ...]


def block_diag(call: Call) -> Types:
    """Matrices along a diagonal, 0 elsewhere; vectors are rows."""
    rows, columns = Dim.of(0), Dim.of(0)
    for position, given in enumerate(call.inputs):
        if given.rank > 2:
            call.refuse("rank", f"`block_diag` wants matrices, not {given.dims()}", input=position)
            return (given,)
        shape = at_least(given, 2).shape
        rows, columns = rows + shape[0], columns + shape[1]
    kind = join([elements(given.kind) for given in call.inputs])
    return (TensorType(numeric(kind) if kind.is_integer else kind, (rows, columns)),)


def diagonal(call: Call) -> Types:
    """The diagonals of two dimensions, put last."""
    given, offset = call.tensor("input"), call.integer("offset")
    if given.rank < 2:
        call.refuse("rank", f"`diagonal` wants a matrix, not {given.dims()}", input=0)
        return (given,)
    one, other = _two(call, given.rank)
    if call.refusal is not None:
        return (given,)
    length = _length(call, given.shape[one], given.shape[other], offset)
    rest = tuple(size for place, size in enumerate(given.shape) if place not in {one, other})
    return (TensorType(elements(given.kind), (*rest, length)),)


def diag(call: Call) -> Types:
    """Of a vector the matrix, of a matrix the diagonal."""
    given, offset = call.tensor("input"), call.integer("diagonal")
    if given.rank == 1:
        size = given.shape[0] + abs(offset)
        return (TensorType(elements(given.kind), (size, size)),)
    if given.rank != 2:
        call.refuse("rank", f"`diag` wants a vector or a matrix, not {given.dims()}", input=0)
        return (given,)
    rows, columns = given.shape
    length = _length(call, rows, columns, offset)
    return (TensorType(elements(given.kind), (length,)),)


def diag_embed(call: Call) -> Types:
    """The last dimension on the diagonal of two new ones."""
    given, offset = call.tensor("input"), call.integer("offset")
    if given.rank == 0:
        call.refuse("rank", "`diag_embed` wants a dimension to lay on a diagonal", input=0)
        return (given,)
    one, other = _two(call, given.rank + 1)
    if call.refusal is not None:
        return (given,)
    rest = iter(given.shape[:-1])
    side = given.shape[-1] + abs(offset)
    places = range(given.rank + 1)
    shape = tuple(side if place in {one, other} else next(rest) for place in places)
    return (TensorType(elements(given.kind), shape),)


def trace(call: Call) -> Types:
    """The sum of a matrix's diagonal."""
    given = call.tensor("input")
    if given.rank != 2:
        call.refuse("rank", f"`trace` wants a matrix, not {given.dims()}", input=0)
    if given.kind.name == "bool":
        call.refuse("kind", "`trace` is not for truth values (`bool`)", input=0)
    return (TensorType(numeric(given.kind), ()),)


def _two(call: Call, rank: int) -> tuple[int, int]:
    one = call.axis(call.arguments["dim1"], rank, "dim1")
    other = call.axis(call.arguments["dim2"], rank, "dim2")
    if one == other:
        call.refuse("value", f"`{call.name}` wants two different dimensions", argument="dim2")
    return one, other


def _length(call: Call, rows: Dim, columns: Dim, offset: int) -> Dim:
    """How long a diagonal is; of sizes not yet known only where it is plain to see."""
    message = f"`{call.name}` is {offset} off the corner of {rows} by {columns}: nothing is left"
    rows, columns = (rows, columns - offset) if offset >= 0 else (rows + offset, columns)
    if rows.value is not None and columns.value is not None:
        rows = columns = Dim.of(min(rows.value, columns.value))
    if rows == columns:
        call.at_least(rows, Dim.of(1), message, input=0)
        return rows
    call.refuse(
        "unknown-size",
        f"`{call.name}` cannot tell how long a diagonal of {rows} and {columns} is",
        input=0,
    )
    return rows


RULES: dict[str, Callable[[Call], Types]] = {
    "block_diag": block_diag,
    "diagonal": diagonal,
    "diag": diag,
    "diag_embed": diag_embed,
    "trace": trace,
}
