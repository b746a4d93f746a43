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
