"""A milestone that the run does not reach."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, code, warning
from netspec.program.train import Choice, Schedule
from netspec.source import Span


@code("NS8013")
def schedule_never_begins(place: Span, name: str, begin: int, count: str) -> Diagnostic:
    """A schedule of a `SequentialLR` begins after the end of the run.

    Each milestone is where the next schedule begins: an epoch, or an optimizer step where `steps`
    gives the length of the run. A schedule whose milestone is never reached does nothing.

    Silence it with `# netspec: allow[schedule-never-begins]`.

    Wrong:

        data { load_iris() }
        model {
          Linear(16) -> ReLU
          Linear(3)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          schedule  = SequentialLR([LinearLR, CosineAnnealingLR], milestones=[200])
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
          optimizer = SGD(lr=0.1)
          schedule  = SequentialLR([LinearLR, CosineAnnealingLR], milestones=[2])
          batch     = 25
          epochs    = 20
        }
    """
    return warning(
        f"`{name}` never begins",
        place,
        f"its milestone is {begin}, and the run has {count}",
        help="move the milestone, or leave the schedule out",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """The milestones, held against the most epochs or steps that the run can have."""
    for phase in () if subject.plan is None else subject.plan.phases:
        schedule = phase.schedule
        if schedule is not None and schedule.then is not None:
            yield from _of(subject, schedule, schedule.then)


def _of(subject: Subject, schedule: Schedule, then: Choice) -> Iterator[Diagnostic]:
    unit = "step" if schedule.by_step else "epoch"
    length = subject.most_steps if schedule.by_step else subject.most_epochs
    if length is None:
        return
    if schedule.by_step:
        length = max(length - schedule.warmup, 0)
    for part, (begin, _) in zip(then.parts, then.stretches, strict=True):
        if begin >= length:
            count = f"{length} {unit}{'' if length == 1 else 's'}"
            yield schedule_never_begins(part.span, part.name, begin, count)
