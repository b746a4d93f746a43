"""Layers that compare two tensors, vector by vector; shapes broadcast as torch's do."""

from __future__ import annotations

from netspec.catalog.call import Call
from netspec.catalog.kinds import REAL
from netspec.types import Dim, TensorType


def cosine_similarity(call: Call) -> tuple[TensorType, ...]:
    """One cosine for every pair of vectors along `dim`."""
    left, right = call.inputs
    shape = call.broadcast(left, right, input=1)
    dim = call.axis(call.arguments["dim"], len(shape))
    return (TensorType(REAL, (*shape[:dim], *shape[dim + 1 :])),)


def refuse_truth(call: Call) -> None:
    """Truth values have no differences."""
    for place, given in enumerate(call.inputs):
        if given.kind.name == "bool":
            call.refuse("kind", f"`{call.name}` is not for truth values (`bool`)", input=place)


def pairwise_distance(call: Call) -> tuple[TensorType, ...]:
    """One distance for every pair of vectors along the last dimension."""
    left, right = call.inputs
    refuse_truth(call)
    shape = call.broadcast(left, right, input=1)
    if len(shape) < 2:
        given = left.dims()
        call.refuse("rank", f"`{call.name}` wants [B, ..., D], not {given}", input=0)
        return (left,)
    last = (Dim.of(1),) if call.flag("keepdim") else ()
    return (TensorType(REAL, (*shape[:-1], *last)),)
