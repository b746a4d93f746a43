"""Steps of a graph that come several times in a row, each time one item of a list further.

Rounds differ in which items of `nn.ModuleList`s they apply, in plain numbers, and in that each
takes from the one before what the first takes from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from netspec.codegen import layout
from netspec.codegen.layout import Expr
from netspec.codegen.plans import Path
from netspec.program.graph import (
    Compute,
    Graph,
    Invoke,
    Literal,
    Operand,
    Ref,
    SliceOperand,
    Step,
)
from netspec.program.graph import Sequence as OperandSequence
from netspec.types import Dim
from netspec.types.measures import measure

# Fewer rounds are written one after the other; longer ones are not looked for.
FEWEST_ROUNDS = 3
LONGEST_ROUND = 40

Number = int | float

_ITEM = re.compile(r"(.+)\[(\d+)\]")


def item_of(text: str) -> tuple[str, int] | None:
    """The list that a part is an item of, and its number: `self.h[3]`; None of another text."""
    found = _ITEM.fullmatch(text)
    return None if found is None else (found[1], int(found[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How things are written that rounds may differ in: children by key, and constants by path.

    Children of one text but for the number are `alike` where one call fits both.
    """

    texts: Mapping[str, str]
    alike: Callable[[str, str], bool]
    constant: Callable[[Path, Literal], Expr]


