"""Operators and subscripts on tensors: torch's broadcasting, Python's slicing."""

from __future__ import annotations

from netspec.catalog.call import Call, too_large
from netspec.catalog.kinds import BOOL, INT, REAL
from netspec.catalog.records import Operation, Refusal
from netspec.catalog.rules.products import product_of
from netspec.catalog.subscripts import subscript
from netspec.types import Dim, Kind, SizeTooLargeError, TensorType

ARITHMETIC = ("+", "-", "*", "/", "//", "%", "**")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
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
    a, b = _as_tensor(left), _as_tensor(right)
    shape = call.broadcast(a, b, input=1)
    if op in COMPARISONS:
        return TensorType(BOOL, shape)
    return TensorType(_arithmetic(call, op, left, right), shape)


def _as_tensor(operand: Operand) -> TensorType:
    return operand if isinstance(operand, TensorType) else TensorType(_number_kind(operand), ())


def _number_kind(number: float | bool | Dim) -> Kind:
    match number:
        case bool():
            return BOOL
        case float():
            return REAL
        case _:
            return INT


def _arithmetic(call: Call, op: str, left: Operand, right: Operand) -> Kind:
    """The kind of an arithmetic result: any float makes `real`, `/` always does."""
    a, b = _as_tensor(left).kind, _as_tensor(right).kind
    both_bool = a.name == b.name == "bool"
    # Torch takes no `-` with a truth value on either side, whatever the other is.
    if (op == "-" and "bool" in {a.name, b.name}) or (both_bool and op in {"//", "%", "**"}):
        call.refuse(
            "kind",
            f"`{op}` is not for truth values (`bool`)",
            input=0,
            help="compare with `==`, or choose with `where`",
        )
    if not a.is_float and b.name == "bool" and op in {"//", "%"} and not both_bool:
        call.refuse("kind", f"`{op}` cannot divide integers by truth values (`bool`)", input=1)
    if not a.is_float and not b.is_float and op == "**" and _negative(right):
        call.refuse(
            "value",
            f"integers cannot be raised to a negative power, {right}",
            help="begin with `1.0 *` to make them real",
        )
    if a.is_float or b.is_float or op == "/":
        return REAL
    return BOOL if both_bool and op in {"+", "*"} else INT


def _negative(operand: Operand) -> bool:
    return isinstance(operand, int | float) and operand < 0
