"""Functions that pick or put values by an index."""

from __future__ import annotations

from collections.abc import Callable

from netspec.catalog.call import Call
from netspec.catalog.kinds import INT, REAL, elements, join, of_number
from netspec.catalog.rules.arithmetic import number_format
from netspec.types import Dim, Kind, TensorType

Types = tuple[TensorType, ...]

# To torch a number is a vector of one number where an index is wanted.
ONE = (Dim.of(1),)


def index_select(call: Call) -> Types:
    """Places of a dimension, by a vector of indices."""
    given, index = call.tensor("input"), call.tensor("index")
    if not _is_index(call, index, 1) or not _has_dimensions(call, given):
        return (given,)
    dim = call.axis(call.arguments["dim"], given.rank)
    count = _vector(call, index)
    _within(call, index, given.shape[dim], dim, 1)
    shape = (*given.shape[:dim], count, *given.shape[dim + 1 :])
    return (TensorType(elements(given.kind), shape),)


def take_along_dim(call: Call) -> Types:
    """Values picked along `dim`; the other dimensions broadcast."""
    given, index = call.tensor("input"), call.tensor("indices")
    if not _is_index(call, index, 1) or not _has_dimensions(call, given):
        return (given,)
    if given.rank != index.rank:
        call.refuse(
            "rank",
            f"`{call.name}` wants as many dimensions in both, not {given.dims()} and "
            f"{index.dims()}",
            input=1,
        )
        return (given,)
    dim = call.axis(call.arguments["dim"], given.rank)
    _within(call, index, given.shape[dim], dim, 1)

    def others(one: TensorType) -> TensorType:
        shape = (*one.shape[:dim], Dim.of(1), *one.shape[dim + 1 :])
        return TensorType(REAL, shape)

    shape = list(call.broadcast(others(given), others(index), input=1))
    shape[dim] = index.shape[dim]
    return (TensorType(elements(given.kind), tuple(shape)),)


def scatter(call: Call) -> Types:
    """Values, or one number, put along `dim`; the result has the input's number format."""
    given, index = call.tensor("input"), call.tensor("index")
    source, value = call.arguments["src"], call.arguments["value"]
    if (source is None) == (value is None):
        what = "either `src` or `value`" if source is not None else "`src` or `value`"
        call.refuse(
            "missing-argument",
            f"`scatter` needs {what}",
            argument="value" if "value" in call.given else None,
            help="`src` is a tensor, `value=1.0` one number",
        )
        return (given,)
    if isinstance(source, TensorType):
        return _put(call, given, index, source)
    assert isinstance(value, int | float | Dim)
    if not given.kind.is_float and isinstance(value, float):
        call.refuse(
            "kind",
            f"`scatter` cannot put {value} among integers (`{given.kind}`)",
            argument="value",
        )
    _check_places(call, given, index, None)
    if given.kind.name == "bool":
        return (given,)
    put = REAL if isinstance(value, Dim) else of_number(float(value))
    kind = join([elements(given.kind), put]) if given.kind.is_float else INT
    return (given.with_kind(kind),)


def scatter_add(call: Call) -> Types:
    """Values added along `dim`."""
    given = call.tensor("input")
    (made,) = _put(call, given, call.tensor("index"), call.tensor("src"))
    return (made.with_kind(_summed(given.kind)),)


def scatter_reduce(call: Call) -> Types:
    """Values reduced along `dim` by `reduce`."""
    given, how = call.tensor("input"), call.arguments["reduce"]
    (made,) = _put(call, given, call.tensor("index"), call.tensor("src"))
    if how in {"amax", "amin"} or given.kind.name == "bool":
        return (made,)
    return (made.with_kind(_summed(given.kind)),)


def index_add(call: Call) -> Types:
    """Slices added along `dim` where a vector of indices says."""
    given, index, source = call.tensor("input"), call.tensor("index"), call.tensor("source")
    if not _is_index(call, index, 1) or not _has_dimensions(call, given):
        return (given,)
    dim = call.axis(call.arguments["dim"], given.rank)
    count = _vector(call, index)
    _within(call, index, given.shape[dim], dim, 1)
    message = f"`{call.name}` adds {source.dims()} to {given.dims()} at {count} places"
    if source.rank != given.rank:
        call.refuse("rank", message, input=2)
        return (given,)
    for place, (there, added) in enumerate(zip(given.shape, source.shape, strict=True)):
        call.equal(count if place == dim else there, added, message, input=2)
    if number_format(given) != number_format(source):
        call.refuse("kind", f"`{call.name}` cannot add `{source.kind}` to `{given.kind}`", input=2)
    return (given.with_kind(_summed(given.kind)),)


def _summed(kind: Kind) -> Kind:
    return REAL if kind.is_float else kind if kind.name == "bool" else INT


def _put(call: Call, given: TensorType, index: TensorType, source: TensorType) -> Types:
    """What is left of both kinds; source and input have one number format."""
    if number_format(given) != number_format(source):
        call.refuse("kind", f"`{call.name}` cannot put `{source.kind}` in `{given.kind}`", input=2)
    _check_places(call, given, index, source)
    return (given.with_kind(join([elements(given.kind), elements(source.kind)])),)


def _check_places(
    call: Call, given: TensorType, index: TensorType, source: TensorType | None
) -> None:
    """The index has the input's rank, and no more places than input and source have values."""
    if not _is_index(call, index, 1):
        return
    among = [(given, 0), *([(source, 2)] if source is not None else [])]
    for other, _ in among:
        if max(1, other.rank) != max(1, index.rank):
            call.refuse(
                "rank",
                f"`{call.name}` wants an index of as many dimensions as {other.dims()}, not "
                f"{index.dims()}",
                input=1,
            )
            return
    dim = call.axis(call.arguments["dim"], given.rank or 1)
    for other, position in among:
        pairs = zip(other.shape or ONE, index.shape or ONE, strict=True)
        for place, (there, wanted) in enumerate(pairs):
            if place == dim and position == 0:
                continue
            message = f"`{call.name}` has {wanted} indices and {there} values at dimension {place}"
            call.at_least(there, wanted, message, input=position)
    if given.rank:
        _within(call, index, given.shape[dim], dim, 1)


def _is_index(call: Call, index: TensorType, position: int) -> bool:
    if not index.kind.is_integer:
        call.refuse(
            "kind", f"the index of `{call.name}` is of integers, not `{index.kind}`", input=position
        )
    return index.kind.is_integer


def _has_dimensions(call: Call, given: TensorType) -> bool:
    if given.rank == 0:
        call.refuse("rank", f"`{call.name}` wants a dimension to look along", input=0)
    return given.rank > 0


def _vector(call: Call, index: TensorType) -> Dim:
    if index.rank > 1:
        call.refuse("rank", f"the index of `{call.name}` is a vector, not {index.dims()}", input=1)
    return index.shape[0] if index.rank == 1 else Dim.of(1)


def _within(call: Call, index: TensorType, size: Dim, dim: int, position: int) -> None:
    """An index of a known range stays inside the dimension."""
    if index.kind.size is not None:
        call.at_least(
            size,
            index.kind.size,
            f"the index of `{call.name}` goes up to {index.kind.size} - 1, and dimension {dim} is "
            f"{size}",
            input=position,
        )


RULES: dict[str, Callable[[Call], Types]] = {
    "index_select": index_select,
    "take_along_dim": take_along_dim,
    "scatter": scatter,
    "scatter_add": scatter_add,
    "scatter_reduce": scatter_reduce,
    "index_add": index_add,
}
