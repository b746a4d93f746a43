"""A warm-up that the run does not outlast."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, code, warning
from netspec.source import Span
from netspec.syntax import tree


@code("NS8009")
def warmup_too_long(place: Span, warmup: int, steps: int) -> Diagnostic:
    """A warm-up is longer than the run.

    During `warmup(n)` the learning rate rises in a straight line over n optimizer steps. A run of
    fewer steps never has the rate that the optimizer names, and a schedule behind the warm-up never
    begins. An epoch has as many steps as there are batches in the training rows.

    Silence it with `# netspec: allow[warmup-too-long]`.

    Wrong:

        data { load_iris() }
        model {
          Linear(16) -> ReLU
          Linear(3)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = AdamW(lr=1e-2)
          schedule  = warmup(1000) -> CosineAnnealingLR
          batch     = 25
          epochs    = 20
        }

    Right:

        data { load_iris() }
        model {
          Linear(16) -> ReLU
          Linear(3)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = AdamW(lr=1e-2)
          schedule  = warmup(12) -> CosineAnnealingLR
          batch     = 25
          epochs    = 20
        }
    """
    return warning(
        f"a warm-up of {warmup} steps is longer than the run",
        place,
        f"the run has {steps} optimizer {'step' if steps == 1 else 'steps'}",
        help="make the warm-up a tenth of the run or less",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """The warm-up, held against the most steps that the run can have."""
    plan, steps = subject.plan, subject.most_steps
    if plan is None or steps is None:
        return
    for phase in plan.phases:
        if phase.schedule is not None and phase.schedule.warmup > steps:
            setting = subject.setting_value("schedule", phase)
            first = setting.stages[0] if isinstance(setting, tree.Pipe) else setting
            place = phase.schedule.span if first is None else first.span
            yield warmup_too_long(place, phase.schedule.warmup, steps)
