"""Functions that reduce dimensions, or work along one."""

from __future__ import annotations

from netspec.catalog.call import Call
from netspec.catalog.kinds import REAL, averaged, elements, numeric
from netspec.types import Dim, Kind, TensorType

# Functions of torch that take `keepdim` beside `dim` only.
WANTS_DIM = frozenset({"mean", "sum"})


def reduced(call: Call, given: TensorType, kind: Kind) -> tuple[TensorType, ...]:
    """Without the dimensions of `dim` (all, when none is given), or with 1 in their place."""
    value = call.arguments.get("dim")
    everything = value is None or value == ()
    dropped = set(range(given.rank)) if everything else set(call.axes(value, given.rank or 1))
    keep = call.flag("keepdim")
    if call.name in WANTS_DIM and "keepdim" in call.given and value is None:
        call.implied["dim"] = tuple(range(given.rank))
    shape = tuple(
        Dim.of(1) if place in dropped else size
        for place, size in enumerate(given.shape)
        if keep or place not in dropped
    )
    return (TensorType(kind, shape),)


def mean(call: Call) -> tuple[TensorType, ...]:
    """The mean of floats."""
    given = _float(call)
    return reduced(call, given, averaged(given.kind))


def total(call: Call) -> tuple[TensorType, ...]:
    """The sum; truth values count."""
    given = call.tensor("input")
    return reduced(call, given, numeric(given.kind))


def spread(call: Call) -> tuple[TensorType, ...]:
    """The variance or deviation of floats."""
    return reduced(call, _float(call), REAL)


def norm(call: Call) -> tuple[TensorType, ...]:
    """The length of floats; the nuclear one wants matrices."""
    given = _float(call)
    value = call.arguments["dim"]
    if call.arguments["p"] == "nuc" and not (isinstance(value, tuple) and len(value) == 2):
        call.refuse(
            "value", '`p="nuc"` of `norm` is for matrices: give two dimensions', argument="dim"
        )
    return reduced(call, given, REAL)


def extreme(call: Call) -> tuple[TensorType, ...]:
    """`amax` and `amin`."""
    given = call.tensor("input")
    return reduced(call, given, elements(given.kind))


def argmax(call: Call) -> tuple[TensorType, ...]:
    """`argmax`, `argmin`: the place along `dim`, or in the flattened tensor."""
    given = call.tensor("input")
    value = call.arguments["dim"]
    if given.kind.name == "bool":
        call.refuse("kind", f"`{call.name}` is not for truth values (`bool`)", input=0)
    if value is None:
        elements_there = Dim.of(1)
        for size in given.shape:
            elements_there = elements_there * size
        return reduced(call, given, Kind("index", elements_there))
    dim = call.axis(value, given.rank or 1)
    size = given.shape[dim] if given.rank else Dim.of(1)
    return reduced(call, given, Kind("index", size))


def topk(call: Call) -> tuple[TensorType, ...]:
    """The k largest values along a dimension, and their places."""
    given = call.tensor("input")
    if given.rank == 0:
        call.refuse("rank", "`topk` wants a dimension to look along", input=0)
        return (given, given)
    dim, count = call.axis(call.arguments["dim"], given.rank), call.integer("k")
    size = given.shape[dim]
    if count < 0:
        call.refuse("value", f"`k` of `topk` cannot be {count}", argument="k")
    call.at_least(
        size,
        Dim.of(count),
        f"`topk` wants {count} of the {size} values along dimension {dim}",
        argument="k",
    )
    shape = (*given.shape[:dim], Dim.of(count), *given.shape[dim + 1 :])
    return TensorType(elements(given.kind), shape), TensorType(Kind("index", size), shape)


def cumsum(call: Call) -> tuple[TensorType, ...]:
    """Running sums; truth values count."""
    given = call.tensor("input")
    call.axes(call.arguments["dim"], given.rank or 1)
    return (given.with_kind(numeric(given.kind)),)


def normalize(call: Call) -> tuple[TensorType, ...]:
    """Vectors along `dim` brought to length 1."""
    given = _float(call)
    call.axes(call.arguments["dim"], given.rank or 1)
    return (given.with_kind(REAL),)


def _float(call: Call) -> TensorType:
    given = call.tensor("input")
    if not given.kind.is_float:
        call.refuse(
            "kind",
            f"`{call.name}` wants floating-point numbers (`real`), not `{given.kind}`",
            input=0,
            help="`float` makes them real",
        )
    return given
