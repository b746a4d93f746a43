"""A `train` block to a `TrainPlan`: settings, the loss, and what hangs on data and model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import mul
from typing import cast

from netspec.analysis import errors
from netspec.analysis.network.arithmetic import Report
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.values import Scope, Unknown, describe
from netspec.analysis.patterns import matching, near_patterns
from netspec.analysis.places import header, word_in
from netspec.analysis.training.choices import (
    SUITED,
    TASKS,
    choose,
    choose_group,
    choose_metrics,
)
from netspec.analysis.training.losses import Loss, analyse_loss
from netspec.analysis.training.schedules import choose_schedule
from netspec.analysis.training.stopping import measured_in, stop_condition
from netspec.analysis.training.weights import choose_weights
from netspec.diagnostics import near
from netspec.program.data import DataPlan, Field
from netspec.program.graph import Freezing, Model
from netspec.program.precision import AUTOCAST, PRECISIONS, refused_by_autocast
from netspec.program.state import learned, state
from netspec.program.train import (
    BY_CLOSURE,
    Choice,
    Measured,
    ParameterGroup,
    Phase,
    Schedule,
    StopCondition,
    Task,
    TrainPlan,
    compared,
)
from netspec.program.weights import Start
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim, TensorType

CHOICES = ("loss", "optimizer", "schedule", "metrics", "baseline", "weights")
DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True, slots=True)
class Setting:
    """A plain setting: what it accepts, in a test and in words."""

    accepts: Callable[[object], bool]
    wanted: str


def _whole(low: int, high: int | None = None) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, int)
        and not isinstance(value, bool)
        and value >= low
        and (high is None or value <= high)
    )


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _share(value: object) -> bool:
    return isinstance(value, float) and 0 < value < 1


PLAIN: dict[str, Setting] = {
    "batch": Setting(_whole(1), "a positive number of rows"),
    "epochs": Setting(_whole(1), "a positive number of epochs"),
    "steps": Setting(_whole(1), "a positive number of steps"),
    "seed": Setting(_whole(0, 2**32 - 1), "a whole number from 0 to 4294967295"),
    "clip": Setting(_positive, "a positive number, the largest norm of the gradient"),
    "accumulate": Setting(_whole(1), "a positive number of batches"),
    "ema": Setting(_share, "a number between 0 and 1, what each step keeps of the average"),
    "workers": Setting(_whole(0), "a number of processes, 0 or more"),
    "compile": Setting(lambda value: isinstance(value, bool), "`true` or `false`"),
    "checkpoint": Setting(_whole(1), "how many epochs lie between two checkpoints, 1 or more"),
    "precision": Setting(lambda value: value in PRECISIONS, "`fp32`, `tf32`, `bf16` or `fp16`"),
    "device": Setting(lambda value: value in DEVICES, "`auto`, `cpu`, `cuda` or `mps`"),
}
SETTINGS = (*CHOICES, *PLAIN)


def analyse_train(
    block: tree.Train,
    model: Model | None,
    data: DataPlan | None,
    bodies: Bodies,
    scope: Scope,
) -> tuple[TrainPlan, DataPlan] | None:
    """The plan, and the data plan with what the loss says of how fields are stored."""
    sorted_out = _Statements(block, bodies, Frame(Scope(scope)))
    plain = sorted_out.plain()
    report = bodies.context.report
    sorted_out.check_complete(header(block.span))
    optimizer = sorted_out.choice("optimizer")
    schedule = sorted_out.schedule()
    baseline = sorted_out.choice("baseline", "estimator")
    weights = sorted_out.weights(model)
    groups = sorted_out.groups(model)
    sorted_out.check_closure(optimizer)
    if model is None or data is None:
        return None
    loss = None
    if "loss" in sorted_out.settings:
        terms = tuple(sorted_out.terms.values())
        binding = sorted_out.settings["loss"]
        loss = analyse_loss(binding, terms, model, data, bodies, scope, SETTINGS)
    if loss is None:
        return None
    frozen = sorted_out.frozen(model)
    task, classes = infer_task(model, data, loss)
    metrics = sorted_out.metrics(task, classes)
    stop = sorted_out.stop(data)
    metrics = _with_stopping(metrics, stop, task, sorted_out)
    if task == "regression":
        _check_comparable(metrics, model, data, loss, report)
    stored = _stored(data, model, loss, sorted_out)
    sorted_out.check_precision(plain.get("precision"), optimizer, loss)
    if optimizer is None or stored is None or bodies.context.sink.failed:
        return None
    phase = Phase(
        span=block.span,
        loss=loss.graph,
        terms=loss.terms,
        optimizer=optimizer,
        groups=groups,
        schedule=schedule,
        clip=cast("float | None", plain.pop("clip", None)),
    )
    plan = TrainPlan(
        span=block.span,
        phases=(phase,),
        task=task,
        classes=classes,
        metrics=metrics,
        stop=stop,
        baseline=baseline,
        weights=weights,
        frozen=frozen,
        **plain,  # type: ignore[arg-type]  # each was held against its setting
    )
    return plan, stored


class _Statements:
    """The statements of a `train` block, sorted: settings, terms of the loss, groups, stops."""

    def __init__(self, block: tree.Train, bodies: Bodies, frame: Frame) -> None:
        self.bodies = bodies
        self.frame = frame
        self.settings: dict[str, tree.Bind] = {}
        self.terms: dict[str, tree.Bind] = {}
        self._groups: list[tree.Group] = []
        self._stops: list[tree.Stop] = []
        self._freezes: list[tree.Freeze] = []
        self._phased = False
        for statement in block.body.statements:
            self._sort(statement)

    def _sort(self, statement: tree.Statement) -> None:
        report = self.bodies.context.report
        match statement:
            case tree.Group():
                self._groups.append(statement)
            case tree.Stop():
                self._stops.append(statement)
            case tree.Bind(targets=(tree.Name() as target,), values=(_,)):
                known = self.settings if target.id in SETTINGS else self.terms
                if target.id in known:
                    earlier = known[target.id].targets[0].span
                    report(errors.setting_twice(target.span, target.id, earlier))
                    return
                known[target.id] = statement
            case tree.Freeze():
                self._freezes.append(statement)
            case tree.Phase():
                report(errors.not_yet(header(statement.span), "`phase`"))
                self._phased = True
            case _:
                report(errors.not_in_train(header(statement.span)))

    def check_complete(self, head: Span) -> None:
        """Report settings that must be given; a misspelt one is reported as that alone."""
        examples = {
            "loss": "loss = MSELoss",
            "optimizer": "optimizer = Adam(lr=1e-3)",
            "epochs": "epochs = 10",
        }
        report = self.bodies.context.report
        if self._phased:
            return  # a phase has settings of its own
        for name, example in examples.items():
            if name in self.settings or (name == "epochs" and "steps" in self.settings):
                continue
            misnamed = next((term for term in self.terms if self._stands_for(term, name)), None)
            if misnamed is None:
                report(errors.setting_missing(head, name, example))
                continue
            span = self.terms.pop(misnamed).targets[0].span
            report(errors.unknown_setting(span, misnamed, (name,), name))

    def _stands_for(self, term: str, setting: str) -> bool:
        """Whether a term is surely a missing setting under another name: `opt = SGD(lr=0.1)`."""
        if near(term, SETTINGS)[:1] == (setting,) or setting.removesuffix("s") in term:
            return True
        value = self.terms[term].values[0]
        head = value.func if isinstance(value, tree.Call) else value
        catalog = self.bodies.context.catalog
        return isinstance(head, tree.Name) and catalog.find(setting, head.id) is not None

    def plain(self) -> dict[str, object]:
        """The plain settings that are given, each held against what it accepts."""
        found: dict[str, object] = {}
        for name, setting in PLAIN.items():
            binding = self.settings.get(name)
            if binding is None:
                continue
            expression = binding.values[0]
            if name in {"device", "precision"} and isinstance(expression, tree.Name):
                value: object = expression.id
                given = f"`{expression.id}`"
            else:
                constant = self.bodies.constant(expression, self.frame)
                if isinstance(constant, Unknown):
                    continue
                value, given = constant, describe(constant)
            if value is None and name in {"clip", "batch", "ema", "checkpoint"}:
                continue
            if not setting.accepts(value):
                self.bodies.context.report(
                    errors.setting_value(expression.span, name, setting.wanted, given)
                )
                continue
            found[name] = value
        return found

    def choice(self, name: str, kind: str | None = None) -> Choice | None:
        """The thing a setting picks by name."""
        binding = self.settings.get(name)
        if binding is None:
            return None
        return choose(kind or name, binding.values[0], self.bodies, self.frame)

    def schedule(self) -> Schedule | None:
        """The schedule, if there is one."""
        binding = self.settings.get("schedule")
        if binding is None:
            return None
        in_steps = "steps" in self.settings and "epochs" not in self.settings
        return choose_schedule(binding.values[0], self.bodies, self.frame, in_steps=in_steps)

    def weights(self, model: Model | None) -> tuple[Start, ...]:
        """The files of weights to start from, held against the model."""
        binding = self.settings.get("weights")
        if binding is None:
            return ()
        return choose_weights(binding.values[0], model, self.bodies, self.frame)

    def check_closure(self, optimizer: Choice | None) -> None:
        """Report what an optimizer that evaluates each batch by itself cannot do."""
        if optimizer is None or optimizer.target not in BY_CLOSURE:
            return
        report = self.bodies.context.report
        for group in self._groups:
            report(errors.not_with_optimizer(header(group.span), optimizer.name, "groups"))
        if "accumulate" in self.settings:
            span = self.settings["accumulate"].span
            report(errors.not_with_optimizer(span, optimizer.name, "accumulated batches"))

    def check_precision(self, precision: object, optimizer: Choice | None, loss: Loss) -> None:
        """Report what cannot be computed in few digits."""
        if precision not in AUTOCAST:
            return
        report = self.bodies.context.report
        span = self.settings["precision"].values[0].span
        refused = refused_by_autocast(loss.graph)
        if refused is not None:
            report(errors.not_in_precision(refused[1], refused[0], str(precision), span))
        if precision == "fp16" and optimizer is not None and optimizer.target in BY_CLOSURE:
            report(errors.not_with_optimizer(span, optimizer.name, "scaled gradients"))

    def groups(self, model: Model | None) -> tuple[ParameterGroup, ...]:
        """Parameter groups, held against the model's parameters and the optimizer's arguments."""
        if model is None:
            return ()
        patterns = [pattern.value for line in self._freezes for pattern in line.patterns]
        names = [one.name for one in learned(state(model.graph), patterns)]
        binding = self.settings.get("optimizer")
        optimizer = binding.values[0] if binding is not None else None
        whole = model.weighed
        made = [
            choose_group(group, optimizer, names if whole else None, self.bodies, self.frame)
            for group in self._groups
        ]
        return tuple(group for group in made if group is not None)

    def frozen(self, model: Model) -> tuple[Freezing, ...]:
        """What training freezes, held against the names of the model's parameters."""
        found = state(model.graph)
        names = [name for name, one in found.items() if one.weight.learned]
        made: list[Freezing] = []
        for pattern in (pattern for line in self._freezes for pattern in line.patterns):
            if matching(pattern.value, names) or not model.weighed:
                made.append(Freezing(span=pattern.span, patterns=(pattern.value,)))
                continue
            near = near_patterns(names)
            self.bodies.context.report(
                errors.pattern_matches_nothing(pattern.span, pattern.value, names, near)
            )
        _check_learns(model, made, self.bodies.context.report)
        return tuple(made)

    def metrics(self, task: Task, classes: int | None) -> tuple[Choice, ...]:
        """The metrics of the `metrics` setting."""
        binding = self.settings.get("metrics")
        if binding is None:
            return ()
        return choose_metrics(binding.values[0], task, self.bodies, self.frame, classes)

    def metric(self, measured: Measured, stop: StopCondition, task: Task) -> Choice | None:
        """A metric that only a stop condition asks for."""
        if measured.metric == "loss":
            return None
        name = tree.Name(span=word_in(_span_of(stop), measured.metric), id=measured.metric)
        found = choose_metrics(name, task, self.bodies, self.frame)
        return found[0] if found else None

    def stop(self, data: DataPlan) -> tuple[StopCondition, ...]:
        """The stop conditions, each on rows that there are."""
        found: list[StopCondition] = []
        for statement in self._stops:
            condition = stop_condition(statement.condition, self.bodies, self.frame)
            if condition is None:
                continue
            validated = data.split is not None and data.split.val > 0
            if any(m.split == "val" for m in measured_in(condition)) and not validated:
                self.bodies.context.report(errors.no_validation(statement.condition.span))
                continue
            found.append(condition)
        return tuple(found)


