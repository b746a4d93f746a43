"""Functions that make tensors from sizes and numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, isfinite, prod

from netspec.catalog.call import Call, as_dim
from netspec.catalog.kinds import BOOL, INT, REAL, UNIT, of_number
from netspec.types import Dim, Kind, TensorType, lowest


def _shape(call: Call) -> tuple[Dim, ...]:
    sizes = call.arguments["size"]
    assert isinstance(sizes, tuple)
    dims = tuple(as_dim(size) for size in sizes)
    for dim in dims:
        if dim.value is not None and dim.value < 0:
            call.refuse("value", f"`{call.name}` cannot make a size of {dim}", argument="size")
    return dims


def constant(call: Call) -> tuple[TensorType, ...]:
    """`zeros`, `ones` and `rand`: within [0, 1]."""
    return (TensorType(UNIT, _shape(call)),)


def normal(call: Call) -> tuple[TensorType, ...]:
    """`randn`."""
    return (TensorType(REAL, _shape(call)),)


def full(call: Call) -> tuple[TensorType, ...]:
    """One number; a whole one makes integers, as in torch."""
    value = call.arguments["fill_value"]
    assert isinstance(value, int | float | Dim)
    return (TensorType(of_number(value), _shape(call)),)


def told(call: Call) -> tuple[TensorType, ...]:
    """`tensor`: the numbers of a list, and of lists of one length."""
    shape: list[int] = []
    level = [call.arguments["data"]]
    while any(isinstance(item, tuple) for item in level):
        lengths = {len(item) if isinstance(item, tuple) else None for item in level}
        if len(lengths) > 1:
            call.refuse("value", "the lists of a tensor are all of one length", argument="data")
            break
        level = [part for item in level if isinstance(item, tuple) for part in item]
        shape.append(len(level) // prod(shape))
    numbers = [item for item in level if isinstance(item, int | float)]
    return (TensorType(_kind_of(numbers), tuple(Dim.of(size) for size in shape)),)


def _kind_of(numbers: Sequence[float]) -> Kind:
    """What numbers are together: truth values, indices, integers or floats, as torch has it."""
    if any(isinstance(number, float) for number in numbers):
        return UNIT if all(0 <= number <= 1 for number in numbers) else REAL
    if all(isinstance(number, bool) for number in numbers):
        return BOOL
    least, most = min(numbers), max(numbers)
    return Kind("index", Dim.of(int(most) + 1)) if least >= 0 else INT


def like_constant(call: Call) -> tuple[TensorType, ...]:
    """`zeros_like`, `ones_like`, `rand_like`: in the number format of the other tensor."""
    given = call.tensor("input")
    if not given.kind.is_float and call.name == "rand_like":
        _refuse_integers(call, given)
    kind = UNIT if given.kind.is_float else given.kind if given.kind.name == "bool" else INT
    return (given.with_kind(kind),)


def like_normal(call: Call) -> tuple[TensorType, ...]:
    """`randn_like`."""
    given = call.tensor("input")
    if not given.kind.is_float:
        _refuse_integers(call, given)
    return (given.with_kind(REAL),)


def _refuse_integers(call: Call, given: TensorType) -> None:
    call.refuse("kind", f"`{call.name}` cannot draw integers (`{given.kind}`)", input=0)


def arange(call: Call) -> tuple[TensorType, ...]:
    """From `start` up to `end`; `arange(n)` counts 0 to n - 1, and so is an index below n."""
    first, second, step = (call.arguments[name] for name in ("start", "end", "step"))
    start, end = (0, first) if second is None else (first, second)
    assert isinstance(start, int | float | Dim)
    assert isinstance(end, int | float | Dim)
    assert isinstance(step, int | float | Dim)
    if step == 0 or isinstance(step, Dim):
        call.refuse("value", "the step of `arange` cannot be 0", argument="step")
        return (TensorType(INT, (Dim.of(0),)),)
    if isinstance(start, float) or isinstance(end, float) or isinstance(step, float):
        return _real_range(call, start, end, step)
    low, high = Dim.of(start), Dim.of(end)
    distance = high - low if step > 0 else low - high
    call.at_least(
        distance, Dim.of(0), f"`arange` from {low} to {high} by {step} goes nowhere", input=None
    )
    size = (distance + abs(step) - 1) // abs(step)
    counts = step > 0 and (lowest(low) or 0) >= 0 and lowest(low) is not None
    return (TensorType(Kind("index", high) if counts else INT, (size,)),)


def _real_range(
    call: Call, start: float | Dim, end: float | Dim, step: float
) -> tuple[TensorType, ...]:
    if isinstance(start, Dim) or isinstance(end, Dim):
        call.refuse("unknown-size", "`arange` of real numbers needs both ends now", argument="end")
        return (TensorType(REAL, (Dim.of(0),)),)
    if not isfinite((end - start) / step):
        call.refuse("value", f"`arange` from {start} to {end} by {step} never ends")
        return (TensorType(REAL, (Dim.of(0),)),)
    count = (end - start) / step
    if count < 0:
        call.refuse("value", f"`arange` from {start} to {end} by {step} goes nowhere")
    return (TensorType(REAL, (Dim.of(max(0, ceil(count))),)),)


def eye(call: Call) -> tuple[TensorType, ...]:
    """The identity matrix, square unless `m` says how many columns."""
    rows = as_dim(call.arguments["n"])
    columns = rows if call.arguments["m"] is None else as_dim(call.arguments["m"])
    for name, size in (("n", rows), ("m", columns)):
        if size.value is not None and size.value < 0:
            call.refuse("value", f"`eye` cannot make a size of {size}", argument=name)
    return (TensorType(UNIT, (rows, columns)),)


def triangle(call: Call) -> tuple[TensorType, ...]:
    """`tril_indices`, `triu_indices`: rows and columns of the places below or above a diagonal."""
    row, col, offset = (call.arguments[name] for name in ("row", "col", "offset"))
    sizes = (as_dim(row).value, as_dim(col).value)
    if None in sizes:
        call.refuse("unknown-size", f"`{call.name}` needs its sizes now", argument="row")
        return (TensorType(INT, (Dim.of(2), Dim.of(1))),)
    rows, columns = (size or 0 for size in sizes)
    assert isinstance(offset, int)
    for name, size in (("row", rows), ("col", columns)):
        if size < 1:
            call.refuse("value", f"`{call.name}` cannot make a size of {size}", argument=name)
    below = _places_below(rows, columns, offset + (0 if call.name == "tril_indices" else -1))
    count = below if call.name == "tril_indices" else rows * columns - below
    if count == 0:
        message = f"`{call.name}` of {rows} by {columns} with `offset` {offset} has no place"
        call.refuse("value", message, argument="offset")
    return (TensorType(Kind("index", Dim.of(max(rows, columns))), (Dim.of(2), Dim.of(count))),)


def _places_below(rows: int, columns: int, offset: int) -> int:
    """How many places (r, c) of a matrix have c - r <= offset: a sum along the rows."""
    # Rows before `first` have none, those from `full` on have all; between them one more a row.
    first = min(max(-offset, 0), rows)
    full = min(max(columns - 1 - offset, first), rows)
    between = full - first
    return between * (first + offset + 1) + between * (between - 1) // 2 + (rows - full) * columns


def spaced(call: Call) -> tuple[TensorType, ...]:
    """`linspace`, `logspace`: as many numbers as `steps` says."""
    steps = as_dim(call.arguments["steps"])
    if steps.value is not None and steps.value < 0:
        call.refuse("value", f"`{call.name}` cannot make {steps} numbers", argument="steps")
    ends = (call.arguments["start"], call.arguments["end"])
    inside = all(isinstance(end, int | float) and 0 <= end <= 1 for end in ends)
    kind = UNIT if inside and call.name == "linspace" else REAL
    return (TensorType(kind, (steps,)),)


def full_like(call: Call) -> tuple[TensorType, ...]:
    """One number, in the number format of the other tensor."""
    given, value = call.tensor("input"), call.arguments["fill_value"]
    assert isinstance(value, int | float | Dim)
    if given.kind.is_float:
        number = 0.0 if isinstance(value, Dim) else float(value)
        known = not isinstance(value, Dim)
        return (given.with_kind(of_number(number) if known else REAL),)
    if isinstance(value, float):
        call.refuse(
            "kind",
            f"`full_like` cannot put {value} among integers (`{given.kind}`)",
            argument="fill_value",
        )
    return (given.with_kind(given.kind if given.kind.name == "bool" else INT),)


def randint(call: Call) -> tuple[TensorType, ...]:
    """Whole numbers from `low` up to `high`, which is not among them."""
    low, high = call.integer("low"), call.integer("high")
    if low >= high:
        call.refuse(
            "value",
            f"`randint` draws from {low} up to {high}, which holds nothing",
            argument="high",
            help="`high` is not drawn itself",
        )
    return (TensorType(Kind("index", Dim.of(high)) if low >= 0 else INT, _shape(call)),)


def randperm(call: Call) -> tuple[TensorType, ...]:
    """The indices below n, each once."""
    count = as_dim(call.arguments["n"])
    if count.value is not None and count.value < 0:
        call.refuse("value", f"`randperm` cannot draw {count} numbers", argument="n")
    return (TensorType(Kind("index", count), (count,)),)


def multinomial(call: Call) -> tuple[TensorType, ...]:
    """Indices drawn from each row of weights; without replacement at most as many as there are."""
    given, count = call.tensor("input"), call.integer("num_samples")
    if given.rank not in {1, 2}:
        call.refuse("rank", f"`multinomial` wants [n] or [B, n], not {given.dims()}", input=0)
        return (given,)
    if not given.kind.is_float or given.kind.name == "logprob":
        call.refuse("kind", f"`multinomial` wants weights from 0 on, not `{given.kind}`", input=0)
    if count < 1:
        call.refuse("value", f"`num_samples` must be at least 1, not {count}", argument=1)
    size = given.shape[-1]
    if not call.flag("replacement"):
        message = f"`multinomial` draws {count} of {size} without replacement"
        call.at_least(size, Dim.of(count), message, argument="num_samples")
    return (TensorType(Kind("index", size), (*given.shape[:-1], Dim.of(count))),)


RULES: dict[str, Callable[[Call], tuple[TensorType, ...]]] = {
    "eye": eye,
    "tril_indices": triangle,
    "triu_indices": triangle,
    "linspace": spaced,
    "logspace": spaced,
    "full_like": full_like,
    "randint": randint,
    "randperm": randperm,
    "multinomial": multinomial,
}
