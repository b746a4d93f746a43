"""Functions that work place by place on several operands."""

from __future__ import annotations

from netspec.catalog.call import Call
from netspec.catalog.kinds import BOOL, INT, PROB, REAL, elements, join, numeric, of_number
from netspec.catalog.records import Operand
from netspec.types import Dim, Kind, TensorType


def clamp(call: Call) -> tuple[TensorType, ...]:
    """Held between two bounds, at least one of which is given."""
    given = call.tensor("input")
    low, high = call.arguments["min"], call.arguments["max"]
    if low is None and high is None:
        call.refuse("missing-argument", f"`{call.name}` needs `min` or `max`", argument="min")
    if given.kind.name == "bool":
        call.refuse("kind", f"`{call.name}` is not for truth values (`bool`)", input=0)
    bounds = [bound for bound in (low, high) if isinstance(bound, int | float)]
    inside = len(bounds) == 2 and all(0 <= bound <= 1 for bound in bounds)
    if given.kind.is_float:
        still = given.kind.name in {"unit", "prob"} and all(0 <= bound <= 1 for bound in bounds)
        return (given.with_kind(elements(PROB) if inside or still else REAL),)
    if any(isinstance(bound, float) for bound in bounds):
        return (given.with_kind(REAL),)
    if isinstance(low, int) and isinstance(high, int) and 0 <= low <= high:
        return (given.with_kind(Kind("index", Dim.of(high + 1))),)
    below = low is None or (isinstance(low, int) and low <= 0)
    above = high is None or (isinstance(high, int) and high >= 0)
    return (given.with_kind(given.kind if below and above else numeric(given.kind)),)


def extreme(call: Call) -> tuple[TensorType, ...]:
    """`minimum` and `maximum`: place by place, broadcast."""
    one, other = call.tensor("input"), call.tensor("other")
    kind = join([elements(one.kind), elements(other.kind)])
    return (TensorType(kind, call.broadcast(one, other, input=1)),)


def power(call: Call) -> tuple[TensorType, ...]:
    """The value to a power; integers stay integers under integer exponents."""
    given, exponent = call.tensor("input"), call.arguments["exponent"]
    other = _tensor(exponent)
    if given.kind.name == other.kind.name == "bool":
        call.refuse("kind", "`pow` is not for truth values (`bool`)", input=0)
    if not given.kind.is_float and isinstance(exponent, int) and exponent < 0:
        call.refuse(
            "value",
            f"integers cannot be raised to a negative power, {exponent}",
            argument="exponent",
        )
    shape = call.broadcast(given, other, input=1)
    is_float = given.kind.is_float or other.kind.is_float
    return (TensorType(REAL if is_float else INT, shape),)


def where(call: Call) -> tuple[TensorType, ...]:
    """One value where the condition holds, the other elsewhere."""
    condition = call.tensor("condition")
    if condition.kind.name != "bool":
        call.refuse(
            "kind",
            f"the condition of `where` is of truth values (`bool`), not `{condition.kind}`",
            input=0,
            help="make one with a comparison, as in `x > 0`",
        )
    one, other = _tensor(call.arguments["input"]), _tensor(call.arguments["other"])
    shape = call.broadcast(condition, one)
    shape = call.broadcast(TensorType(BOOL, shape), other)
    return (TensorType(join([elements(one.kind), elements(other.kind)]), shape),)


def masked_fill(call: Call) -> tuple[TensorType, ...]:
    """A number wherever the mask holds; the result has the input's own type in torch."""
    given, mask, value = call.tensor("input"), call.tensor("mask"), call.arguments["value"]
    if mask.kind.name != "bool":
        call.refuse(
            "kind",
            f"the mask of `masked_fill` is of truth values (`bool`), not `{mask.kind}`",
            input=1,
            help="make one with a comparison, as in `mask == 0`",
        )
    if not given.kind.is_float and isinstance(value, float):
        call.refuse(
            "kind",
            f"`masked_fill` cannot put {value} among integers (`{given.kind}`)",
            argument="value",
        )
    shape = call.broadcast(given, mask, input=1)
    assert isinstance(value, int | float | Dim)
    put = REAL if isinstance(value, Dim) else of_number(float(value))
    kind = join([elements(given.kind), put]) if given.kind.is_float else INT
    return (TensorType(BOOL if given.kind.name == "bool" else kind, shape),)


def gather(call: Call) -> tuple[TensorType, ...]:
    """Values picked along `dim` by an index of the same rank."""
    given, index = call.tensor("input"), call.tensor("index")
    if not index.kind.is_integer:
        call.refuse("kind", f"the index of `gather` is of integers, not `{index.kind}`", input=1)
    # To torch a number is a vector of one number here.
    here, wanted_at = (one.shape or (Dim.of(1),) for one in (given, index))
    if len(here) != len(wanted_at):
        call.refuse(
            "rank",
            f"`gather` wants an index of as many dimensions as {given.dims()}, not {index.dims()}",
            input=1,
        )
        return (given,)
    dim = call.axis(call.arguments["dim"], given.rank or 1)
    for place, (there, wanted) in enumerate(zip(here, wanted_at, strict=True)):
        if place != dim:
            call.at_least(
                there,
                wanted,
                f"`gather` has {wanted} indices and {there} values at dimension {place}",
                input=1,
            )
    if index.kind.size is not None and given.rank:
        call.at_least(
            given.shape[dim],
            index.kind.size,
            f"the index of `gather` goes up to {index.kind.size} - 1, and dimension {dim} is "
            f"{given.shape[dim]}",
            input=1,
        )
    return (TensorType(elements(given.kind), index.shape),)


def one_hot(call: Call) -> tuple[TensorType, ...]:
    """A 1 and zeros for every index: integers, one dimension more."""
    given = call.tensor("input")
    if not given.kind.is_integer:
        call.refuse("kind", f"`one_hot` wants indices (`index(n)`), not `{given.kind}`", input=0)
    classes, size = call.integer("num_classes"), given.kind.size
    if classes == -1:
        if size is None:
            call.refuse(
                "unknown-size",
                "`one_hot` needs to know how many classes there are",
                input=0,
                help="give `num_classes`",
            )
            size = Dim.of(1)
        # Torch would look for the largest index in the batch; here the kind tells, always.
        classes = call.known(size, "how many classes there are")
        call.arguments["num_classes"] = classes
        call.implied["num_classes"] = classes
        if "num_classes" in call.given:
            call.refuse(
                "value",
                "`num_classes` of `one_hot` cannot be -1",
                argument="num_classes",
                help="leave it away: it is inferred",
            )
    elif classes < 1:
        call.refuse(
            "value", f"`num_classes` of `one_hot` cannot be {classes}", argument="num_classes"
        )
    elif size is not None:
        call.at_least(
            Dim.of(classes),
            size,
            f"`one_hot` makes {classes} classes of {size} different indices",
            argument="num_classes",
        )
    return (TensorType(INT, (*given.shape, Dim.of(call.integer("num_classes")))),)


def _tensor(operand: Operand) -> TensorType:
    if isinstance(operand, TensorType):
        return operand
    assert isinstance(operand, int | float | Dim)
    return TensorType(of_number(operand), ())
