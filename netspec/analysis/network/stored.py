"""Parameters and buffers: `label: Parameter(...)` declares one, its label is the tensor."""

from __future__ import annotations

import math
from collections.abc import Sequence

from netspec.analysis import errors
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.initial import ill_suited, initializer
from netspec.analysis.network.instances import Instances
from netspec.analysis.network.making import Making
from netspec.analysis.network.values import UNKNOWN, Instance, Scope, Unknown, Value, describe
from netspec.catalog.kinds import REAL
from netspec.catalog.rules import TRAINED
from netspec.diagnostics import Label, did_you_mean
from netspec.program.graph import Compute, Graph, Initializer, Stored
from netspec.program.graph import Sequence as OperandSequence
from netspec.program.operands import dims
from netspec.syntax import tree
from netspec.types import Dim, TensorType

# The arguments that each takes by name.
KEYWORDS = {"Parameter": ("init",), "Buffer": ("init", "persistent")}


class StoredTensors(Instances):
    """Declares parameters and buffers."""

    def stored(self, expression: tree.Expr, frame: Frame) -> Value:
        """The tensor that `label: Parameter(...)` or `label: Buffer(...)` makes."""
        instance = self.declare(expression, frame)
        return UNKNOWN if instance is None else self.tensor_of(instance, expression, frame)

    def declare(self, expression: tree.Expr, frame: Frame) -> Instance | None:
        """Add the parameter or buffer to the body and bind its label; None with a report."""
        if not isinstance(expression, tree.Labelled):
            self.context.report(errors.stored_label(expression.span, _head(expression).id))
            return None
        label = expression.label
        if expression.index:
            self.context.report(errors.stored_index(label.span, label.id, _head(expression).id))
            frame.scope.absorb(label.id, label.span)
            return None
        made = self._made(expression.stage, frame)
        child = None
        if made is not None and self.graph_of(frame, expression.span) is not None:
            child = self._add(made, label, frame)
        if child is None or frame.graph is None:
            if label.id not in frame.scope.names:
                frame.scope.bind(label.id, UNKNOWN, label.span, own=True)
            return None
        instance = Instance(frame.graph, child, label)
        frame.scope.bind(label.id, instance, label.span, own=True)
        return instance

    def declare_by_equals(self, target: tree.Name, value: tree.Expr) -> None:
        """Report `pos = Parameter(...)`, which is to be `pos: Parameter(...)`."""
        sign = target.span.source.span(target.span.end, value.span.start)
        self.context.report(errors.stored_label(sign, _head(value).id, target.id))

    def _add(self, made: Stored, label: tree.Name, frame: Frame) -> int | None:
        steps = [slot for step in made.value.steps for slot in step.results]
        largest = max((_numbers(slot.type) for slot in steps), default=0)
        if not self.context.add_layer(max(made.numbers, largest), made.span):
            return None
        self.context.parameters -= max(0, largest - made.numbers)
        return self.add(made, frame, label)

    def check_used(self, builder: GraphBuilder, outputs: Sequence[Tensor]) -> None:
        """Report also parameters and buffers of a body that nothing reads."""
        super().check_used(builder, outputs)
        used = builder.read_from
        for number, part in enumerate(builder.parts):
            unused = number not in used and part.label not in builder.named
            if isinstance(part.module, Stored) and unused:
                label = part.label or ""
                span = part.module.span
                self.context.report(errors.stored_unused(span, label, part.module.name))

    # --- what it is made of ------------------------------------------------------------------

    def _made(self, stage: tree.Expr, frame: Frame) -> Stored | None:
        """The parameter or buffer that a call says; None with a report."""
        head = _head(stage)
        what = head.id
        given = self._arguments(stage, what)
        if given is None:
            return None
        first, named = given
        persistent = self._persistent(named.get("persistent"), what, frame)
        init = named.get("init")
        function = None if init is None else initializer(init, self, frame)
        if persistent is None or (init is not None and function is None):
            return None
        value = self._value_of(first, what, frame)
        if value is None:
            return None
        graph, is_shape = value
        shape = graph.output_types[0]
        if is_shape == (function is None):
            place = first.span if init is None else init.span
            shown = shape.dims() if is_shape else None
            self.context.report(errors.stored_init(place, what, shown))
            return None
        if function is not None and not self._fills(function, shape, first):
            return None
        if what == "Parameter" and not shape.kind.is_float:
            self.context.report(errors.stored_kind(first.span, str(shape.kind)))
            return None
        return Stored(
            span=stage.span,
            name="Parameter" if what == "Parameter" else "Buffer",
            # What a parameter's numbers become is not known.
            type=shape.with_kind(REAL) if what == "Parameter" else shape,
            value=graph,
            init=function,
            persistent=persistent,
        )

    def _arguments(
        self, stage: tree.Expr, what: str
    ) -> tuple[tree.Expr, dict[str, tree.Expr]] | None:
        """The one positional argument and the named ones."""
        args = stage.args if isinstance(stage, tree.Call) else ()
        keywords = stage.keywords if isinstance(stage, tree.Call) else ()
        report = self.context.report
        for keyword in keywords:
            name = keyword.name.id
            if name not in KEYWORDS[what]:
                advice = did_you_mean(name, KEYWORDS[what])
                if name == "requires_grad":
                    advice = "a tensor that never learns is a `Buffer`; `freeze` stops a parameter"
                message = f"`{what}` has no argument `{name}`"
                listed = " and ".join(f"`{known}`" for known in KEYWORDS[what])
                notes = (f"it takes a shape or a tensor, and {listed}",)
                report(errors.stored_arguments(keyword.name.span, message, advice, notes))
                return None
        if len(args) > 1:
            sizes = ", ".join(argument.span.text for argument in args)
            message = f"`{what}` takes one shape or tensor, not {len(args)} values"
            place = args[0].span.to(args[-1].span)
            report(errors.stored_arguments(place, message, f"a shape is a list: `[{sizes}]`"))
            return None
        if not args:
            message = f"`{what}` needs a shape or a tensor"
            example = f"`{what}([16, 64], init=zeros)`, or `{what}(ones(64))`"
            report(errors.stored_arguments(stage.span, message, f"write {example}"))
            return None
        return args[0], {keyword.name.id: keyword.value for keyword in keywords}

    def _persistent(self, given: tree.Expr | None, what: str, frame: Frame) -> bool | None:
        if given is None:
            return True
        value = self.constant(given, frame)
        if isinstance(value, bool):
            return value
        if not isinstance(value, Unknown):
            message = f"`persistent` of `{what}` is `true` or `false`, not {describe(value)}"
            self.context.report(errors.stored_arguments(given.span, message, None))
        return None

    def _value_of(self, first: tree.Expr, what: str, frame: Frame) -> tuple[Graph, bool] | None:
        """The graph that makes the tensor, and whether a shape alone was given."""
        builder = Making("", first.span, home=frame.graph)
        value = self.evaluate(first, Frame(Scope(frame.scope), builder, None))
        if isinstance(value, Unknown):
            return None
        if isinstance(value, tuple) and all(_is_size(part) for part in value):
            return self._empty(value, first, what, builder)
        if not isinstance(value, Tensor):
            message = f"`{what}` takes a shape or a tensor, not {describe(value)}"
            advice = None
            if isinstance(value, tuple):
                message = "a shape is a list of whole numbers"
                advice = f"`tensor({first.span.text})` is a tensor of numbers; `//` divides sizes"
            elif isinstance(value, float):
                advice = f"`full([], {first.span.text})` is a tensor of one number"
            elif _is_size(value):
                advice = f"a shape is a list: write `[{first.span.text}]`"
            self.context.report(errors.stored_arguments(first.span, message, advice))
            return None
        if not self._is_constant(builder, value, first, what):
            return None
        return builder.finish((value,)), False

    def _empty(
        self, sizes: Sequence[Value], first: tree.Expr, what: str, builder: GraphBuilder
    ) -> tuple[Graph, bool] | None:
        """The tensor of that shape whose numbers `init` will say."""
        shape = tuple(Dim.of(size) for size in sizes if isinstance(size, int | Dim))
        for dim in shape:
            if dim.value is None:
                self._size_unknown(first, what, dim)
                return None
            if dim.value < 1:
                message = f"a size of `{what}` is at least 1, not {dim.value}"
                self.context.report(errors.stored_arguments(first.span, message, None))
                return None
        listed = OperandSequence(tuple(dim.value for dim in shape))
        made = builder.compute("empty", (listed,), (TensorType(REAL, shape),), first.span)
        return builder.finish(made), True

    def _is_constant(self, builder: Making, value: Tensor, first: tree.Expr, what: str) -> bool:
        """Whether the tensor is made of known sizes and constants alone; if not, a report.

        Names for such constants, and buffers of the same body, are among them.
        """
        builder.ref(value)
        if builder.parts:
            why = "a layer takes what flows when it does"
            span = builder.parts[0].module.span
            self.context.report(errors.stored_not_constant(span, what, why))
            return False
        if builder.inputs:
            late = builder.captured()[0]
            name, place = builder.origin(late)
            named = f"`{name}`" if name else "what flows here"
            also = (Label(place, "it comes from here"),) if place != first.span else ()
            why = f"{named} {builder.why_late(late)}"
            self.context.report(errors.stored_not_constant(first.span, what, why, also))
            return False
        for step in builder.steps:
            if isinstance(step, Compute) and _is_trained(step):
                why = f"`{step.function}` acts while the model is trained"
                self.context.report(errors.stored_not_constant(step.span, what, why))
                return False
        for dim in (*(d for step in builder.steps for d in dims(step)), *value.type.shape):
            if dim.value is None:
                self._size_unknown(first, what, dim)
                return False
        return True

    def _size_unknown(self, first: tree.Expr, what: str, dim: Dim) -> None:
        why = f"the size `{dim}` is known only then"
        advice = "give the size as a number, and take a part of it where it is used"
        self.context.report(errors.stored_not_constant(first.span, what, why, help=advice))

    def _fills(self, function: Initializer, given: TensorType, first: tree.Expr) -> bool:
        shape = tuple(dim.value or 0 for dim in given.shape)
        wants = ill_suited(function, shape)
        if wants is not None:
            also = (Label(first.span, "the shape is given here"),)
            self.context.report(
                errors.init_shape(function.span, function.name, wants, given.dims(), also)
            )
        return wants is None


def _head(expression: tree.Expr) -> tree.Name:
    """The name `Parameter` or `Buffer` of an expression that makes one."""
    match expression:
        case tree.Labelled(stage=stage):
            return _head(stage)
        case tree.Call(func=func):
            return _head(func)
    assert isinstance(expression, tree.Name)
    return expression


def _is_size(value: Value) -> bool:
    return isinstance(value, int | Dim) and not isinstance(value, bool)


def _numbers(given: TensorType) -> int:
    return math.prod(dim.value or 1 for dim in given.shape)


def _is_trained(step: Compute) -> bool:
    """Whether the step does something in training only."""
    return step.function in TRAINED or any(name == "dropout_p" for name, _ in step.keywords)
