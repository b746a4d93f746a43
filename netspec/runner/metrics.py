"""Metrics as running sums over batches: what is predicted against what was wanted.

A prediction is read by the plan's task: a probability against 0.5, a score against 0, scores of
classes along dimension 1, or a number. Nothing waits for the device before `read`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from netspec import allowed
from netspec.program.externs import Extern
from netspec.program.graph import Literal
from netspec.program.train import Choice, Task

# Outputs are kept as they come and looked at together; this many numbers are kept at most.
HELD = 2**22

Arguments = Mapping[str, Literal]


@dataclass(frozen=True, slots=True)
class Sums:
    """Running sums by name, over `compared` predictions (rows, or pixels of rows)."""

    compared: int
    named: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Formula:
    """A metric: the running sums it needs, how they give its value, and which way is better."""

    needs: tuple[str, ...]
    value: Callable[[Sums], Tensor | float]
    higher_is_better: bool


def _parts(sums: Sums) -> tuple[Tensor, Tensor, Tensor]:
    """Hits, predictions and occurrences of each class."""
    confusion = sums.named["confusion"].cpu().double()  # mps has no float64
    return confusion.diagonal(), confusion.sum(0), confusion.sum(1)


def _averaged(top: Tensor, bottom: Tensor) -> Tensor:
    """A ratio of class 1 when there are two classes, else the mean over all; 0 / 0 counts as 0.

    These are scikit-learn's `average="binary"` and `average="macro"`.
    """
    ratios = top / bottom.clamp(min=1)
    return ratios[1] if len(ratios) == 2 else ratios.mean()


def _accuracy(sums: Sums) -> float:
    return int(sums.named["correct"]) / sums.compared


def _precision(sums: Sums) -> Tensor:
    hits, predicted, _ = _parts(sums)
    return _averaged(hits, predicted)


def _recall(sums: Sums) -> Tensor:
    hits, _, seen = _parts(sums)
    return _averaged(hits, seen)


def _f1(sums: Sums) -> Tensor:
    hits, predicted, seen = _parts(sums)
    return _averaged(2 * hits, predicted + seen)


def _mse(sums: Sums) -> Tensor:
    return sums.named["squares"].mean() / sums.compared


def _r2(sums: Sums) -> Tensor:
    """1 - residual / total sum of squares, the mean over the columns."""
    total = sums.named["moved_squares"] - sums.named["moved"] ** 2 / sums.compared
    return (1 - sums.named["squares"] / total).mean()


METRICS: dict[str, Formula] = {
    "accuracy": Formula(("correct",), _accuracy, True),
    "error": Formula(("correct",), lambda sums: 1 - _accuracy(sums), False),
    "precision": Formula(("confusion",), _precision, True),
    "recall": Formula(("confusion",), _recall, True),
    "f1": Formula(("confusion",), _f1, True),
    "top_k": Formula(("top",), lambda sums: int(sums.named["top"]) / sums.compared, True),
    "mse": Formula(("squares",), _mse, False),
    "rmse": Formula(("squares",), lambda sums: _mse(sums).sqrt(), False),
    "mae": Formula(("absolutes",), lambda s: s.named["absolutes"].mean() / s.compared, False),
    "r2": Formula(("squares", "moved"), _r2, True),
}


def higher_is_better(metric: str) -> bool:
    """Whether a larger value of `loss` or of a metric is the better one."""
    return metric in METRICS and METRICS[metric].higher_is_better


def own_metric(metric: Choice, extern: Extern) -> Any:
    """A metric of the user's, at its beginning: it takes batches by `update`."""
    made_by = allowed.load(extern)
    assert callable(made_by)
    return made_by(**dict(metric.arguments))


def _flat(numbers: Tensor) -> Tensor:
    """The numbers in a row; a call of torch is spared for those that stand so already."""
    return numbers if numbers.dim() == 1 else numbers.reshape(-1)


