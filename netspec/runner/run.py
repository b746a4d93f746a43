"""`fit`: from a plan, a module and rows to a `Run`."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import nn

from netspec.program.graph import Model
from netspec.program.train import Choice, Phase, TrainPlan
from netspec.runner.average import Average
from netspec.runner.diagnose import Snapshot, explain_failure, explain_not_finite
from netspec.runner.errors import RunError, no_device, split_missing
from netspec.runner.evaluate import evaluation
from netspec.runner.folder import RunFolder
from netspec.runner.interrupt import interruptible
from netspec.runner.job import (
    Job,
    Loss,
    Observer,
    Position,
    Record,
    Splits,
    Turn,
    Unobserved,
    Wiring,
)
from netspec.runner.loop import epochs
from netspec.runner.measure import Measurement, measure
from netspec.runner.optimizer import build_optimizer, freeze, taking_gradients
from netspec.runner.precision import PLAIN, Arithmetic, choose_precision
from netspec.runner.result import Ended, Points, Prepare, Run
from netspec.runner.resume import go_on, state_of
from netspec.runner.schedule import Length, build_rate, epochs_of
from netspec.runner.sheets import Sheets, is_due
from netspec.runner.stopping import Stopping, key, leaves

# How many seconds of training a replay may have to repeat.
SECONDS_BETWEEN_SNAPSHOTS = 2.0
# How many rows of a split a picture shows.
DRAWN_ROWS = 2000


def fit(
    plan: TrainPlan,
    network: Model,
    module: nn.Module,
    losses: Sequence[Loss],
    splits: Splits,
    *,
    device: torch.device | None = None,
    folder: RunFolder | None = None,
    observer: Observer | None = None,
    prepare: Prepare | None = None,
    class_names: tuple[str, ...] = (),
    arithmetic: Arithmetic | None = None,
    made_up: bool = False,
    sheets: Sheets | None = None,
) -> Run:
    """Train `module` as the plan says, and measure it on every split.

    `module` was built by `initialise`. `losses` are those of the phases: each takes the models that
    it applies, then its inputs, by position. Raises `RunError` when the plan does not fit this
    model or machine, or when a loss is not finite.
    """
    device = device or choose_device(plan)
    arithmetic = arithmetic or choose_precision(plan, device)
    job, position = prepare_job(plan, network, module, losses, splits, device, arithmetic)
    observer = observer or Unobserved()
    begun = time.perf_counter()
    observer.begin(position)
    try:
        with interruptible(position), arithmetic.chosen():
            history, stopped, snapshot = _train(job, position, observer, folder, sheets)
            seconds = time.perf_counter() - begun
            final = _final(job)
            _check_finite(job, final["train"].values, snapshot, len(history))
            if sheets is not None and folder is not None:
                _draw(job, sheets, folder, "samples.png")
    except (RuntimeError, ValueError, IndexError) as failure:
        told = explain_failure(job, failure)
        if told is None:
            raise
        raise RunError(told) from failure
    finally:
        observer.end()
        if folder is not None:
            folder.close()
    ended: Ended = "stopped" if stopped else "interrupted" if position.interrupted else "epochs"
    run = _run(job, history, final)
    return replace(
        run,
        seconds=seconds,
        ended=ended,
        class_names=class_names,
        made_up=made_up,
        folder=None if folder is None else folder.path,
        prepare=prepare,
    )


def _run(job: Job, history: list[Record], final: Mapping[str, Measurement]) -> Run:
    """What a job that has been trained and measured leaves."""
    judged_on = list(final)[-1]
    return Run(
        model=job.measured,
        raw=None if job.average is None else job.module,
        task=job.plan.task,
        history=history,
        metrics={name: measured.values for name, measured in final.items()},
        confusion=final[judged_on].confusion,
        judged_on=judged_on,
        parameters=sum(p.numel() for p in job.module.parameters()),
        epochs=len(history),
        device=str(job.device),
        precision=job.arithmetic.precision,
        points=_points(job),
        several=len(job.network.output_names) > 1,
        applied=job.plan.models,
    )


def _draw(job: Job, sheets: Sheets, folder: RunFolder, name: str) -> None:
    """Write a sheet of what the models draw by now."""
    images = sheets.draw(job.measured, job.device, job.arithmetic.autocast)
    folder.draw(name, lambda path: sheets.write(path, images))


def _train(
    job: Job,
    position: Position,
    observer: Observer,
    folder: RunFolder | None,
    sheets: Sheets | None,
) -> tuple[list[Record], bool, Snapshot | None]:
    """Run the loop to its end: the history, whether a stop condition ended it, a late snapshot."""
    stopping, every = Stopping(job.plan.stop), job.plan.checkpoint
    history = _resumed(job, position, stopping, observer, folder)
    snapshot = Snapshot.take(job, position)
    taken = time.perf_counter()
    begun = taken - (history[-1]["seconds"] if history else 0)
    for record in epochs(job, position):
        now = time.perf_counter()
        record["seconds"] = round(now - begun, 3)
        history.append(record)
        if folder is not None:
            folder.log(record)
        values = {name: record[f"train.{name}"] for name in job.plan.measured}
        _check_finite(job, values, snapshot, int(record["epoch"]))
        observer.epoch(record)
        if sheets is not None and folder is not None and is_due(position.epoch, position.epochs):
            _draw(job, sheets, folder, f"samples/epoch-{position.epoch:04d}.png")
        if stopping.reached(record):
            return history, True, snapshot
        if every and folder and position.epoch % every == 0 and not position.interrupted:
            state = state_of(job, position, stopping, history)
            folder.keep(position.taken, job.module.state_dict(), state)
        if now - taken > SECONDS_BETWEEN_SNAPSHOTS:
            snapshot, taken = Snapshot.take(job, position), now
    return history, False, snapshot


def _resumed(
    job: Job, position: Position, stopping: Stopping, observer: Observer, folder: RunFolder | None
) -> list[Record]:
    """Go on from the folder's checkpoint, if it has one: the records of the epochs before it."""
    if folder is None or folder.checkpoint is None:
        return []
    history = go_on(job, position, stopping, folder.checkpoint)
    for record in history:
        folder.log(record)
        observer.epoch(record)
    return history


