"""`stop when ...`: conditions on an epoch's record, looked at when the epoch ends."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import assert_never

from netspec.program.train import Either, Measured, Stalled, StopCondition, Threshold
from netspec.runner.job import Record
from netspec.runner.metrics import higher_is_better
from netspec.syntax.operators import COMPARISONS


class Stopping:
    """Remembers the best values, and says when the run has reached a condition."""

    def __init__(self, conditions: tuple[StopCondition, ...]) -> None:
        self._conditions = conditions
        self._best: dict[Stalled, tuple[float, int]] = {}

    def reached(self, record: Record) -> bool:
        """Take in an epoch's record; true when any condition holds."""
        # Every condition sees every epoch: a stall counts epochs even beside one that holds.
        held = [self._holds(condition, record) for condition in self._conditions]
        return any(held)

    def state(self) -> list[tuple[float, int] | None]:
        """What `restore` needs to go on from here: of each stall its best value and its age."""
        return [self._best.get(leaf) for leaf in self._stalls()]

    def restore(self, state: Sequence[tuple[float, int] | None]) -> None:
        """Go on from an earlier state."""
        known = zip(self._stalls(), state, strict=True)
        self._best = {leaf: best for leaf, best in known if best is not None}

    def _stalls(self) -> list[Stalled]:
        return [leaf for leaf in leaves(self._conditions) if isinstance(leaf, Stalled)]

    def _holds(self, condition: StopCondition, record: Record) -> bool:
        match condition:
            case Threshold(measured=measured, relation=relation, value=value):
                return bool(COMPARISONS[relation](record[key(measured)], value))
            case Stalled():
                return self._stalled(condition, record)
            case Either(conditions=parts, every=every):
                held = [self._holds(part, record) for part in parts]
                return all(held) if every else any(held)
            case _:
                assert_never(condition)

    def _stalled(self, condition: Stalled, record: Record) -> bool:
        value = record[key(condition.measured)]
        better = operator.gt if higher_is_better(condition.measured.metric) else operator.lt
        best, age = self._best.get(condition, (None, 0))
        if best is None or better(value, best):
            self._best[condition] = (value, 0)
            return False
        self._best[condition] = (best, age + 1)
        return age + 1 >= condition.epochs


def key(measured: Measured) -> str:
    """Where a measured value stands in an epoch's record."""
    return f"{measured.split}.{measured.metric}"


def leaves(conditions: tuple[StopCondition, ...]) -> Iterator[Threshold | Stalled]:
    """The conditions that measure something."""
    for condition in conditions:
        match condition:
            case Either(conditions=parts):
                yield from leaves(parts)
            case _:
                yield condition
