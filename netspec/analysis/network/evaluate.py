"""Expressions to values: arithmetic by the compiler where it can, steps of the graph where not.

Takes an expression and the frame it stands in; gives a `Value`. Mistakes go to the sink and become
`UNKNOWN`. Applying stages is the business of `stages.py`, reached through `pipe`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netspec.analysis import errors
from netspec.analysis.context import Context
from netspec.analysis.errors import externs
from netspec.analysis.errors.names import PYTHON_MODULES
from netspec.analysis.network.arithmetic import compare, compute
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.computed import FUNCTIONS, computed
from netspec.analysis.network.namespaces import namespace_of, not_in_file, owner
from netspec.analysis.network.operands import (
    ListTooLongError,
    is_constant,
    measured,
    operand,
    weight,
)
from netspec.analysis.network.refusals import Written, refusal_diagnostic
from netspec.analysis.network.values import (
    UNKNOWN,
    CatalogueName,
    Indexed,
    Inner,
    Instance,
    Namespace,
    Scope,
    Stage,
    Unknown,
    Value,
    describe,
)
from netspec.catalog import Entry, Need, Operation, Refusal, left_out, operators
from netspec.catalog.left_out_functions import FUNCTIONS as LEFT_OUT
from netspec.program.graph import Requirement
from netspec.source import Span
from netspec.syntax import tree
from netspec.syntax.operators import COMPARISONS
from netspec.syntax.walk import descend
from netspec.types import Dim

# What makes a tensor of a body's own.
STORED = frozenset({"Parameter", "Buffer"})

# Methods of torch's tensors whose function is called otherwise.
METHODS = {"T": "t", "view": "reshape"}


@dataclass(slots=True, eq=False)
class Frame:
    """Where an expression stands: its scope, the graph it adds to, and the flow's current value.

    Without a graph only compile-time values can be made.
    """

    scope: Scope
    graph: GraphBuilder | None = None
    current: Value = UNKNOWN


class Expressions(ABC):
    """Evaluates expressions; applied stages are left to the subclass."""

    # Whether a loss may stand here, as it may in `train`.
    KNOWS_LOSSES = False

    def __init__(self, context: Context) -> None:
        self.context = context

    @abstractmethod
    def pipe(self, expression: tree.Pipe | tree.Labelled | tree.Inline, frame: Frame) -> Value:
        """The value of a flow."""

    @abstractmethod
    def is_stage(self, expression: tree.Expr, frame: Frame) -> bool:
        """Whether the expression is a stage, to be applied, rather than a value."""

    @abstractmethod
    def apply_function(
        self, entry: Entry, call: tree.Expr, flow: Sequence[Value], frame: Frame
    ) -> Value:
        """The value of a function, what flows in first; `call` may be its bare name."""

    @abstractmethod
    def subscript(self, expression: tree.Subscript, frame: Frame) -> Value:
        """The value of `value[items]`."""

    @abstractmethod
    def stored(self, expression: tree.Expr, frame: Frame) -> Value:
        """The tensor that `label: Parameter(...)` or `label: Buffer(...)` makes."""

    @abstractmethod
    def tensor_of(self, instance: Instance, expression: tree.Expr, frame: Frame) -> Value:
        """The stored tensor that a label names; another instance as it is."""

    @abstractmethod
    def part_of(
        self, around: Instance | Inner, expression: tree.Attribute | tree.Subscript, frame: Frame
    ) -> Value:
        """The tensor, or the module, of that name or number below a labelled one."""

    def is_stored(self, expression: tree.Expr, frame: Frame) -> bool:
        """Whether the expression makes a stored tensor, with a label or without."""
        match expression:
            case tree.Labelled(stage=stage):
                return self.is_stored(stage, frame)
            case tree.Call(func=func):
                return self.is_stored(func, frame)
            case tree.Name(id=name):
                return name in STORED and not frame.scope.has(name)
            case _:
                return False

    # --- entry points ------------------------------------------------------------------------

    def evaluate(self, expression: tree.Expr, frame: Frame) -> Value:
        """The value of any expression."""
        if not self.context.evaluate(expression.span):
            return UNKNOWN
        if self.is_stored(expression, frame):
            return self.stored(expression, frame)
        match expression:
            case tree.Number() | tree.Text() | tree.Constant():
                return expression.value
            case tree.Name():
                return self._name(expression, frame)
            case tree.ListDisplay() | tree.TupleDisplay():
                return self._items(expression, frame)
            case tree.Unary():
                return self._unary(expression, frame)
            case tree.Binary():
                return self._binary(expression, frame)
            case tree.Conditional():
                test = self.truth(expression.test, frame)
                if test is None:
                    return UNKNOWN
                return self.evaluate(expression.then if test else expression.otherwise, frame)
            case tree.Call():
                return self._call(expression, frame)
            case tree.Subscript():
                return self.subscript(expression, frame)
            case tree.Attribute():
                return self._attribute(expression, frame)
            case tree.Pipe() | tree.Labelled() | tree.Inline():
                if self.is_stage(expression, frame):
                    return self._stage(expression, frame)
                return self.pipe(expression, frame)

    def _stage(self, expression: tree.Expr, frame: Frame) -> Stage:
        """A stage for later, its names standing for what they stand for now."""
        nodes = list(descend(expression))
        self.context.evaluate(expression.span, len(nodes))
        named = {node.id for node in nodes if isinstance(node, tree.Name)}
        known = {name: frame.scope.find(name) for name in named}
        now = {name: bound for name, bound in known.items() if bound is not None}
        return Stage(expression, Scope(frame.scope, now), len(self.context.calls))

    def constant(self, expression: tree.Expr, frame: Frame) -> Value:
        """A compile-time value: a literal, a size, or a list of them; anything else is reported."""
        value = self.evaluate(expression, frame)
        if is_constant(value) or isinstance(value, Unknown):
            return value
        self.context.report(errors.not_constant(expression.span, describe(value)))
        return UNKNOWN

    def integer(self, expression: tree.Expr, frame: Frame, what: str) -> int | None:
        """A known integer, or None with a report."""
        value = self.constant(expression, frame)
        if isinstance(value, Dim) and value.value is not None:
            return value.value
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if not isinstance(value, Unknown):
            self.context.report(errors.not_integer(expression.span, what, describe(value)))
        return None

    def truth(self, expression: tree.Expr, frame: Frame) -> bool | None:
        """A compile-time condition, or None with a report."""
        value = self.constant(expression, frame)
        if isinstance(value, Unknown):
            return None
        if isinstance(value, bool):
            return value
        self.context.report(errors.not_condition(expression.span, describe(value)))
        return None

    # --- names and displays ------------------------------------------------------------------

    def _name(self, name: tree.Name, frame: Frame) -> Value:
        bound = frame.scope.find(name.id)
        if bound is not None:
            value = bound.value
            if isinstance(value, Indexed):
                self.context.report(errors.index_missing(name.span, name.id, labels=value.labels))
                return UNKNOWN
            if isinstance(value, Instance):
                return self.tensor_of(value, name, frame)
            return self._no_file(value, name)
        found = self.catalogue_name(name.id)
        if found is not None:
            return found
        self.context.report(self.unknown_name(name, frame))
        frame.scope.absorb(name.id, name.span)
        return UNKNOWN

    def catalogue_name(self, name: str) -> CatalogueName | None:
        """The layer or function of that name."""
        for kind in ("layer", "function"):
            entry = self.context.catalog.find(kind, name)
            if entry is not None:
                return CatalogueName(entry)
        return None

    def unknown_name(self, name: tree.Name, frame: Frame) -> Any:
        """The report for a name that nothing here has, near misses from all that could stand."""
        catalog = self.context.catalog
        candidates: set[str] = set()
        advises = self.context.advises
        if advises:
            candidates.update(frame.scope.visible())
            candidates.update(catalog.names("layer"), catalog.names("function"))
            self.context.advised += len(candidates)
        candidates.update(FUNCTIONS)
        if catalog.find("loss", name.id) is not None:
            return errors.loss_in_model(name.span, name.id)
        if name.id in LEFT_OUT:
            return errors.function_left_out(name.span, name.id, LEFT_OUT[name.id])
        if name.id in FUNCTIONS:
            called = f"call it: `{name.id}(...)`"
            return errors.not_computed(name.span, f"`{name.id}` is a function", called)
        declared = self.context.declared.get((name.span.source, name.id))
        if declared is not None:
            return errors.unknown_name(name.span, name.id, (), declared)
        other = owner(name.id, frame.scope) if advises else None
        if other is not None:
            return errors.in_imported_file(name.span, name.id, f"{other}.{name.id}")
        if name.id[:1].isupper() and name.id not in PYTHON_MODULES:
            reason = left_out.LAYERS.get(name.id) or left_out.LOSSES.get(name.id)
            return errors.unknown_layer(name.span, name.id, sorted(candidates), reason)
        return errors.unknown_name(name.span, name.id, sorted(candidates))

    def _items(self, display: tree.ListDisplay | tree.TupleDisplay, frame: Frame) -> Value:
        values = tuple(self.evaluate(item, frame) for item in display.items)
        try:
            held = measured(values)
        except ListTooLongError as long:
            self.context.report(errors.too_long(display.span, "list", long.limit, deep=long.deep))
            return UNKNOWN
        if not self.context.evaluate(display.span, held):
            return UNKNOWN
        return UNKNOWN if any(isinstance(value, Unknown) for value in values) else values

    # --- operators ---------------------------------------------------------------------------

    def _unary(self, expression: tree.Unary, frame: Frame) -> Value:
        if expression.op == "not":
            truth = self.truth(expression.operand, frame)
            return UNKNOWN if truth is None else not truth
        value = self.evaluate(expression.operand, frame)
        if isinstance(value, bool):
            self.context.report(errors.not_number(expression.operand.span, "-", describe(value)))
            return UNKNOWN
        if isinstance(value, int | float | Dim):
            return -value
        if isinstance(value, Tensor):
            outcome = operators.negate(value.type)
            return self._operator(
                "neg", expression.span, (expression.operand,), (value,), outcome, frame
            )
        if not isinstance(value, Unknown):
            self.context.report(errors.not_number(expression.operand.span, "-", describe(value)))
        return UNKNOWN

    def _binary(self, expression: tree.Binary, frame: Frame) -> Value:
        if expression.op in {"and", "or"}:
            left_truth = self.truth(expression.left, frame)
            if left_truth is None:
                return UNKNOWN
            if left_truth == (expression.op == "or"):
                return left_truth
            right_truth = self.truth(expression.right, frame)
            return UNKNOWN if right_truth is None else right_truth
        left = self.evaluate(expression.left, frame)
        right = self.evaluate(expression.right, frame)
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return UNKNOWN
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self.tensor_binary(expression, left, right, frame)
        if not self.context.evaluate(expression.span, weight(left) + weight(right)):
            return UNKNOWN
        if expression.op in COMPARISONS:
            return compare(expression, left, right, self.context.report)
        return compute(expression, left, right, self.context.report)

    def tensor_binary(
        self, expression: tree.Binary, left: Value, right: Value, frame: Frame
    ) -> Value:
        """The value of an operator of which one side at least is a tensor."""
        for side, value in ((expression.left, left), (expression.right, right)):
            if not isinstance(value, Tensor | int | float | Dim) or isinstance(value, bool):
                self.context.report(errors.not_number(side.span, expression.op, describe(value)))
                return UNKNOWN
        outcome = operators.apply(expression.op, typed(left), typed(right))
        parts = (expression.left, expression.right)
        return self._operator(expression.op, expression.span, parts, (left, right), outcome, frame)

    def _operator(
        self,
        op: str,
        span: Span,
        parts: Sequence[tree.Expr],
        values: Sequence[Value],
        outcome: Operation | Refusal,
        frame: Frame,
    ) -> Value:
        if isinstance(outcome, Refusal):
            self.refuse(outcome, Written(span=span, args=tuple(parts)), values)
            return UNKNOWN
        graph = self.graph_of(frame, span)
        if graph is None or not self.context.expand(span):
            return UNKNOWN
        self.require(outcome.requirements, span)
        operands = [operand(value, graph) for value in values]
        return graph.compute(op, operands, (outcome.type,), span)[0]

    # --- calls, subscripts, attributes -------------------------------------------------------

    def _call(self, call: tree.Call, frame: Frame) -> Value:
        if self.is_stage(call, frame):
            return self._stage(call, frame)
        name = call.func.id if isinstance(call.func, tree.Name) else ""
        if name in FUNCTIONS and not frame.scope.has(name) and self.catalogue_name(name) is None:
            values = [self.evaluate(argument, frame) for argument in call.args]
            named = {k.name.id: self.evaluate(k.value, frame) for k in call.keywords}
            value = computed(name, values, named, call.span, self.context.report)
            looked_at = sum(weight(given) for given in (*values, value))
            return value if self.context.evaluate(call.span, looked_at) else UNKNOWN
        target = self.evaluate(call.func, frame)
        if isinstance(target, Unknown):
            # What torch's own form `x.view(B, 2)` would be given is part of the same mistake.
            arguments = () if isinstance(call.func, tree.Attribute) else call.args
            for argument in (*arguments, *(keyword.value for keyword in call.keywords)):
                self.evaluate(argument, frame)
            return UNKNOWN
        if isinstance(target, CatalogueName):
            return self.apply_function(target.entry, call, (), frame)
        self.context.report(errors.not_callable(call.func.span, describe(target)))
        return UNKNOWN

    def _attribute(self, expression: tree.Attribute, frame: Frame) -> Value:
        file = namespace_of(expression.value, frame.scope)
        if file is not None:
            return self._of_file(file, expression)
        value = self.evaluate(expression.value, frame)
        if isinstance(value, Instance | Inner):
            return self.part_of(value, expression, frame)
        if not isinstance(value, Unknown):
            name = expression.name
            method = METHODS.get(name.id, name.id)
            function = self.context.catalog.find("function", method)
            self.context.report(
                errors.no_attribute(
                    name.span, name.id, describe(value), method if function is not None else None
                )
            )
        return UNKNOWN

    def _of_file(self, file: Namespace, expression: tree.Attribute) -> Value:
        """What an imported file has under a name."""
        name = expression.name.id
        if not file.has(name):
            catalogued = self.catalogue_name(name) is not None
            imported = self.context.imported
            self.context.report(not_in_file(file, expression, imported, catalogued=catalogued))
            return UNKNOWN
        value = file.member(name)
        declared = file.externs.get(name)
        if declared is not None and not (declared.entry.kind == "loss" and self.KNOWS_LOSSES):
            span, kind = expression.span, declared.entry.kind
            misplaced = externs.extern_misplaced(span, kind, span.text)
            of_loss = errors.loss_in_model(span, span.text)
            self.context.report(of_loss if kind == "loss" else misplaced)
            return UNKNOWN
        return self._no_file(value, expression)

    def _no_file(self, value: Value, expression: tree.Expr) -> Value:
        """A name's value; a file is none, which is reported."""
        if isinstance(value, Namespace):
            span = expression.span
            self.context.report(errors.file_as_value(span, span.text, value.members()))
            return UNKNOWN
        return value

    # --- for stages too ----------------------------------------------------------------------

    def graph_of(self, frame: Frame, span: Span) -> GraphBuilder | None:
        """The graph that tensors are computed in; without one, a report."""
        if frame.graph is None:
            self.context.report(errors.not_constant(span, "a computation on tensors"))
        return frame.graph

    def require(self, needs: Sequence[Need], span: Span) -> None:
        """Keep what must hold of sizes not known yet."""
        self.context.requirements.extend(
            Requirement(
                left=need.left, right=need.right, relation=need.relation, span=span, text=need.text
            )
            for need in needs
        )

    def refuse(
        self,
        refusal: Refusal,
        call: Written,
        values: Sequence[Value] = (),
    ) -> None:
        """Report what the catalogue refused, with the places of the values at fault."""
        self.context.report(refusal_diagnostic(refusal, call, values))


def typed(value: Value) -> Any:
    """What the catalogue sees of a value: a tensor's type, constants as they are."""
    if isinstance(value, Tensor):
        return value.type
    if isinstance(value, tuple):
        return tuple(typed(item) for item in value)
    return value