class Tally:
    """The running sums of one pass over rows, and the metrics they give."""

    def __init__(
        self, metrics: tuple[Choice, ...], task: Task, classes: int | None, *, confusion: bool
    ) -> None:
        order = [metric.name for metric in metrics]
        self._own = {m.name: own_metric(m, m.extern) for m in metrics if m.extern is not None}
        metrics = tuple(metric for metric in metrics if metric.extern is None)
        self._metrics = [(metric.name, METRICS[metric.name]) for metric in metrics]
        self._task = task
        self._order = order
        self._classes = 2 if task in ("binary_probability", "binary_score") else classes
        self._needs = {need for _, formula in self._metrics for need in formula.needs}
        if confusion:
            self._needs.add("confusion")
        tops = [dict(metric.arguments).get("k") for metric in metrics if metric.name == "top_k"]
        self._top = next((k for k in tops if isinstance(k, int)), 5)
        self._sums: dict[str, Tensor] = {}
        self._compared = 0
        self._shift: Tensor | None = None
        self._predictions: list[Tensor] = []
        self._targets: list[Tensor] = []
        self._held = 0

    def keep(self, prediction: Tensor, target: Tensor) -> None:
        """Take a batch by reference; `prediction` must be detached."""
        self._predictions.append(prediction)
        self._targets.append(target)
        self._held += prediction.numel()
        if self._held > HELD:
            self._settle()

    def read(self) -> dict[str, float]:
        """Each metric's value so far."""
        self._settle()
        sums = Sums(self._compared, self._sums)
        found = {name: float(formula.value(sums)) for name, formula in self._metrics}
        # In the order of the text: those of the user's stand where they were asked for.
        found |= {name: float(metric.compute()) for name, metric in self._own.items()}
        return {name: found[name] for name in self._order}

    @property
    def confusion(self) -> Tensor | None:
        """How often each class (row) was predicted as each class (column)."""
        self._settle()
        return self._sums.get("confusion")

    def _settle(self) -> None:
        """Bring what is kept into the sums."""
        if not self._predictions:
            return
        alone = len(self._predictions) == 1
        prediction = self._predictions[0] if alone else torch.cat(self._predictions)
        target = self._targets[0] if alone else torch.cat(self._targets)
        self._predictions, self._targets, self._held = [], [], 0
        for metric in self._own.values():
            metric.update(prediction, target)
        if not self._needs:
            return
        if self._task == "regression":
            self._settle_numbers(prediction, target)
        else:
            self._settle_classes(prediction, target)

    def _settle_classes(self, prediction: Tensor, target: Tensor) -> None:
        if self._task == "classes":
            said = prediction.argmax(1)
            meant = target.argmax(1) if target.dim() == prediction.dim() else target
        else:
            said = _flat(prediction) > (0.5 if self._task == "binary_probability" else 0)
            meant = _flat(target) > 0.5
        self._compared += said.numel()
        if "correct" in self._needs:
            self._add("correct", (said == meant).sum())
        if "confusion" in self._needs:
            sides = self._classes or prediction.shape[1]
            cells = meant.reshape(-1).long() * sides + said.reshape(-1).long()
            counted = torch.bincount(cells, minlength=sides * sides)
            self._add("confusion", counted.reshape(sides, sides))
        if "top" in self._needs:
            best = prediction.topk(min(self._top, prediction.shape[1]), dim=1).indices
            self._add("top", (best == meant.unsqueeze(1)).any(1).sum())

    def _settle_numbers(self, prediction: Tensor, target: Tensor) -> None:
        exact = torch.float32 if prediction.device.type == "mps" else torch.float64
        meant = target.reshape(len(target), -1).to(exact)
        residual = meant - prediction.reshape(meant.shape)
        self._compared += len(meant)
        if "squares" in self._needs:
            self._add("squares", residual.square().sum(0))
        if "absolutes" in self._needs:
            self._add("absolutes", residual.abs().sum(0))
        if "moved" in self._needs:
            # Sums of squares are taken about the first batch's mean, lest digits cancel.
            self._shift = meant.mean(0) if self._shift is None else self._shift
            moved = meant - self._shift
            self._add("moved", moved.sum(0))
            self._add("moved_squares", moved.square().sum(0))

    def _add(self, name: str, value: Tensor) -> None:
        known = self._sums.get(name)
        self._sums[name] = value if known is None else known + value
