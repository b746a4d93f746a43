"""Functions that make tensors from sizes and numbers."""

from __future__ import annotations

from math import ceil

from netspec.catalog.call import Call, as_dim
from netspec.catalog.kinds import INT, REAL, UNIT, of_number
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
    size = ceil((end - start) / step)
    if size < 0:
        call.refuse("value", f"`arange` from {start} to {end} by {step} goes nowhere")
        size = 0
    return (TensorType(REAL, (Dim.of(size),)),)
