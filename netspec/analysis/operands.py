"""Values as operands of graph steps."""

from __future__ import annotations

from netspec.analysis.builder import GraphBuilder
from netspec.analysis.values import Tensor, Value
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


def is_literal(value: object) -> bool:
    """Whether `literal` takes it."""
    if isinstance(value, tuple):
        return all(is_literal(item) for item in value)
    if isinstance(value, Dim):
        return value.value is not None
    return value is None or isinstance(value, bool | int | float | str)
