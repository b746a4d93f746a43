"""Applying stages: layers, blocks, containers and labelled instances, each to what flows in.

Takes a stage expression, the flowing values and the frame; adds children and steps to the frame's
graph and gives the resulting value.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from netspec.analysis import errors
from netspec.analysis.context import Context
from netspec.analysis.inspection import extern_of, weigh
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.namespaces import is_stage_of_file
from netspec.analysis.network.operands import is_constant, literal, parts, weight
from netspec.analysis.network.refusals import written
from netspec.analysis.network.subscripts import Subscripts
from netspec.analysis.network.values import (
    UNKNOWN,
    Block,
    CatalogueName,
    Indexed,
    Instance,
    Scope,
    Stage,
    Unknown,
    Value,
    describe,
)
from netspec.catalog import Application, Bound, Entry, Refusal
from netspec.catalog import Value as Constant
from netspec.program.graph import Layer, Module, Stored, Weight
from netspec.program.reserved import is_reserved
from netspec.source import Span
from netspec.syntax import tree


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """How an instance was made, to check a second use of it."""

    entry: Entry | None
    bound: Bound | None
    expression: tree.Expr
    frame: Frame


class Stages(Subscripts):
    """Applies stages; running the statements of a body is left to the subclass."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.recipes: dict[tuple[GraphBuilder, int], Recipe] = {}

    @abstractmethod
    def run(self, body: tree.Body, frame: Frame) -> tuple[Value, ...]:
        """Run a body's statements in `frame`; the values that it gives."""

    @abstractmethod
    def declared_inputs(self, definition: tree.Definition) -> tuple[tree.Input, ...]:
        """The `input` statements of a block."""

    @abstractmethod
    def bind_input(self, declared: tree.Input, tensor: Tensor, frame: Frame, origin: Span) -> bool:
        """Bind an input's name and the names of its dimensions; False when they do not fit."""

    @abstractmethod
    def block(
        self, block: Block, stage: tree.Expr, flow: Value, frame: Frame, label: tree.Name | None
    ) -> Value:
        """Apply a block."""

    @abstractmethod
    def container(
        self, stage: tree.Pipe | tree.Inline, flow: Value, frame: Frame, label: tree.Name
    ) -> Value:
        """Apply a labelled container."""

    @abstractmethod
    def passed(
        self, passed: Stage, stage: tree.Expr, flow: Value, frame: Frame, label: tree.Name | None
    ) -> Value:
        """Apply a stage that came as an argument."""

    @abstractmethod
    def again(
        self,
        instance: Instance,
        stage: tree.Expr,
        flow: Value,
        frame: Frame,
        label: tree.Name | None,
    ) -> Value:
        """Apply a labelled stage once more."""

    # --- what is a stage ---------------------------------------------------------------------

    def is_stage(self, expression: tree.Expr, frame: Frame) -> bool:
        """Whether the expression is a stage, to be applied, rather than a value."""
        if self.is_stored(expression, frame):
            return False
        match expression:
            case tree.Labelled() | tree.Inline():
                return True
            case tree.Pipe():
                return self.is_stage(expression.stages[0], frame)
            case tree.Conditional():
                either = (expression.then, expression.otherwise)
                return any(self.is_stage(choice, frame) for choice in either)
            case tree.Call():
                return self.is_stage(expression.func, frame)
            case tree.Name():
                bound = frame.scope.find(expression.id)
                if bound is not None:
                    return is_layer(bound.value)
                if self.context.catalog.find("layer", expression.id) is not None:
                    return True
                known = self.context.catalog.find("function", expression.id) is not None
                return not known and expression.id[:1].isupper()
            case tree.Attribute():
                return is_stage_of_file(expression, frame.scope)
            case tree.Subscript(value=tree.Name() as name):
                return self._holds_stages(name, frame)
            case _:
                return False

    def _holds_stages(self, name: tree.Name, frame: Frame) -> bool:
        """Whether a name is bound to a list of stages, or is a label with indices."""
        bound = frame.scope.find(name.id)
        held = bound.value if bound is not None else None
        if isinstance(held, Indexed):
            return held.labels
        return (
            isinstance(held, tuple) and bool(held) and all(is_layer(item) for item in parts(held))
        )

    def is_absent(self, expression: tree.Expr, frame: Frame) -> bool:
        """Whether it is written as a stage, `norm` or `norm(8)`, where `norm` is `none`."""
        named = expression.func if isinstance(expression, tree.Call) else expression
        if not isinstance(named, tree.Name):
            return False
        bound = frame.scope.find(named.id)
        return bound is not None and bound.value is None

    def pipe(self, expression: tree.Pipe | tree.Labelled | tree.Inline, frame: Frame) -> Value:
        """The value of a flow: its head, or the current value, through each stage in turn."""
        stages = expression.stages if isinstance(expression, tree.Pipe) else (expression,)
        if self.is_stage(stages[0], frame) or self.is_absent(stages[0], frame):
            value = frame.current
            if not self._flows(value, stages[0].span):
                value = UNKNOWN
        else:
            value = self.evaluate(stages[0], frame)
            stages = stages[1:]
            if frame.graph is not None:
                frame.graph.counted = False
        for stage in stages:
            value = self.apply(stage, value, frame)
        return value

    def _flows(self, value: Value, span: Span) -> bool:
        if value is None:
            self.context.report(errors.nothing_flows(span))
            return False
        return True

    # --- applying ----------------------------------------------------------------------------

    def apply(
        self, stage: tree.Expr, flow: Value, frame: Frame, label: tree.Name | None = None
    ) -> Value:
        """Apply one stage to what flows in."""
        if not self.context.expand(stage.span):
            return UNKNOWN
        match stage:
            case tree.Labelled() if self.is_stored(stage, frame):
                value = self.evaluate(stage, frame)
                return self.apply_target(value, stage, flow, frame, None)
            case tree.Labelled():
                named = self.keyed(stage.label, stage.index, frame)
                if named is None:
                    return UNKNOWN
                value = self.apply(stage.stage, flow, frame, named)
                if isinstance(value, Unknown) and not _is_bound(frame.scope, named):
                    bind_own(frame.scope, named, UNKNOWN)
                return value
            case tree.Inline():
                if label is None:
                    inner = Frame(Scope(frame.scope), frame.graph, flow)
                    values = self.run(stage.body, inner)
                    rebind(inner.scope, {}, frame.scope)
                    return joined(values)
                return self.container(stage, flow, frame, label)
            case tree.Pipe():
                if label is not None:
                    return self.container(stage, flow, frame, label)
                for part in stage.stages:
                    flow = self.apply(part, flow, frame)
                return flow
            case tree.Conditional():
                test = self.truth(stage.test, frame)
                if test is None:
                    return UNKNOWN
                return self.apply(stage.then if test else stage.otherwise, flow, frame, label)
            case tree.Name():
                return self.apply_target(self.evaluate(stage, frame), stage, flow, frame, label)
            case tree.Call():
                target = self.evaluate(stage.func, frame)
                return self.apply_target(target, stage, flow, frame, label)
            case _:
                value = self.evaluate(stage, frame)
                return self.apply_target(value, stage, flow, frame, label)

    def apply_target(
        self,
        target: Value,
        stage: tree.Expr,
        flow: Value,
        frame: Frame,
        label: tree.Name | None,
    ) -> Value:
        """Apply what a stage stands for; `none` stands for no layer."""
        match target:
            case CatalogueName(entry) if entry.kind == "layer":
                return self.layer(entry, stage, flow, frame, label)
            case CatalogueName(entry):
                if label is not None:
                    self.context.report(errors.label_on_function(label.span, label.id, entry.name))
                return self.apply_function(entry, stage, flattened(flow), frame)
            case Block():
                return self.block(target, stage, flow, frame, label)
            case Instance():
                return self.again(target, stage, flow, frame, label)
            case Stage():
                return self.passed(target, stage, flow, frame, label)
            case None:
                return self._absent(stage, flow, frame, label)
            case Unknown():
                self.stage_arguments(stage, frame)
                return UNKNOWN
            case _:
                self.context.report(errors.not_a_stage(stage.span, describe(target)))
                return UNKNOWN

    def _absent(
        self, stage: tree.Expr, flow: Value, frame: Frame, label: tree.Name | None
    ) -> Value:
        """No layer: what flows in goes on, and a label stands for no layer too."""
        self.stage_arguments(stage, frame)
        if label is not None:
            if frame.graph is not None:
                frame.graph.counted = False
            bind_own(frame.scope, label, None)
        return flow

    def stage_arguments(
        self, stage: tree.Expr, frame: Frame
    ) -> tuple[tuple[Value, ...], dict[str, Value]] | None:
        """The arguments of a stage, or None when one of them was reported."""
        if not isinstance(stage, tree.Call):
            return (), {}
        positional = tuple(self.evaluate(arg, frame) for arg in stage.args)
        named: dict[str, Value] = {}
        for keyword in stage.keywords:
            named[keyword.name.id] = self.evaluate(keyword.value, frame)
        given = (*positional, *named.values())
        faulty = any(isinstance(v, Unknown) for v in given)
        faulty = not self.context.evaluate(stage.span, sum(map(weight, given))) or faulty
        return None if faulty else (positional, named)

    # --- layers ------------------------------------------------------------------------------

    def layer(
        self, entry: Entry, stage: tree.Expr, flow: Value, frame: Frame, label: tree.Name | None
    ) -> Value:
        """Apply a layer."""
        arguments = self.stage_arguments(stage, frame)
        if arguments is None:
            return UNKNOWN
        args = stage.args if isinstance(stage, tree.Call) else ()
        keywords = stage.keywords if isinstance(stage, tree.Call) else ()
        for place, value in zip(
            (*args, *(k.value for k in keywords)),
            (*arguments[0], *arguments[1].values()),
            strict=True,
        ):
            wrong = [part for part in parts(value) if not is_constant(part)]
            if wrong:
                advice = f"a value stands before the layer: `{place.span.text} -> {entry.name}`"
                flows = advice if isinstance(value, Tensor) else None
                self.context.report(errors.not_constant(place.span, describe(wrong[0]), flows))
                return UNKNOWN
        inputs = self.tensors(flow, stage.span)
        bound = entry.bind(
            cast(tuple[Constant, ...], arguments[0]),
            cast(dict[str, Constant], arguments[1]),
            [tensor.type for tensor in inputs or ()],
        )
        if isinstance(bound, Refusal):
            self.refuse(bound, written(stage, entry))
            return UNKNOWN
        if inputs is None or frame.graph is None:
            return UNKNOWN
        outcome = entry.apply(bound, [tensor.type for tensor in inputs])
        if isinstance(outcome, Refusal):
            self.refuse(outcome, written(stage, entry), inputs)
            return UNKNOWN
        child = self.add_layer(entry, outcome, inputs, stage.span, frame, label)
        if child is None:
            return UNKNOWN
        self.remember(frame, child, label, Recipe(entry, bound, stage, frame))
        self.require(outcome.requirements, stage.span)
        operands = [frame.graph.ref(tensor) for tensor in inputs]
        return joined(frame.graph.invoke(child, operands, outcome.outputs, stage.span))

    def add_layer(
        self,
        entry: Entry,
        outcome: Application,
        inputs: Sequence[Tensor],
        span: Span,
        frame: Frame,
        label: tree.Name | None,
    ) -> int | None:
        """Add a layer within the limits."""
        extern = extern_of(entry, self.context)
        weights: tuple[Weight, ...] | None
        if extern is None:
            weights = tuple(
                Weight(name=name, shape=shape, learned=learns)
                for name, shape, learns in outcome.weights
            )
        else:
            given = [tensor.type for tensor in inputs]
            weights = weigh(entry, outcome, given, span, self.context)
        layer = Layer(
            span=span,
            name=entry.name,
            target=entry.target,
            arguments=tuple((name, literal(value)) for name, value in outcome.arguments.items()),
            weights=weights or (),
            extern=extern,
            weighed=weights is not None,
        )
        if not self.context.add_layer(layer.parameters, span):
            return None
        return self.add(layer, frame, label)

    def add(self, module: Module, frame: Frame, label: tree.Name | None) -> int | None:
        """Add a child to the frame's graph; None when its label cannot be, which is reported."""
        assert frame.graph is not None
        if label is None:
            return frame.graph.add(module, None)
        family = label.id.partition(".")[0]
        if is_reserved(family):
            self.context.report(errors.label_reserved(label.span, family))
            return None
        at = frame.graph.labelled_at(label.id)
        if at is not None:
            is_family = family in frame.graph.lists
            is_mixed = is_family if label.id == family else label.id not in frame.graph.labels
            self.context.report(errors.label_twice(label.span, label.id, at, is_mixed=is_mixed))
            return None
        return frame.graph.add(module, label.id, label.span)

    def keyed(
        self,
        label: tree.Name,
        index: Sequence[tree.Expr | tree.Slice | tree.Dots],
        frame: Frame,
    ) -> tree.Name | None:
        """A label with its index as the key that it makes, `fc.0`; None with a report."""
        if not index:
            return label
        place = label.span.to(index[-1].span)
        whole = tree.Subscript(span=place, value=label, items=tuple(index))
        key = self.index(whole, frame)
        if key is None:
            return None
        if len(key) > 1 or not isinstance(key[0], int) or key[0] < 0:
            shown = ", ".join(f'"{part}"' if isinstance(part, str) else str(part) for part in key)
            span = index[0].span.to(index[-1].span)
            self.context.report(errors.label_index(span, label.id, shown))
            return None
        return tree.Name(span=label.span, id=f"{label.id}.{key[0]}")

    def remember(self, frame: Frame, child: int, label: tree.Name | None, recipe: Recipe) -> None:
        """Bind a label to the instance it names."""
        if label is not None and frame.graph is not None:
            self.bind_label(frame, child, label)
            self.recipes[frame.graph, child] = recipe

    def bind_label(self, frame: Frame, child: int, label: tree.Name) -> None:
        """Bind a label, so that what it names has its tensors read."""
        if frame.graph is not None:
            bind_own(frame.scope, label, Instance(frame.graph, child, label))

    def tensors(self, flow: Value, span: Span) -> tuple[Tensor, ...] | None:
        """What flows in, as tensors; None when something else does, which is reported."""
        values = flattened(flow)
        for value in values:
            if isinstance(value, Unknown):
                return None
            if not isinstance(value, Tensor):
                self.context.report(errors.not_a_tensor(span, describe(value)))
                return None
        return tuple(value for value in values if isinstance(value, Tensor))


