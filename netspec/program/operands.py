"""What the operands of a step hold: slots, and sizes known at run time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netspec.program.graph import Compute, Operand, Ref, Sequence, SliceOperand, Step
from netspec.types import Dim


def refs(step: Step) -> Iterator[int]:
    """The slots a step uses, in the order they are written."""
    keywords = [value for _, value in step.keywords] if isinstance(step, Compute) else []
    for operand in (*step.operands, *keywords):
        yield from _refs_in(operand)


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
    keywords = [value for _, value in step.keywords] if isinstance(step, Compute) else []
    return _dims_in((*step.operands, *keywords))


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
