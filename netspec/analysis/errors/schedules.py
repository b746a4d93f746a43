"""Mistakes in a schedule of the learning rate."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, code, error
from netspec.source import Span


@code("NS5019")
def schedule_form(span: Span) -> Diagnostic:
    """A schedule is not one of the forms there are.

    A schedule is one of torch's by name, a warm-up, or a warm-up and then one of torch's. Several
    of torch's stand in a `SequentialLR` or a `ChainedScheduler`.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          schedule  = StepLR(3) -> CosineAnnealingLR
          epochs    = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          schedule  = warmup(3) -> CosineAnnealingLR
          epochs    = 10
        }
    """
    return error(
        "this is no schedule",
        span,
        help="write `CosineAnnealingLR`, `StepLR(30)` or `warmup(100) -> CosineAnnealingLR`",
    )


@code("NS5021")
def schedule_part(span: Span, whole: str, part: str, reason: str) -> Diagnostic:
    """A schedule cannot be a part of several.

    `SequentialLR` runs schedules one after the other, `ChainedScheduler` multiplies them. A
    schedule that moves by the loss, or that sets the rates of a whole run, fits in neither; one
    that sets the rate afresh at every step would undo what the others of a `ChainedScheduler` did.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          schedule  = SequentialLR([LinearLR, OneCycleLR(0.1)], milestones=[5])
          epochs    = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          schedule  = SequentialLR([LinearLR, CosineAnnealingLR], milestones=[5])
          epochs    = 10
        }
    """
    return error(
        f"`{part}` cannot be a part of `{whole}`",
        span,
        notes=(reason,),
        help=None
        if part in {"SequentialLR", "ChainedScheduler"}
        else f"a linear warm-up can stand before it: `warmup(100) -> {part}`",
    )


@code("NS5022")
def milestone_count(span: Span, schedules: int, milestones: int) -> Diagnostic:
    """A `SequentialLR` has too many milestones, or too few.

    Each milestone is where the next schedule begins, so there is one fewer than schedules.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          schedule  = SequentialLR([LinearLR, CosineAnnealingLR], milestones=[5, 8])
          epochs    = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          schedule  = SequentialLR([LinearLR, CosineAnnealingLR], milestones=[5])
          epochs    = 10
        }
    """
    wanted = f"{schedules - 1} milestone{'' if schedules == 2 else 's'}"
    return error(
        f"{schedules} schedule{'' if schedules == 1 else 's'} have {wanted}, not {milestones}",
        span,
        help="give the count at which each schedule after the first begins",
    )


@code("NS5023")
def milestone_order(span: Span, milestones: tuple[int, ...]) -> Diagnostic:
    """The milestones of a `SequentialLR` do not rise.

    The first schedule begins at 0, and each one takes at least one step.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          schedule  = SequentialLR([LinearLR, StepLR(2), CosineAnnealingLR], milestones=[5, 5])
          epochs    = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          schedule  = SequentialLR([LinearLR, StepLR(2), CosineAnnealingLR], milestones=[3, 5])
          epochs    = 10
        }
    """
    listed = ", ".join(str(number) for number in sorted({max(n, 1) for n in milestones}))
    return error(
        "the milestones must rise, from 1 on",
        span,
        help=f"write `[{listed}]`" if listed.count(",") == len(milestones) - 1 else None,
    )
