"""Evaluates loss expressions: fields, outputs, applied models, losses called on tensors."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from netspec.analysis import errors
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.builder import GraphBuilder, Tensor, snake_case
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.refusals import Written, comes_from, refusal_diagnostic, written
from netspec.analysis.network.stages import joined
from netspec.analysis.network.values import (
    UNKNOWN,
    Block,
    CatalogueName,
    Scope,
    Unknown,
    Value,
    describe,
)
from netspec.analysis.training.applied import AppliedModels
from netspec.catalog import Entry, Refusal
from netspec.catalog import Value as Constant
from netspec.catalog.rules import PLACE_BY_PLACE, TRAINED
from netspec.catalog.weights import WEIGHTS
from netspec.diagnostics import Diagnostic
from netspec.program.data import DataPlan, Field
from netspec.program.graph import Model, Operand
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim, Kind, TensorType

# Target kinds of a declaration that torch wants as floating-point tensors.
FLOAT_TARGETS = frozenset({"target", "fraction", "sign", "real", "unit"})
TARGET = "y"
# What the one output is called that no `output` names; a word of the language, so no name.
UNNAMED = "output"
# What tutorials call an output that a model does not name.
PREDICTIONS = frozenset(
    {"logits", "out", "outputs", "pred", "preds", "prediction", "scores", "y_hat", "y_pred"}
)
# Functions that compare a prediction with a target of the same shape.
COMPARING = frozenset(
    {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy"}
    | {"binary_cross_entropy_with_logits", "hinge_embedding_loss", "poisson_nll_loss"}
    | {"soft_margin_loss"}
)


@dataclass(frozen=True, slots=True)
class Compared:
    """A prediction, and the field of the data that a loss holds it against."""

    prediction: Tensor
    target: Field
    loss: str


class Losses(Bodies):
    """Evaluates loss expressions: a loss's name may be called on tensors.

    They look at the outputs of `model`, or apply the models of `applied` themselves.
    """

    KNOWS_LOSSES = True

    def __init__(
        self,
        bodies: Bodies,
        model: Model | None,
        applied: AppliedModels,
        data: DataPlan,
        scope: Scope,
        span: Span,
    ) -> None:
        super().__init__(bodies.context)
        self.model = model
        self.models = applied
        self.data = data
        self.as_real: set[str] = set()
        self.applied: list[str] = []
        self.compared: Compared | None = None
        self.fed: dict[str, Span] = {}
        self.outputs: list[Tensor] = []
        # What the loss itself gave a dimension of 1, by slot.
        self._unsqueezed: set[int] = set()
        self._children: dict[str, int] = {}
        self.around = GraphBuilder("", span)
        self.values = Scope(scope)
        self._bind_values(span)
        self.graph = GraphBuilder("loss", span, self.around)
        self.frame = Frame(Scope(self.values), self.graph)

    def _bind_values(self, span: Span) -> None:
        """Data fields by name, then the model's outputs by theirs."""
        for data_field in self.data.fields:
            tensor = self.around.input(data_field.type, data_field.span, data_field.name)
            self.values.bind(data_field.name, tensor, data_field.span)
        if self.model is not None:
            slots = self.model.graph.slots()
            for name, ref in zip(self.model.output_names, self.model.graph.outputs, strict=True):
                slot = slots[ref.id]
                tensor = self.around.input(slot.type, slot.span, name, learns=True)
                self.outputs.append(tensor)
                self.values.bind(name, tensor, slot.span)
        self.values.bind("B", Dim.symbol("B"), span)

    # --- what is applied -----------------------------------------------------------------------

    def block(
        self, block: Block, stage: tree.Expr, flow: Value, frame: Frame, label: tree.Name | None
    ) -> Value:
        """Apply a model: the one set of weights that its name stands for."""
        model = self.models.known(block)
        if model is None:
            self._refuse_stage(stage, block.definition.keyword, block.name)
            return UNKNOWN
        block = model
        if label is not None or isinstance(stage, tree.Call):
            what, place = "label", label.span if label is not None else stage.span
            advice = f"its weights are called `{block.name}`: write `-> {block.name}`"
            if label is None:
                what, advice = "arguments", "they are given by its declaration, or by a param"
            self.context.report(errors.model_application(place, block.name, what, advice))
            return UNKNOWN
        inputs = self.tensors(flow, stage.span)
        types = None if inputs is None else self.models.outputs(block, stage.span, inputs)
        if inputs is None or types is None:
            return UNKNOWN
        for tensor in inputs:
            if self._field_of(tensor) is not None:
                self.fed.setdefault(tensor.slot.name or "", tensor.slot.span)
        graph = self.models.made[block.name].graph
        if block.name not in self._children:
            self._children[block.name] = self.graph.add(graph, block.name)
        operands = [self.graph.ref(tensor) for tensor in inputs]
        slots, child = graph.slots(), self._children[block.name]
        places = [slots[ref.id].span for ref in graph.outputs]
        return joined(self.graph.invoke(child, operands, types, stage.span, places))

    def evaluate(self, expression: tree.Expr, frame: Frame) -> Value:
        """As everywhere; a model is not called: a value flows into it."""
        match expression:
            case tree.Call(func=tree.Name() as name):
                bound = frame.scope.find(name.id)
                if bound is not None and isinstance(bound.value, Block):
                    given = ", ".join(arg.span.text for arg in expression.args)
                    given = f"({given})" if len(expression.args) != 1 else given
                    advice = f"a value flows into it: `{given} -> {name.id}`"
                    report = errors.model_application(expression.span, name.id, "arguments", advice)
                    self.context.report(report)
                    return UNKNOWN
        return super().evaluate(expression, frame)

    def layer(
        self, entry: Entry, stage: tree.Expr, flow: Value, frame: Frame, label: tree.Name | None
    ) -> Value:
        """Refuse a layer: its weights would belong to no model."""
        self._refuse_stage(stage, "layer", entry.name)
        return UNKNOWN

    def container(
        self, stage: tree.Pipe | tree.Inline, flow: Value, frame: Frame, label: tree.Name
    ) -> Value:
        """Refuse a labelled container, for the same reason."""
        self._refuse_stage(label, "labelled part", label.id)
        return UNKNOWN

    def _refuse_stage(self, place: tree.Expr, what: str, name: str) -> None:
        function = snake_case(name)
        known = name not in WEIGHTS and self.context.catalog.find("function", function) is not None
        self.context.report(
            errors.weights_in_train(place.span, what, name, function if known else None)
        )

    def bind(self, statement: tree.Bind) -> None:
        """Bind what a term's value gives to its names."""
        value = joined([self.evaluate(value, self.frame) for value in statement.values])
        self._assign_all(statement.targets, value, statement.values[-1].span, self.frame)

    def target(self, entry: Entry) -> Field | None:
        """The field that a loss by its name compares the model's output with."""
        return self.data.field(TARGET)

    # --- names that only losses know -----------------------------------------------------------

    def catalogue_name(self, name: str) -> CatalogueName | None:
        """A layer, a function or a loss."""
        entry = self.context.catalog.find("loss", name)
        return CatalogueName(entry) if entry is not None else super().catalogue_name(name)

    def unknown_name(self, name: tree.Name, frame: Frame) -> Diagnostic:
        """As everywhere; an output that the model does not name has no name here."""
        report: Diagnostic = super().unknown_name(name, frame)
        if self.context.without_data and report.code == "NS2001":
            return errors.field_not_told(name.span, name.id, sorted(frame.scope.visible()))
        if report.code == "NS2001" and report.help is None and self.data.fields:
            listed = [f"`{field.name}`" for field in self.data.fields]
            more = f", ... {listed[-1]}" if listed[5:] else ""
            note = f"the fields of the data are {', '.join(listed[: 4 if more else 5])}{more}"
            report = replace(report, notes=(*report.notes, note))
        if self.model is None or report.code != "NS2001" or self.model.output_names != (UNNAMED,):
            return report
        close = report.help is not None and f"`{UNNAMED}`" not in report.help
        if close and name.id not in PREDICTIONS:
            return report
        return replace(report, help="end the model with `output name` to use its output by a name")

    def is_stage(self, expression: tree.Expr, frame: Frame) -> bool:
        """As everywhere; a loss, whose name is spelt like a layer's, is a function here."""
        if isinstance(expression, tree.Name) and frame.scope.find(expression.id) is None:
            known = self.context.catalog.find("loss", expression.id) is not None
            return not known and super().is_stage(expression, frame)
        return super().is_stage(expression, frame)

    def apply_function(
        self, entry: Entry, call: tree.Expr, flow: Sequence[Value], frame: Frame
    ) -> Value:
        """Apply a function; a loss takes its tensors by position and its settings by name."""
        if entry.name in TRAINED or _drops_out(call):
            self.context.report(errors.trained_in_loss(call.span, entry.name))
            return UNKNOWN
        if entry.kind != "loss":
            value = super().apply_function(entry, call, flow, frame)
            if entry.name == "unsqueeze" and isinstance(value, Tensor):
                self._unsqueezed.add(value.slot.id)
            return value
        args = call.args if isinstance(call, tree.Call) else ()
        return self.compare(entry, call, (*flow, *(self.evaluate(arg, frame) for arg in args)))

    def compare(self, entry: Entry, call: tree.Expr, positional: Sequence[Value]) -> Value:
        """Apply a loss to values; a number stands for a target that is that number everywhere."""
        if any(isinstance(value, Unknown) for value in positional):
            return UNKNOWN
        positional = self._with_constants(positional, call)
        tensors = [value for value in positional if isinstance(value, Tensor)]
        if len(tensors) != len(positional):
            other = next(value for value in positional if not isinstance(value, Tensor))
            self.context.report(errors.not_a_tensor(call.span, describe(other)))
            return UNKNOWN
        return self.criterion(entry, call, (), tensors)

    def _with_constants(self, positional: Sequence[Value], call: tree.Expr) -> tuple[Value, ...]:
        """Numbers behind a prediction as tensors of its shape."""
        first = positional[0] if positional else None
        if not isinstance(first, Tensor):
            return tuple(positional)
        return tuple(
            self._constant(value, first, call)
            if isinstance(value, int | float) and not isinstance(value, bool)
            else value
            for value in positional
        )

    def _constant(self, number: float, like: Tensor, call: tree.Expr) -> Tensor:
        """A tensor of the shape of another that holds one number."""
        kind = Kind("unit" if 0 <= number <= 1 else "real")
        operands: tuple[Operand, ...] = (self.graph.ref(like),)
        function = {0.0: "zeros_like", 1.0: "ones_like"}.get(float(number))
        if function is None:
            function, operands = "full_like", (*operands, float(number))
        types = (TensorType(kind, like.type.shape),)
        return self.graph.compute(function, operands, types, call.span)[0]

    def tensor_binary(
        self, expression: tree.Binary, left: Value, right: Value, frame: Frame
    ) -> Value:
        """As in a model, but rows meet their own rows: a last dimension of 1 is looked through.

        Broadcasting [B, 1] with [B] would pair every row with every other.
        """
        if isinstance(left, Tensor) and isinstance(right, Tensor) and expression.op != "@":
            pair = (left, right)
            if _rows_misaligned(left.type, right.type):
                viewed = self._viewed(pair)
                fits = viewed is not None and viewed[0][1].shape == viewed[1][1].shape
                if viewed is None or not fits or self._stood_up(pair):
                    self._report_misaligned(expression.op, expression.span, pair)
                    return UNKNOWN
                left, right = self._insert_views(viewed, expression)
        return super().tensor_binary(expression, left, right, frame)

    def aligned(
        self, entry: Entry, call: tree.Expr, positional: tuple[Value, ...], frame: Frame
    ) -> tuple[Value, ...] | None:
        """A loss written as a function compares rows with their own rows too.

        So does a function that works place by place, such as `minimum`.
        """
        if entry.name in PLACE_BY_PLACE:
            return self._places_aligned(entry, call, positional)
        if entry.name not in COMPARING:
            return positional
        positional = (*self._with_constants(positional[:2], call), *positional[2:])
        pair = [value for value in positional[:2] if isinstance(value, Tensor)]
        if len(pair) != 2:
            return positional
        self._note_targets(entry, pair)
        self._note_prediction(entry, pair)
        positional = self.comparable(entry, call, positional, self.graph)
        viewed = self._viewed(cast(Sequence[Tensor], positional[:2]))
        if viewed is None or viewed[0][1].shape != viewed[1][1].shape:
            return positional
        return (*self._insert_views(viewed, call), *positional[2:])

    def _places_aligned(
        self, entry: Entry, call: tree.Expr, positional: tuple[Value, ...]
    ) -> tuple[Value, ...] | None:
        """Two tensors as `tensor_binary` has them; of more, none may be misaligned."""
        tensors = [value for value in positional if isinstance(value, Tensor)]
        for first, second in itertools.combinations(tensors, 2):
            pair = (first, second)
            if not _rows_misaligned(first.type, second.type):
                continue
            viewed = self._viewed(pair)
            fits = viewed is not None and viewed[0][1].shape == viewed[1][1].shape
            if viewed is None or not fits or len(tensors) > 2 or self._stood_up(pair):
                self._report_misaligned(entry.name, call.span, pair)
                return None
            made = iter(self._insert_views(viewed, call))
            return tuple(next(made) if isinstance(v, Tensor) else v for v in positional)
        return positional

    def _stood_up(self, pair: tuple[Tensor, Tensor]) -> bool:
        """Whether one of them got its last dimension of 1 from the loss itself, on purpose."""
        return any(tensor.slot.id in self._unsqueezed for tensor in pair)

    def _report_misaligned(self, name: str, span: Span, pair: tuple[Tensor, Tensor]) -> None:
        first, second = (tensor.type.dims() for tensor in pair)
        refusal = Refusal(
            reason="rank",
            message=f"`{name}` compares {first} with {second}",
            notes=("torch would pair every row with every other; a loss never does that",),
            help="give both the same dimensions: `unsqueeze(y, dim=1)` makes [B, 1] of [B], and "
            "`dim=0` makes [1, B], to pair rows on purpose",
        )
        made = refusal_diagnostic(refusal, Written(span=span), pair, self._said)
        self.context.report(made)

    # --- criteria ------------------------------------------------------------------------------

    def criterion(
        self,
        entry: Entry,
        call: tree.Expr,
        settings: Sequence[Value],
        tensors: Sequence[Tensor],
    ) -> Value:
        """Apply a loss of the catalogue to prediction and target."""
        keywords = call.keywords if isinstance(call, tree.Call) else ()
        named = {k.name.id: self.constant(k.value, self.frame) for k in keywords}
        if any(isinstance(value, Unknown) for value in (*settings, *named.values())):
            return UNKNOWN
        bound = entry.bind(cast(Sequence[Constant], settings), cast(dict[str, Constant], named))
        if isinstance(bound, Refusal):
            self.refuse(bound, written(call, entry))
            return UNKNOWN
        given = tensors
        tensors = cast(Sequence[Tensor], self.comparable(entry, call, given, self.graph))
        compared = tensors
        outcome = entry.apply(bound, [tensor.type for tensor in tensors])
        if isinstance(outcome, Refusal):
            viewed = self._viewed(tensors)
            if viewed is not None:
                again = entry.apply(bound, [view for _, view in viewed])
                if outcome.reason == "rank" or not isinstance(again, Refusal):
                    outcome = again
                if not isinstance(again, Refusal):
                    compared = self._insert_views(viewed, call)
        if isinstance(outcome, Refusal):
            turned = [tensor.type for tensor in reversed(tensors)]
            if len(turned) == 2 and not isinstance(entry.apply(bound, turned), Refusal):
                outcome = replace(outcome, help="write the prediction first, then the target")
            self._refused(outcome, call, entry, given)
            return UNKNOWN
        self._note_targets(entry, given)
        self._note_prediction(entry, given)
        self.applied.append(entry.name)
        child = self.add_layer(entry, outcome, compared, call.span, self.frame, None)
        if child is None:
            return UNKNOWN
        operands = [self.graph.ref(tensor) for tensor in compared]
        return joined(self.graph.invoke(child, operands, outcome.outputs, call.span))

    def as_floats(self, value: Tensor, wanted: str, call: tree.Expr, graph: GraphBuilder) -> Tensor:
        """As everywhere; a field of the data is read as real numbers in the first place."""
        data_field = self._field_of(value)
        if data_field is None:
            return super().as_floats(value, wanted, call, graph)
        self.as_real.add(data_field.name)
        return value

    def _viewed(self, tensors: Sequence[Tensor]) -> list[tuple[Tensor, TensorType]] | None:
        """The types with a trailing dimension of 1 taken off the longer ones, if any has one."""
        shortest = min((tensor.type.rank for tensor in tensors), default=0)
        made: list[tuple[Tensor, TensorType]] = []
        for tensor in tensors:
            given = tensor.type
            if given.rank == shortest + 1 and given.shape[-1].value == 1:
                given = replace(given, shape=given.shape[:-1])
            made.append((tensor, given))
        return made if any(view != tensor.type for tensor, view in made) else None

    def _insert_views(
        self, viewed: Sequence[tuple[Tensor, TensorType]], call: tree.Expr
    ) -> list[Tensor]:
        made: list[Tensor] = []
        for tensor, view in viewed:
            if view == tensor.type:
                made.append(tensor)
                continue
            operands = (self.graph.ref(tensor), -1)
            made.append(self.graph.compute("squeeze", operands, (view,), call.span)[0])
        return made

    def _refused(
        self,
        refusal: Refusal,
        call: tree.Expr,
        entry: Entry,
        tensors: Sequence[Tensor],
    ) -> None:
        """Report with both ends shown: what the model gives, and what the data has."""
        if refusal.argument is not None:
            self.refuse(refusal, written(call, entry))
            return
        if not tensors:
            given = f"{entry.name}(prediction, target)"
            refusal = replace(refusal, help=f"write `{given}`, settings by name behind the two")
        # What one model gives is refused once, however often the phases compare it.
        mistake = (entry.name, refusal.reason, tensors[0].slot.span if tensors else call.span)
        if self._children and mistake in self.models.refused:
            return
        self.models.refused.add(mistake)
        made = refusal_diagnostic(refusal, written(call), tensors, self._said)
        for tensor in tensors:
            found = self._field_of(tensor)
            shown = any(label.span == tensor.slot.span for label in made.labels)
            if found is not None and found.origin and shown:
                made = made.with_note(found.origin)
        self.context.report(made)

    def _field_of(self, tensor: Tensor) -> Field | None:
        """The field of the data that a tensor is, if it is one."""
        found = self.data.field(tensor.slot.name or "")
        return found if found is not None and found.span == tensor.slot.span else None

    def _said(self, tensors: Sequence[Tensor]) -> str:
        """What a label says of a tensor: the model's output, a field of the data, or a value."""
        (tensor, *others) = tensors
        if others:
            return comes_from(tensors)
        if tensor in self.outputs:
            return f"the model gives {tensor.type} here"
        if self._field_of(tensor) is not None:
            return f"`{tensor.slot.name}` is {tensor.type}"
        return comes_from(tensors)

    def _note_targets(self, entry: Entry, tensors: Sequence[Tensor]) -> None:
        """Keep which fields this loss wants as real numbers."""
        assert entry.signature is not None
        for pattern, tensor in zip(entry.signature.inputs, tensors, strict=False):
            wanted = pattern.kind.id if pattern.kind is not None else "real"
            name = tensor.slot.name or ""
            data_field = self.data.field(name)
            if data_field is None or data_field.type.kind.is_float:
                continue
            if wanted in FLOAT_TARGETS:
                self.as_real.add(name)

    def _note_prediction(self, entry: Entry, tensors: Sequence[Tensor]) -> None:
        """Keep the first prediction of a model that is held against a field, `y` before others."""
        if len(tensors) != 2 or not self._children:
            return
        prediction, target = tensors
        known = self._field_of(target)
        if known is None or prediction.graph is not self.graph:
            return
        if self.compared is None or (known.name == TARGET != self.compared.target.name):
            self.compared = Compared(prediction, known, entry.name)


def _drops_out(call: tree.Expr) -> bool:
    """Whether a call asks for a chance of leaving numbers out, as attention may."""
    keywords = call.keywords if isinstance(call, tree.Call) else ()
    return any(keyword.name.id == "dropout_p" for keyword in keywords)


def _rows_misaligned(left: TensorType, right: TensorType) -> bool:
    """Whether broadcasting would lay the batch of one along another dimension of the other."""
    batch = Dim.symbol("B")
    return left.rank != right.rank and left.shape[:1] == (batch,) and right.shape[:1] == (batch,)
