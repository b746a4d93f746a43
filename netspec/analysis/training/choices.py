"""Things of the catalogue that `train` picks by name: optimizer, schedule, metrics, baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from netspec.analysis import errors
from netspec.analysis.errors.externs import extern_misplaced
from netspec.analysis.inspection import looked_at
from netspec.analysis.network.evaluate import Expressions, Frame
from netspec.analysis.network.namespaces import extern_of_file, namespace_of, owner
from netspec.analysis.network.operands import literal
from netspec.analysis.network.refusals import written
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.analysis.patterns import by_first_names, near_patterns
from netspec.catalog import Argument, Entry, Refusal, left_out
from netspec.catalog import Value as Constant
from netspec.program.graph import Literal
from netspec.program.train import Choice, ParameterGroup, Task
from netspec.source import Span
from netspec.syntax import tree

LEFT_OUT = {"optimizer": left_out.OPTIMIZERS, "schedule": left_out.SCHEDULES}

CLASSIFICATION = ("accuracy", "error", "precision", "recall", "f1")
REGRESSION = ("mse", "rmse", "mae", "r2")
SUITED: dict[Task, tuple[str, ...]] = {
    "classes": (*CLASSIFICATION, "top_k"),
    "binary_probability": (*CLASSIFICATION, *REGRESSION),
    "binary_score": CLASSIFICATION,
    "regression": REGRESSION,
}
TASKS: dict[Task, str] = {
    "classes": "a classification",
    "binary_probability": "the probability of a class",
    "binary_score": "the score of a class",
    "regression": "an output that is compared as numbers",
}


def choose(
    kind: str,
    expression: tree.Expr,
    evaluator: Expressions,
    frame: Frame,
    *,
    whole: bool = True,
) -> Choice | None:
    """A named thing of a kind with its arguments, `AdamW(lr=3e-4)`; None with a report.

    One that is not `whole` gives only the arguments that differ from those given elsewhere.
    """
    head = expression.func if isinstance(expression, tree.Call) else expression
    entry = _entry(kind, expression, head, evaluator, frame)
    if entry is None:
        return None
    made = Arguments(entry, evaluator, frame)
    args = expression.args if isinstance(expression, tree.Call) else ()
    keywords = expression.keywords if isinstance(expression, tree.Call) else ()
    positional = [made.value(made.declared(place), arg) for place, arg in enumerate(args)]
    named = {k.name.id: made.value(entry.argument(k.name.id), k.value) for k in keywords}
    if any(isinstance(value, Unknown) for value in (*positional, *named.values())):
        return None
    bound = entry.bind(
        cast(list[Constant], positional), cast(dict[str, Constant], named), whole=whole
    )
    if isinstance(bound, Refusal):
        evaluator.refuse(bound, written(expression, entry))
        return None
    # Defaults stay torch's own; only what the text gives travels.
    return Choice(
        span=expression.span,
        name=entry.name,
        target=entry.target,
        arguments=tuple(
            (key, literal(value))
            for key, value in bound.values.items()
            if key in bound.given and not _takes_schedules(entry.argument(key))
        ),
        inferred=tuple(name for name in entry.inferred if name not in bound.given),
        parts=tuple(made.parts),
        extern=looked_at(entry, evaluator.context),
    )


def _entry(
    kind: str, expression: tree.Expr, head: tree.Expr, evaluator: Expressions, frame: Frame
) -> Entry | None:
    """What `AdamW` or `lib.worst` names; None with a report."""
    report, catalog = evaluator.context.report, evaluator.context.catalog
    if isinstance(head, tree.Name):
        known = frame.scope.find(head.id)
        if known is not None and isinstance(known.value, Unknown):
            return None
        entry = catalog.find(kind, head.id)
        other = owner(head.id, frame.scope) if entry is None else None
        if other is not None:
            report(errors.in_imported_file(head.span, head.id, f"{other}.{head.id}"))
        elif entry is None:
            reason = LEFT_OUT.get(kind, {}).get(head.id)
            report(errors.unknown_choice(head.span, kind, head.id, catalog.names(kind), reason))
        return entry
    there = extern_of_file(head, frame.scope)
    if there is not None and there.kind != kind:
        report(extern_misplaced(head.span, there.kind, head.span.text))
        return None
    of_file = isinstance(head, tree.Attribute) and namespace_of(head.value, frame.scope)
    if there is not None or (of_file and isinstance(evaluator.evaluate(head, frame), Unknown)):
        return there
    wanted = f"the name of {'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    report(errors.setting_value(expression.span, kind, wanted, f"`{expression.span.text}`"))
    return None


class Arguments:
    """Evaluates the arguments of one choice; `parts` gathers the schedules among them."""

    def __init__(self, entry: Entry, evaluator: Expressions, frame: Frame) -> None:
        self._free = [argument for argument in entry.arguments if not argument.keyword_only]
        self._evaluator = evaluator
        self._frame = frame
        self.parts: list[Choice] = []

    def declared(self, place: int) -> Argument | None:
        """The argument that stands at a place."""
        return self._free[place] if place < len(self._free) else None

    def value(self, argument: Argument | None, expression: tree.Expr) -> object:
        """The constant; of a list of schedules, their names."""
        if not _takes_schedules(argument):
            return self._evaluator.constant(expression, self._frame)
        if not isinstance(expression, tree.ListDisplay):
            given = f"`{expression.span.text}`"
            wanted = "a list of schedules"
            report = self._evaluator.context.report
            report(errors.setting_value(expression.span, "schedulers", wanted, given))
            return UNKNOWN
        chosen = [
            choose("schedule", item, self._evaluator, self._frame) for item in expression.items
        ]
        self.parts = [choice for choice in chosen if choice is not None]
        if len(self.parts) < len(chosen):
            return UNKNOWN
        return tuple(choice.name for choice in self.parts)


def _takes_schedules(argument: Argument | None) -> bool:
    return argument is not None and argument.types == ("schedules",)


def choose_metrics(
    expression: tree.Expr,
    task: Task,
    evaluator: Expressions,
    frame: Frame,
    classes: int | None = None,
    others: tuple[str, str] | None = None,
) -> tuple[Choice, ...]:
    """The metrics of a list, each held against what the model predicts.

    `others` says why what it predicts is no scores of the target's classes, with the help.
    """
    items = expression.items if isinstance(expression, tree.ListDisplay) else (expression,)
    found: list[Choice] = []
    places: dict[str, Span] = {}
    for item in items:
        metric = choose("metric", item, evaluator, frame)
        if metric is None:
            continue
        if metric.name in places:  # what is measured goes by its name
            what = f"the metric `{metric.name}`"
            evaluator.context.report(errors.defined_twice(item.span, what, places[metric.name]))
            continue
        places[metric.name] = item.span
        if metric.extern is not None:
            found.append(metric)
            continue
        if metric.name not in SUITED[task]:
            what, advice = others or (TASKS[task], None)
            evaluator.context.report(
                errors.metric_task(item.span, metric.name, what, SUITED[task], advice)
            )
            continue
        best = _likeliest(metric, evaluator)
        if classes is not None and best > classes:
            wanted = f"at most the number of classes, {classes}"
            evaluator.context.report(
                errors.setting_value(item.span, "k` of `top_k", wanted, f"`{best}`")
            )
            continue
        found.append(metric)
    return tuple(found)


def _likeliest(metric: Choice, evaluator: Expressions) -> int:
    """How many classes a metric takes for right; 1 but for `top_k`."""
    entry = evaluator.context.catalog.find("metric", metric.name)
    declared = {} if entry is None else {a.name: a.default for a in entry.arguments}
    best = dict(metric.arguments).get("k", declared.get("k"))
    return best if isinstance(best, int) else 1


def choose_group(
    group: tree.Group,
    optimizer: tree.Expr | None,
    names: Sequence[str] | None,
    others: Mapping[str, str],
    evaluator: Expressions,
    frame: Frame,
) -> ParameterGroup | None:
    """Optimizer arguments for the parameters that match a pattern.

    `names` is None where some are not known: those of layers whose Python nobody looked at.
    `others` are the further names of tied parameters.
    """
    report = evaluator.context.report
    patterns: list[str] = []
    for pattern in group.patterns:
        meant = [pattern.value]
        if names is not None:
            meant = by_first_names(pattern.value, names, others)
        if names is not None and not meant:
            likely = near_patterns(names)
            report(errors.group_matches_nothing(pattern.span, pattern.value, names, likely))
            return None
        patterns += meant
    keywords: list[tree.Keyword] = []
    for statement in group.body.statements:
        target = statement.targets[0] if isinstance(statement, tree.Bind) else None
        if not isinstance(statement, tree.Bind) or not isinstance(target, tree.Name):
            report(errors.not_in_train(statement.span))
            return None
        keywords.append(tree.Keyword(span=statement.span, name=target, value=statement.values[0]))
    if optimizer is None:
        return None
    arguments = _group_arguments(optimizer, keywords, evaluator, frame)
    if arguments is None:
        return None
    return ParameterGroup(
        span=group.span,
        patterns=tuple(dict.fromkeys(patterns)),
        arguments=arguments,
    )


def _group_arguments(
    optimizer: tree.Expr,
    keywords: Sequence[tree.Keyword],
    evaluator: Expressions,
    frame: Frame,
) -> tuple[tuple[str, Literal], ...] | None:
    """The group's settings, checked as arguments of the optimizer."""
    head = optimizer.func if isinstance(optimizer, tree.Call) else optimizer
    call = tree.Call(span=optimizer.span, func=head, args=(), keywords=tuple(keywords))
    choice = choose("optimizer", call, evaluator, frame, whole=False)
    return None if choice is None else choice.arguments
