"""Everything that a run changes while it trains, taken at the end of an epoch and put back."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from netspec.runner.checkpoint import Checkpoint
from netspec.runner.errors import RunError, cannot_resume
from netspec.runner.job import Job, Position, Record
from netspec.runner.stopping import Stopping


def state_of(
    job: Job, position: Position, stopping: Stopping, history: Sequence[Record]
) -> dict[str, Any]:
    """The state of a run beside its weights."""
    average, scaler = job.average, job.arithmetic.scaler
    return {
        "device": job.device.type,
        "precision": job.arithmetic.precision,
        "rows": len(job.train),
        "epoch": position.epoch,
        "taken": position.taken,
        "history": list(history),
        "optimizers": [turn.optimizer.state_dict() for turn in job.turns],
        "rates": [turn.rate.state() for turn in job.turns],
        "stopping": stopping.state(),
        "scaler": None if scaler is None else scaler.state_dict(),
        "average": None if average is None else average.state(),
        "random": random_state(job.device),
    }


def go_on(job: Job, position: Position, stopping: Stopping, checkpoint: Checkpoint) -> list[Record]:
    """Put a checkpoint's state into a job made anew; the records of the epochs so far.

    Raises `RunError` when the job differs from the one that was saved.
    """
    state = checkpoint.state
    here = {
        "device": job.device.type,
        "precision": job.arithmetic.precision,
        "rows": len(job.train),
    }
    for what, value in here.items():
        if state[what] != value:
            reason = f"its {what} was {state[what]}, and is {value} now"
            raise RunError(cannot_resume(path=str(checkpoint.path.parent), reason=reason))
    job.module.load_state_dict(checkpoint.weights)
    kept = zip(job.turns, state["optimizers"], state["rates"], strict=True)
    for turn, optimizer, rate in kept:
        turn.optimizer.load_state_dict(optimizer)
        turn.rate.restore(rate)
    if job.average is not None:
        job.average.restore(state["average"])
    if job.arithmetic.scaler is not None:
        job.arithmetic.scaler.load_state_dict(state["scaler"])
    stopping.restore(state["stopping"])
    position.epoch, position.taken = state["epoch"], state["taken"]
    restore_random(state["random"], job.device)
    return list(state["history"])


def random_state(device: torch.device) -> dict[str, Any]:
    """Where the streams of random numbers are: Python's, NumPy's, torch's, the device's."""
    kind, keys, *rest = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": (kind, [int(key) for key in keys], *rest),
        "torch": torch.get_rng_state(),
        "device": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
    }


def restore_random(state: Mapping[str, Any], device: torch.device) -> None:
    """Put the streams back."""
    random.setstate(state["python"])
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
    torch.set_rng_state(state["torch"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["device"], device)
