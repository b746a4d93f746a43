"""How the learning rate moves: torch's schedules by name, behind a linear warm-up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from torch.optim import Optimizer, lr_scheduler

from netspec.program.train import Choice, Schedule
from netspec.runner.errors import RunError, schedule_refuses
from netspec.runner.optimizer import rates

# The closed table of what a plan's dotted name may mean. Left out: those that take Python functions
# (LambdaLR, MultiplicativeLR).
SCHEDULES: dict[str, type[lr_scheduler.LRScheduler]] = {
    f"torch.optim.lr_scheduler.{kind.__name__}": kind
    for kind in (
        lr_scheduler.ChainedScheduler,
        lr_scheduler.ConstantLR,
        lr_scheduler.CosineAnnealingLR,
        lr_scheduler.CosineAnnealingWarmRestarts,
        lr_scheduler.CyclicLR,
        lr_scheduler.ExponentialLR,
        lr_scheduler.LinearLR,
        lr_scheduler.MultiStepLR,
        lr_scheduler.OneCycleLR,
        lr_scheduler.PolynomialLR,
        lr_scheduler.ReduceLROnPlateau,
        lr_scheduler.SequentialLR,
        lr_scheduler.StepLR,
    )
}


class Rate:
    """Moves the learning rates of an optimizer.

    Optimizer step k (from 0) of a warm-up over n steps takes (k + 1) / n of the full rate. The
    schedule's own count begins after the warm-up.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        scheduler: lr_scheduler.LRScheduler | None = None,
        *,
        warmup: int = 0,
        by_step: bool = False,
    ) -> None:
        self._optimizer = optimizer
        self._scheduler = scheduler
        self._warmup = warmup
        self._by_step = by_step
        self._full = rates(optimizer)
        self._taken = 0
        self.moves_by_step = warmup > 0 or (by_step and scheduler is not None)
        if warmup:
            self._warm(1)

    def after_step(self) -> None:
        """Set the rate of the next step."""
        self._taken += 1
        if self._taken < self._warmup:
            self._warm(self._taken + 1)
        elif self._taken > self._warmup and self._by_step and self._scheduler is not None:
            self._scheduler.step()

    def after_epoch(self, loss: float) -> None:
        """Set the rate of the next epoch; `loss` is the one a plateau is looked for in."""
        if self._scheduler is None or self._by_step or self._taken < self._warmup:
            return
        if self._taken == self._warmup and self._warmup:
            return  # the warm-up ends with this epoch: the next one has the full rate
        if isinstance(self._scheduler, lr_scheduler.ReduceLROnPlateau):
            self._scheduler.step(loss)
        else:
            self._scheduler.step()

    def _warm(self, step: int) -> None:
        for group, full in zip(self._optimizer.param_groups, self._full, strict=True):
            group["lr"] = full * step / self._warmup

    def state(self) -> dict[str, Any]:
        """What `restore` needs to go on from here."""
        inner = None if self._scheduler is None else dict(self._scheduler.state_dict())
        return {"taken": self._taken, "scheduler": inner}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from an earlier state; the optimizer's rates are restored with the optimizer."""
        self._taken = state["taken"]
        if self._scheduler is not None:
            self._scheduler.load_state_dict(dict(state["scheduler"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a run is: `steps` optimizer steps in all, `per_epoch` in each of `epochs`."""

    epochs: int
    steps: int
    per_epoch: int


def build_rate(schedule: Schedule | None, optimizer: Optimizer, length: Length) -> Rate:
    """Make the schedule of a phase in a run of this length."""
    if schedule is None:
        return Rate(optimizer)
    if schedule.then is None:
        return Rate(optimizer, warmup=schedule.warmup)
    choice = schedule.then
    by_step = schedule.by_step
    whole = length.steps - schedule.warmup
    if not by_step:
        whole = length.epochs - schedule.warmup // max(length.per_epoch, 1)
    total = dict(choice.arguments).get("total_steps", whole)
    if isinstance(total, int) and total < whole:
        reason = f"`total_steps` is {total}, and the run takes {whole} steps"
        raise RunError(schedule_refuses(choice.span, name=choice.name, reason=reason))
    try:
        scheduler = _made(choice, optimizer, max(whole, 1))
    except (ValueError, TypeError, ZeroDivisionError) as refusal:
        reason = str(refusal)
        raise RunError(schedule_refuses(choice.span, name=choice.name, reason=reason)) from refusal
    return Rate(optimizer, scheduler, warmup=schedule.warmup, by_step=by_step)


def _made(choice: Choice, optimizer: Optimizer, length: int) -> lr_scheduler.LRScheduler:
    """The schedule of a run, or a stretch of one, in which it moves `length` times."""
    settings: dict[str, Any] = dict.fromkeys(choice.inferred, length) | dict(choice.arguments)
    if choice.parts:
        settings["schedulers"] = [
            _made(part, optimizer, max((length if end is None else end) - begin, 1))
            for part, (begin, end) in zip(choice.parts, choice.stretches, strict=True)
        ]
    return SCHEDULES[choice.target](optimizer=optimizer, **settings)


def epochs_of(epochs: int | None, steps: int | None, per_epoch: int) -> tuple[int, int]:
    """How many epochs and optimizer steps a plan allows, whichever of its limits comes first."""
    limits = [] if epochs is None else [epochs * per_epoch]
    limits += [] if steps is None else [steps]
    whole = min(limits)
    return math.ceil(whole / per_epoch), whole
