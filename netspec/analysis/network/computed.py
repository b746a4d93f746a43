"""Functions of lists, ranges and texts that the compiler computes; those of numbers: `numbers.py`.

They are Python's, and give compile-time values: `len(widths)`, `for i, c in enumerate(widths)`.
Those that torch has too are torch's where a tensor is among what they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netspec.analysis import errors
from netspec.analysis.network.arithmetic import MAX_LENGTH, Report
from netspec.analysis.network.operands import ListTooLongError, measured, parts
from netspec.analysis.network.values import UNKNOWN, Unknown, Value, describe
from netspec.source import Span
from netspec.types import Dim

Values = Sequence[Value]


class CannotError(ValueError):
    """What a function cannot be given, in words, and what to write."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


class SizeUnknownError(ValueError):
    """A size that the value hangs on is not known."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A function: what makes its value, how many arguments it takes, which is its last by name."""

    make: Callable[..., Value]
    fewest: int = 1
    most: int | None = 1
    named: str | None = None


def computed(
    name: str, values: Values, named: Mapping[str, Value], span: Span, report: Report
) -> Value:
    """The value of a function of `FUNCTIONS`; `UNKNOWN` with a report."""
    function = FUNCTIONS[name]
    if any(isinstance(part, Unknown) for part in parts((*values, *named.values()))):
        return UNKNOWN
    try:
        _check_count(name, function, values, named)
        return function.make(*values, *named.values())
    except CannotError as wrong:
        report(errors.not_computed(span, str(wrong), wrong.help))
        return UNKNOWN
    except SizeUnknownError as wrong:
        report(errors.size_not_known(span, str(wrong)))
        return UNKNOWN
    except ListTooLongError as long:
        report(errors.too_long(span, "list", long.limit, deep=long.deep))
        return UNKNOWN
    except OverflowError:
        report(errors.number_too_large(span))
        return UNKNOWN


def _check_count(name: str, function: Computed, values: Values, named: Mapping[str, Value]) -> None:
    strange = next((given for given in named if given != function.named), None)
    if strange is not None:
        raise CannotError(f"`{name}` has no argument `{strange}`")
    if len(values) < function.fewest:
        raise CannotError(f"`{name}` needs {_counted(function.fewest)}, not {len(values)}")
    if function.most is not None and len(values) + len(named) > function.most:
        most = _counted(function.most)
        raise CannotError(f"`{name}` takes {most}, not {len(values) + len(named)}")


def _counted(number: int) -> str:
    return "1 value" if number == 1 else f"{number} values"


# --- what they are given --------------------------------------------------------------------------


def _list(name: str, value: Value) -> tuple[Value, ...]:
    if isinstance(value, tuple):
        return value
    raise CannotError(f"`{name}` takes a list, not {describe(value)}")


def _integer(name: str, value: Value) -> int:
    number = _number(name, value)
    if isinstance(number, int):
        return number
    raise CannotError(f"`{name}` takes whole numbers, not {describe(value)}", "`//` divides them")


def _number(name: str, value: Value) -> int | float:
    """A number, or the number that a size is."""
    if isinstance(value, Dim):
        if value.value is None:
            raise SizeUnknownError(str(value))
        return value.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise CannotError(f"`{name}` takes numbers, not {describe(value)}")


def _limited(values: tuple[Value, ...]) -> tuple[Value, ...]:
    measured(values)
    return values


# --- lists ----------------------------------------------------------------------------------------


def _len(value: Value) -> Value:
    if isinstance(value, str | tuple):
        return len(value)
    advice = "name its sizes where it comes in, `input x: real[B, T, 8]`, and use the names"
    raise CannotError(
        f"`len` takes a list or a text, not {describe(value)}",
        advice if describe(value).startswith("a tensor") else None,
    )


def _range(*values: Value) -> Value:
    numbers = [_integer("range", value) for value in values]
    if numbers[2:] == [0]:
        raise CannotError("`range` takes no step of 0")
    bounds = range(*numbers)
    if len(bounds) > MAX_LENGTH:
        raise ListTooLongError(MAX_LENGTH, deep=False)
    return tuple(bounds)


def _enumerate(value: Value, start: Value = 0) -> Value:
    items = _list("enumerate", value)
    return _limited(tuple(enumerate(items, _integer("enumerate", start))))


def _zip(*values: Value) -> Value:
    lists = [_list("zip", value) for value in values]
    lengths = [len(items) for items in lists]
    if len(set(lengths)) > 1:
        listed = " and ".join(map(str, lengths))
        raise CannotError(f"`zip` takes lists of one length, not of {listed} items")
    return _limited(tuple(zip(*lists, strict=True)))


def _reversed(value: Value) -> Value:
    return _list("reversed", value)[::-1]


# --- numbers --------------------------------------------------------------------------------------


def _least(name: str, choose: Callable[[list[int | float]], int | float]) -> Callable[..., Value]:
    def make(*values: Value) -> Value:
        items = _list(name, values[0]) if len(values) == 1 else values
        if not items:
            raise CannotError(f"`{name}` of an empty list is nothing")
        return choose([_number(name, item) for item in items])

    return make


def _sum(value: Value) -> Value:
    total: int | float | Dim = 0
    for item in _list("sum", value):
        total = _added(total, item)
    return total


def _added(total: int | float | Dim, item: Value) -> int | float | Dim:
    if isinstance(item, Dim) and item.value is None and not isinstance(total, float):
        return item + total
    if isinstance(total, Dim):
        return total + _integer("sum", item)
    return total + _number("sum", item)


def _int(value: Value) -> Value:
    if isinstance(value, Dim):
        return value
    return int(_number("int", value))


def _float(value: Value) -> Value:
    return float(_number("float", value))


def _round(value: Value, digits: Value = None) -> Value:
    number = _number("round", value)
    return round(number) if digits is None else round(number, _integer("round", digits))


FUNCTIONS: Mapping[str, Computed] = {
    "len": Computed(_len),
    "range": Computed(_range, most=3),
    "enumerate": Computed(_enumerate, most=2, named="start"),
    "zip": Computed(_zip, fewest=2, most=None),
    "reversed": Computed(_reversed),
    "min": Computed(_least("min", min), most=None),
    "max": Computed(_least("max", max), most=None),
    "sum": Computed(_sum),
    "int": Computed(_int),
    "float": Computed(_float),
    "round": Computed(_round, most=2),
}
