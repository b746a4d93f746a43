"""Operators on tensors, and the functions that say the same by name."""

from __future__ import annotations

from collections.abc import Callable

from netspec.catalog.call import Call
from netspec.catalog.kinds import BOOL, INT, REAL
from netspec.catalog.records import Operand
from netspec.types import Dim, Kind, TensorType, lowest

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

# Beyond this an integer is an integer, and no index into anything.
LARGEST_INDEX = 2**31

# The operator that each function is another name of.
OPERATORS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "floor_divide": "//",
    "remainder": "%",
    "fmod": "%",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}

# Functions of two tensors that are no operators, by what they are for.
OF_FLOATS = ("hypot", "logaddexp")
OF_NUMBERS = ("atan2", "copysign", "xlogy")
OF_TRUTHS = ("logical_and", "logical_or", "logical_xor")


def combined(call: Call, op: str, left: Operand, right: Operand) -> TensorType:
    """What `left op right` gives, broadcast; at least one side is a tensor."""
    a, b = as_tensor(left), as_tensor(right)
    shape = call.broadcast(a, b, input=1)
    if op in COMPARISONS:
        return TensorType(BOOL, shape)
    return TensorType(_kind(call, op, left, right), shape)


def operator(call: Call) -> tuple[TensorType, ...]:
    """`add(a, b)` and its like: what the operator gives, with what only the function can say."""
    left, right = call.tensor("input"), call.arguments["other"]
    result = combined(call, OPERATORS[call.name], left, right)
    if call.arguments.get("alpha", 1) != 1:
        return (_scaled(call, result, call.arguments["alpha"]),)
    rounding = call.arguments.get("rounding_mode")
    if rounding is not None:
        kinds = (left.kind, as_tensor(right).kind)
        result = result.with_kind(REAL if any(kind.is_float for kind in kinds) else INT)
    return (result,)


def floats(call: Call) -> tuple[TensorType, ...]:
    """Two tensors, one of floats at least, broadcast (`hypot`, `logaddexp`)."""
    if not any(given.kind.is_float for given in call.inputs):
        require_float(call, call.inputs[0], 0)
    return (TensorType(REAL, _together(call)),)


def numbers(call: Call) -> tuple[TensorType, ...]:
    """Two tensors of any numbers, broadcast, to floats (`atan2`)."""
    return (TensorType(REAL, _together(call)),)


def truths(call: Call) -> tuple[TensorType, ...]:
    """Two tensors, broadcast, to truth values."""
    return (TensorType(BOOL, _together(call)),)


def near(call: Call) -> tuple[TensorType, ...]:
    """`isclose`: two tensors of one number format."""
    left, right = call.inputs
    if number_format(left) != number_format(right):
        call.refuse(
            "kind",
            f"`{call.name}` cannot compare `{left.kind}` with `{right.kind}`",
            input=1,
        )
    return (TensorType(BOOL, _together(call)),)


def between(call: Call) -> tuple[TensorType, ...]:
    """`lerp`, `addcmul`, `addcdiv`: floats, broadcast."""
    for position, given in enumerate(call.inputs):
        require_float(call, given, position)
    return (TensorType(REAL, _together(call)),)


def as_tensor(operand: Operand) -> TensorType:
    """A tensor as it is, a number as a tensor without dimensions."""
    if isinstance(operand, TensorType):
        return operand
    assert isinstance(operand, int | float | Dim)
    return TensorType(_number_kind(operand), ())


def number_format(given: TensorType) -> str:
    """Which of torch's formats holds it: floats, integers or truth values."""
    return "float" if given.kind.is_float else "bool" if given.kind.name == "bool" else "int"


def require_float(call: Call, given: TensorType, position: int) -> None:
    """Refuse a tensor that is not of floats."""
    if not given.kind.is_float:
        call.refuse(
            "kind",
            f"`{call.name}` wants floating-point numbers (`real`), not `{given.kind}`",
            input=position,
            help="`float` makes them real",
        )


