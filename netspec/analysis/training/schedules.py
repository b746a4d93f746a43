"""How the learning rate moves: a warm-up, one of torch's schedules, several of them together."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

from netspec.analysis import errors
from netspec.analysis.network.evaluate import Expressions, Frame
from netspec.analysis.training.choices import choose
from netspec.program.train import PER_STEP, Choice, Schedule
from netspec.source import Span
from netspec.syntax import tree

WARMUP = "warmup"

# What cannot be a part of several schedules, and why.
ALONE = {
    "OneCycleLR": "it sets the rates of a whole run by itself",
    "CyclicLR": "it sets the rates of a whole run by itself",
    "ReduceLROnPlateau": "it moves by the loss, not by a count",
    "SequentialLR": "torch does not nest them",
    "ChainedScheduler": "torch does not nest them",
}
# What cannot be multiplied with others, beyond those.
NO_FACTOR = {
    "CosineAnnealingWarmRestarts": "it sets the rate afresh at every step, whatever the others did"
}


def choose_schedule(
    expression: tree.Expr, evaluator: Expressions, frame: Frame, *, in_steps: bool
) -> Schedule | None:
    """`CosineAnnealingLR`, `warmup(100) -> CosineAnnealingLR`, `warmup(100)`."""
    stages = expression.stages if isinstance(expression, tree.Pipe) else (expression,)
    warmup = 0
    first = stages[0]
    if _is_warmup(first):
        steps = _warmup_steps(first, evaluator, frame)
        if steps is None:
            return None
        warmup, stages = steps, stages[1:]
    if len(stages) > 1:
        evaluator.context.report(errors.schedule_form(expression.span))
        return None
    then = choose("schedule", stages[0], evaluator, frame) if stages else None
    if stages and (then is None or not _holds_together(then, stages[0], evaluator)):
        return None
    per_step = in_steps or (then is not None and then.target in PER_STEP)
    return Schedule(
        span=expression.span, warmup=warmup, then=then, unit="step" if per_step else "epoch"
    )


def _holds_together(choice: Choice, expression: tree.Expr, evaluator: Expressions) -> bool:
    """Whether a schedule made of others can be what it says; False with a report."""
    report = evaluator.context.report
    refused = ALONE | NO_FACTOR if choice.name == "ChainedScheduler" else ALONE
    fits = True
    for part in choice.parts:
        if part.name in refused:
            report(errors.schedule_part(part.span, choice.name, part.name, refused[part.name]))
            fits = False
    milestones = dict(choice.arguments).get("milestones")
    if not choice.parts or not isinstance(milestones, tuple):
        return fits
    numbers = cast(tuple[int, ...], milestones)
    place = _argument(expression, "milestones", 1)
    if len(numbers) != len(choice.parts) - 1:
        report(errors.milestone_count(place, len(choice.parts), len(numbers)))
        return False
    if any(later <= earlier for earlier, later in pairwise((0, *numbers))):
        report(errors.milestone_order(place, numbers))
        return False
    return fits


def _argument(expression: tree.Expr, name: str, position: int) -> Span:
    """Where a call is given an argument."""
    assert isinstance(expression, tree.Call)
    for keyword in expression.keywords:
        if keyword.name.id == name:
            return keyword.value.span
    return expression.args[position].span


def _is_warmup(stage: tree.Expr) -> bool:
    head = stage.func if isinstance(stage, tree.Call) else stage
    return isinstance(head, tree.Name) and head.id == WARMUP


def _warmup_steps(stage: tree.Expr, evaluator: Expressions, frame: Frame) -> int | None:
    if not isinstance(stage, tree.Call) or len(stage.args) != 1 or stage.keywords:
        evaluator.context.report(errors.schedule_form(stage.span))
        return None
    steps = evaluator.integer(stage.args[0], frame, "the length of a warm-up")
    if steps is not None and steps < 1:
        wanted = "a positive number of steps"
        evaluator.context.report(
            errors.setting_value(stage.args[0].span, WARMUP, wanted, f"`{steps}`")
        )
        return None
    return steps
