"""Calls of functions: their operands as torch takes them, and a step of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.analysis import errors
from netspec.analysis.inspection import extern_of, weigh
from netspec.analysis.network import numbers
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.computed import FUNCTIONS, computed
from netspec.analysis.network.evaluate import Expressions, Frame, typed
from netspec.analysis.network.operands import is_constant, literal, operand, parts, weight
from netspec.analysis.network.refusals import written
from netspec.analysis.network.values import UNKNOWN, Unknown, Value, describe
from netspec.catalog import Application, Entry, Refusal
from netspec.catalog.kinds import REAL, UNIT, accepts
from netspec.diagnostics import Label
from netspec.program.externs import Extern
from netspec.syntax import tree

# What a loss compares with, in the words of its declaration: numbers, whatever they are kept as.
COMPARED = frozenset({"target", "fraction", "sign"})
# Functions that torch takes numbers of by place alone.
BY_PLACE = frozenset({"where"})
# Operands that torch finds no gradient for, and refuses where one is wanted.
WITHOUT_GRADIENT = {"soft_margin_loss": 1, "SoftMarginLoss": 1}


class Calls(Expressions):
    """Evaluates calls of functions."""

    def apply_function(
        self, entry: Entry, call: tree.Expr, flow: Sequence[Value], frame: Frame
    ) -> Value:
        """Apply a function, the flowing values first; `call` may be its bare name."""
        args = call.args if isinstance(call, tree.Call) else ()
        keywords = call.keywords if isinstance(call, tree.Call) else ()
        given = (*flow, *(self.evaluate(arg, frame) for arg in args))
        positional: tuple[Value, ...] = entry.gather(given, lambda items: items)
        named = {keyword.name.id: self.evaluate(keyword.value, frame) for keyword in keywords}
        if any(isinstance(part, Unknown) for part in parts((*positional, *named.values()))):
            return UNKNOWN
        held = sum(weight(value) for value in (*positional, *named.values()))
        if not self.context.evaluate(call.span, held):
            return UNKNOWN
        if not self._are_operands(
            entry, (*args, *(k.value for k in keywords)), named, given[len(flow) :]
        ):
            return UNKNOWN
        if not named and numbers.are_numbers(entry.name, positional):
            return numbers.computed(entry.name, positional, call.span, self.context.report)
        if entry.name in FUNCTIONS and given and all(map(is_constant, (*given, *named.values()))):
            # Of lists it is Python's: `max(widths)`.
            return computed(entry.name, given, named, call.span, self.context.report)
        led = _led_by_tensors(entry, positional, named)
        aligned = self.aligned(entry, call, led, frame)
        if aligned is None:
            return UNKNOWN
        positional = aligned
        outcome = entry.apply_function(
            [typed(value) for value in positional],
            {name: typed(value) for name, value in named.items()},
        )
        if isinstance(outcome, Refusal):
            self.refuse(outcome, written(call, entry, flow), (*positional, *named.values()))
            return UNKNOWN
        if self._wants_no_gradient(entry, call, positional):
            return UNKNOWN
        graph = self.graph_of(frame, call.span)
        if graph is None or not self.context.expand(call.span, len(outcome.outputs)):
            return UNKNOWN
        self.require(outcome.requirements, call.span)
        extern = extern_of(entry, self.context)
        if extern is not None:
            tensors = [value for value in positional if isinstance(value, Tensor)]
            return self._apply_users(entry, extern, outcome, tensors, call, graph)
        # torch has arguments that may be left away and may not be None.
        named = {name: value for name, value in named.items() if value is not None}
        results = graph.compute(
            entry.name,
            [operand(value, graph) for value in positional],
            outcome.outputs,
            call.span,
            [(name, operand(value, graph)) for name, value in (*named.items(), *outcome.implied)],
        )
        return results[0] if len(results) == 1 else tuple(results)

    def _apply_users(
        self,
        entry: Entry,
        extern: Extern,
        outcome: Application,
        tensors: Sequence[Tensor],
        call: tree.Expr,
        graph: GraphBuilder,
    ) -> Value:
        """Apply a function of the user's: its tensors by place, its arguments by name."""
        weigh(entry, outcome, [tensor.type for tensor in tensors], call.span, self.context)
        named = [(name, operand(literal(value), graph)) for name, value in outcome.implied]
        results = graph.compute(
            extern.target,
            [graph.ref(tensor) for tensor in tensors],
            outcome.outputs,
            call.span,
            named,
            extern,
        )
        return results[0] if len(results) == 1 else tuple(results)

    def _wants_no_gradient(
        self, entry: Entry, call: tree.Expr, positional: Sequence[Value]
    ) -> bool:
        """Whether an operand is learned that torch finds no gradient for, which is reported."""
        place = WITHOUT_GRADIENT.get(entry.name, len(positional))
        value = positional[place] if place < len(positional) else None
        if not isinstance(value, Tensor) or not value.learns:
            return False
        assert entry.signature is not None
        name = entry.arguments[place].name
        message = f"`{name}` of `{entry.name}` hangs on what is learned, and has no gradient"
        came = (Label(value.slot.span, f"`{value.type}` comes from here"),)
        self.context.report(
            errors.argument_value(call.span, message, also=came, help="let it end in `-> detach`")
        )
        return True

    def aligned(
        self, entry: Entry, call: tree.Expr, positional: tuple[Value, ...], frame: Frame
    ) -> tuple[Value, ...] | None:
        """The operands of a function as it takes them; a loss looks at some in another shape.

        None when they cannot be looked at so, which is reported.
        """
        if entry.kind != "function" or frame.graph is None:
            return positional
        return self.comparable(entry, call, positional, frame.graph)

    def comparable(
        self, entry: Entry, call: tree.Expr, values: Sequence[Value], graph: GraphBuilder
    ) -> tuple[Value, ...]:
        """What a loss compares, truth values and integers as the floats that torch wants there."""
        patterns = () if entry.signature is None else entry.signature.inputs
        made = list(values)
        for place, (value, pattern) in enumerate(zip(values, patterns, strict=False)):
            wanted = "" if pattern.kind is None else pattern.kind.id
            if not isinstance(value, Tensor) or value.type.kind.is_float:
                continue
            if wanted in COMPARED and accepts(wanted, value.type.kind):
                made[place] = self.as_floats(value, wanted, call, graph)
        return tuple(made)

    def as_floats(self, value: Tensor, wanted: str, call: tree.Expr, graph: GraphBuilder) -> Tensor:
        """Truth values or integers as floats."""
        kind = value.type.kind
        two = kind.name == "bool" or (kind.size is not None and kind.size.value == 2)
        real = value.type.with_kind(UNIT if two and wanted != "sign" else REAL)
        return graph.compute("float", (graph.ref(value),), (real,), call.span)[0]

    def _are_operands(
        self,
        entry: Entry,
        places: Sequence[tree.Expr],
        named: Mapping[str, Value],
        positional: Sequence[Value],
    ) -> bool:
        """Whether a function's arguments are tensors and constants; what is not is reported."""
        for place, value in zip(places, (*positional, *named.values()), strict=False):
            wrong = [p for p in parts(value) if not (isinstance(p, Tensor) or is_constant(p))]
            if wrong:
                message = f"`{entry.name}` takes tensors and constants, not {describe(wrong[0])}"
                self.context.report(errors.argument_type(place.span, message))
                return False
        return True


def _led_by_tensors(
    entry: Entry, positional: tuple[Value, ...], named: dict[str, Value]
) -> tuple[Value, ...]:
    """The operands with tensors given by name at their places; those leave `named`."""
    for argument in entry.arguments[len(positional) :]:
        given = named.get(argument.name)
        of_tensors = argument.types in {("tensor",), ("tensors",)}
        leads = of_tensors and isinstance(given, Tensor | tuple)
        if given is None or not (leads or entry.name in BY_PLACE):
            break
        positional = (*positional, named.pop(argument.name))
    return positional