def _together(call: Call) -> tuple[Dim, ...]:
    """The shape of all inputs, broadcast."""
    shape = call.inputs[0].shape
    for position, given in enumerate(call.inputs[1:], 1):
        shape = call.broadcast(TensorType(REAL, shape), given, input=position)
    return shape


def _scaled(call: Call, result: TensorType, alpha: Operand) -> TensorType:
    """`alpha` of `add` and `sub`: integers stay integers, so it must be one among them."""
    if isinstance(alpha, float) and not result.kind.is_float:
        call.refuse(
            "value",
            f"`alpha` of `{call.name}` is {alpha}, and the tensors hold integers",
            argument="alpha",
        )
    return result


def _number_kind(number: float | bool | Dim) -> Kind:
    match number:
        case bool():
            return BOOL
        case float():
            return REAL
        case _:
            return INT


def _kind(call: Call, op: str, left: Operand, right: Operand) -> Kind:
    """The kind of an arithmetic result: any float makes `real`, `/` always does."""
    a, b = as_tensor(left).kind, as_tensor(right).kind
    both_bool = a.name == b.name == "bool"
    # Torch takes no `-` with a truth value on either side, whatever the other is.
    if (op == "-" and "bool" in {a.name, b.name}) or (both_bool and op in {"//", "%", "**"}):
        call.refuse(
            "kind",
            f"`{call.name}` is not for truth values (`bool`)",
            input=0,
            help="compare with `==`, or choose with `where`",
        )
    if not a.is_float and b.name == "bool" and op in {"//", "%"} and not both_bool:
        call.refuse(
            "kind", f"`{call.name}` cannot divide integers by truth values (`bool`)", input=1
        )
    if not a.is_float and not b.is_float and op == "**" and _negative(right):
        call.refuse(
            "value",
            f"integers cannot be raised to a negative power, {right}",
            help="`float` makes them real",
        )
    if a.is_float or b.is_float or op == "/":
        return REAL
    if both_bool and op in {"+", "*"}:
        return BOOL
    # What is left of a negative number keeps its sign under `fmod`.
    limit = None if call.name == "fmod" and a.name != "index" else _limit(op, left, right)
    if limit is None or (limit.value is not None and limit.value > LARGEST_INDEX):
        return INT
    return Kind("index", limit)


def _limit(op: str, left: Operand, right: Operand) -> Dim | None:
    """What a result stays below that is never below 0; None where that is not known."""
    a, b = _below(left), _below(right)
    divisor = None if isinstance(right, TensorType) or b is None else b - 1
    if divisor is not None and (lowest(divisor) or 0) < 1:
        divisor = None
    if op == "%":
        return divisor
    if a is None or b is None:
        return None
    match op:
        case "+":
            return a + b - 1
        case "*" if a.value is not None or b.value is not None:
            return (a - 1) * (b - 1) + 1
        case "//" if divisor is not None and divisor.value is not None:
            return (a - 1) // divisor.value + 1
    return None


def _below(operand: Operand) -> Dim | None:
    """What an index, or a number that is not below 0, stays below."""
    if isinstance(operand, TensorType):
        return operand.kind.size if operand.kind.name == "index" else None
    if isinstance(operand, bool) or not isinstance(operand, int | Dim):
        return None
    least = lowest(Dim.of(operand))
    return None if least is None or least < 0 else Dim.of(operand) + 1


def _negative(operand: Operand) -> bool:
    return isinstance(operand, int | float) and operand < 0


RULES: dict[str, Callable[[Call], tuple[TensorType, ...]]] = {
    **dict.fromkeys(OPERATORS, operator),
    **dict.fromkeys(OF_FLOATS, floats),
    **dict.fromkeys(OF_NUMBERS, numbers),
    **dict.fromkeys(OF_TRUTHS, truths),
    "isclose": near,
    **dict.fromkeys(("lerp", "addcmul", "addcdiv"), between),
}
