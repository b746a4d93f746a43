"""The loss: a graph over model outputs and data fields, from a loss's name or an expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netspec.analysis import errors
from netspec.analysis.network.builder import Tensor
from netspec.analysis.network.namespaces import extern_of_file
from netspec.analysis.network.operands import is_constant, parts
from netspec.analysis.network.values import (
    UNKNOWN,
    Unknown,
    Value,
    describe,
)
from netspec.analysis.training.loss_values import TARGET, Compared, Losses
from netspec.analysis.training.terms import Term
from netspec.catalog import left_out
from netspec.catalog.rules.losses import operands as operands_of
from netspec.program.graph import Graph
from netspec.source import Span
from netspec.syntax import tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A checked loss: its graph, the terms it logs, and what it told about data and task.

    `as_real` names fields that hold integers and are wanted as real numbers, `fed` those that go
    into models, with the place. `name` is the loss applied to the model's output, if one is.
    `compared` is the first prediction of an applied model that is held against a field.
    """

    graph: Graph
    terms: tuple[str, ...]
    as_real: tuple[str, ...]
    name: str | None
    fed: Mapping[str, Span]
    compared: Compared | None = None


@dataclass(slots=True)
class Terms:
    """Named terms of a loss, as the text binds them."""

    names: list[str] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)


def analyse_loss(
    binding: tree.Bind,
    terms: Sequence[Term],
    losses: Losses,
    *,
    own: Sequence[Term],
    settings: Sequence[str],
    predicts: bool,
) -> Loss | None:
    """A loss; `binding` is `loss = ...`, `terms` what binds the names that it may use.

    The loss has to use those of `own`. `predicts`: the graph gives, last, the prediction of an
    applied model that the loss compares with a field, if it does.
    """
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
    unused = report_unused(own, losses, settings)
    if value.type.rank != 0:
        losses.context.report(errors.loss_not_scalar(binding.values[0].span, str(value.type)))
        return None
    if unused:
        return None
    compared = losses.compared if predicts else None
    predictions = () if compared is None else (compared.prediction,)
    graph = losses.graph.finish((value, *found.tensors, *predictions))
    return Loss(
        graph=graph,
        terms=tuple(found.names),
        as_real=tuple(sorted(losses.as_real)),
        name=losses.applied[0] if losses.applied else None,
        fed=losses.fed,
        compared=compared,
    )


def _bind_term(term: Term, losses: Losses, found: Terms) -> None:
    if len(term.targets) > 1 or len(term.statement.values) > 1:
        losses.bind(term.statement)
        return
    (target,) = term.targets
    value = losses.evaluate(term.statement.values[0], losses.frame)
    if isinstance(value, Tensor):
        value = losses.graph.rename(value, target.id)
        if value.type.rank == 0:
            found.names.append(target.id)
            found.tensors.append(value)
    elif isinstance(value, tuple) and any(isinstance(part, Tensor) for part in parts(value)):
        losses.bind(term.statement)
        return
    losses.frame.scope.bind(target.id, value, target.span)


def report_unused(terms: Sequence[Term], losses: Losses, settings: Sequence[str]) -> bool:
    """Report names that are neither settings nor used by the loss; of several, one has to be."""
    unused = False
    for term in terms:
        if not any(losses.frame.scope.names[name].used for name in term.names):
            target = term.targets[0]
            losses.context.report(errors.unknown_setting(target.span, target.id, settings))
            unused = True
    return unused


def _value(expression: tree.Expr, losses: Losses) -> Value:
    """The loss's value: a loss by name takes the model's output and `y`."""
    head = expression.func if isinstance(expression, tree.Call) else expression
    entry = extern_of_file(head, losses.frame.scope)
    if entry is None:
        if not isinstance(head, tree.Name) or losses.frame.scope.find(head.id) is not None:
            return losses.evaluate(expression, losses.frame)
        entry = losses.context.catalog.find("loss", head.id)
    if entry is None:
        assert isinstance(head, tree.Name)
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
        return losses.compare(entry, expression, values)
    if any(isinstance(value, Unknown) for value in values):
        return UNKNOWN
    if losses.model is None:
        names = losses.models.names
        losses.context.report(errors.loss_compares_nothing(head.span, entry.name, names))
        return UNKNOWN
    if len(losses.outputs) != 1:
        names = losses.model.output_names
        example = _example(entry.name, names)
        losses.context.report(errors.several_outputs(head.span, names, example))
        return UNKNOWN
    if losses.target(entry) is None:
        fields = [data_field.name for data_field in losses.data.fields]
        report = errors.no_target(head.span, fields)
        if losses.context.without_data:
            report = errors.field_not_told(head.span, TARGET, ())
        losses.context.report(report)
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
