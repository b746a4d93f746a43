"""Whether two expansions of one text are the same module.

A module that is used again was made for its first use, so the second has to come out with the same
parts, the same steps and the same constants. A size that it reads off its inputs may differ.
"""

from __future__ import annotations

from itertools import zip_longest

from netspec.program.graph import (
    Compute,
    Graph,
    Invoke,
    Layer,
    Module,
    Operand,
    Read,
    Ref,
    Scan,
    Sequence,
    SliceOperand,
    Slot,
    Step,
    Stored,
)
from netspec.source import Span
from netspec.types import Dim, TensorType
from netspec.types.measures import evaluate, measure

Types = tuple[TensorType, ...]


def difference(first: Graph, second: Graph) -> Span | None:
    """Where the second expansion differs from the first; None where it does not."""
    for one, other in zip_longest(first.children, second.children):
        if one is None or other is None or one.key != other.key:
            return (other or one).module.span
        if isinstance(one.module, Graph) and isinstance(other.module, Graph):
            inside = difference(one.module, other.module)
            if inside is not None:
                return inside
        elif not _is_alike(one.module, other.module):
            return other.module.span
    return _Steps(first, second).difference()


def _is_alike(one: Module, other: Module) -> bool:
    """Whether both are one stored tensor, or layers of one class.

    What layers are made with is compared by the caller.
    """
    match one, other:
        case Layer(), Layer():
            return one.target == other.target
        case Stored(), Stored():
            same = (one.name, one.type, one.persistent) == (
                other.name,
                other.type,
                other.persistent,
            )
            return same and one.init == other.init and difference(one.value, other.value) is None
        case _:
            return False


class _Steps:
    """Two graphs step by step; `ids` maps the slots of the first to those of the second."""

    def __init__(self, first: Graph, second: Graph) -> None:
        self.first, self.second = first, second
        self.before: Types = tuple(slot.type for slot in first.inputs)
        self.now: Types = tuple(slot.type for slot in second.inputs)
        pairs = zip(first.inputs, second.inputs, strict=False)
        self.ids = {one.id: other.id for one, other in pairs}

    def difference(self) -> Span | None:
        place = self._within(self.first.steps, self.second.steps)
        if place is not None:
            return place
        outputs = tuple(self.ids.get(ref.id) for ref in self.first.outputs)
        same = outputs == tuple(ref.id for ref in self.second.outputs)
        return None if same else self.second.span

    def _within(self, ones: tuple[Step, ...], others: tuple[Step, ...]) -> Span | None:
        for one, other in zip_longest(ones, others):
            if one is None or other is None:
                return (other or one).span
            if isinstance(one, Scan) and isinstance(other, Scan):
                place = self._scans(one, other)
                if place is not None:
                    return place
            elif not self._agree(one, other):
                return other.span
            self._pair(one.results, other.results)
        return None

    def _scans(self, one: Scan, other: Scan) -> Span | None:
        """Where two scans differ."""
        starts = [
            (*(piece.sequence for piece in scan.pieces), *(c.initial for c in scan.carries))
            for scan in (one, other)
        ]
        counts = [(scan.dim, len(scan.pieces), len(scan.results)) for scan in (one, other)]
        if counts[0] != counts[1] or not self._all(*starts):
            return other.span
        self._pair(one.begins, other.begins)
        place = self._within(one.steps, other.steps)
        if place is not None:
            return place
        ends = [(*scan.outputs, *(c.update for c in scan.carries)) for scan in (one, other)]
        return None if self._all(*ends) else other.span

    def _pair(self, ones: tuple[Slot, ...], others: tuple[Slot, ...]) -> None:
        pairs = zip(ones, others, strict=True)
        self.ids.update((before.id, now.id) for before, now in pairs)

    def _agree(self, one: Step, other: Step) -> bool:
        if len(one.results) != len(other.results):
            return False
        match one, other:
            case Invoke(), Invoke():
                return one.child == other.child and self._all(one.operands, other.operands)
            case Read(), Read():
                return one.child == other.child and one.path == other.path
            case Compute(), Compute():
                names = [[name for name, _ in step.keywords] for step in (one, other)]
                values = [tuple(value for _, value in step.keywords) for step in (one, other)]
                same = one.function == other.function and names[0] == names[1]
                return same and self._all(one.operands, other.operands) and self._all(*values)
            case _:
                return False

    def _all(self, ones: tuple[Operand, ...], others: tuple[Operand, ...]) -> bool:
        return len(ones) == len(others) and all(map(self._same, ones, others))

    def _same(self, one: Operand, other: Operand) -> bool:
        match one, other:
            case Ref(), Ref():
                return self.ids.get(one.id) == other.id
            case Sequence(), Sequence():
                return self._all(one.items, other.items)
            case SliceOperand(), SliceOperand():
                ends = [(end.lower, end.upper, end.step) for end in (one, other)]
                return self._all(*ends)
            case Dim(), Dim() | int():
                return evaluate(measure(one, self.before), self.now) == Dim.of(other)
            case _:
                return type(one) is type(other) and one == other
