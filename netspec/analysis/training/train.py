"""A `train` block to a `TrainPlan`: settings, the loss, and what hangs on data and model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import mul

from netspec.analysis import errors
from netspec.analysis.network.arithmetic import Report
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.values import Scope
from netspec.analysis.training.applied import AppliedModels
from netspec.analysis.training.losses import Loss
from netspec.analysis.training.own_metrics import check_own
from netspec.analysis.training.phases import Written, phase_losses, settled_phases, written_phases
from netspec.analysis.training.samples import analyse_samples
from netspec.analysis.training.statements import PLAIN, Statements
from netspec.analysis.training.stopping import measured_in
from netspec.analysis.training.suited import check_suited
from netspec.program import together
from netspec.program.data import DataPlan, Field
from netspec.program.graph import Model
from netspec.program.train import (
    Choice,
    Phase,
    StopCondition,
    Task,
    TrainPlan,
    compared,
)
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim, TensorType


def analyse_train(
    block: tree.Train,
    model: Model | None,
    applied: AppliedModels,
    data: DataPlan | None,
    bodies: Bodies,
    scope: Scope,
) -> tuple[TrainPlan, DataPlan] | None:
    """The plan, and the data plan with what the losses say of how fields are stored.

    What is trained are the models of `applied`, where there are any, else `model`, if there is one.
    """
    statements = Statements(block.body, bodies, Frame(Scope(scope)))
    plain = statements.plain([name for name in PLAIN if name != "clip"])
    report = bodies.context.report
    written = written_phases(block, statements, bodies, scope)
    baseline = statements.choice("baseline", "estimator")
    if baseline is not None and applied.blocks:
        report(errors.no_baseline(statements.settings["baseline"].span))
    trained = model is not None or bool(applied.blocks)
    if data is None or not trained:
        statements.weights(None)
        return None
    terms, judges = statements.terms, statements.judges
    losses = phase_losses(written, terms, model, applied, data, bodies, scope, predicts=judges)
    network = model or together(applied.models)
    if losses is None or network is None or not _all_applied(applied, report):
        statements.weights(None)
        return None
    frozen = statements.frozen(network)
    weights = statements.weights(network)
    models = [made.name for made in applied.models]
    phases = settled_phases(written, losses, network, applied, statements.freezes, bodies)
    measured = _measurements(statements, data, _judged(model, data, losses), phases or ())
    stored = _stored(data, model, losses, written, report)
    for phase in phases or ():
        statements.check_precision(plain.get("precision"), phase.optimizer, phase.loss)
        check_suited(phase, network, [p for line in frozen for p in line.patterns], report)
    samples = None
    if "samples" in statements.settings and not bodies.context.sink.failed:
        binding, names = statements.settings["samples"], statements.sampled
        samples = analyse_samples(binding, names, model, applied, data, bodies, scope)
    if phases is None or stored is None or bodies.context.sink.failed:
        return None
    plan = TrainPlan(
        span=block.span,
        phases=phases,
        models=tuple(models),
        task=measured.task,
        classes=measured.classes,
        metrics=measured.metrics,
        stop=measured.stop,
        baseline=baseline,
        weights=weights,
        frozen=frozen,
        samples=samples,
        **plain,  # type: ignore[arg-type]  # each was held against its setting
    )
    return plan, stored


@dataclass(frozen=True, slots=True)
class Measurements:
    """The task, its classes, the metrics (of stop conditions too), and these conditions."""

    task: Task
    classes: int | None
    metrics: tuple[Choice, ...]
    stop: tuple[StopCondition, ...]


def _measurements(
    statements: Statements, data: DataPlan, judged: Judged, phases: Sequence[Phase]
) -> Measurements:
    """What is measured, held against what is predicted."""
    task, classes = infer_task(judged)
    measured = [name for phase in phases for name in phase.measured]
    metrics = statements.metrics(task, classes, other_scores(judged))
    stop = statements.stop(data, measured) if phases else ()
    metrics = _with_stopping(metrics, stop, task, statements, measured)
    if task == "regression":
        _check_comparable(metrics, judged, statements.bodies.context.report)
    compared = (judged.output, judged.target)
    check_own(metrics, stop, compared, judged.as_real, statements.bodies.context)
    return Measurements(task, classes, metrics, stop)


def _all_applied(applied: AppliedModels, report: Report) -> bool:
    """Whether every model that `train` names was applied; False with reports."""
    unused = [block for block in applied.blocks if block.name not in applied.made]
    for block in unused:
        if block.name not in applied.failed:
            report(errors.model_unused(block.head, block.name))
    return not unused


def _with_stopping(
    metrics: tuple[Choice, ...],
    stop: tuple[StopCondition, ...],
    task: Task,
    statements: Statements,
    known: Sequence[str],
) -> tuple[Choice, ...]:
    """The metrics, and those that a stop condition measures; `known` is measured anyway."""
    names = {*known, *(metric.name for metric in metrics)}
    for condition in stop:
        for measured in measured_in(condition):
            if measured.metric in names:
                continue
            metric = statements.metric(measured, condition, task)
            if metric is not None:
                metrics = (*metrics, metric)
                names.add(metric.name)
    return metrics


@dataclass(frozen=True, slots=True)
class Judged:
    """What metrics compare: the type of a prediction, a field, and the loss that compares both."""

    output: TensorType | None
    target: Field | None
    loss: str | None
    # Fields of whole numbers that are stored as real ones.
    as_real: frozenset[str] = frozenset()
    # Whether the model is given the target, as an autoencoder is.
    seen: bool = True


# Losses that look at each of several labels by itself: a row may have any number of them.
OF_LABELS = frozenset({"BCELoss", "BCEWithLogitsLoss", "MultiLabelSoftMarginLoss"})


def infer_task(judged: Judged) -> tuple[Task, int | None]:
    """What the output predicts that metrics compare, from its type, its target's and the loss."""
    output, target = judged.output, judged.target
    if output is None or target is None:
        return "regression", None
    shape = output.shape[:-1] if output.rank == target.type.rank + 1 else output.shape
    binary = target.type.kind.name == "bool" or (
        target.type.kind.name == "index"
        and target.type.kind.size is not None
        and target.type.kind.size.value == 2
    )
    kinds = {"unit", "prob"}
    one = output.rank < 2 or output.shape[-1].value == 1 or shape == target.type.shape
    if target.type.kind.name == "index" and output.rank == target.type.rank + 1:
        classes, known = output.shape[1].value, target.type.kind.size
        if classes is not None and classes > 1:
            # Other scores than those of the target's classes are nothing to count hits with.
            others = known is not None and known.value not in (None, classes)
            return ("regression", None) if others else ("classes", classes)
    labels = (
        target.type.kind.name == "unit"
        and target.type.rank == 2
        and output.shape == target.type.shape
        and judged.loss in OF_LABELS
        and not judged.seen
    )
    if (binary and one) or labels:
        if output.kind.name in kinds:
            return "binary_probability", 2
        if judged.loss in OF_LABELS:
            return "binary_score", 2
    return "regression", None


