"""Training against loops written by hand: what is logged, and the weights that come out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sklearn.datasets import make_regression
from torch import Tensor, nn

import netspec

BATCH = 8

# 50 rows: 40 to train on, 10 to measure.
NUMBERS = """
data {
  make_regression(n_samples=50, n_features=4, noise=2.0, random_state=1)
  split(train=80%, val=20%, shuffle=false)
}
model {
  guess = x -> Linear(1) -> squeeze(dim=1)
  output guess
}
train {
  loss      = LOSS
  optimizer = SGD(lr=1e-9)
  batch     = 8
  epochs    = 2
  seed      = 3
}
"""


def split(name: str) -> tuple[Tensor, Tensor]:
    """The rows of a split, in the order of the data."""
    x, y = make_regression(n_samples=50, n_features=4, noise=2.0, random_state=1)
    there = slice(0, 40) if name == "train" else slice(40, 50)
    return torch.from_numpy(x[there]).float(), torch.from_numpy(y[there]).float()


def summed(guess: Tensor, y: Tensor) -> Tensor:
    return nn.functional.mse_loss(guess, y, reduction="sum")


def held_against_each_other(guess: Tensor, y: Tensor) -> Tensor:
    """Every row against every other row of its batch."""
    return (torch.outer(guess, guess) - torch.outer(y, y)).square().mean()


LOSSES = {
    'MSELoss(guess, y, reduction="sum")': summed,
    'mse_loss(guess, y, reduction="sum")': summed,
    "mean((outer(guess, guess) - outer(y, y)) ** 2)": held_against_each_other,
}


@pytest.mark.parametrize("written", LOSSES)
def test_a_loss_that_hangs_on_its_batch_is_measured_in_batches_of_training(
    written: str, tmp_path: Path
) -> None:
    run = netspec.parse(NUMBERS.replace("LOSS", written)).train(runs=tmp_path)
    compute = LOSSES[written]
    for name, count in (("train", 40), ("val", 10)):
        total = 0.0
        x, y = split(name)
        assert len(x) == count
        with torch.no_grad():
            for some, wanted in zip(torch.split(x, BATCH), torch.split(y, BATCH), strict=True):
                total += compute(run.model(some), wanted).item() * len(some)
        assert run.metrics[name]["loss"] == pytest.approx(total / count, rel=1e-5)