def _check_finite(
    job: Job, values: Mapping[str, float], snapshot: Snapshot | None, epoch: int
) -> None:
    """Raise `RunError` when the loss of a phase is not a finite number."""
    for turn in job.turns:
        value = values[turn.phase.measured[0]]
        if not math.isfinite(value):
            raise RunError(explain_not_finite(job, turn, snapshot, epoch=epoch, value=value))


def _final(job: Job) -> dict[str, Measurement]:
    """Measure every split, the one farthest from training last and with its confusion matrix."""
    splits = {"train": job.train, "val": job.val, "test": job.test}
    there = {name: split for name, split in splits.items() if split is not None}
    last = list(there)[-1]
    of_classes = job.plan.task != "regression"
    return {
        name: measure(job, split, confusion=of_classes and name == last)
        for name, split in there.items()
    }


def prepare_job(
    plan: TrainPlan,
    network: Model,
    module: nn.Module,
    losses: Sequence[Loss],
    splits: Splits,
    device: torch.device,
    arithmetic: Arithmetic = PLAIN,
) -> tuple[Job, Position]:
    """Bring everything to the device and make what the plan names; nothing is random here."""
    for condition in leaves(plan.stop):
        measured = condition.measured
        if measured.split == "val" and splits.val is None:
            shown = key(measured)
            raise RunError(split_missing(condition.span, split="val", measured=shown))
    module.to(device)
    freeze(module, plan.frozen)
    for loss in losses:
        if isinstance(loss, nn.Module):
            loss.to(device)
    rows = len(splits.train)
    batches = 1 if plan.batch is None else math.ceil(rows / plan.batch)
    per_epoch = math.ceil(batches / plan.accumulate)
    whole_epochs, steps = epochs_of(plan.epochs, plan.steps, per_epoch)
    length = Length(epochs=whole_epochs, steps=steps, per_epoch=per_epoch)
    fields = splits.train.fields
    turns = tuple(
        _turn(plan, phase, network, module, loss, fields, length, arithmetic)
        for phase, loss in zip(plan.phases, losses, strict=True)
    )
    job = Job(
        plan=plan,
        network=network,
        module=module,
        turns=turns,
        train=splits.train.to(device),
        val=None if splits.val is None else splits.val.to(device),
        test=None if splits.test is None else splits.test.to(device),
        metrics=plan.metrics + _watched_metrics(plan),
        batches=batches,
        measured_rows=plan.measured_rows(network),
        device=device,
        arithmetic=arithmetic,
        average=None if plan.ema is None else Average(module, plan.ema),
    )
    return job, Position(epochs=whole_epochs, steps=batches)