def _check_learns(model: Model, frozen: Sequence[Freezing], report: Report) -> None:
    """Report a model of which nothing learns."""
    found = state(model.graph)
    if not model.weighed or learned(
        found, [pattern for line in frozen for pattern in line.patterns]
    ):
        return
    lines = [*model.graph.frozen, *frozen]
    stopped = any(one.weight.learned for one in found.values())
    last = lines[-1].span if stopped and lines else None
    report(errors.nothing_learned(header(model.span), last))


def _with_stopping(
    metrics: tuple[Choice, ...],
    stop: tuple[StopCondition, ...],
    task: Task,
    statements: _Statements,
) -> tuple[Choice, ...]:
    """The metrics, and those that a stop condition measures."""
    names = {metric.name for metric in metrics}
    for condition in stop:
        for measured in measured_in(condition):
            if measured.metric in names:
                continue
            metric = statements.metric(measured, condition, task)
            if metric is not None:
                metrics = (*metrics, metric)
                names.add(metric.name)
    return metrics


def _span_of(condition: StopCondition) -> Span:
    match condition:
        case _ if hasattr(condition, "span"):
            return condition.span
        case _:
            return _span_of(condition.conditions[0])


def infer_task(model: Model, data: DataPlan, loss: Loss) -> tuple[Task, int | None]:
    """What the output predicts that metrics compare, from its type, its target's and the loss."""
    output, target = _compared(model, data, loss)
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
        classes = output.shape[1].value
        if classes is not None and classes > 1:
            return "classes", classes
    if binary and one:
        if output.kind.name in kinds:
            return "binary_probability", 2
        if loss.name == "BCEWithLogitsLoss":
            return "binary_score", 2
    return "regression", None


