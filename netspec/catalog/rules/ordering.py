"""Functions that reduce dimensions, or order what stands along one: the rest of them.

Some give the values and their places. Torch's rules are the same for all: `dim` is one dimension,
`keepdim` leaves a 1 in its place.
"""

from __future__ import annotations

from collections.abc import Callable

from netspec.catalog.call import Call
from netspec.catalog.kinds import BOOL, INT, REAL, averaged, elements, join, numeric
from netspec.catalog.rules.arithmetic import number_format, require_float
from netspec.catalog.rules.reductions import reduced
from netspec.types import Dim, Kind, TensorType

Types = tuple[TensorType, ...]


def prod(call: Call) -> Types:
    """The product; numbers within [0, 1] give one there."""
    given = call.tensor("input")
    if call.arguments["dim"] is None and "keepdim" in call.given:
        call.refuse("missing-argument", "`keepdim` of `prod` needs `dim`", argument="keepdim")
    return reduced(call, given, averaged(given.kind) if given.kind.is_float else INT)


def truth(call: Call) -> Types:
    """`all` and `any`."""
    return reduced(call, call.tensor("input"), BOOL)


def counted(call: Call) -> Types:
    """`count_nonzero`."""
    return reduced(call, call.tensor("input"), INT)


def log_sum(call: Call) -> Types:
    """`logsumexp` of floats."""
    given = call.tensor("input")
    require_float(call, given, 0)
    if call.arguments["dim"] == ():
        call.refuse("value", f"`{call.name}` needs a dimension to sum along", argument="dim")
    return reduced(call, given, REAL)


def two_moments(call: Call) -> Types:
    """`var_mean`, `std_mean`."""
    given = call.tensor("input")
    require_float(call, given, 0)
    return (*reduced(call, given, REAL), *reduced(call, given, averaged(given.kind)))


def without_nan(call: Call) -> Types:
    """`nansum`, which takes integers too, and `nanmean`."""
    given = call.tensor("input")
    if call.name == "nansum":
        return reduced(call, given, numeric(given.kind))
    require_float(call, given, 0)
    return reduced(call, given, averaged(given.kind))


def quantile(call: Call) -> Types:
    """The value below which the part `q` lies."""
    given = call.tensor("input")
    require_float(call, given, 0)
    return reduced(call, given, elements(given.kind))


def extreme(call: Call) -> Types:
    """`max` and `min`: of all values, along `dim` with their places, or of two tensors."""
    given, dim = call.tensor("input"), call.arguments["dim"]
    other = dim if isinstance(dim, TensorType) else call.arguments["other"]
    if isinstance(other, TensorType):
        for name in ("dim", "keepdim", "other"):
            # The second tensor stands where `dim` does in torch, or under its own name.
            second = name == ("dim" if other is dim else "other")
            if name in call.given and not second:
                message = f"`{call.name}` of two tensors takes no `{name}`"
                call.refuse("value", message, argument=name)
        kind = join([elements(given.kind), elements(other.kind)])
        return (TensorType(kind, call.broadcast(given, other, input=1)),)
    return _values_or_all(call, given)


def median(call: Call) -> Types:
    """The middle value of all, or those along `dim` with their places."""
    given = call.tensor("input")
    if given.kind.name == "bool":
        call.refuse("kind", f"`{call.name}` is not for truth values (`bool`)", input=0)
    return _values_or_all(call, given)


def _values_or_all(call: Call, given: TensorType) -> Types:
    if call.arguments["dim"] is None:
        if "keepdim" in call.given:
            call.refuse(
                "missing-argument", f"`keepdim` of `{call.name}` needs `dim`", argument="keepdim"
            )
        return reduced(call, given, elements(given.kind))
    return along(call)


def along(call: Call) -> Types:
    """Values along `dim` and their places, the dimension reduced (`mode`, `kthvalue`)."""
    given = call.tensor("input")
    dim = call.axis(call.arguments["dim"], given.rank or 1)
    size = given.shape[dim] if given.rank else Dim.of(1)
    return (
        *reduced(call, given, elements(given.kind)),
        *reduced(call, given, Kind("index", size)),
    )


