"""The loss: a graph over model outputs and data fields, from a loss's name or an expression."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from netspec.analysis import errors
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.operands import is_constant
from netspec.analysis.network.refusals import Written, comes_from, refusal_diagnostic, written
from netspec.analysis.network.stages import joined
from netspec.analysis.network.values import UNKNOWN, CatalogueName, Scope, Unknown, Value, describe
from netspec.catalog import Entry, Refusal, left_out
from netspec.catalog import Value as Constant
from netspec.catalog.kinds import REAL, UNIT, accepts
from netspec.catalog.rules import PLACE_BY_PLACE, TRAINED
from netspec.catalog.rules.losses import operands as operands_of
from netspec.diagnostics import Diagnostic
from netspec.program.data import DataPlan, Field
from netspec.program.graph import Graph, Model
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim, TensorType

# Target kinds of a declaration that torch wants as floating-point tensors.
FLOAT_TARGETS = frozenset({"target", "fraction", "sign", "real", "unit"})
TARGET = "y"
# What the one output is called that no `output` names; a word of the language, so no name.
UNNAMED = "output"
# Functions that compare a prediction with a target of the same shape.
COMPARING = frozenset(
    {
        "mse_loss",
        "l1_loss",
        "smooth_l1_loss",
        "huber_loss",
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "hinge_embedding_loss",
        "poisson_nll_loss",
        "soft_margin_loss",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A checked loss: its graph, the terms it logs, and what it told about data and task.

    `as_real` names fields that hold integers and are wanted as real numbers. `name` is the loss
    applied to the model's output, if one is.
    """

    graph: Graph
    terms: tuple[str, ...]
    as_real: tuple[str, ...]
    name: str | None


