"""What a list of steps says: its children by key, what nothing hangs on, whether it is a chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netspec.program.graph import Invoke, Read, Ref, Scan, Slot, Step, every_step
from netspec.program.operands import refs


def with_keys(steps: Sequence[Step], keys: Sequence[str]) -> tuple[Step, ...]:
    """The steps with the numbers of children replaced by their keys."""
    made: list[Step] = []
    for step in steps:
        if isinstance(step, Invoke | Read):
            step = replace(step, child=keys[int(step.child)])
        elif isinstance(step, Scan):
            step = replace(step, steps=with_keys(step.steps, keys))
        made.append(step)
    return tuple(made)


def dead(steps: Sequence[Step], outputs: Sequence[Ref]) -> tuple[Step, ...]:
    """Steps that no output hangs on."""
    alive = {ref.id for ref in outputs}
    needs = _needs(steps)
    waiting = list(alive)
    while waiting:
        fresh = [used for used in needs.get(waiting.pop(), ()) if used not in alive]
        alive.update(fresh)
        waiting.extend(fresh)
    return tuple(
        step for step in every_step(steps) if all(slot.id not in alive for slot in step.results)
    )


def _needs(steps: Sequence[Step]) -> dict[int, tuple[int, ...]]:
    """The values that each value is made from; a state is made from its update too."""
    found: dict[int, tuple[int, ...]] = {}
    for step in every_step(steps):
        if not isinstance(step, Scan):
            used = tuple(refs(step))
            found.update((slot.id, used) for slot in step.results)
            continue
        sequences = tuple(piece.sequence.id for piece in step.pieces)
        found.update((piece.slot.id, (piece.sequence.id,)) for piece in step.pieces)
        for slot, output in zip(step.stacked, step.outputs, strict=True):
            found[slot.id] = (output.id, *sequences)
        for slot, carry in zip(step.last, step.carries, strict=True):
            found[carry.slot.id] = (carry.initial.id, carry.update.id)
            found[slot.id] = (carry.initial.id, carry.update.id, *sequences)
    return found


def is_chain(inputs: Sequence[Slot], steps: Sequence[Step], outputs: Sequence[Ref]) -> bool:
    """Whether the steps apply each child once, in order, to the value before."""
    if len(inputs) != 1 or len(outputs) != 1:
        return False
    current = inputs[0].id
    seen: set[str] = set()
    for step in steps:
        if not isinstance(step, Invoke) or step.child in seen:
            return False
        if step.operands != (Ref(current),) or len(step.results) != 1:
            return False
        seen.add(step.child)
        current = step.results[0].id
    return outputs[0].id == current
