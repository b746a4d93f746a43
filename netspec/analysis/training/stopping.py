"""Stop conditions: thresholds on what is measured, stalls, and both joined."""

from __future__ import annotations

from netspec.analysis import errors
from netspec.analysis.network.evaluate import Expressions, Frame
from netspec.program.train import Either, Measured, Stalled, StopCondition, Threshold
from netspec.syntax import tree

RELATIONS = frozenset({"==", "<", "<=", ">", ">="})
SPLITS = ("train", "val")


def stop_condition(
    expression: tree.Expr, evaluator: Expressions, frame: Frame
) -> StopCondition | None:
    """The condition an expression means; None with a report."""
    match expression:
        case tree.Binary(op="and" | "or"):
            left = stop_condition(expression.left, evaluator, frame)
            right = stop_condition(expression.right, evaluator, frame)
            if left is None or right is None:
                return None
            return Either(conditions=(left, right), every=expression.op == "and")
        case tree.Binary() if expression.op in RELATIONS:
            measured = _measured(expression.left)
            if measured is not None:
                return _threshold(expression, measured, evaluator, frame)
        case tree.Call(func=tree.Name(id="stalled")) if len(expression.args) == 1:
            measured = _measured(expression.args[0])
            if measured is not None:
                return _stalled(expression, measured, evaluator, frame)
    evaluator.context.report(errors.bad_condition(expression.span))
    return None


def measured_in(condition: StopCondition) -> tuple[Measured, ...]:
    """Everything a condition reads."""
    if isinstance(condition, Either):
        return tuple(found for part in condition.conditions for found in measured_in(part))
    return (condition.measured,)


def _measured(expression: tree.Expr) -> Measured | None:
    match expression:
        case tree.Attribute(value=tree.Name(id="train" | "val" as split), name=name):
            return Measured(split="train" if split == "train" else "val", metric=name.id)
        case tree.Attribute(
            value=tree.Attribute(value=tree.Name(id="train" | "val" as split), name=phase),
            name=name,
        ):
            metric = f"{phase.id}.{name.id}"
            return Measured(split="train" if split == "train" else "val", metric=metric)
    return None


def _threshold(
    expression: tree.Binary, measured: Measured, evaluator: Expressions, frame: Frame
) -> Threshold | None:
    value = evaluator.constant(expression.right, frame)
    if isinstance(value, bool) or not isinstance(value, int | float):
        evaluator.context.report(errors.bad_condition(expression.right.span))
        return None
    return Threshold(
        span=expression.span, measured=measured, relation=expression.op, value=float(value)
    )


def _stalled(
    call: tree.Call, measured: Measured, evaluator: Expressions, frame: Frame
) -> Stalled | None:
    epochs = [keyword.value for keyword in call.keywords if keyword.name.id == "epochs"]
    if len(epochs) != 1 or len(call.keywords) != 1:
        evaluator.context.report(errors.bad_condition(call.span))
        return None
    count = evaluator.integer(epochs[0], frame, "the number of epochs")
    if count is None:
        return None
    if count < 1:
        evaluator.context.report(errors.bad_condition(epochs[0].span))
        return None
    return Stalled(span=call.span, measured=measured, epochs=count)