def bind_own(scope: Scope, label: tree.Name, value: Value) -> None:
    """Bind a label, `fc`, or one with an index, which is `fc.0`, to what it names."""
    name, _, number = label.id.partition(".")
    if number:
        family = scope.family(name, label.span)
        family.items[int(number),] = value
        family.labels = True
        scope.names[name].own = True
    else:
        scope.bind(name, value, label.span, own=True)
    scope.names[name].used = True


def _is_bound(scope: Scope, label: tree.Name) -> bool:
    name, _, number = label.id.partition(".")
    bound = scope.names.get(name)
    if number and bound is not None and isinstance(bound.value, Indexed):
        return (int(number),) in bound.value.items
    return bound is not None


def is_layer(value: Value) -> bool:
    """Whether a value is a stage, to be applied to what flows."""
    if isinstance(value, CatalogueName):
        return value.entry.kind == "layer"
    if isinstance(value, Instance):
        return not isinstance(value.module, Stored)
    return isinstance(value, Stage | Block)


def flattened(value: Value) -> tuple[Value, ...]:
    """Several results in a row, however they nest."""
    if isinstance(value, tuple):
        return tuple(part for item in value for part in flattened(item))
    return (value,)


def joined(values: Sequence[Value]) -> Value:
    """One value as itself, several as a tuple."""
    return values[0] if len(values) == 1 else tuple(values)


def rebind(inner: Scope, given: Mapping[int, Tensor], outer: Scope) -> None:
    """Bind names of outside that a body rebound; `given` are its values as they come out of it."""

    def outside(value: Value) -> Value:
        return given.get(value.slot.id, value) if isinstance(value, Tensor) else value

    for name, bound in inner.rebound():
        if isinstance(bound.value, Indexed):
            family = outer.family(name, bound.span)
            family.items.update((key, outside(item)) for key, item in bound.value.items.items())
        else:
            outer.bind(name, outside(bound.value), bound.span)


def forget(inner: Scope, outer: Scope) -> None:
    """Bind names of outside that a body rebound to what is not known: the body has a mistake."""
    for name, bound in inner.rebound():
        if isinstance(bound.value, Indexed):
            outer.family(name, bound.span).items.update(dict.fromkeys(bound.value.items, UNKNOWN))
        else:
            outer.bind(name, UNKNOWN, bound.span)


def counted(number: int, noun: str) -> str:
    """`1 input`, `2 inputs`, `no input`."""
    if number == 0:
        return f"no {noun}"
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
