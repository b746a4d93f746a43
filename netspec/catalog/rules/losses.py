"""Losses: what a pattern cannot say of targets and of `reduction`."""

from __future__ import annotations

from netspec.catalog.call import Call
from netspec.catalog.kinds import REAL
from netspec.types import TensorType

# Losses that take the probabilities of classes too, beside the class.
OF_CLASSES = frozenset({"CrossEntropyLoss", "cross_entropy"})


def reduced(call: Call, elementwise: TensorType) -> tuple[TensorType, ...]:
    """One number, or one an element when `reduction` is `"none"`."""
    if call.arguments.get("reduction") == "none":
        return (TensorType(REAL, elementwise.shape),)
    return (TensorType(REAL, ()),)


def takes_probabilities(call: Call) -> bool:
    """Whether a cross-entropy is given probabilities of classes in the place of an index."""
    return len(call.inputs) == 2 and call.inputs[1].kind.name == "prob"


def probabilities(call: Call) -> tuple[TensorType, ...]:
    """Cross-entropy of scores and probabilities: [B, C, ...] both."""
    scores, target = call.inputs
    message = f"`{call.name}` compares scores {scores.dims()} with probabilities {target.dims()}"
    if scores.rank != target.rank or scores.rank < 2:
        call.refuse("rank", message, input=1)
        return (scores,)
    for a, b in zip(scores.shape, target.shape, strict=True):
        call.equal(a, b, message, input=1)
    return reduced(call, TensorType(REAL, (scores.shape[0], *scores.shape[2:])))
