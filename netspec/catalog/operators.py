"""Operators and subscripts on tensors: torch's broadcasting, Python's slicing."""

from __future__ import annotations

from netspec.catalog.call import Call, too_large
from netspec.catalog.kinds import INT, REAL
from netspec.catalog.records import Operation, Refusal
from netspec.catalog.rules.arithmetic import COMPARISONS, combined
from netspec.catalog.rules.products import product_of
from netspec.catalog.subscripts import subscript
from netspec.types import Dim, SizeTooLargeError, TensorType

ARITHMETIC = ("+", "-", "*", "/", "//", "%", "**")
OPERATORS = (*ARITHMETIC, *COMPARISONS, "@", "neg")

Operand = TensorType | float | bool | Dim

__all__ = ["ARITHMETIC", "COMPARISONS", "OPERATORS", "apply", "negate", "subscript"]


def apply(op: str, left: Operand, right: Operand) -> Operation | Refusal:
    """The type of `left op right`, where at least one is a tensor."""
    call = Call(
        kind="operator",
        name=op,
        arguments={},
        inputs=tuple(x for x in (left, right) if isinstance(x, TensorType)),
    )
    try:
        result = _typed(call, op, left, right)
    except SizeTooLargeError:
        return too_large(op)
    if call.refusal is not None:
        return call.refusal
    return Operation(type=result, requirements=tuple(call.needs))


def negate(operand: TensorType) -> Operation | Refusal:
    """The type of `-operand`."""
    if operand.kind.name == "bool":
        return Refusal(
            reason="kind", message="`-` cannot turn the sign of truth values (`bool`)", input=0
        )
    return Operation(type=operand.with_kind(REAL if operand.kind.is_float else INT))


def _typed(call: Call, op: str, left: Operand, right: Operand) -> TensorType:
    if op == "@":
        if isinstance(left, TensorType) and isinstance(right, TensorType):
            return product_of(call, left, right)
        call.refuse(
            "type",
            "`@` multiplies two tensors, not a tensor and a number",
            argument=0 if not isinstance(left, TensorType) else 1,
            help="multiply by a number with `*`",
        )
        return TensorType(REAL, ())
    if op not in ARITHMETIC and op not in COMPARISONS:
        call.refuse("type", f"`{op}` is not for tensors")
        return TensorType(REAL, ())
    return combined(call, op, left, right)