@dataclass(slots=True)
class Rounds:
    """`count` rounds of `length` steps, from step number `start` on."""

    start: int
    length: int
    count: int = 1
    # Each value's round, and its place among the values of the round.
    made: dict[int, tuple[int, int]] = field(default_factory=dict)
    # What later rounds take where the first takes something of outside: a place in the round
    # before, or the same of outside, None.
    taken: dict[Path, int | None] = field(default_factory=dict)
    numbers: dict[Path, tuple[Number, ...]] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The number of the first step behind them."""
        return self.start + self.length * self.count

    @property
    def states(self) -> dict[Path, int]:
        """Where the first round takes what becomes a state, and which place it has."""
        return {path: place for path, place in self.taken.items() if place is not None}

    @property
    def varying(self) -> dict[Path, tuple[Number, ...]]:
        """The plain numbers that are not the same in every round."""
        return {path: values for path, values in self.numbers.items() if len(set(values)) > 1}

    def places(self) -> Iterator[tuple[int, ...]]:
        """The values of all rounds, by their places."""
        by_place: dict[int, list[int]] = {}
        for value, (number, place) in self.made.items():
            if number < self.count:
                by_place.setdefault(place, []).append(value)
        for place in sorted(by_place):
            yield tuple(by_place[place])


def next_rounds(graph: Graph, written: Written, at: int) -> Rounds | None:
    """The longest row of rounds about the next item that is applied, from number `at` on.

    They may begin later than `at`.
    """
    steps = graph.steps

    def item(number: int) -> tuple[str, int] | None:
        step = steps[number]
        return item_of(written.texts[step.child]) if isinstance(step, Invoke) else None

    near = range(at, min(at + LONGEST_ROUND, len(steps)))
    first = next((number for number in near if item(number) is not None), None)
    found = None if first is None else item(first)
    if first is None or found is None:
        return None
    ahead = range(first + 1, min(first + LONGEST_ROUND, len(steps)))
    length = next((n - first for n in ahead if item(n) == (found[0], found[1] + 1)), None)
    if length is None:
        return None
    starts = range(max(at, first - length + 1), first + 1)
    rows = (_Row(graph, written, Rounds(start, length)).counted() for start in starts)
    longest = max(rows, key=lambda rounds: rounds.count)
    return longest if longest.count >= FEWEST_ROUNDS else None


@dataclass(slots=True)
class _Row:
    """Rounds that are being counted."""

    graph: Graph
    written: Written
    rounds: Rounds
    # What the round that is looked at would add.
    taken: dict[Path, int | None] = field(default_factory=dict)
    numbers: dict[Path, Number] = field(default_factory=dict)

    def counted(self) -> Rounds:
        rounds = self.rounds
        first = self._round(0)
        while rounds.start + (rounds.count + 1) * rounds.length <= len(self.graph.steps):
            self.taken, self.numbers = {}, {}
            again = self._round(rounds.count)
            number = rounds.start + rounds.count * rounds.length
            pairs = enumerate(zip(first, again, strict=True))
            if not all(self._same(a, b, rounds.start + at, number + at) for at, (a, b) in pairs):
                break
            rounds.taken.update(self.taken)
            for path, value in self.numbers.items():
                rounds.numbers[path] = (*rounds.numbers.get(path, ()), value)
            rounds.count += 1
        return rounds

    def _round(self, number: int) -> Sequence[Step]:
        begin = self.rounds.start + number * self.rounds.length
        steps = self.graph.steps[begin : begin + self.rounds.length]
        values = [slot.id for step in steps for slot in step.results]
        self.rounds.made |= {value: (number, place) for place, value in enumerate(values)}
        return steps

    def _same(self, first: Step, again: Step, number: int, now: int) -> bool:
        if len(first.results) != len(again.results):
            return False
        match first, again:
            case Invoke(), Invoke():
                if not self._same_child(first.child, again.child):
                    return False
            case Compute(), Compute():
                names = [name for name, _ in first.keywords]
                if first.function != again.function or names != [n for n, _ in again.keywords]:
                    return False
                if not all(
                    self._fit(one, other, (number, name), (now, name))
                    for (name, one), (_, other) in zip(first.keywords, again.keywords, strict=True)
                ):
                    return False
            case _:
                return False
        return self._fit_all(first.operands, again.operands, (number,), (now,))

    def _same_child(self, first: str, again: str) -> bool:
        """Whether it is the same child, or the item as many places on as rounds have passed."""
        one, other = item_of(self.written.texts[first]), item_of(self.written.texts[again])
        if one is None or other is None or first == again:
            return first == again
        ahead = one[0] == other[0] and one[1] + self.rounds.count == other[1]
        return ahead and self.written.alike(first, again)

    def _fit_all(
        self, first: Sequence[Operand], again: Sequence[Operand], path: Path, now: Path
    ) -> bool:
        return len(first) == len(again) and all(
            self._fit(one, other, (*path, at), (*now, at))
            for at, (one, other) in enumerate(zip(first, again, strict=True))
        )

    def _fit(self, first: Operand, again: Operand, path: Path, now: Path) -> bool:
        match first, again:
            case (Ref() | int() | float(), Ref()) if not isinstance(first, bool):
                return self._takes(first, again.id, path)
            case Dim(), Dim():
                types = [slot.type for slot in self.graph.inputs]
                return measure(first, types) == measure(again, types)
            case OperandSequence(), OperandSequence():
                return self._fit_all(first.items, again.items, path, now)
            case SliceOperand(), SliceOperand():
                ends = (first.lower, first.upper, first.step)
                return self._fit_all(ends, (again.lower, again.upper, again.step), path, now)
            case (int() | float(), int() | float()) if type(first) is type(again) is not bool:
                return self._counts(first, again, path, now)
            case _:
                # `2 == 2.0`, but only one of them leaves whole numbers whole.
                return type(first) is type(again) and first == again

    def _takes(self, first: Ref | Number, again: int, path: Path) -> bool:
        """Whether a round takes a value as the first does, or from the round before."""
        number, place = self.rounds.made.get(again, (None, 0))
        inside = self.rounds.made.get(first.id) if isinstance(first, Ref) else None
        if inside is not None:
            return (number, place) == (self.rounds.count, inside[1])
        if path in self.rounds.numbers:
            return False
        if number == self.rounds.count - 1:
            self.taken[path] = place
        elif isinstance(first, Ref) and first.id == again:
            self.taken[path] = None
        else:
            return False
        if not isinstance(first, Ref) and not self._is_plain(first, path):
            return False
        return self.rounds.taken.get(path, self.taken[path]) == self.taken[path]

    def _counts(self, first: Number, again: Number, path: Path, now: Path) -> bool:
        if path in self.rounds.taken:
            return False
        if self._is_plain(first, path) and self._is_plain(again, now):
            if path not in self.rounds.numbers:
                self.rounds.numbers[path] = (first,)
            self.numbers[path] = again
            return True
        one, other = self.written.constant(path, first), self.written.constant(now, again)
        return one.text == other.text

    def _is_plain(self, value: Number, path: Path) -> bool:
        """Whether a number is written as itself, and not as an argument of the class."""
        return self.written.constant(path, value).text == layout.literal(value).text