def _compared(model: Model, data: DataPlan, loss: Loss) -> tuple[TensorType | None, Field | None]:
    """The type of the output, and the field, that metrics compare."""
    inputs = [slot.name or "x" for slot in model.graph.inputs]
    prediction, target = compared(loss.graph, model.output_names, inputs)
    types = dict(zip(model.output_names, model.graph.output_types, strict=True))
    return types.get(prediction or ""), data.field(target or "")


def _count(shape: Sequence[Dim]) -> Dim:
    return reduce(mul, shape, Dim.of(1))


def _check_comparable(
    metrics: Sequence[Choice], model: Model, data: DataPlan, loss: Loss, report: Report
) -> None:
    """Report metrics of numbers when there is nothing to subtract from the output."""
    output, target = _compared(model, data, loss)
    missing = output is None or target is None
    if output is not None and target is not None:
        missing = _count(output.shape) != _count(target.type.shape)
    if missing:
        what = "an output that the loss compares with no field of its shape"
        for metric in metrics:
            report(errors.metric_task(metric.span, metric.name, what, ()))


def _stored(data: DataPlan, model: Model, loss: Loss, statements: _Statements) -> DataPlan | None:
    """The data plan with integer targets of float losses stored as real numbers."""
    inputs = {slot.name: slot.span for slot in model.graph.inputs}
    fields = []
    for field in data.fields:
        if field.name not in loss.as_real:
            fields.append(field)
            continue
        if field.name in inputs:
            wanted = statements.settings["loss"].values[0].span
            twice = errors.stored_two_ways(wanted, field.name, inputs[field.name])
            statements.bodies.context.report(twice)
            return None
        fields.append(replace(field, stored="float32"))
    return replace(data, fields=tuple(fields))


__all__ = ["SETTINGS", "SUITED", "TASKS", "analyse_train"]
