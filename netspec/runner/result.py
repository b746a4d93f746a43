"""What a run leaves in memory: the trained module and everything that was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netspec.program.precision import Precision
from netspec.program.train import Task
from netspec.runner.job import Record
from netspec.runner.precision import AS_IT_IS, autocast

Ended = Literal["epochs", "stopped", "interrupted"]
Points = tuple[NDArray[Any], NDArray[Any]]
Prepare = Callable[[Any], tuple[Tensor, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run.

    `history` is one record an epoch (`train.loss`, `val.accuracy`). `metrics` is the final table: a
    pass in evaluation mode over each split; `baseline` is the same for the plan's baseline.
    `confusion` counts true classes down and predicted ones across, on `judged_on`, the split
    farthest from training. `ended` says why the run ended: all epochs (or steps) were done, a stop
    condition held, or Ctrl-C. `points` are the rows that pictures show, by split: inputs of one or
    two numbers, and their targets. With `ema`, `model` has the averaged weights, and `raw` is the
    module that the optimizer moved. `made_up` says that the rows were drawn by chance. `applied`
    are the models that `train` applies itself; `model` holds several of them under their names.
    """

    model: nn.Module = field(repr=False)
    task: Task
    history: list[Record] = field(repr=False)
    metrics: dict[str, dict[str, float]]
    confusion: list[list[int]] | None
    judged_on: str
    parameters: int
    epochs: int
    device: str
    seconds: float = 0.0
    ended: Ended = "epochs"
    baseline: dict[str, dict[str, float]] = field(default_factory=dict)
    baseline_name: str | None = None
    class_names: tuple[str, ...] = ()
    points: dict[str, Points] = field(default_factory=dict, repr=False)
    folder: Path | None = None
    pictures: tuple[Path, ...] = ()
    prepare: Prepare | None = field(default=None, repr=False)
    several: bool = False
    made_up: bool = False
    precision: Precision = "fp32"
    applied: tuple[str, ...] = ()
    # What predicting stands in: it reports what goes wrong in the user's own code and rows.
    reporting: Callable[[], AbstractContextManager[None]] = field(default=nullcontext, repr=False)
    raw: nn.Module | None = field(default=None, repr=False)

    @property
    def per_class(self) -> list[float]:
        """The share of each class's rows that were predicted right; empty without classes."""
        rows = self.confusion or []
        return [row[i] / sum(row) if sum(row) else float("nan") for i, row in enumerate(rows)]

    def predict(self, rows: Any) -> NDArray[Any]:
        """The model's output for new rows, prepared as the training rows were.

        `rows` is what the data plan takes: for a single input an array or list of rows, else a
        mapping from column names to values. Several outputs come side by side, flattened by row.
        """
        if self.applied:
            raise ValueError(self._applied_elsewhere())
        with self.reporting():
            inputs = self.prepare(rows) if self.prepare is not None else (_plain(rows),)
            return self._output(tuple(value.to(self.device) for value in inputs))

    def _applied_elsewhere(self) -> str:
        """Why there is no one output to give, and what to do instead."""
        if len(self.applied) == 1:
            return f"`train` applies `{self.applied[0]}` itself: call `run.model(inputs)`"
        listed = ", ".join(f"`{name}`" for name in self.applied)
        call = f'`run.model["{self.applied[0]}"](inputs)`'
        return f"the run trained several models, {listed}: call one of them, as in {call}"

    def respond(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """The model's output for a single input that is prepared already."""
        return self._output((torch.from_numpy(inputs).to(self.device),))

    def _output(self, inputs: tuple[Tensor, ...]) -> NDArray[Any]:
        return predict(self.model, inputs, autocast(self.precision, torch.device(self.device)))

    def classify(self, rows: Any) -> NDArray[Any]:
        """The class of each new row, counted from 0; for a plan that tells classes apart."""
        if self.several:
            raise ValueError("the model has several outputs: use predict")
        return decide(self.predict(rows), self.task)


@torch.no_grad()
def predict(
    module: nn.Module,
    inputs: tuple[Tensor, ...],
    autocast: AbstractContextManager[object] = AS_IT_IS,
) -> NDArray[Any]:
    """The module's output in evaluation mode, as an array; of few digits, in float32."""
    was_training = module.training
    module.eval()
    try:
        with autocast:
            output = module(*inputs)
    finally:
        module.train(was_training)
    if isinstance(output, tuple):
        output = torch.cat([part.reshape(len(part), -1) for part in output], dim=1)
    if output.dtype in {torch.bfloat16, torch.float16}:
        output = output.float()
    return cast("NDArray[Any]", output.cpu().numpy())


def decide(output: NDArray[Any], task: Task) -> NDArray[Any]:
    """The classes that outputs stand for, by the plan's task."""
    match task:
        case "classes":
            return cast("NDArray[Any]", output.argmax(1))
        case "binary_probability" | "binary_score":
            # One class a row; of several labels each by itself.
            output = output.reshape(-1) if output.size == len(output) else output
            limit = 0.5 if task == "binary_probability" else 0
            return (output > limit).astype(np.int64)
        case "regression":
            raise ValueError("a regression has no classes: use predict")


def _plain(rows: Any) -> Tensor:
    if isinstance(rows, Mapping):
        rows = np.column_stack([np.asarray(column) for column in rows.values()])
    return torch.as_tensor(np.asarray(rows, dtype=np.float32))
