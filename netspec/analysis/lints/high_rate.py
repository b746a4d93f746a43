"""A learning rate for plain descent given to Adam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, code, warning
from netspec.program.graph import Literal
from netspec.program.train import Phase
from netspec.source import Span
from netspec.syntax import tree

ADAMS = frozenset({"Adam", "AdamW", "NAdam", "RAdam", "Adamax", "SparseAdam"})
HIGH = 0.1
# Schedules that set the rate themselves, and by which of their arguments.
OVERRULING = {"OneCycleLR": "max_lr", "CyclicLR": "max_lr"}


@code("NS8008")
def high_rate(place: Span, optimizer: str, rate: float, usual: str) -> Diagnostic:
    """Adam has a learning rate of 0.1 or more.

    Adam divides each step by the size of recent gradients, so a parameter moves by about the
    learning rate at every step, however small the gradient. Weights are of the order of 0.1: a rate
    as large throws them about instead of training them. Rates like 0.1 are for `SGD`; for Adam and
    its kin 0.001 is usual, and 0.01 is high.

    Silence it with `# netspec: allow[high-rate]`.

    Wrong:

        data { load_iris() }
        model {
          Linear(16) -> ReLU
          Linear(3)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = Adam(lr=0.1)
          epochs    = 10
        }

    Right:

        data { load_iris() }
        model {
          Linear(16) -> ReLU
          Linear(3)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = Adam(lr=1e-3)
          epochs    = 10
        }
    """
    return warning(
        f"a learning rate of {rate:g} is far too high for `{optimizer}`",
        place,
        "every weight moves by about this much at every step",
        help=f"0.001 is usual: `{usual}`",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """The rates of the optimizer, of its groups, and of a schedule that overrules both."""
    for phase in () if subject.plan is None else subject.plan.phases:
        if phase.optimizer.name in ADAMS:
            yield from _in_phase(subject, phase)


def _in_phase(subject: Subject, phase: Phase) -> Iterator[Diagnostic]:
    name = phase.optimizer.name
    then = phase.schedule.then if phase.schedule is not None else None
    if then is not None and then.name in OVERRULING:
        argument = OVERRULING[then.name]
        rate = dict(then.arguments).get(argument)
        if _is_high(rate):
            place = _argument(subject.setting_value("schedule", phase), argument) or then.span
            yield high_rate(place, name, rate, f"{argument}=1e-3")
        return
    rate = dict(phase.optimizer.arguments).get("lr")
    if _is_high(rate):
        place = _argument(subject.setting_value("optimizer", phase), "lr") or phase.optimizer.span
        yield high_rate(place, name, rate, "lr=1e-3")
    for group in phase.groups:
        rate = dict(group.arguments).get("lr")
        if _is_high(rate):
            place = subject.group_setting(group.span, "lr", phase) or group.span
            yield high_rate(place, name, rate, "lr = 1e-3")


def _is_high(rate: Literal) -> TypeGuard[float]:
    return isinstance(rate, int | float) and rate >= HIGH


def _argument(expression: tree.Expr | None, name: str) -> Span | None:
    """Where a call, or the last of a chain of calls, is given an argument."""
    if isinstance(expression, tree.Pipe):
        expression = expression.stages[-1]
    if not isinstance(expression, tree.Call):
        return None
    for keyword in expression.keywords:
        if keyword.name.id == name:
            return keyword.span
    return expression.args[0].span if expression.args else None
