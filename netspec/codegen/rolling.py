"""Loops that the compiler unrolled as loops again: `for layer in self.layers:`.

A graph's rounds become one step, a scan of a sort: what a round takes from the one before is its
state. A value that each round makes is listed, where all that use it take those of all rounds
together: `torch.stack(outputs)`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from netspec.codegen.plans import Path
from netspec.codegen.rounds import Number, Rounds, Written, item_of, next_rounds
from netspec.program.graph import (
    Carry,
    Compute,
    Graph,
    Invoke,
    Operand,
    Ref,
    Scan,
    SliceOperand,
    Slot,
    Step,
)
from netspec.program.graph import Sequence as OperandSequence
from netspec.program.operands import refs

# The function of a step that gives a state the plain number that it starts as.
CONSTANT = "constant"
# The functions that take several tensors as a list.
JOINING = frozenset({"cat", "stack", "hstack", "vstack"})

# Rows of numbers that a loop walks over beside its modules; with more it is harder to read than
# what it stands for.
MOST_ROWS = 2

_NUMBERED = re.compile(r"(.+)_\d+")


@dataclass(frozen=True, slots=True)
class Walked:
    """A list of modules that rounds walk over: its text, their first item of it, all its items."""

    text: str
    start: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled(Scan):
    """Rounds as a scan without pieces, whose steps are those of the first round.

    Their numbers begin at `number`. `walked` has the lists by the children that are items of
    them, `varying` the numbers that are not the same in all rounds, and `changing` the values
    whose shape is not. Outputs are listed, and not stacked.
    """

    count: int
    number: int
    walked: Mapping[str, Walked]
    varying: Mapping[Path, tuple[Number, ...]]
    changing: frozenset[int]


@dataclass(frozen=True, slots=True)
class Spread(Ref):
    """All values of a list in a row: `*outputs`."""


def _reads_well(rounds: Rounds) -> bool:
    """Whether a loop walks over few enough rows of numbers."""
    rows = {values for values in rounds.varying.values() if not counts(values)}
    return len(rows) <= MOST_ROWS


def counts(values: Sequence[Number]) -> bool:
    """Whether each number is one more than that before."""
    return list(values) == [values[0] + at for at in range(len(values))]


def rolled(graph: Graph, written: Written) -> tuple[Graph, tuple[int, ...]]:
    """The graph with its rounds rolled up, and the number that each of its steps had."""
    if not any(item_of(text) for text in written.texts.values()):
        return graph, tuple(range(len(graph.steps)))
    return _Rolling(graph, written).done()


@dataclass(slots=True)
class _Rolling:
    graph: Graph
    written: Written
    _slots: dict[int, Slot] = field(default_factory=dict)
    # The lists that were made, by the values that are in them.
    _lists: dict[tuple[int, ...], Slot] = field(default_factory=dict)

    def done(self) -> tuple[Graph, tuple[int, ...]]:
        self._slots = self.graph.slots()
        steps: list[Step] = []
        numbers: list[int] = []
        at = 0
        while at < len(self.graph.steps):
            rounds = next_rounds(self.graph, self.written, at)
            here = rounds is not None and rounds.start == at and _reads_well(rounds)
            loop = list(self._loop(rounds)) if rounds is not None and here else []
            steps += loop or [self.graph.steps[at]]
            # A number of a step of ours is no path's.
            numbers += [-1] * len(loop) or [at]
            at = rounds.end if rounds is not None and loop else at + 1
        gathered = tuple(self._gathered(step) for step in steps)
        return replace(self.graph, steps=gathered), tuple(numbers)

    def _loop(self, rounds: Rounds) -> Iterator[Step]:
        """The rounds as one step, behind the numbers that its states start as.

        Nothing where what follows uses their values in another way than a loop gives them.
        """
        columns = [[self._slots[value] for value in values] for values in rounds.places()]
        listed = self._listed(rounds, columns)
        if listed is None:
            return
        first = self.graph.steps[rounds.start : rounds.start + rounds.length]
        begun: dict[tuple[int, Operand], Carry] = {}
        carried: dict[Path, Ref] = {}
        for path, place in rounds.states.items():
            initial = _operand_at(first[int(path[0]) - rounds.start], path)
            if (place, initial) not in begun:
                start = initial
                if not isinstance(start, Ref):
                    given = self._fresh(columns[place][0], _stem(columns[place]))
                    start = Ref(given.id)
                    yield Compute(
                        span=given.span, function=CONSTANT, operands=(initial,), results=(given,)
                    )
                name = _stem(columns[place])
                slot = self._fresh(self._slots[start.id], name)
                update = Ref(columns[place][0].id)
                begun[place, initial] = Carry(initial=start, slot=slot, update=update)
            carried[path] = Ref(begun[place, initial].slot.id)
        states = {place for place, _ in begun}
        renamed = {
            column[0].id: replace(
                column[0], name=None if at in listed and at not in states else _stem(column)
            )
            for at, column in enumerate(columns)
        }
        names = {at: _stem(columns[at]) for at in listed}
        # A list of states is called as many of them.
        plural = {at: f"{name}s" for at, name in names.items() if name and at in states}
        lists = [self._fresh(columns[at][0], plural.get(at, names[at])) for at in listed]
        for at, slot in zip(listed, lists, strict=True):
            self._lists[tuple(one.id for one in columns[at])] = slot
        yield Rolled(
            span=first[0].span,
            dim=0,
            pieces=(),
            carries=tuple(begun.values()),
            steps=tuple(
                _rewritten(step, (rounds.start + at,), carried, renamed)
                for at, step in enumerate(first)
            ),
            outputs=tuple(Ref(columns[at][0].id) for at in listed),
            results=(*lists, *(columns[place][-1] for place, _ in begun)),
            count=rounds.count,
            number=rounds.start,
            walked=self._walked(first),
            varying=rounds.varying,
            changing=frozenset(
                column[0].id for column in columns if len({s.type.dims() for s in column}) > 1
            ),
        )

    def _listed(self, rounds: Rounds, columns: Sequence[Sequence[Slot]]) -> list[int] | None:
        """The places whose values are listed; None where others are used behind the rounds."""
        uses: Counter[int] = Counter(ref.id for ref in self.graph.outputs)
        rest = self.graph.steps[rounds.end :]
        for step in rest:
            uses.update(refs(step))
        listed: list[int] = []
        for at, column in enumerate(columns):
            row = tuple(slot.id for slot in column)
            together = sum(_rows(items, row) for step in rest for items in _joined(step))
            if together:
                listed.append(at)
                uses.subtract(dict.fromkeys(row, together))
        last = {columns[place][-1].id for place in rounds.states.values()}
        own = {slot.id for column in columns for slot in column}
        return listed if all(uses[value] <= 0 for value in own - last) else None

    def _walked(self, first: Sequence[Step]) -> dict[str, Walked]:
        items = [found for text in self.written.texts.values() if (found := item_of(text))]
        lengths = Counter(name for name, _ in items)
        walked: dict[str, Walked] = {}
        for step in first:
            found = item_of(self.written.texts[step.child]) if isinstance(step, Invoke) else None
            if isinstance(step, Invoke) and found is not None:
                walked[step.child] = Walked(found[0], found[1], lengths[found[0]])
        return walked

    def _fresh(self, like: Slot, name: str | None) -> Slot:
        slot = replace(like, id=max(self._slots) + 1, name=name)
        self._slots[slot.id] = slot
        return slot

    # --- lists -------------------------------------------------------------------------------

    def _gathered(self, step: Step) -> Step:
        """The step with values that are listed taken from their lists."""
        if isinstance(step, Scan):
            return replace(step, steps=tuple(self._gathered(inner) for inner in step.steps))
        if not isinstance(step, Compute) or not self._lists:
            return step
        operands = tuple(self._from_lists(operand) for operand in step.operands)
        if step.function in JOINING:
            tensors = tuple(one for one in step.operands if isinstance(one, Ref))
            joined = self._from_lists(OperandSequence(tensors))
            if joined != OperandSequence(tensors):
                operands = (joined, *(one for one in operands if not isinstance(one, Ref)))
        return replace(step, operands=operands)

    def _from_lists(self, operand: Operand) -> Operand:
        if not isinstance(operand, OperandSequence):
            return operand
        items = list(operand.items)
        for row, slot in self._lists.items():
            for at in reversed(range(len(items) - len(row) + 1)):
                if _is_row(items[at : at + len(row)], row):
                    items[at : at + len(row)] = [Spread(slot.id)]
        return OperandSequence(tuple(items))


def _joined(step: Step) -> Iterator[Sequence[Operand]]:
    """The lists of tensors that a step takes."""
    if isinstance(step, Compute):
        yield from (one.items for one in step.operands if isinstance(one, OperandSequence))
        if step.function in JOINING:
            yield [one for one in step.operands if isinstance(one, Ref)]


def _rows(items: Sequence[Operand], row: tuple[int, ...]) -> int:
    starts = range(len(items) - len(row) + 1)
    return sum(_is_row(items[at : at + len(row)], row) for at in starts)


def _is_row(items: Sequence[Operand], row: tuple[int, ...]) -> bool:
    return [item.id if isinstance(item, Ref) else None for item in items] == list(row)


def _stem(column: Sequence[Slot]) -> str | None:
    """What the values of a place are all called: `e` where they are `e[0]`, `e[1]`, ..."""
    names = {slot.name for slot in column}
    if len(names) == 1:
        return column[0].name
    found = [_NUMBERED.fullmatch(name or "") for name in names]
    stems = {None if one is None else one[1] for one in found}
    return stems.pop() if len(stems) == 1 else None


def _operand_at(step: Step, path: Path) -> Operand:
    assert isinstance(step, Invoke | Compute)
    _, place, *rest = path
    found: Operand
    if isinstance(place, int):
        found = step.operands[place]
    else:
        assert isinstance(step, Compute)
        found = dict(step.keywords)[place]
    for at in rest:
        assert isinstance(at, int)
        if isinstance(found, OperandSequence):
            found = found.items[at]
        else:
            assert isinstance(found, SliceOperand)
            found = (found.lower, found.upper, found.step)[at]
    return found


def _rewritten(
    step: Step, path: Path, carried: Mapping[Path, Ref], renamed: Mapping[int, Slot]
) -> Step:
    """A step of the first round that takes states, and whose values have the names of all."""

    def taking(operand: Operand, at: Path) -> Operand:
        match operand:
            case OperandSequence():
                return OperandSequence(
                    tuple(taking(item, (*at, n)) for n, item in enumerate(operand.items))
                )
            case SliceOperand():
                ends = (operand.lower, operand.upper, operand.step)
                lower, upper, stride = (taking(end, (*at, n)) for n, end in enumerate(ends))
                return SliceOperand(lower, upper, stride)
            case _:
                return carried.get(at, operand)

    assert isinstance(step, Invoke | Compute)
    results = tuple(renamed[slot.id] for slot in step.results)
    operands = tuple(taking(one, (*path, at)) for at, one in enumerate(step.operands))
    if isinstance(step, Invoke):
        return replace(step, operands=operands, results=results)
    keywords = tuple((name, taking(value, (*path, name))) for name, value in step.keywords)
    return replace(step, operands=operands, keywords=keywords, results=results)
