"""`epochs` and `steps` together, where one always comes first."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, Label, code, warning
from netspec.source import Span


@code("NS8010")
def limit_never_reached(place: Span, idle: str, other: Span, reached: str) -> Diagnostic:
    """Of `epochs` and `steps`, one can never be reached.

    A run ends at whichever of the two comes first. When the number of rows is known, so is the
    number of steps in an epoch, and the other limit does nothing: changing it changes nothing.

    Silence it with `# netspec: allow[limit-never-reached]`.

    Wrong:

        data { load_iris() }
        model {
          Linear(16) -> ReLU
          Linear(3)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          batch     = 25
          epochs    = 10
          steps     = 1000
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
          batch     = 25
          epochs    = 10
        }
    """
    return warning(
        f"the run always ends before `{idle}`",
        place,
        "this is never reached",
        also=(Label(other, reached),),
        help="leave one of the two out",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """Both limits, held against each other."""
    plan = subject.plan
    epochs, steps = subject.setting("epochs"), subject.setting("steps")
    if plan is None or plan.epochs is None or plan.steps is None or not epochs or not steps:
        return
    an_epoch = subject.steps_an_epoch
    # An epoch of unknown length has at least one step.
    in_epochs = plan.epochs * (an_epoch or 1)
    if plan.steps < in_epochs:
        reached = f"{_counted(plan.steps, 'step')} are reached first"
        yield limit_never_reached(epochs.span, "epochs", steps.span, reached)
    elif an_epoch is not None and plan.steps > in_epochs:
        reached = f"{_counted(plan.epochs, 'epoch')} have {_counted(in_epochs, 'step')}"
        yield limit_never_reached(steps.span, "steps", epochs.span, reached)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
