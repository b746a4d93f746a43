"""What the operands of a step hold: slots, and sizes known at run time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.program.graph import (
    Compute,
    Operand,
    Ref,
    Scan,
    Sequence,
    SliceOperand,
    Slot,
    Step,
    every_step,
)
from netspec.types import Dim


def refs(step: Step) -> Iterator[int]:
    """The slots a step uses, in the order they are written; a scan's own are left out."""
    if isinstance(step, Scan):
        yield from (piece.sequence.id for piece in step.pieces)
        yield from (carry.initial.id for carry in step.carries)
        yield from held(step)
        return
    keywords = [value for _, value in step.keywords] if isinstance(step, Compute) else []
    for operand in (*step.operands, *keywords):
        yield from _refs_in(operand)


def inner_refs(scan: Scan) -> Iterator[int]:
    """The slots that the steps of a scan use, its own included."""
    for step in scan.steps:
        yield from refs(step)
    yield from (output.id for output in scan.outputs)
    yield from (carry.update.id for carry in scan.carries)


def own_slots(scan: Scan) -> Iterator[Slot]:
    """The values that a scan's steps have to themselves."""
    yield from scan.begins
    for step in every_step(scan.steps):
        if isinstance(step, Scan):
            yield from step.begins
        yield from step.results


def held(scan: Scan) -> dict[int, None]:
    """The values of outside that each step uses, in the order of their first use."""
    own = {slot.id for slot in own_slots(scan)}
    return {ref: None for ref in inner_refs(scan) if ref not in own}


def _refs_in(operand: Operand) -> Iterator[int]:
    """The slots an operand uses."""
    match operand:
        case Ref():
            yield operand.id
        case Sequence():
            for item in operand.items:
                yield from _refs_in(item)
        case SliceOperand():
            for end in (operand.lower, operand.upper, operand.step):
                yield from _refs_in(end)
        case _:
            return


def dims(step: Step) -> Iterator[Dim]:
    """The sizes a step uses that are known at run time only."""
    if isinstance(step, Scan):
        for inner in step.steps:
            yield from dims(inner)
        return
    keywords = [value for _, value in step.keywords] if isinstance(step, Compute) else []
    yield from _dims_in((*step.operands, *keywords))


def _dims_in(operands: Iterable[Operand]) -> Iterator[Dim]:
    for operand in operands:
        match operand:
            case Dim():
                yield operand
            case Sequence():
                yield from _dims_in(operand.items)
            case SliceOperand():
                yield from _dims_in((operand.lower, operand.upper, operand.step))
            case _:
                pass


def holds_tensor(operand: Operand) -> bool:
    """Whether the operand is a tensor, or has one in it."""
    return next(_refs_in(operand), None) is not None
