"""The training loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from netspec.program.train import BY_CLOSURE
from netspec.runner.job import Job, Position, Record
from netspec.runner.measure import measure, new_tally
from netspec.runner.optimizer import rates


def epochs(job: Job, position: Position) -> Iterator[Record]:
    """Train from `position` on, and give each epoch's record as soon as it is measured.

    A record holds `epoch`, `step` (optimizer steps so far), `lr`, `train.*` as seen while training
    (the loss weighs batches by their rows) and `val.*` measured afterwards. Nothing waits for the
    device before the epoch's end.
    """
    plan, module, loss, optimizer, rate = job.plan, job.module, job.loss, job.optimizer, job.rate
    inputs, operands = job.wiring.inputs, job.wiring.operands
    prediction, target = job.wiring.prediction or 0, job.wiring.target or 0
    parameters, last, batches = job.parameters, position.epochs, job.batches
    names = [f"train.{name}" for name in ("loss", *plan.terms)]
    module.train()

    for epoch in range(position.epoch, last):
        position.epoch, position.step = epoch + 1, 0
        totals = [torch.zeros((), device=job.device) for _ in names]
        tally = new_tally(job)
        rows_seen = 0
        rate_now = rates(optimizer)[0]

        for number, batch in enumerate(job.train.batches(plan.batch, order(job, epoch)), 1):
            rows = batch[0].shape[0]
            output = module(*[batch[i] for i in inputs])
            pool = (*output, *batch) if isinstance(output, tuple) else (output, *batch)
            values = loss(*[pool[i] for i in operands])
            value = values[0]
            if plan.accumulate > 1:
                value = value / together(plan.accumulate, number, batches)
            value.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped

            for total, value in zip(totals, values, strict=True):
                total += value.detach() * rows
            if tally is not None:
                tally.keep(pool[prediction].detach(), pool[target])
            rows_seen, position.step = rows_seen + rows, number
            if number % plan.accumulate and number < batches:
                continue

            if plan.clip is not None:
                clip_grad_norm_(parameters, plan.clip)
            optimizer.step(again(job, batch))
            conclude(job, parameters)
            position.taken += 1
            if position.taken == plan.steps or position.interrupted:
                break

        record: Record = {"epoch": epoch + 1, "step": position.taken, "lr": rate_now}
        record |= {n: total.item() / rows_seen for n, total in zip(names, totals, strict=True)}
        if tally is not None:
            record |= {f"train.{name}": value for name, value in tally.read().items()}
        if job.val is not None:
            record |= {f"val.{name}": value for name, value in measure(job, job.val).values.items()}
        rate.after_epoch(record.get("val.loss", record["train.loss"]))
        yield record
        if position.taken == plan.steps or position.interrupted:
            return


def conclude(job: Job, parameters: list[nn.Parameter]) -> None:
    """What follows a step of the optimizer: the average, fresh gradients, the next rate."""
    if job.average is not None:
        job.average.update()
    for parameter in parameters:
        parameter.grad = None  # what zero_grad does, without its bookkeeping
    if job.rate.moves_by_step:
        job.rate.after_step()


def again(job: Job, batch: tuple[Tensor, ...]) -> Callable[[], float] | None:
    """What evaluates a batch once more, for an optimizer that wants that; none for the others."""
    if job.plan.optimizer.target not in BY_CLOSURE:
        return None

    def evaluate() -> Tensor:
        job.optimizer.zero_grad()
        output = job.module(*[batch[i] for i in job.wiring.inputs])
        pool = (*output, *batch) if isinstance(output, tuple) else (output, *batch)
        value = job.loss(*[pool[i] for i in job.wiring.operands])[0]
        value.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        if job.plan.clip is not None:
            clip_grad_norm_(job.parameters, job.plan.clip)
        return value

    # torch says that a closure gives a number, and takes the tensor that it shows everywhere.
    return cast("Callable[[], float]", evaluate)


def order(job: Job, epoch: int) -> Tensor | None:
    """The order of rows in an epoch, a function of seed and epoch alone; none for a full batch."""
    rows = len(job.train)
    if job.plan.batch is None or job.plan.batch >= rows:
        return None
    generator = torch.Generator().manual_seed(job.plan.seed * 1_000_003 + epoch)
    return torch.randperm(rows, generator=generator)


def together(accumulate: int, number: int, batches: int) -> int:
    """How many batches share the step that batch `number` (from 1) of `batches` belongs to."""
    return min(accumulate, batches - (number - 1) // accumulate * accumulate)
