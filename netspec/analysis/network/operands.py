"""Values as operands of graph steps."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.values import Value
from netspec.program.graph import Literal, Operand, Sequence
from netspec.types import Dim


def operand(value: Value, graph: GraphBuilder) -> Operand:
    """A tensor as a reference, constants as they are, lists as sequences.

    Only values that the catalogue took come here, so nothing else can.
    """
    if isinstance(value, Tensor):
        return graph.ref(value)
    if isinstance(value, tuple):
        return Sequence(tuple(operand(item, graph) for item in value))
    if isinstance(value, Dim):
        return value.value if value.value is not None else value
    assert value is None or isinstance(value, bool | int | float | str)
    return value


def literal(value: object) -> Literal:
    """A constant as a literal, known sizes as integers.

    Raises TypeError for anything else: callers give what was checked to be constant.
    """
    if isinstance(value, Dim) and value.value is not None:
        return value.value
    if isinstance(value, tuple):
        return tuple(literal(item) for item in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{value!r} is no constant")


# Values in a list, those in lists within it included, and so many of those lists; how deep they are
# in one another.
MAX_ITEMS = 10_000
MAX_NESTED = 100


class ListTooLongError(ValueError):
    """A list holds too many values, or lists that are too deep in one another."""

    def __init__(self, limit: int, *, deep: bool) -> None:
        super().__init__(limit, deep)
        self.limit = limit
        self.deep = deep


def measured(value: tuple[Value, ...]) -> int:
    """How many values and lists a list holds.

    A list may hold another twice, and so on: what it holds is counted before it is walked. Raises
    ListTooLongError as soon as it is known to be too long.
    """
    count = lists = 0
    waiting = [iter(value)]
    while waiting:
        for item in waiting[-1]:
            if isinstance(item, tuple):
                lists += 1
                waiting.append(iter(item))
                break
            count += 1
            if count > MAX_ITEMS:
                raise ListTooLongError(MAX_ITEMS, deep=False)
        else:
            waiting.pop()
        if lists > MAX_ITEMS:
            raise ListTooLongError(MAX_ITEMS, deep=False)
        if len(waiting) > MAX_NESTED:
            raise ListTooLongError(MAX_NESTED, deep=True)
    return count + lists


def weight(value: Value) -> int:
    """How much there is to look at in a value: letters, items, the symbols of a formula."""
    match value:
        case str():
            return len(value)
        case Dim():
            return value.weight
        case tuple():
            return sum(1 for _ in parts(value))
        case _:
            return 0


def parts(value: Value) -> Iterator[Value]:
    """A value, or the values in a list, however deep."""
    if isinstance(value, tuple):
        for item in value:
            yield from parts(item)
    else:
        yield value


def is_constant(value: Value) -> bool:
    """Whether it is a literal, a size, or a list of them."""
    return all(part is None or isinstance(part, int | float | str | Dim) for part in parts(value))


def is_literal(value: object) -> bool:
    """Whether `literal` takes it."""
    if isinstance(value, tuple):
        return all(is_literal(item) for item in value)
    if isinstance(value, Dim):
        return value.value is not None
    return value is None or isinstance(value, bool | int | float | str)
