"""The statements of `train` and of its phases, sorted, each held against what it may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from netspec.analysis import errors
from netspec.analysis.errors.settings import SEVERAL
from netspec.analysis.network.arithmetic import Report
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.values import Unknown, describe
from netspec.analysis.patterns import matching, near_patterns
from netspec.analysis.places import header, word_in
from netspec.analysis.training.choices import (
    choose,
    choose_group,
    choose_metrics,
)
from netspec.analysis.training.schedules import choose_schedule
from netspec.analysis.training.stopping import measured_in, stop_condition
from netspec.analysis.training.terms import Term, bound_names, needed, of_samples
from netspec.analysis.training.weights import choose_weights
from netspec.diagnostics import near
from netspec.program.data import DataPlan
from netspec.program.graph import Freezing, Graph, Model
from netspec.program.precision import AUTOCAST, PRECISIONS, refused_by_autocast
from netspec.program.state import learned, state
from netspec.program.train import (
    BY_CLOSURE,
    Choice,
    Measured,
    ParameterGroup,
    Schedule,
    StopCondition,
    Task,
)
from netspec.program.weights import Start
from netspec.source import Span
from netspec.syntax import tree

CHOICES = ("loss", "optimizer", "schedule", "metrics", "baseline", "weights", "samples")
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
# What a phase says for itself.
PHASE = ("loss", "optimizer", "updates", "schedule", "clip")

EXAMPLES = {
    "loss": "loss = MSELoss",
    "optimizer": "optimizer = Adam(lr=1e-3)",
    "epochs": "epochs = 10",
    "updates": "updates = Name",
}


class Statements:
    """The statements of `train` or of a phase, sorted: settings, terms, groups, stops, phases.

    `settings` are the names of those that may stand here; `where` says it in words.
    """

    def __init__(
        self,
        body: tree.Body,
        bodies: Bodies,
        frame: Frame,
        names: Sequence[str] = SETTINGS,
        where: str = "`train`",
    ) -> None:
        self.bodies = bodies
        self.frame = frame
        self.names = names
        self.where = where
        self.settings: dict[str, tree.Bind] = {}
        self.terms: list[Term] = []
        self.phases: list[tree.Phase] = []
        self._bound: dict[str, Span] = {}
        self._faulty: set[str] = set()
        self._groups: list[tree.Group] = []
        self._stops: list[tree.Stop] = []
        self._freezes: list[tree.Freeze] = []
        for statement in body.statements:
            self._sort(statement)
        # The terms that `samples` uses; those that no loss does are none of the losses'.
        self.sampled: list[Term] = []
        if "samples" in self.settings:
            self.sampled = list(needed(self.terms, [self.settings["samples"]]))
            apart = of_samples(body)
            self.terms = [term for term in self.terms if term.statement not in apart]

    def _sort(self, statement: tree.Statement) -> None:
        report = self.bodies.context.report
        match statement:
            case tree.Group():
                self._groups.append(statement)
            case tree.Stop():
                self._stops.append(statement)
            case tree.Phase():
                self.phases.append(statement)
            case tree.Bind(targets=(tree.Name() as target,), values=(_,)) if target.id in SETTINGS:
                self._set(target, statement)
            case tree.Bind(targets=(tree.Name(id="updates") as target,), values=(_,)) if (
                "updates" in self.names
            ):
                self._set(target, statement)
            case tree.Bind():
                self._bind(statement)
            case tree.Freeze():
                self._freezes.append(statement)
            case _:
                report(errors.not_in_train(header(statement.span)))

    def _set(self, target: tree.Name, statement: tree.Bind) -> None:
        report = self.bodies.context.report
        if target.id in self.settings:
            earlier = self.settings[target.id].targets[0].span
            report(errors.setting_twice(target.span, target.id, earlier))
        elif target.id not in self.names:
            report(errors.belongs_elsewhere(target.span, target.id, phase=True))
        else:
            self.settings[target.id] = statement

    def _bind(self, statement: tree.Bind) -> None:
        report = self.bodies.context.report
        targets = bound_names(statement.targets)
        wrong = [t.id for t in targets or () if t.id in SETTINGS or t.id in self.names]
        if targets is not None and len(targets) == 1 and wrong:
            first, last = statement.values[0].span, statement.values[-1].span
            given = f"`{first.to(last).text}`"
            report(errors.setting_value(first.to(last), wrong[0], SEVERAL, given))
            self._faulty.add(wrong[0])
            return
        if targets is None or wrong:
            report(errors.not_in_train(header(statement.span)))
            return
        for target in targets:
            if target.id in self._bound:
                earlier = self._bound[target.id]
                report(errors.setting_twice(target.span, target.id, earlier, term=True))
                return
            self._bound[target.id] = target.span
        self.terms.append(Term(targets=targets, statement=statement))

    def check_phased(self) -> frozenset[str]:
        """Report the settings of a `train` block that are for its phases to say; which they are."""
        report = self.bodies.context.report
        found = {"loss", "optimizer", "schedule", "clip"}.intersection(self.settings)
        for name in sorted(found):
            place = self.settings.pop(name).targets[0].span
            report(errors.belongs_elsewhere(place, name, phase=False))
        for group in self._groups:
            report(errors.belongs_elsewhere(header(group.span), "group", phase=False))
        return frozenset(found)

    def check_complete(self, head: Span, needed: Sequence[str]) -> None:
        """Report settings that must be given; a misspelt one is reported as that alone."""
        report = self.bodies.context.report
        for name in needed:
            given = self.settings.keys() | self._faulty
            if name in given or (name == "epochs" and "steps" in given):
                continue
            misnamed = next((term for term in self.terms if self._stands_for(term, name)), None)
            if misnamed is None:
                report(errors.setting_missing(head, name, EXAMPLES[name], self.where))
                continue
            self.terms.remove(misnamed)
            span = misnamed.targets[0].span
            report(errors.unknown_setting(span, misnamed.names[0], (name,), name))

    def _stands_for(self, term: Term, setting: str) -> bool:
        """Whether a term is surely a missing setting under another name: `opt = SGD(lr=0.1)`."""
        if len(term.names) > 1:
            return False
        (name,) = term.names
        if near(name, self.names)[:1] == (setting,) or setting.removesuffix("s") in name:
            return True
        value = term.statement.values[0]
        head = value.func if isinstance(value, tree.Call) else value
        catalog = self.bodies.context.catalog
        return isinstance(head, tree.Name) and catalog.find(setting, head.id) is not None

    @property
    def judges(self) -> bool:
        """Whether anything may ask for metrics."""
        return "metrics" in self.settings or bool(self._stops)

    def plain(self, names: Iterable[str] = PLAIN) -> dict[str, object]:
        """The plain settings of these names that are given, held against what each accepts."""
        found: dict[str, object] = {}
        for name in names:
            setting, binding = PLAIN[name], self.settings.get(name)
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

    def schedule(self, *, in_steps: bool) -> Schedule | None:
        """The schedule, if there is one; `in_steps` says that steps alone give the length."""
        binding = self.settings.get("schedule")
        if binding is None:
            return None
        return choose_schedule(binding.values[0], self.bodies, self.frame, in_steps=in_steps)

    def weights(self, model: Model | None) -> tuple[Start, ...]:
        """The files of weights to start from, held against the model."""
        binding = self.settings.get("weights")
        if binding is None:
            return ()
        return choose_weights(binding.values[0], model, self.bodies, self.frame)

    def check_closure(self, optimizer: Choice | None, accumulates: tree.Bind | None) -> None:
        """Report what an optimizer that evaluates each batch by itself cannot do."""
        if optimizer is None or optimizer.target not in BY_CLOSURE:
            return
        report = self.bodies.context.report
        for group in self._groups:
            report(errors.not_with_optimizer(header(group.span), optimizer.name, "groups"))
        if accumulates is not None:
            span = accumulates.span
            report(errors.not_with_optimizer(span, optimizer.name, "accumulated batches"))

    def check_precision(self, precision: object, optimizer: Choice | None, loss: Graph) -> None:
        """Report what cannot be computed in few digits, in one of the phases."""
        if precision not in AUTOCAST:
            return
        report = self.bodies.context.report
        span = self.settings["precision"].values[0].span
        refused = refused_by_autocast(loss)
        if refused is not None:
            report(errors.not_in_precision(refused[1], refused[0], str(precision), span))
        if precision == "fp16" and optimizer is not None and optimizer.target in BY_CLOSURE:
            report(errors.not_with_optimizer(span, optimizer.name, "scaled gradients"))

    def groups(
        self, names: Sequence[str] | None, others: Mapping[str, str]
    ) -> tuple[ParameterGroup, ...]:
        """Parameter groups, held against names of parameters and the optimizer's arguments.

        `names` is None where some are not known; `others` are the further names of tied ones.
        """
        binding = self.settings.get("optimizer")
        optimizer = binding.values[0] if binding is not None else None
        made = [
            choose_group(group, optimizer, names, others, self.bodies, self.frame)
            for group in self._groups
        ]
        return tuple(group for group in made if group is not None)

    @property
    def freezes(self) -> tuple[str, ...]:
        """The patterns of what training freezes."""
        return tuple(pattern.value for line in self._freezes for pattern in line.patterns)

    def frozen(self, model: Model) -> tuple[Freezing, ...]:
        """What training freezes, held against the names of the model's parameters."""
        found = state(model.graph)
        names = [name for name, one in found.items() if one.weight.learned]
        made: list[Freezing] = []
        for pattern in (pattern for line in self._freezes for pattern in line.patterns):
            if not self.bodies.context.match(pattern.span, len(names)):
                break
            if matching(pattern.value, names) or not model.weighed:
                made.append(Freezing(span=pattern.span, patterns=(pattern.value,)))
                continue
            near = near_patterns(names)
            self.bodies.context.report(
                errors.pattern_matches_nothing(pattern.span, pattern.value, names, near)
            )
        _check_learns(model, made, self.bodies.context.report)
        return tuple(made)

    def metrics(
        self, task: Task, classes: int | None, others: tuple[str, str] | None = None
    ) -> tuple[Choice, ...]:
        """The metrics of the `metrics` setting; `others` says why none may count classes."""
        binding = self.settings.get("metrics")
        if binding is None:
            return ()
        return choose_metrics(binding.values[0], task, self.bodies, self.frame, classes, others)

    def metric(self, measured: Measured, stop: StopCondition, task: Task) -> Choice | None:
        """A metric that only a stop condition asks for."""
        name = tree.Name(span=word_in(_span_of(stop), measured.metric), id=measured.metric)
        found = choose_metrics(name, task, self.bodies, self.frame)
        return found[0] if found else None

    def stop(self, data: DataPlan, names: Sequence[str]) -> tuple[StopCondition, ...]:
        """The stop conditions, each on rows that there are; `names` are those of the losses."""
        report = self.bodies.context.report
        found: list[StopCondition] = []
        for statement in self._stops:
            condition = stop_condition(statement.condition, self.bodies, self.frame)
            if condition is None:
                continue
            place = statement.condition.span
            validated = data.split is not None and data.split.val > 0
            if any(m.split == "val" for m in measured_in(condition)) and not validated:
                report(errors.no_validation(place))
                continue
            unknown = next((m for m in measured_in(condition) if _is_strange(m, names)), None)
            if unknown is not None:
                report(errors.which_loss(word_in(place, unknown.metric), unknown.split, names))
                continue
            found.append(condition)
        return tuple(found)


def _check_learns(model: Model, frozen: Sequence[Freezing], report: Report) -> None:
    """Report a model of which nothing learns."""
    found = state(model.graph)
    patterns = [pattern for line in frozen for pattern in line.patterns]
    if not model.weighed or learned(found, patterns):
        return
    lines = [*model.graph.frozen, *frozen]
    stopped = any(one.weight.learned for one in found.values())
    last = lines[-1].span if stopped and lines else None
    report(errors.nothing_learned(header(model.span), last))


def _is_strange(measured: Measured, names: Sequence[str]) -> bool:
    """Whether it is spelt as a loss is, or a term of a phase, and is none of them."""
    spelt = measured.metric == "loss" or "." in measured.metric
    return spelt and measured.metric not in names


def _span_of(condition: StopCondition) -> Span:
    match condition:
        case _ if hasattr(condition, "span"):
            return condition.span
        case _:
            return _span_of(condition.conditions[0])