class Losses(Bodies):
    """Evaluates loss expressions: a loss's name may be called on tensors."""

    def __init__(self, bodies: Bodies, model: Model, data: DataPlan, scope: Scope) -> None:
        super().__init__(bodies.context)
        self.model = model
        self.data = data
        self.as_real: set[str] = set()
        self.applied: list[str] = []
        self.around = GraphBuilder("", model.span)
        self.values = Scope(scope)
        self._bind_values()
        self.graph = GraphBuilder("loss", model.span, self.around)
        self.frame = Frame(Scope(self.values), self.graph)

    def _bind_values(self) -> None:
        """Data fields by name, then the model's outputs by theirs."""
        for data_field in self.data.fields:
            tensor = self.around.input(data_field.type, data_field.span, data_field.name)
            self.values.bind(data_field.name, tensor, data_field.span)
        slots = self.model.graph.slots()
        self.outputs: list[Tensor] = []
        for name, ref in zip(self.model.output_names, self.model.graph.outputs, strict=True):
            slot = slots[ref.id]
            tensor = self.around.input(slot.type, slot.span, name)
            self.outputs.append(tensor)
            self.values.bind(name, tensor, slot.span)
        self.values.bind("B", Dim.symbol("B"), self.model.span)

    # --- names that only losses know -----------------------------------------------------------

    def catalogue_name(self, name: str) -> CatalogueName | None:
        """A layer, a function or a loss."""
        entry = self.context.catalog.find("loss", name)
        return CatalogueName(entry) if entry is not None else super().catalogue_name(name)

    def unknown_name(self, name: tree.Name, frame: Frame) -> Diagnostic:
        """As everywhere; an output that the model does not name has no name here."""
        report: Diagnostic = super().unknown_name(name, frame)
        if report.code != "NS2001" or self.model.output_names != (UNNAMED,):
            return report
        if report.help is not None and f"`{UNNAMED}`" not in report.help:
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
            return super().apply_function(entry, call, flow, frame)
        args = call.args if isinstance(call, tree.Call) else ()
        positional = (*flow, *(self.evaluate(arg, frame) for arg in args))
        tensors = [value for value in positional if isinstance(value, Tensor)]
        if any(isinstance(value, Unknown) for value in positional):
            return UNKNOWN
        if len(tensors) != len(positional):
            other = next(value for value in positional if not isinstance(value, Tensor))
            self.context.report(errors.not_a_tensor(call.span, describe(other)))
            return UNKNOWN
        return self.criterion(entry, call, (), tensors)

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
                if viewed is None or viewed[0][1].shape != viewed[1][1].shape:
                    self._report_misaligned(expression.op, expression.span, pair)
                    return UNKNOWN
                left, right = self._insert_views(viewed, expression)
        return super().tensor_binary(expression, left, right, frame)

    def aligned(
        self, entry: Entry, call: tree.Expr, positional: tuple[Value, ...]
    ) -> tuple[Value, ...] | None:
        """A loss written as a function compares rows with their own rows too.

        So does a function that works place by place, such as `minimum`.
        """
        if entry.name in PLACE_BY_PLACE:
            return self._places_aligned(entry, call, positional)
        pair = [value for value in positional[:2] if isinstance(value, Tensor)]
        if entry.name not in COMPARING or len(pair) != 2:
            return positional
        self._note_targets(entry, pair)
        pair = self._floats(entry, pair, call)
        viewed = self._viewed(pair)
        if viewed is None or viewed[0][1].shape != viewed[1][1].shape:
            return (*pair, *positional[2:])
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
            if viewed is None or not fits or len(tensors) > 2:
                self._report_misaligned(entry.name, call.span, pair)
                return None
            made = iter(self._insert_views(viewed, call))
            return tuple(next(made) if isinstance(v, Tensor) else v for v in positional)
        return positional

    def _report_misaligned(self, name: str, span: Span, pair: tuple[Tensor, Tensor]) -> None:
        first, second = (tensor.type.dims() for tensor in pair)
        refusal = Refusal(
            reason="rank",
            message=f"`{name}` compares {first} with {second}",
            notes=("torch would pair every row with every other; a loss never does that",),
            help="give both the same dimensions: `unsqueeze(y, dim=1)` makes [B, 1] of [B]",
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
        given, tensors = tensors, self._floats(entry, tensors, call)
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
            self._refused(outcome, call, entry, given)
            return UNKNOWN
        self._note_targets(entry, given)
        self.applied.append(entry.name)
        child = self.add_layer(entry, outcome, compared, call.span, self.frame, None)
        if child is None:
            return UNKNOWN
        operands = [self.graph.ref(tensor) for tensor in compared]
        return joined(self.graph.invoke(child, operands, outcome.outputs, call.span))

    def _floats(self, entry: Entry, tensors: Sequence[Tensor], call: tree.Expr) -> list[Tensor]:
        """Targets that are computed, `y > 0`, as the real numbers that torch wants.

        Those that are fields are stored as real numbers in the first place.
        """
        assert entry.signature is not None
        made: list[Tensor] = []
        for pattern, tensor in zip(entry.signature.inputs, tensors, strict=False):
            wanted, kind = pattern.kind.id if pattern.kind else "real", tensor.type.kind
            computed = not kind.is_float and self._field_of(tensor) is None
            if computed and wanted in FLOAT_TARGETS and accepts(wanted, kind):
                real = tensor.type.with_kind(REAL if kind.name == "int" else UNIT)
                real = real.with_kind(REAL) if wanted == "sign" else real
                ref = self.graph.ref(tensor)
                tensor = self.graph.compute("float", (ref,), (real,), call.span)[0]
            made.append(tensor)
        return [*made, *tensors[len(made) :]]

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


def _drops_out(call: tree.Expr) -> bool:
    """Whether a call asks for a chance of leaving numbers out, as attention may."""
    keywords = call.keywords if isinstance(call, tree.Call) else ()
    return any(keyword.name.id == "dropout_p" for keyword in keywords)


def _rows_misaligned(left: TensorType, right: TensorType) -> bool:
    """Whether broadcasting would lay the batch of one along another dimension of the other."""
    batch = Dim.symbol("B")
    return left.rank != right.rank and left.shape[:1] == (batch,) and right.shape[:1] == (batch,)


@dataclass(slots=True)
class Terms:
    """Named terms of a loss, as the text binds them."""

    names: list[str] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)


