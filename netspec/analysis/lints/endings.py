"""What a loss is applied to: the predictions of the model, and what made them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netspec.analysis.lints.flow import LOSS, Applied, Flow

# Losses as functions; those of the catalogue's `loss` kind are layers of the loss's own graph.
LOSS_FUNCTIONS = frozenset(
    {
        "mse_loss",
        "l1_loss",
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "cross_entropy",
        "nll_loss",
    }
)
# The same numbers, arranged differently.
ARRANGING = frozenset(
    {
        "Identity",
        "Flatten",
        "Unflatten",
        "flatten",
        "reshape",
        "squeeze",
        "unsqueeze",
        "transpose",
        "permute",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A loss that compares data with a prediction; `last` is what made the prediction."""

    loss: Applied
    last: Applied


def endings(flow: Flow) -> Iterator[Ending]:
    """Every loss in a training flow that compares a prediction with what the data says."""
    for step in flow.applied:
        is_loss = step.key.startswith(LOSS) or step.name in LOSS_FUNCTIONS
        if not is_loss or len(step.operands) != 2:
            continue
        last, target = (_source(flow, operand) for operand in step.operands)
        if last is not None and target is None:
            yield Ending(loss=step, last=last)


def _source(flow: Flow, value: int) -> Applied | None:
    """What made the numbers of a value; None when they are the data's."""
    step = flow.maker(value)
    while step is not None and step.name in ARRANGING and len(step.operands) == 1:
        step = flow.maker(step.operands[0])
    return step