def other_scores(judged: Judged) -> tuple[str, str] | None:
    """Why an output is no scores of a target's classes, one for each in dimension 1, and the help.

    None if it is, or if the target holds no classes.
    """
    output, target = judged.output, judged.target
    size = None if target is None else target.type.kind.size
    if output is None or target is None or size is None or size.value is None:
        return None
    if output.rank != target.type.rank + 1 or output.shape[1].value in (1, size.value):
        return None
    if output.shape[-1].value == size.value:
        what = f"an output {output}, whose classes are its last dimension"
        return what, "metrics look for classes in dimension 1: end it with `-> movedim(-1, 1)`"
    what = f"an output {output} where the target holds {size.value} classes"
    return what, "let the loss compare the scores with the target as the model gives them"


def _judged(model: Model | None, data: DataPlan, losses: Sequence[Loss]) -> Judged:
    """What metrics compare, in the first of the losses that compares anything."""
    as_real = frozenset(name for loss in losses for name in loss.as_real)
    if model is None:
        found = next((loss.compared for loss in losses if loss.compared is not None), None)
        if found is None:
            return Judged(None, None, None)
        return Judged(found.prediction.type, found.target, found.loss, as_real)
    loss = losses[0]
    inputs = [slot.name or "x" for slot in model.graph.inputs]
    prediction, target = compared(loss.graph, model.output_names, inputs)
    types = dict(zip(model.output_names, model.graph.output_types, strict=True))
    output, field = types.get(prediction or ""), data.field(target or "")
    return Judged(output, field, loss.name, as_real, seen=target in inputs)


def _count(shape: Sequence[Dim]) -> Dim:
    return reduce(mul, shape, Dim.of(1))


def _check_comparable(metrics: Sequence[Choice], judged: Judged, report: Report) -> None:
    """Report metrics of numbers when there is nothing to subtract from the output."""
    metrics = [metric for metric in metrics if metric.extern is None]
    output, target = judged.output, judged.target
    missing = output is None or target is None
    if output is not None and target is not None:
        missing = _count(output.shape) != _count(target.type.shape)
    if missing:
        what = "an output that the loss compares with no field of its shape"
        for metric in metrics:
            report(errors.metric_task(metric.span, metric.name, what, ()))


def _stored(
    data: DataPlan,
    model: Model | None,
    losses: Sequence[Loss],
    written: Sequence[Written],
    report: Report,
) -> DataPlan | None:
    """The data plan with integer targets of float losses stored as real numbers."""
    inputs: dict[str | None, Span] = {name: at for loss in losses for name, at in loss.fed.items()}
    if model is not None:
        inputs = {slot.name: slot.span for slot in model.graph.inputs}
    wanted = {
        name: phase.statements.settings["loss"].values[0].span
        for phase, loss in zip(written, losses, strict=True)
        for name in loss.as_real
    }
    fields = []
    for field in data.fields:
        if field.name not in wanted:
            fields.append(field)
            continue
        if field.name in inputs:
            place = wanted[field.name]
            report(errors.stored_two_ways(place, field.name, inputs[field.name]))
            return None
        fields.append(replace(field, stored="float32"))
    return replace(data, fields=tuple(fields))


__all__ = ["analyse_train"]
