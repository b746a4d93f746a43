"""Each metric against scikit-learn's, in one batch and in several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from runner_pieces import choice
from sklearn import metrics as reference
from torch import Tensor

from netspec.program.train import Task
from netspec.runner import metrics as runner_metrics
from netspec.runner.metrics import METRICS, Tally, higher_is_better

RANDOM = torch.Generator().manual_seed(5)
SCORES = torch.randn(50, 4, generator=RANDOM)
LABELS = torch.randint(0, 4, (50,), generator=RANDOM)
CHANCES = torch.rand(50, 1, generator=RANDOM)
SIDES = torch.randint(0, 2, (50,), generator=RANDOM)
TOLD = torch.randn(50, 1, generator=RANDOM)
MEANT = 100 + torch.randn(50, generator=RANDOM)


def tally(name: str, task: Task, prediction: Tensor, target: Tensor, **arguments: Any) -> float:
    """The metric over three batches."""
    classes = prediction.shape[1] if task == "classes" else None
    sums = Tally((choice(name, **arguments),), task, classes, confusion=False)
    for told, meant in zip(torch.split(prediction, 20), torch.split(target, 20), strict=True):
        sums.keep(told, meant)
    return sums.read()[name]


def accuracy(meant: Tensor, said: Tensor) -> float:
    return float(reference.accuracy_score(meant, said))


MANY: dict[str, Callable[[Tensor, Tensor], float]] = {
    "accuracy": accuracy,
    "error": lambda meant, said: 1 - accuracy(meant, said),
    "precision": lambda m, s: reference.precision_score(m, s, average="macro", zero_division=0),
    "recall": lambda m, s: reference.recall_score(m, s, average="macro"),
    "f1": lambda m, s: reference.f1_score(m, s, average="macro"),
}
TWO: dict[str, Callable[[Tensor, Tensor], float]] = {
    "accuracy": accuracy,
    "error": lambda meant, said: 1 - accuracy(meant, said),
    "precision": reference.precision_score,
    "recall": reference.recall_score,
    "f1": reference.f1_score,
}
NUMBERS: dict[str, Callable[[Tensor, Tensor], float]] = {
    "mse": reference.mean_squared_error,
    "rmse": reference.root_mean_squared_error,
    "mae": reference.mean_absolute_error,
    "r2": reference.r2_score,
}


@pytest.fixture(params=[2**22, 30], ids=["kept", "folded"])
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run with all outputs kept to the end, and with sums taken on the way."""
    monkeypatch.setattr(runner_metrics, "HELD", request.param)


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("name", MANY)
def test_many_classes(name: str) -> None:
    wanted = MANY[name](LABELS, SCORES.argmax(1))
    assert tally(name, "classes", SCORES, LABELS) == pytest.approx(wanted)


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("kind", [torch.int64, torch.float32, torch.bool])
@pytest.mark.parametrize("name", TWO)
def test_two_classes(name: str, kind: torch.dtype) -> None:
    wanted = TWO[name](SIDES, CHANCES[:, 0] > 0.5)
    assert tally(name, "binary_probability", CHANCES, SIDES.to(kind)) == pytest.approx(wanted)
    assert tally(name, "binary_score", CHANCES - 0.5, SIDES.to(kind)) == pytest.approx(wanted)


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name: str) -> None:
    wanted = NUMBERS[name](MEANT, TOLD[:, 0])
    assert tally(name, "regression", TOLD, MEANT) == pytest.approx(wanted)
    columns = torch.cat([TOLD, TOLD * 2], 1), torch.stack([MEANT, 1 - MEANT], 1)
    if name != "rmse":  # scikit-learn takes the mean of the roots
        wanted = NUMBERS[name](columns[1], columns[0])
        assert tally(name, "regression", *columns) == pytest.approx(wanted)


def test_top_k_counts_the_k_likeliest() -> None:
    wanted = float(reference.top_k_accuracy_score(LABELS, SCORES, k=2, labels=range(4)))
    assert tally("top_k", "classes", SCORES, LABELS, k=2) == pytest.approx(wanted)
    assert tally("top_k", "classes", SCORES, LABELS) == 1.0  # all four are within the default 5


def test_classes_of_every_pixel_are_compared() -> None:
    scores = torch.randn(2, 3, 4, 5, generator=RANDOM)
    labels = torch.randint(0, 3, (2, 4, 5), generator=RANDOM)
    assert tally("accuracy", "classes", scores, labels) == pytest.approx(
        accuracy(labels.reshape(-1), scores.argmax(1).reshape(-1))
    )


def test_confusion_counts_true_classes_down() -> None:
    sums = Tally((), "classes", 4, confusion=True)
    sums.keep(SCORES, LABELS)
    counted = sums.confusion
    assert counted is not None
    wanted = reference.confusion_matrix(LABELS, SCORES.argmax(1))
    assert counted.tolist() == wanted.tolist()


def test_a_class_never_predicted_counts_as_zero() -> None:
    always = torch.tensor([[0.1], [0.2]])
    assert tally("precision", "binary_probability", always, torch.tensor([1, 0])) == 0.0
    assert tally("f1", "binary_probability", always, torch.tensor([1, 0])) == 0.0


def test_every_metric_knows_which_way_is_better() -> None:
    falling = {"error", "mse", "rmse", "mae"}
    assert {name for name in METRICS if not higher_is_better(name)} == falling
    assert not higher_is_better("loss")
