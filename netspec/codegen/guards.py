"""Steps that only some uses of a class have, as an `if` in its `forward`: `if self.residual:`.

They make one value of another anew: what follows takes that value where the steps are not there.
A graph holds them as one step, a scan of a sort, whose only state is the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from netspec.codegen.names import parted
from netspec.codegen.plans import Body
from netspec.program.graph import (
    Carry,
    Compute,
    Graph,
    Invoke,
    Operand,
    Read,
    Ref,
    Scan,
    SliceOperand,
    Slot,
    Step,
)
from netspec.program.graph import Sequence as OperandSequence
from netspec.program.operands import refs

# Longer graphs are not searched: each place is tried.
LONGEST = 64
# More parts than this read better in a class of their own.
MOST_PARTS = 2

# A value by its place: the step that makes it, -1 for the inputs, and which of its results it is.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded(Scan):
    """The steps that are there or not; the state is the value that they make anew."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Where those steps are in a graph: `length` from `start`; they make `made` out of `given`.

    `wanted` is what a person might call the argument that says whether they are there, and `parts`
    are the parts that only they call.
    """

    start: int
    length: int
    given: Place
    made: Place
    wanted: str
    parts: frozenset[str]

    def wrapped(self, body: Body) -> Body:
        """The same use, its steps of this sort as one."""
        graph, end = body.graph, self.start + self.length
        slots = list(graph.slots())
        given, made = _slot(graph, self.given), _slot(graph, self.made)
        fresh = max(slots) + 1
        state = replace(given, id=fresh)
        last = replace(made, id=fresh + 1, name=made.name or given.name)
        inner = _with(graph.steps[self.start : end], {given.id: state.id})
        whole = Guarded(
            span=graph.steps[self.start].span,
            dim=0,
            pieces=(),
            carries=(Carry(initial=Ref(given.id), slot=state, update=Ref(made.id)),),
            steps=tuple(_named(inner, made, last.name)),
            outputs=(),
            results=(last,),
        )
        renamed = {made.id: last.id}
        steps = (*graph.steps[: self.start], whole, *_with(graph.steps[end:], renamed))
        return Body(replace(graph, steps=steps, outputs=_outputs(graph, renamed)), body.parts)

    def numbers(self, steps: int) -> list[int]:
        """The numbers that the steps of a use without them have in a wrapped one."""
        return [at if at < self.start else at + 1 for at in range(steps)]


def guard(full: Body, less: Body) -> Guard | None:
    """What sets two uses apart, where it is steps in a row that `less` does not have."""
    length = len(full.graph.steps) - len(less.graph.steps)
    parts = full.parts.keys() - less.parts.keys()
    steps = full.graph.steps
    if length < 1 or len(steps) > LONGEST or len(parts) > MOST_PARTS or full.is_chain:
        return None
    if not less.parts.keys() <= full.parts.keys():
        return None
    # A list is made with all its items, whether they are wanted or not.
    if any(parted(key)[1] is not None for key in parts):
        return None
    if any(isinstance(step, Scan) for step in (*steps, *less.graph.steps)):
        return None
    wanted = less.structure()
    for start in range(len(less.graph.steps) + 1):
        for found in _candidates(full.graph, start, length, frozenset(parts)):
            if _without(full, found).structure() == wanted:
                return found
    return None


def _candidates(graph: Graph, start: int, length: int, parts: frozenset[str]) -> Iterator[Guard]:
    """The ways to see these steps as making one value out of one that was there."""
    inside = graph.steps[start : start + length]
    outside = (*graph.steps[:start], *graph.steps[start + length :])
    if any(isinstance(step, Invoke | Read) and step.child in parts for step in outside):
        return
    later = {ref for step in graph.steps[start + length :] for ref in refs(step)}
    later |= {ref.id for ref in graph.outputs}
    made = [
        (start + at, number)
        for at, step in enumerate(inside)
        for number, slot in enumerate(step.results)
        if slot.id in later
    ]
    if len(made) != 1:
        return
    places = {slot.id: (-1, number) for number, slot in enumerate(graph.inputs)}
    for at, step in enumerate(graph.steps[:start]):
        places.update({slot.id: (at, number) for number, slot in enumerate(step.results)})
    result = _slot(graph, made[0])
    for ref in dict.fromkeys(ref for step in inside for ref in refs(step)):
        if ref in places and _slot(graph, places[ref]).type == result.type:
            yield Guard(start, length, places[ref], made[0], _wanted(graph, inside), parts)


def _wanted(graph: Graph, inside: Sequence[Step]) -> str:
    last = inside[-1]
    inputs = {slot.id for slot in graph.inputs}
    read = {ref for step in inside for ref in refs(step)}
    if isinstance(last, Compute) and last.function == "+" and inputs & read:
        return "residual"
    called = [step.child for step in inside if isinstance(step, Invoke)]
    functions = [step.function for step in inside if isinstance(step, Compute)]
    return next((name for name in (*called, *functions) if name.isidentifier()), "extended")


def _without(body: Body, found: Guard) -> Body:
    """The use as it would be without the steps."""
    graph = body.graph
    given, made = _slot(graph, found.given), _slot(graph, found.made)
    renamed = {made.id: given.id}
    rest = _with(graph.steps[found.start + found.length :], renamed)
    steps = (*graph.steps[: found.start], *rest)
    parts = {key: part for key, part in body.parts.items() if key not in found.parts}
    return Body(replace(graph, steps=steps, outputs=_outputs(graph, renamed)), parts)


def _slot(graph: Graph, place: Place) -> Slot:
    at, number = place
    return graph.inputs[number] if at < 0 else graph.steps[at].results[number]


def _outputs(graph: Graph, renamed: Mapping[int, int]) -> tuple[Ref, ...]:
    return tuple(Ref(renamed.get(ref.id, ref.id)) for ref in graph.outputs)


def _named(steps: Sequence[Step], made: Slot, name: str | None) -> Iterator[Step]:
    """The steps, the value that they make called as it is afterwards."""
    for step in steps:
        results = tuple(
            replace(slot, name=name) if slot.id == made.id else slot for slot in step.results
        )
        yield replace(step, results=results)


def _with(steps: Sequence[Step], renamed: Mapping[int, int]) -> tuple[Step, ...]:
    """The steps, with other values in the place of some."""

    def put(operand: Operand) -> Operand:
        match operand:
            case Ref():
                return Ref(renamed.get(operand.id, operand.id))
            case OperandSequence():
                return OperandSequence(tuple(put(item) for item in operand.items))
            case SliceOperand():
                return SliceOperand(put(operand.lower), put(operand.upper), put(operand.step))
            case _:
                return operand

    made: list[Step] = []
    for step in steps:
        match step:
            case Invoke():
                made.append(replace(step, operands=tuple(put(one) for one in step.operands)))
            case Compute():
                keywords = tuple((name, put(value)) for name, value in step.keywords)
                operands = tuple(put(one) for one in step.operands)
                made.append(replace(step, operands=operands, keywords=keywords))
            case _:
                made.append(step)
    return tuple(made)