def analyse_loss(
    binding: tree.Bind,
    terms: Sequence[tree.Bind],
    model: Model,
    data: DataPlan,
    bodies: Bodies,
    scope: Scope,
    settings: Sequence[str],
) -> Loss | None:
    """The loss of a `train` block; `binding` is `loss = ...`, `terms` the names that it may use."""
    losses = Losses(bodies, model, data, scope)
    found = Terms()
    for term in terms:
        _bind_term(term, losses, found)
    value = _value(binding.values[0], losses)
    if not isinstance(value, Tensor):
        if not isinstance(value, Unknown):
            wanted = "the name of a loss, or a number made of outputs and fields"
            place = binding.values[0].span
            losses.context.report(errors.setting_value(place, "loss", wanted, describe(value)))
        return None
    unused = _report_unused(terms, losses, settings)
    if value.type.rank != 0:
        losses.context.report(errors.loss_not_scalar(binding.values[0].span, str(value.type)))
        return None
    if unused:
        return None
    graph = losses.graph.finish((value, *found.tensors))
    return Loss(
        graph=graph,
        terms=tuple(found.names),
        as_real=tuple(sorted(losses.as_real)),
        name=losses.applied[0] if losses.applied else None,
    )


def _bind_term(term: tree.Bind, losses: Losses, found: Terms) -> None:
    value = losses.evaluate(term.values[0], losses.frame)
    target = term.targets[0]
    assert isinstance(target, tree.Name)
    if isinstance(value, Tensor):
        value = losses.graph.rename(value, target.id)
        if value.type.rank == 0:
            found.names.append(target.id)
            found.tensors.append(value)
    losses.frame.scope.bind(target.id, value, target.span)


def _report_unused(terms: Sequence[tree.Bind], losses: Losses, settings: Sequence[str]) -> bool:
    """Report names that are neither settings nor used by the loss."""
    unused = False
    for term in terms:
        target = term.targets[0]
        assert isinstance(target, tree.Name)
        if not losses.frame.scope.names[target.id].used:
            losses.context.report(errors.unknown_setting(target.span, target.id, settings))
            unused = True
    return unused


def _value(expression: tree.Expr, losses: Losses) -> Value:
    """The loss's value: a loss by name takes the model's output and `y`."""
    head = expression.func if isinstance(expression, tree.Call) else expression
    if not isinstance(head, tree.Name) or losses.frame.scope.find(head.id) is not None:
        return losses.evaluate(expression, losses.frame)
    entry = losses.context.catalog.find("loss", head.id)
    if entry is None:
        if losses.context.catalog.find("function", head.id) is None:
            names = losses.context.catalog.names("loss")
            reason = left_out.LOSSES.get(head.id)
            losses.context.report(errors.unknown_choice(head.span, "loss", head.id, names, reason))
            return UNKNOWN
        return losses.evaluate(expression, losses.frame)
    args = expression.args if isinstance(expression, tree.Call) else ()
    values = [losses.evaluate(arg, losses.frame) for arg in args]
    for arg, value in zip(args, values, strict=True):
        if not (isinstance(value, Tensor | Unknown) or is_constant(value)):
            losses.context.report(errors.not_constant(arg.span, describe(value)))
            return UNKNOWN
    if any(isinstance(value, Tensor) for value in values):
        return losses.evaluate(expression, losses.frame)
    if len(losses.outputs) != 1:
        names = losses.model.output_names
        example = _example(entry.name, names)
        losses.context.report(errors.several_outputs(head.span, names, example))
        return UNKNOWN
    target = losses.data.field(TARGET)
    if target is None:
        fields = [data_field.name for data_field in losses.data.fields]
        losses.context.report(errors.no_target(head.span, fields))
        return UNKNOWN
    bound = losses.values.names[TARGET].value
    assert isinstance(bound, Tensor)
    return losses.criterion(entry, expression, values, (losses.outputs[0], bound))


def _example(loss: str, outputs: Sequence[str]) -> str:
    """A loss written on outputs of the model, and on `y` where it has a target."""
    left = iter(outputs)
    operands = [
        TARGET if operand.startswith("target") else next(left, outputs[-1])
        for operand in operands_of(loss)
    ]
    return f"{loss}({', '.join(operands)})"
