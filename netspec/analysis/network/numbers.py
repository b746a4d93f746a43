"""Functions of plain numbers, computed by the compiler: `sqrt(head)`, `max(8, width // 4)`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from netspec.analysis import errors
from netspec.analysis.network.arithmetic import MAX_INTEGER, Report
from netspec.analysis.network.values import UNKNOWN, Value
from netspec.source import Span
from netspec.types import Dim

_OF_ONE: Mapping[str, Callable[[float], float]] = {
    "abs": abs,
    "ceil": math.ceil,
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "round": round,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
}
_OF_SEVERAL: Mapping[str, Callable[[Sequence[float]], float]] = {"max": max, "min": min}


def are_numbers(name: str, values: Sequence[Value]) -> bool:
    """Whether `name` of these values is the compiler's to compute: all of them are numbers."""
    counts = len(values) == 1 if name in _OF_ONE else name in _OF_SEVERAL and len(values) > 1
    return counts and all(
        isinstance(value, int | float | Dim) and not isinstance(value, bool) for value in values
    )


def computed(name: str, values: Sequence[Value], span: Span, report: Report) -> Value:
    """The number that a function makes of numbers; one it does not have is reported."""
    numbers: list[float] = []
    for value in values:
        known = value.value if isinstance(value, Dim) else value
        if known is None:
            report(errors.size_not_known(span, str(value)))
            return UNKNOWN
        assert isinstance(known, int | float)
        numbers.append(known)
    try:
        result = _OF_ONE[name](numbers[0]) if name in _OF_ONE else _OF_SEVERAL[name](numbers)
    except ValueError:
        report(errors.no_such_number(span, f"{name}({numbers[0]})"))
        return UNKNOWN
    except OverflowError:
        result = math.inf
    if not abs(result) < MAX_INTEGER:
        report(errors.number_too_large(span))
        return UNKNOWN
    return result
