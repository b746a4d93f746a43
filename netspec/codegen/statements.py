"""Values and statements of a graph as Python, in the words of the spec.

A value without a name that is used once stands where it is used, as long as the line stays
readable and nothing is computed in another order than the graph says. Other values without a name
take the name of the flow they belong to (`x = self.conv1(x)`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field, replace

from netspec.codegen import functions, layout, sizes
from netspec.codegen.constructors import grouped
from netspec.codegen.functions import Argument
from netspec.codegen.layout import WIDTH, Expr
from netspec.codegen.names import checked, checked_shape
from netspec.codegen.operands import Single, operand
from netspec.codegen.plans import Path
from netspec.codegen.rolling import Spread, rolled
from netspec.codegen.rounds import Written
from netspec.codegen.surroundings import Child, Surroundings
from netspec.codegen.user_names import functions_of
from netspec.codegen.variables import Variables
from netspec.codegen.walking import Walk
from netspec.program.graph import (
    Compute,
    Graph,
    Invoke,
    Operand,
    Ref,
    Slot,
)
from netspec.program.operands import holds_tensor, refs
from netspec.types import Dim
from netspec.types.measures import measure

# Calls of modules that may stand inside one another, and calls of any kind.
MOST_MODULES = 3
MOST_CALLS = 4


@dataclass(slots=True)
class Value:
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
    _waiting: dict[int, Value] = field(default_factory=dict)
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

    def _child(self, key: str) -> Child:
        child = self.around.child(key)
        text = self._walk.texts.get(key)
        return child if text is None else replace(child, text=text)

    def _are_alike(self, key: str, other: str) -> bool:
        """Whether two children are called alike."""
        return replace(self._child(key), text="") == replace(self._child(other), text="")

    # --- values ------------------------------------------------------------------------------

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

    def _readable(self, step: Invoke | Compute, inner: Sequence[Value]) -> bool:
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

    def _value(self, path: Path, step: Invoke | Compute) -> Value:
        reads: Counter[int] = Counter()
        inner = [self._waiting[ref] for ref in refs(step) if ref in self._waiting]
        made = Value(
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

    def _operand(self, given: Operand, path: Path, reads: Counter[int]) -> Expr:
        def single(one: Single, path: Path) -> Expr:
            match one:
                case Spread():
                    reads[one.id] += 1
                    return Expr(f"*{self._variables[one.id]}")
                case Ref() if one.id in self._tensors:
                    return self._tensors[one.id]
                case Ref():
                    waiting = self._waiting.get(one.id)
                    if waiting is not None:
                        reads.update(waiting.reads)
                        return waiting.expr
                    reads[one.id] += 1
                    return Expr(self._variables[one.id])
                case Dim():
                    size = measure(one, [slot.type for slot in self.graph.inputs])
                    return sizes.written(size, self._variables.sizes.__getitem__)
                case _:
                    return self._walk.numbers.get(path) or self.around.constant(path, one)

        return operand(given, path, single)

    # --- statements --------------------------------------------------------------------------

    def _write_waiting(self, until: int | None = None) -> None:
        """Give each waiting value, before `until`, a statement in the order they are computed."""
        for slot_id, value in list(self._waiting.items()):
            if slot_id == until:
                return
            del self._waiting[slot_id]
            self._assign((self._variables.slots[slot_id],), value, None)

    def _assign(
        self, results: tuple[Slot, ...], value: Value, step: Invoke | Compute | None
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