def kth(call: Call) -> Types:
    """The k-th smallest values along `dim`, and their places."""
    given, count = call.tensor("input"), call.integer("k")
    if given.kind.name == "bool":
        call.refuse("kind", f"`{call.name}` is not for truth values (`bool`)", input=0)
    result = along(call)
    size = given.shape[call.axis(call.arguments["dim"], given.rank)] if given.rank else Dim.of(1)
    if count < 1:
        call.refuse("value", f"`k` of `{call.name}` counts from 1, not {count}", argument="k")
    message = f"`{call.name}` wants number {count} of the {size} values along its dimension"
    call.at_least(size, Dim.of(count), message, argument="k")
    return result


def ordered(call: Call) -> Types:
    """`sort`: the values and their places; `argsort`: the places."""
    given = call.tensor("input")
    dim = call.axis(call.arguments["dim"], given.rank or 1)
    size = given.shape[dim] if given.rank else Dim.of(1)
    places = given.with_kind(Kind("index", size))
    if call.name == "argsort":
        return (places,)
    return given.with_kind(elements(given.kind)), places


def running(call: Call) -> Types:
    """`cumprod`, `logcumsumexp`; with their places `cummax`, `cummin`."""
    given = call.tensor("input")
    dim = call.axis(call.arguments["dim"], given.rank or 1)
    if call.name == "cumprod":
        kind = averaged(given.kind) if given.kind.is_float else INT
        return (given.with_kind(kind),)
    if call.name == "logcumsumexp":
        require_float(call, given, 0)
        return (given.with_kind(REAL),)
    size = given.shape[dim] if given.rank else Dim.of(1)
    return given.with_kind(elements(given.kind)), given.with_kind(Kind("index", size))


def diff(call: Call) -> Types:
    """The differences of neighbours, `n` times over: the dimension is `n` shorter."""
    given, times = call.tensor("input"), call.integer("n")
    if given.rank == 0:
        call.refuse("rank", "`diff` wants a dimension to look along", input=0)
        return (given,)
    dim = call.axis(call.arguments["dim"], given.rank)
    if times < 0:
        call.refuse("value", f"`n` of `diff` cannot be {times}", argument="n")
    size = given.shape[dim]
    message = f"`diff` takes {times} off dimension {dim}, which is {size}: nothing is left"
    call.at_least(size, Dim.of(times + 1), message, argument="n")
    kind = given.kind if times == 0 else BOOL if given.kind.name == "bool" else numeric(given.kind)
    return (TensorType(kind, (*given.shape[:dim], size - times, *given.shape[dim + 1 :])),)


def placed(call: Call) -> Types:
    """`bucketize`: places among a vector; `searchsorted`: among rows of as many dimensions."""
    given = call.tensor("input")
    first = "boundaries" if call.name == "bucketize" else "sorted_sequence"
    among = call.tensor(first)
    if among.rank == 0 or (call.name == "bucketize" and among.rank != 1):
        call.refuse("rank", f"`{first}` of `{call.name}` is a vector, not {among.dims()}", input=0)
        return (given,)
    if number_format(among) == "bool" or number_format(given) == "bool":
        call.refuse("kind", f"`{call.name}` is not for truth values (`bool`)", input=0)
    if among.rank > 1:
        message = f"`{call.name}` has rows {among.dims()} for {given.dims()}"
        if among.rank != given.rank:
            call.refuse("rank", message, input=1)
            return (given,)
        for a, b in zip(among.shape[:-1], given.shape[:-1], strict=True):
            call.equal(a, b, message, input=1)
    return (given.with_kind(Kind("index", among.shape[-1] + 1)),)


RULES: dict[str, Callable[[Call], Types]] = {
    "prod": prod,
    "all": truth,
    "any": truth,
    "count_nonzero": counted,
    "logsumexp": log_sum,
    "var_mean": two_moments,
    "std_mean": two_moments,
    "nansum": without_nan,
    "nanmean": without_nan,
    "quantile": quantile,
    "max": extreme,
    "min": extreme,
    "median": median,
    "mode": along,
    "kthvalue": kth,
    "sort": ordered,
    "argsort": ordered,
    "cumprod": running,
    "logcumsumexp": running,
    "cummax": running,
    "cummin": running,
    "diff": diff,
    "bucketize": placed,
    "searchsorted": placed,
}
