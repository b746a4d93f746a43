"""The training loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import torch
from torch import Tensor
from torch.amp.grad_scaler import GradScaler
from torch.nn.utils import clip_grad_norm_

from netspec.program.train import BY_CLOSURE
from netspec.runner.job import Batch, Job, Position, Record, Turn
from netspec.runner.measure import measure, new_tally
from netspec.runner.optimizer import rates


def epochs(job: Job, position: Position) -> Iterator[Record]:
    """Train from `position` on, and give each epoch's record as soon as it is measured.

    A step goes through the phases: each computes its loss on the batch and moves its parameters. A
    record holds `epoch`, `step` (steps so far), `lr`, `train.*` as seen while training (a loss
    weighs batches by their rows) and `val.*` measured afterwards. Nothing waits for the device
    before the epoch's end.
    """
    plan, turns, judged = job.plan, job.turns, job.judged
    prediction, target = judged.wiring.prediction or 0, judged.wiring.target or 0
    last, batches, scaler = position.epochs, job.batches, job.arithmetic.scaler
    names = [f"train.{name}" for name in plan.measured]
    job.module.train()

    for epoch in range(position.epoch, last):
        position.epoch, position.step = epoch + 1, 0
        totals = [torch.zeros((), device=job.device) for _ in names]
        tally = new_tally(job)
        rows_seen = 0
        rates_now = {key: rates(turn.optimizer)[0] for key, turn in rate_names(job)}

        drawn = job.train.batches(plan.batch, order(job, epoch), chance(job, epoch))
        for number, batch in enumerate(drawn, 1):
            rows = batch[0].shape[0]
            moves = number % plan.accumulate == 0 or number >= batches
            sums = iter(totals)
            for turn in turns:
                share = together(plan.accumulate, number, batches)
                values, pool = evaluated(turn, batch, scaler, share)

                for value, total in zip(values, sums, strict=False):
                    total += value.detach() * rows
                if tally is not None and turn is judged:
                    tally.keep(pool[prediction].detach(), pool[target])
                if moves:
                    move(turn, scaler)

            rows_seen, position.step = rows_seen + rows, number
            if not moves:
                continue
            conclude(job)
            position.taken += 1
            if position.taken == plan.steps or position.interrupted:
                break

        record: Record = {"epoch": epoch + 1, "step": position.taken, **rates_now}
        record |= {n: total.item() / rows_seen for n, total in zip(names, totals, strict=True)}
        if tally is not None:
            record |= {f"train.{name}": value for name, value in tally.read().items()}
        if job.val is not None:
            record |= {f"val.{name}": value for name, value in measure(job, job.val).values.items()}
        for turn in turns:
            loss = turn.phase.measured[0]
            turn.rate.after_epoch(record.get(f"val.{loss}", record[f"train.{loss}"]))
        yield record
        if position.taken == plan.steps or position.interrupted:
            return


def conclude(job: Job) -> None:
    """What follows a step of all phases."""
    if job.arithmetic.scaler is not None:
        job.arithmetic.scaler.update()
    if job.average is not None:
        job.average.update()


def move(turn: Turn, scaler: GradScaler | None) -> None:
    """Move a phase's parameters by their gradients, and forget these."""
    if turn.phase.optimizer.target not in BY_CLOSURE:
        if turn.phase.clip is not None:
            if scaler is not None:
                scaler.unscale_(turn.optimizer)
            clip_grad_norm_(turn.parameters, turn.phase.clip)
        if scaler is None:
            turn.optimizer.step()
        else:
            scaler.step(turn.optimizer)
    for parameter in turn.parameters:
        parameter.grad = None  # what zero_grad does, without its bookkeeping
    if turn.rate.moves_by_step:
        turn.rate.after_step()


def rate_names(job: Job) -> Iterator[tuple[str, Turn]]:
    """What the learning rate of each turn is called in a record: `lr`, `lr_discriminator`."""
    for turn in job.turns:
        yield (f"lr_{turn.phase.name}" if turn.phase.name else "lr"), turn


def evaluated(
    turn: Turn, batch: Batch, scaler: GradScaler | None, share: int
) -> tuple[tuple[Tensor, ...], Batch]:
    """Evaluate a batch, one of `share` that make a step, and add up its gradients."""
    if turn.phase.optimizer.target in BY_CLOSURE:
        return search(turn, batch)
    values, pool = turn.evaluate(batch)
    value = values[0] if scaler is None else scaler.scale(values[0])
    if share > 1:
        value = value / share
    value.backward(inputs=turn.into)  # type: ignore[no-untyped-call]  # torch's
    return values, pool


def search(turn: Turn, batch: Batch) -> tuple[tuple[Tensor, ...], Batch]:
    """Let an optimizer move that evaluates a batch as often as it wants: what it found first."""
    found: list[tuple[tuple[Tensor, ...], Batch]] = []

    def evaluate() -> Tensor:
        turn.optimizer.zero_grad()
        values, pool = turn.evaluate(batch)
        values[0].backward(inputs=turn.into)  # type: ignore[no-untyped-call]  # torch's
        if turn.phase.clip is not None:
            clip_grad_norm_(turn.parameters, turn.phase.clip)
        if not found:
            found.append((values, pool))
        return values[0]

    # torch says that a closure gives a number, and takes the tensor that it shows everywhere.
    turn.optimizer.step(cast("Callable[[], float]", evaluate))
    return found[0]


def order(job: Job, epoch: int) -> Tensor | None:
    """The order of rows in an epoch, a function of seed and epoch alone; none for a full batch."""
    rows = len(job.train)
    if job.plan.batch is None or job.plan.batch >= rows:
        return None
    generator = torch.Generator().manual_seed(job.plan.seed * 1_000_003 + epoch)
    return torch.randperm(rows, generator=generator)


def chance(job: Job, epoch: int) -> int:
    """The seed of what chance does to rows in an epoch: another than that of their order."""
    return -1 - (job.plan.seed * 1_000_003 + epoch)


def together(accumulate: int, number: int, batches: int) -> int:
    """How many batches share the step that batch `number` (from 1) of `batches` belongs to."""
    return min(accumulate, batches - (number - 1) // accumulate * accumulate)