def _turn(
    plan: TrainPlan,
    phase: Phase,
    network: Model,
    module: nn.Module,
    loss: Loss,
    fields: tuple[str, ...],
    length: Length,
    arithmetic: Arithmetic,
) -> Turn:
    """A phase with its optimizer, its schedule and the parameters it moves."""
    parameters = taking_gradients(module)
    if phase.updates is not None:
        moved = frozenset(phase.updates)
        parameters = {name: p for name, p in parameters.items() if name in moved}
    wiring = Wiring.between(network, phase, fields)
    optimizer = build_optimizer(phase.optimizer, phase.groups, module, parameters)
    return Turn(
        phase=phase,
        loss=loss,
        evaluate=evaluation(phase, module, loss, wiring, arithmetic, compiled=plan.compile),
        wiring=wiring,
        optimizer=optimizer,
        rate=build_rate(phase.schedule, optimizer, length),
        parameters=list(parameters.values()),
        into=None if phase.updates is None else list(parameters.values()),
    )


def _watched_metrics(plan: TrainPlan) -> tuple[Choice, ...]:
    """Metrics that a stop condition reads and the plan does not list."""
    known = {*plan.measured, *(metric.name for metric in plan.metrics)}
    watched = {c.measured.metric: c.span for c in leaves(plan.stop)}
    return tuple(
        Choice(span=span, name=name, target=name)
        for name, span in watched.items()
        if name not in known
    )


def choose_device(plan: TrainPlan, asked: str | None = None) -> torch.device:
    """The device that the command line, else the plan, asks for; `auto` takes the best there is."""
    present = ["cpu"]
    if torch.backends.mps.is_available():
        present.insert(0, "mps")
    if torch.cuda.is_available():
        present.insert(0, "cuda")
    wanted = asked or plan.device
    if wanted == "auto":
        return torch.device(present[0])
    if wanted.split(":")[0] not in present:
        span = None if asked else plan.span
        raise RunError(no_device(span, device=wanted, present=tuple(present)))
    return torch.device(wanted)


def _points(job: Job) -> dict[str, Points]:
    """Rows that can be drawn: one input of one or two numbers, one output, one number wanted."""
    shapes = [slot.type.shape[1:] for slot in job.network.graph.inputs]
    drawable = len(shapes) == 1 and [dim.value for dim in shapes[0]] in ([1], [2])
    target = job.wiring.target
    drawable = drawable and not job.plan.models
    if not drawable or target is None or len(job.network.output_names) > 1:
        return {}
    named = {"train": job.train, "val": job.val, "test": job.test}
    points: dict[str, Points] = {}
    for name, split in named.items():
        if split is None:
            continue
        batch = next(iter(split.batches(DRAWN_ROWS, None)))
        wanted = batch[target - 1]  # the pool begins with the one output
        if wanted.numel() != len(wanted):
            return {}
        points[name] = (batch[job.wiring.inputs[0]].cpu().numpy(), wanted.cpu().numpy())
    return points


def with_baseline(run: Run, name: str, baseline: dict[str, dict[str, float]]) -> Run:
    """The same run beside its baseline."""
    return replace(run, baseline=baseline, baseline_name=name)
