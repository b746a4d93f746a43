"""The body of a `forward`: the steps of a graph as statements, in the words of the spec.

A value without a name that is used once stands where it is used, as long as the line stays
readable and nothing is computed in another order than the graph says. Other values without a name
take the name of the flow they belong to (`x = self.conv1(x)`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field, replace

from netspec.codegen import functions, layout, sizes
from netspec.codegen.constructors import grouped
from netspec.codegen.functions import Argument
from netspec.codegen.guards import Guarded
from netspec.codegen.layout import WIDTH, Expr
from netspec.codegen.names import checked, checked_shape, local
from netspec.codegen.plans import Path
from netspec.codegen.rolling import CONSTANT, Rolled, Spread, rolled
from netspec.codegen.rounds import Written
from netspec.codegen.surroundings import Child, Surroundings
from netspec.codegen.user_names import functions_of
from netspec.codegen.variables import Variables
from netspec.codegen.walking import Walk, walk
from netspec.program.graph import (
    Carry,
    Compute,
    EllipsisOperand,
    Graph,
    Invoke,
    Operand,
    Piece,
    Read,
    Ref,
    Scan,
    SliceOperand,
    Slot,
    Step,
)
from netspec.program.graph import Sequence as OperandSequence
from netspec.program.operands import held, holds_tensor, refs
from netspec.types import Dim
from netspec.types.measures import measure

# Calls of modules that may stand inside one another, and calls of any kind.
MOST_MODULES = 3
MOST_CALLS = 4


@dataclass(slots=True)
class _Value:
    """A value not written yet: its text, the slots it reads, how deep its calls nest."""

    expr: Expr
    reads: Counter[int]
    modules: int = 0
    calls: int = 0
    # Which sorts of children are called in it, and whether a whole one is called last.
    has_main: bool = False
    has_weightless: bool = False
    ends_whole: bool = False


@dataclass(slots=True)
class Statements:
    """Writes the statements of one graph; an input without a name is called `unnamed`.

    No value takes a `reserved` name.
    """

    graph: Graph
    around: Surroundings
    unnamed: InitVar[str] = "x"
    reserved: InitVar[frozenset[str]] = frozenset()
    _variables: Variables = field(init=False)
    _lines: list[str] = field(default_factory=list)
    # Values that wait for the place where they are used, in the order they are computed.
    _waiting: dict[int, _Value] = field(default_factory=dict)
    # Tensors of children, which are written wherever they are used.
    _tensors: dict[int, Expr] = field(default_factory=dict)
    _shape_shown: str = ""
    _indent: int = field(init=False)
    # The numbers that the steps have in paths.
    _numbers: tuple[int, ...] = ()
    # The loop over modules that is being written.
    _walk: Walk = field(default_factory=Walk)

    def __post_init__(self, unnamed: str, reserved: frozenset[str]) -> None:
        texts = {child.key: self._child(child.key).text for child in self.graph.children}
        written = Written(texts=texts, alike=self._are_alike, constant=self.around.constant)
        self.graph, self._numbers = rolled(self.graph, written)
        called = {self.around.names[extern.target] for extern in functions_of(self.graph)}
        self._variables = Variables(self.graph, unnamed, reserved | called)
        self._indent = self.around.indent
        if self.graph.inputs:
            self._shape_shown = self.graph.inputs[0].type.dims()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the graph's inputs."""
        return self._variables.inputs

    def lines(self) -> list[str]:
        """The statements, ending with `return`."""
        for names, value in self._variables.read_sizes():
            self._write(f"{names} = ", Expr(value))
        for number, step in zip(self._numbers, self.graph.steps, strict=True):
            self._step((number,), step)
        self._return()
        return self._lines

    def _child(self, key: str) -> Child:
        child = self.around.child(key)
        text = self._walk.texts.get(key)
        return child if text is None else replace(child, text=text)

    def _are_alike(self, key: str, other: str) -> bool:
        """Whether two children are called alike."""
        return replace(self._child(key), text="") == replace(self._child(other), text="")

    # --- steps -------------------------------------------------------------------------------

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

    def _can_wait(self, step: Invoke | Compute) -> bool:
        """Whether the value may stand where it is used: used once, and without a name of its own.

        The last value is returned without it.
        """
        if len(step.results) != 1 or self._variables.left[step.results[0].id] != 1:
            return False
        if isinstance(step, Invoke):
            grouped_results = self._child(step.child).results is not None
        else:
            grouped_results = _splits(step)
        if grouped_results:
            return False
        slot = step.results[0]
        if slot.name is None:
            return True
        return step is self.graph.steps[-1] and self.graph.outputs == (Ref(slot.id),)

    def _readable(self, step: Invoke | Compute, inner: Sequence[_Value]) -> bool:
        """Whether a line stays readable when `step` is written around these values."""
        if max(value.calls for value in inner) >= MOST_CALLS:
            return False
        if isinstance(step, Compute):
            return True
        child = self._child(step.child)
        if any(value.ends_whole for value in inner):
            return False
        if child.main and any(value.has_main for value in inner):
            return False
        if child.whole and any(value.has_weightless for value in inner):
            return False
        return max(value.modules for value in inner) < MOST_MODULES

    def _value(self, path: Path, step: Invoke | Compute) -> _Value:
        reads: Counter[int] = Counter()
        inner = [self._waiting[ref] for ref in refs(step) if ref in self._waiting]
        made = _Value(
            Expr(""),
            reads,
            max((value.modules for value in inner), default=0),
            max((value.calls for value in inner), default=0),
            any(value.has_main for value in inner),
            any(value.has_weightless for value in inner),
        )
        arguments = [
            Argument(self._operand(operand, (*path, at), reads), holds_tensor(operand))
            for at, operand in enumerate(step.operands)
        ]
        if isinstance(step, Invoke):
            child = self._child(step.child)
            made.expr = _invoked(child, [argument.value for argument in arguments])
            made.modules += 1
            made.calls += 1
            made.has_main |= child.main
            made.has_weightless |= child.weightless
            made.ends_whole = child.whole
            return made
        keywords = [
            (
                checked(name),
                Argument(self._operand(value, (*path, name), reads), holds_tensor(value)),
            )
            for name, value in step.keywords
        ]
        device = Expr(f"{self.inputs[0]}.device") if self.inputs else None
        if step.extern is not None:
            made.expr = functions.called(self.around.names[step.function], arguments, keywords)
        else:
            made.expr = functions.computed(
                step.function, arguments, keywords, device, self.around.training
            )
        made.calls += not functions.is_operator(step.function)
        return made

    def _operand(self, operand: Operand, path: Path, reads: Counter[int]) -> Expr:
        match operand:
            case Spread():
                reads[operand.id] += 1
                return Expr(f"*{self._variables[operand.id]}")
            case Ref() if operand.id in self._tensors:
                return self._tensors[operand.id]
            case Ref():
                waiting = self._waiting.get(operand.id)
                if waiting is not None:
                    reads.update(waiting.reads)
                    return waiting.expr
                reads[operand.id] += 1
                return Expr(self._variables[operand.id])
            case Dim():
                size = measure(operand, [slot.type for slot in self.graph.inputs])
                return sizes.written(size, self._variables.sizes.__getitem__)
            case OperandSequence():
                items = [
                    self._operand(item, (*path, at), reads) for at, item in enumerate(operand.items)
                ]
                return layout.display("[", items, "]")
            case SliceOperand():
                lower, upper, step = (
                    None if end is None else self._operand(end, (*path, at), reads)
                    for at, end in enumerate((operand.lower, operand.upper, operand.step))
                )
                return layout.bounds(lower, upper, step)
            case EllipsisOperand():
                return Expr("...")
            case str() | None:
                return layout.literal(operand)
            case int() | float():
                return self._walk.numbers.get(path) or self.around.constant(path, operand)

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
            value = _Value(stacked, Counter(), calls=1)
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

    # --- statements --------------------------------------------------------------------------

    def _write_waiting(self, until: int | None = None) -> None:
        """Give each waiting value, before `until`, a statement in the order they are computed."""
        for slot_id, value in list(self._waiting.items()):
            if slot_id == until:
                return
            del self._waiting[slot_id]
            self._assign((self._variables.slots[slot_id],), value, None)

    def _assign(
        self, results: tuple[Slot, ...], value: _Value, step: Invoke | Compute | None
    ) -> None:
        first = next(iter(value.reads), None)
        self._variables.left.subtract(value.reads)
        if all(not self._variables.left[slot.id] for slot in results):
            # Nothing uses it: a module is run all the same, for what it counts or draws.
            if isinstance(step, Invoke):
                self._write("", value.expr)
            return
        targets: list[str] = []
        for slot in results:
            if self._variables.left[slot.id]:
                targets.append(self._variables.take(slot, first))
            else:
                targets.append("_")
        child = self._child(step.child) if isinstance(step, Invoke) else None
        text = grouped(child.results if child is not None else None, targets, "_")
        alone = len(results) == 1 and text == targets[0]
        comma = "," if len(results) == 1 and isinstance(step, Compute) and _splits(step) else ""
        self._write(f"{text}{comma} = ", value.expr, results[0] if alone else None)

    def _write(self, prefix: str, expr: Expr, shown: Slot | None = None) -> None:
        written = list(layout.lines(prefix, expr, self._indent))
        constant = shown is not None and shown.id not in self._walk.changing
        if shown is not None and constant and self.around.shapes and len(written) == 1:
            shape = checked_shape(shown.type.dims())
            if shape != self._shape_shown and len(written[0]) + 4 + len(shape) <= WIDTH:
                written = [f"{written[0]}  # {shape}"]
                self._shape_shown = shape
        self._lines.extend(written)

    def _return(self) -> None:
        outputs = [ref.id for ref in self.graph.outputs]
        waiting = [ref for ref in outputs if ref in self._waiting]
        if list(self._waiting) != waiting or len(set(waiting)) != len(waiting):
            self._write_waiting()
        texts = [self._operand(ref, (), Counter()) for ref in self.graph.outputs]
        if len(texts) == 1:
            self._write("return ", texts[0], self._variables.slots[outputs[0]])
            return
        line = f"return {', '.join(text.text for text in texts)}"
        if len(line) + self._indent > WIDTH and self._waiting:
            self._write_waiting()
            self._return()
            return
        self._lines.append(" " * self._indent + line)


def _invoked(child: Child, operands: list[Expr]) -> Expr:
    if child.inputs is None or isinstance(child.inputs, int) or len(operands) < 2:
        by_place = [operand for at, operand in enumerate(operands) if at not in child.named]
        by_name = [(name, operands[at]) for at, name in child.named.items() if at < len(operands)]
        return layout.call(child.text, by_place, by_name)
    texts = [operand.text for operand in operands]
    return layout.call(child.text, [Expr(grouped(child.inputs, texts, "None"))])


def _splits(step: Compute) -> bool:
    """Whether the function gives a tuple even of one."""
    return step.function in functions.TUPLES
