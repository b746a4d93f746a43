"""Recurrences: `scan step in x along 1 carry h = zeros(B, 20) { ... }`.

The body runs once, on one piece of the sequence; what it does is what every step does. Its layers
are children of the graph around it, so their weights are shared by all steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netspec.analysis import errors
from netspec.analysis.network.builder import GraphBuilder, Tensor, fresh_slot
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.stages import joined
from netspec.analysis.network.tensors import LabelledTensors
from netspec.analysis.network.values import UNKNOWN, Indexed, Scope, Unknown, Value, describe
from netspec.analysis.places import header
from netspec.catalog import Need
from netspec.catalog.kinds import REAL, elements
from netspec.program.graph import Carry, Piece, Step
from netspec.program.operands import refs
from netspec.syntax import tree
from netspec.types import Dim, Kind, TensorType, compare

BATCH = Dim.symbol("B")


@dataclass(frozen=True, slots=True, eq=False)
class _Start:
    """What a body begins with: pieces and states as the body sees them, and where from."""

    dim: int
    length: Dim
    sequences: tuple[Tensor, ...]
    pieces: tuple[Tensor, ...]
    initials: tuple[Tensor, ...]
    states: tuple[Tensor, ...]


class Scans(LabelledTensors):
    """Runs scans."""

    def scan(self, statement: tree.Scan, frame: Frame) -> Value:
        """The outputs of all steps, stacked; binds the names of the states to the last ones."""
        graph = self.graph_of(frame, header(statement.span))
        results: tuple[Tensor, ...] | None = None
        if graph is not None:
            graph.counted = False
            results = self._results(statement, frame, graph)
        count = len(statement.carries)
        last: Sequence[Value] = [UNKNOWN] * count
        value: Value = UNKNOWN
        if results is not None and graph is not None:
            at = len(results) - count
            last = results[at:]
            value = joined(results[:at])
        for carry, state in zip(statement.carries, last, strict=True):
            if isinstance(state, Tensor) and graph is not None:
                state = graph.rename(state, carry.name.id)
            frame.scope.bind(carry.name.id, state, carry.name.span)
        for stage in statement.stages:
            value = self.apply(stage, value, frame)
        return value

    def _results(
        self, statement: tree.Scan, frame: Frame, graph: GraphBuilder
    ) -> tuple[Tensor, ...] | None:
        start = self._start(statement, frame, graph)
        if start is None:
            return None
        inner = Frame(Scope(frame.scope), graph)
        for name, tensor in zip(_names(statement), (*start.pieces, *start.states), strict=True):
            inner.scope.bind(name.id, tensor, name.span, own=True)
        inner.current = start.pieces[0] if len(start.pieces) == 1 else None
        with graph.apart() as steps:
            values = self.run(statement.body, inner)
        outputs = self._outputs(statement, values, start)
        if outputs is None or not self._kept_inside(statement, inner.scope, frame.scope):
            return None
        updates = self._updates(statement, inner.scope, start, graph)
        if updates is None:
            return None
        if not self._all_read(statement, start, steps, (*outputs, *updates)):
            return None
        stacked = [self._stacked(statement, output, start) for output in outputs]
        if any(given is None for given in stacked):
            return None
        types = [given for given in stacked if given is not None]
        # There is one step at least, so a last state is what a step made.
        types += [update.type for update in updates]
        return graph.scan(
            start.dim,
            [
                Piece(sequence=graph.ref(sequence), slot=piece.slot)
                for sequence, piece in zip(start.sequences, start.pieces, strict=True)
            ],
            [
                Carry(initial=graph.ref(initial), slot=state.slot, update=graph.ref(update))
                for initial, state, update in zip(
                    start.initials, start.states, updates, strict=True
                )
            ],
            steps,
            [graph.ref(output) for output in outputs],
            types,
            header(statement.span),
        )

    # --- before the first step ---------------------------------------------------------------

    def _start(self, statement: tree.Scan, frame: Frame, graph: GraphBuilder) -> _Start | None:
        sequences = [self._sequence(piece, frame) for piece in statement.pieces]
        dim = self.integer(statement.dim, frame, "the dimension of a scan")
        initials = [self._initial(carry, frame) for carry in statement.carries]
        known = [tensor for tensor in sequences if tensor is not None]
        starts = [tensor for tensor in initials if tensor is not None]
        if dim is None or len(known) < len(sequences) or len(starts) < len(initials):
            return None
        if not self._has_own_names(statement):
            return None
        lengths = [self._length(statement, dim, tensor) for tensor in known]
        length = lengths[0]
        if length is None or any(other is None for other in lengths):
            return None
        for piece, other in zip(statement.pieces[1:], lengths[1:], strict=True):
            assert other is not None
            if not self._as_long(statement.pieces[0], length, piece, other):
                return None
        least = f"`{statement.pieces[0].name.id}` has a step at least"
        self.require(
            [Need(left=length, right=Dim.of(1), relation=">=", text=least)],
            statement.pieces[0].span,
        )
        pieces = [
            fresh_slot(_without(tensor.type, dim), piece.span, piece.name.id)
            for piece, tensor in zip(statement.pieces, known, strict=True)
        ]
        states = [
            fresh_slot(tensor.type.with_kind(_widest(tensor.type.kind)), carry.span, carry.name.id)
            for carry, tensor in zip(statement.carries, starts, strict=True)
        ]
        # What a step makes of a state is not known yet: it may well be learned.
        graph.learned.update(slot.id for slot in states if slot.type.kind.is_float)
        graph.learned.update(
            slot.id for slot, tensor in zip(pieces, known, strict=True) if tensor.learns
        )
        return _Start(
            dim,
            length,
            tuple(known),
            tuple(Tensor(graph, slot) for slot in pieces),
            tuple(starts),
            tuple(Tensor(graph, slot) for slot in states),
        )

    def _sequence(self, piece: tree.Scanned, frame: Frame) -> Tensor | None:
        value = self.evaluate(piece.sequence, frame)
        if isinstance(value, Tensor):
            return value
        if not isinstance(value, Unknown):
            self.context.report(errors.scan_of_no_tensor(piece.sequence.span, describe(value)))
        return None

    def _initial(self, carry: tree.Carried, frame: Frame) -> Tensor | None:
        value = self.evaluate(carry.initial, frame)
        if isinstance(value, Tensor):
            return value
        if not isinstance(value, Unknown):
            name, what = carry.name.id, describe(value)
            span = carry.initial.span
            self.context.report(errors.state_of_no_tensor(span, name, what, start=True))
        return None

    def _has_own_names(self, statement: tree.Scan) -> bool:
        """Whether each piece and state has a name of its own, which no target takes."""
        seen: dict[str, tree.Name] = {}
        for name in _names(statement):
            if name.id in seen:
                what = f"`{name.id}` of this scan"
                self.context.report(errors.defined_twice(name.span, what, seen[name.id].span))
                return False
            seen[name.id] = name
        carried = {carry.name.id: carry.name for carry in statement.carries}
        for target in statement.targets:
            if isinstance(target, tree.Name) and target.id in carried:
                place = carried[target.id].span
                self.context.report(errors.stacked_and_carried(target.span, target.id, place))
                return False
        return True

    def _length(self, statement: tree.Scan, dim: int, sequence: Tensor) -> Dim | None:
        """How many steps a sequence gives."""
        given, span = sequence.type, statement.dim.span
        if not -given.rank <= dim < given.rank:
            last = "no dimension" if not given.rank else f"the dimensions 0 to {given.rank - 1}"
            message = f"`scan` goes along dimension {dim} of {given.dims()}, which has {last}"
            self.context.report(errors.argument_value(span, message))
            return None
        if given.shape[dim] == BATCH:
            self.context.report(errors.scan_along_batch(span, given.dims()))
            return None
        return given.shape[dim]

    def _as_long(self, first: tree.Scanned, length: Dim, second: tree.Scanned, other: Dim) -> bool:
        if compare(length, other) == "different":
            self.context.report(
                errors.scan_lengths(second.span, str(other), first.span, str(length))
            )
            return False
        text = f"`{first.name.id}` and `{second.name.id}` have equally many steps"
        self.require([Need(left=length, right=other, relation="==", text=text)], second.span)
        return True

    # --- after a step ------------------------------------------------------------------------

    def _outputs(
        self, statement: tree.Scan, values: tuple[Value, ...], start: _Start
    ) -> tuple[Tensor, ...] | None:
        outputs = self.tensors(joined(values), statement.body.span)
        if outputs is None:
            return None
        written = any(isinstance(s, tree.Output) for s in statement.body.statements)
        if not written and len(start.pieces) == 1 and outputs == start.pieces:
            span = statement.body.span
            self.context.report(errors.empty_body(span.source.span(span.start, span.start + 1)))
            return None
        return outputs

    def _kept_inside(self, statement: tree.Scan, scope: Scope, outer: Scope) -> bool:
        """Whether the body binds no name of outside anew that it does not carry."""
        found = list(scope.rebound())
        for name, bound in found:
            tensor, place = isinstance(bound.value, Tensor), header(statement.span)
            if not isinstance(bound.value, Unknown):
                self.context.report(errors.not_carried(bound.span, name, place, tensor=tensor))
            if isinstance(bound.value, Indexed):
                family = outer.family(name, bound.span)
                family.items.update(dict.fromkeys(bound.value.items, UNKNOWN))
            else:
                outer.bind(name, UNKNOWN, bound.span)
        return not found

    def _updates(
        self, statement: tree.Scan, scope: Scope, start: _Start, graph: GraphBuilder
    ) -> tuple[Tensor, ...] | None:
        """What each state is after a step."""
        found: list[Tensor] = []
        for carry, initial, state in zip(
            statement.carries, start.initials, start.states, strict=True
        ):
            bound = scope.names[carry.name.id]
            value = bound.value
            if isinstance(value, Unknown):
                return None
            name = carry.name.id
            if not isinstance(value, Tensor):
                what = describe(value)
                self.context.report(errors.state_of_no_tensor(bound.span, name, what, start=False))
                return None
            if value.slot.id == state.slot.id:
                self.context.report(errors.state_not_updated(carry.span, name))
                return None
            fits = value.type.shape == initial.type.shape
            if not fits or not _takes(state.type.kind, value.type.kind):
                span, after = value.slot.span, value.type
                self.context.report(
                    errors.state_changes(span, name, after, initial.type, carry.span)
                )
                return None
            found.append(value)
        return tuple(found)

    def _all_read(
        self,
        statement: tree.Scan,
        start: _Start,
        steps: Sequence[Step],
        given: Sequence[Tensor],
    ) -> bool:
        """Whether each step looks at every state that it is handed."""
        read = {ref for step in steps for ref in refs(step)}
        read.update(tensor.slot.id for tensor in given)
        for carry, state in zip(statement.carries, start.states, strict=True):
            if state.slot.id not in read:
                self.context.report(errors.state_not_read(carry.span, carry.name.id))
                return False
        return True

    def _stacked(self, statement: tree.Scan, output: Tensor, start: _Start) -> TensorType | None:
        """The type of an output of all steps."""
        given = output.type
        rank = given.rank + 1
        if not -rank <= start.dim < rank:
            dim = statement.dim
            self.context.report(
                errors.not_stackable(output.slot.span, given.dims(), start.dim, dim.span)
            )
            return None
        at = start.dim % rank
        return TensorType(given.kind, (*given.shape[:at], start.length, *given.shape[at:]))


def _names(statement: tree.Scan) -> tuple[tree.Name, ...]:
    """The names of the pieces and of the states."""
    pieces = tuple(piece.name for piece in statement.pieces)
    return (*pieces, *(carry.name for carry in statement.carries))


def _without(given: TensorType, dim: int) -> TensorType:
    """The type of one piece along a dimension."""
    at = dim % given.rank
    return TensorType(elements(given.kind), (*given.shape[:at], *given.shape[at + 1 :]))


def _widest(kind: Kind) -> Kind:
    """What a state holds that starts with this kind: a float may become any float."""
    return REAL if kind.is_float else kind


def _takes(state: Kind, given: Kind) -> bool:
    """Whether a state of this kind may become one of kind `given`."""
    if state.name == "index" and given.name == "index":
        return state.size == given.size
    return state.accepts(given)
