"""A pass over a split in evaluation mode: its loss, the loss's terms, and the metrics."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from netspec.runner.evaluate import evaluation
from netspec.runner.job import Job, Split
from netspec.runner.metrics import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a pass over a split gives: `loss`, each term of the loss, and each metric by name.

    `confusion` counts true classes down and predicted ones across.
    """

    values: dict[str, float]
    confusion: list[list[int]] | None = None


def new_tally(job: Job, *, confusion: bool = False) -> Tally | None:
    """Empty sums for the job's metrics, or none when there is nothing to compare or to count."""
    wiring, plan = job.wiring, job.plan
    if wiring.prediction is None or wiring.target is None:
        return None
    if not job.metrics and not confusion:
        return None
    return Tally(job.metrics, plan.task, plan.classes, confusion=confusion)


@torch.no_grad()
def measure(job: Job, split: Split, *, confusion: bool = False) -> Measurement:
    """Measure the module on every row of a split; the mean loss weighs batches by their rows."""
    module, wiring, judged = job.measured, job.wiring, job.judged
    evaluations = [
        (turn, evaluation(turn.phase, module, turn.loss, turn.wiring, job.arithmetic))
        for turn in job.turns
    ]
    tally = new_tally(job, confusion=confusion)
    sums: list[Tensor] = []
    module.eval()
    try:
        for batch in split.batches(job.measured_rows, None):
            rows = batch[0].shape[0]
            weighted: list[Tensor] = []
            for turn, evaluate in evaluations:
                values, pool = evaluate(batch)
                weighted += [value * rows for value in values]
                if tally is not None and turn is judged:
                    tally.keep(pool[wiring.prediction or 0], pool[wiring.target or 0])
            sums = [a + b for a, b in zip(sums, weighted, strict=True)] if sums else weighted
    finally:
        module.train()
    named = zip(job.plan.measured, sums, strict=True)
    values_read = {name: float(total) / len(split) for name, total in named}
    if tally is None:
        return Measurement(values=values_read)
    counted = tally.confusion if confusion else None
    return Measurement(
        values=values_read | tally.read(),
        confusion=None if counted is None else counted.tolist(),
    )
