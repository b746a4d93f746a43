"""The body of a `forward`: the steps of a graph in order, loops and choices among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netspec.codegen import layout
from netspec.codegen.guards import Guarded
from netspec.codegen.layout import WIDTH, Expr
from netspec.codegen.names import local
from netspec.codegen.plans import Path
from netspec.codegen.rolling import CONSTANT, Rolled
from netspec.codegen.statements import Statements, Value
from netspec.codegen.walking import Walk, walk
from netspec.program.graph import (
    Carry,
    Compute,
    Piece,
    Read,
    Ref,
    Scan,
    Step,
)
from netspec.program.operands import held, refs


@dataclass(slots=True)
class Forward(Statements):
    """Writes the statements of one graph, from the sizes it reads to its `return`."""

    def lines(self) -> list[str]:
        """The statements, ending with `return`."""
        for names, value in self._variables.read_sizes():
            self._write(f"{names} = ", Expr(value))
        for number, step in zip(self._numbers, self.graph.steps, strict=True):
            self._step((number,), step)
        self._return()
        return self._lines

    def _step(self, path: Path, step: Step) -> None:
        if isinstance(step, Read):
            assert self.around.tensor is not None
            self._tensors[step.results[0].id] = self.around.tensor(step)
            return
        if isinstance(step, Guarded):
            self._guarded(path, step)
            return
        if isinstance(step, Scan):
            self._scan(path, step)
            return
        if isinstance(step, Compute) and step.function == CONSTANT:
            name = self._variables.take(step.results[0], None)
            self._write(f"{name} = ", self._operand(step.operands[0], path, Counter()))
            return
        waiting = [ref for ref in refs(step) if ref in self._waiting]
        if waiting:
            # Only the values computed last, in their order, may move into this expression.
            movable = list(self._waiting)[-len(waiting) :] == waiting
            if not movable or not self._readable(step, [self._waiting[ref] for ref in waiting]):
                self._write_waiting()
        value = self._value(path, step)
        if waiting and len(value.expr.text) > WIDTH - self._indent - 10:
            self._write_waiting()
            value = self._value(path, step)
        for ref in waiting:
            self._waiting.pop(ref, None)
        if self._can_wait(step):
            self._waiting[step.results[0].id] = value
        else:
            self._write_waiting()
            self._assign(step.results, value, step)

    # --- loops -------------------------------------------------------------------------------

    def _scan(self, path: Path, scan: Scan) -> None:
        """A `for` over the pieces of the sequences; outputs are listed, and stacked behind it."""
        names = self._variables
        states = self._begin(scan)
        reads: Counter[int] = Counter()
        sequences = [self._sequence(piece, scan.dim, reads) for piece in scan.pieces]
        begun = len(self._lines)
        lists = {at: self._list(scan, at) for at in names.listed(scan)}
        pieces = [
            names.take(piece.slot, None) if names.left[piece.slot.id] else "_"
            for piece in scan.pieces
        ]
        names.left.subtract(reads)
        around, first = self._walk, 0
        if isinstance(scan, Rolled):
            self._walk, path, first = walk(scan, names.reserve), (), scan.number
        else:
            self._walk = Walk(
                names=pieces, over=sequences, texts=around.texts, numbers=around.numbers
            )
        head = f"for {', '.join(self._walk.names)} in "
        for written in layout.lines(head, self._walk.together, self._indent, ":"):
            self._lines.append(written)
        self._indent += 4
        for number, step in enumerate(scan.steps, first):
            self._step((*path, number), step)
        listed = self._end_of_step(scan, states, lists)
        self._indent -= 4
        if isinstance(scan, Rolled):
            self._comprehend(lists, listed, len(self._lines) - begun)
            for name in self._walk.names:
                names.release(name)
        self._walk = around
        for ref in held(scan):
            names.left[ref] -= 1
        for slot, name in zip(scan.last, states, strict=True):
            names.share(slot, name)
        for at, name in lists.items():
            if isinstance(scan, Rolled):
                names.share(scan.stacked[at], name)
                continue
            stacked = layout.call("torch.stack", [Expr(name)], [("dim", layout.literal(scan.dim))])
            names.release(name)
            value = Value(stacked, Counter(), calls=1)
            slot = scan.stacked[at]
            if slot.name is None and names.left[slot.id] == 1:
                self._waiting[slot.id] = value
            else:
                self._assign((slot,), value, None)

    def _guarded(self, path: Path, guarded: Guarded) -> None:
        """An `if` around the steps, which make the value of its state anew."""
        states = self._begin(guarded)
        self._lines.append(f"{' ' * self._indent}if {self.around.guard}:")
        self._indent += 4
        for number, step in enumerate(guarded.steps):
            self._step((*path, number), step)
        self._end_of_step(guarded, states, {})
        self._indent -= 4
        for ref in held(guarded):
            self._variables.left[ref] -= 1
        for slot, name in zip(guarded.last, states, strict=True):
            self._variables.share(slot, name)

    def _begin(self, scan: Scan) -> list[str]:
        """Set the states to what they start as; their names."""
        names = self._variables
        sequence = scan.pieces[0].sequence.id if scan.pieces else None
        # A sequence that is computed last may stand in the loop's head.
        kept = None
        if sequence is not None and list(self._waiting)[-1:] == [sequence]:
            kept = self._waiting.pop(sequence)
        if sequence is not None and kept is not None and (scan.pieces[1:] or self._waiting):
            self._waiting[sequence] = kept
            kept = None
        starts = {carry.initial.id: carry for carry in scan.carries}
        written: dict[int, str] = {}
        for slot_id, value in list(self._waiting.items()):
            carry = starts.get(slot_id)
            if carry is None or names.left[slot_id] != 1:
                continue
            self._write_waiting(until=slot_id)
            del self._waiting[slot_id]
            names.left.subtract(value.reads)
            names.left[slot_id] -= 1
            written[carry.slot.id] = self._start(carry, value.expr, next(iter(value.reads), None))
        self._write_waiting()
        for carry in scan.carries:
            if carry.slot.id not in written:
                name = self._named(carry.initial)
                names.left[carry.initial.id] -= 1
                first = None if carry.initial.id in self._tensors else carry.initial.id
                written[carry.slot.id] = self._start(carry, Expr(name), first)
        if sequence is not None and kept is not None:
            self._waiting[sequence] = kept
        return [written[carry.slot.id] for carry in scan.carries]

    def _named(self, ref: Ref) -> str:
        """The name of a value that has one, or how a tensor of a child is written."""
        tensor = self._tensors.get(ref.id)
        return self._variables[ref.id] if tensor is None else tensor.text

    def _start(self, carry: Carry, value: Expr, first: int | None) -> str:
        name = self._variables.take(carry.slot, first)
        if name != value.text:
            self._write(f"{name} = ", value, carry.slot)
        return name

    def _sequence(self, piece: Piece, dim: int, reads: Counter[int]) -> Expr:
        """`x.unbind(1)`."""
        value = self._operand(piece.sequence, (), reads)
        self._waiting.pop(piece.sequence.id, None)
        return layout.call(layout.attribute(value, "unbind"), [layout.literal(dim)])

    def _list(self, scan: Scan, at: int) -> str:
        """An empty list for an output of all steps; its name."""
        wanted, name = "outputs", scan.stacked[at].name
        if isinstance(scan, Rolled):
            wanted = wanted if name is None else local(name)
        elif len(self._variables.listed(scan)) > 1:
            name = self._variables.slots[scan.outputs[at].id].name
            wanted = f"{local(name)}_steps" if name is not None else wanted
        listed = self._variables.reserve(wanted)
        self._write(f"{listed} = ", Expr("[]"))
        return listed

    def _comprehend(self, lists: Mapping[int, str], listed: Sequence[Expr], lines: int) -> None:
        """Write the last lines as one, if they are a list, a loop, and what is listed in it."""
        if lines == 3 and len(listed) == 1:
            (name,) = lists.values()
            walk = self._walk
            made = f"{name} = [{listed[0]} for {', '.join(walk.names)} in {walk.together}]"
            if len(made) + self._indent <= WIDTH:
                self._lines[-3:] = [" " * self._indent + made]

    def _end_of_step(
        self, scan: Scan, states: Sequence[str], lists: Mapping[int, str]
    ) -> list[Expr]:
        """List the outputs of a step, and hand its states on; what was listed."""
        listed: list[Expr] = []
        names = self._variables
        given = [scan.outputs[at].id for at in lists]
        waiting = [ref for ref in given if ref in self._waiting]
        if list(self._waiting) != waiting or len(set(waiting)) != len(waiting):
            self._write_waiting()
        for at, name in lists.items():
            reads: Counter[int] = Counter()
            output = scan.outputs[at]
            value = self._operand(output, (), reads)
            self._waiting.pop(output.id, None)
            names.left.subtract(reads)
            self._write("", layout.call(f"{name}.append", [value]))
            listed.append(value)
        updates = [self._named(carry.update) for carry in scan.carries]
        moved = [pair for pair in zip(states, updates, strict=True) if pair[0] != pair[1]]
        if moved:
            targets = ", ".join(state for state, _ in moved)
            self._write(f"{targets} = ", Expr(", ".join(update for _, update in moved)))
        names.left.subtract(carry.update.id for carry in scan.carries)
        return listed
