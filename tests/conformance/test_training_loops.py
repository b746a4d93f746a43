"""Training against loops written by hand: what is logged, and the weights that come out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

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


SEARCHED = """
data {
  make_regression(n_samples=50, n_features=4, noise=2.0, random_state=1)
  split(train=80%, val=20%, shuffle=false)
}
model {
  Linear(5) -> BatchNorm1d -> Tanh -> Dropout(0.2)
  Linear(1)
}
train {
  loss      = MSELoss
  optimizer = LBFGS(lr=0.1, max_iter=2)
  clip      = 5
  batch     = 8
  epochs    = 2
  seed      = 3
}
"""


def test_lbfgs_evaluates_a_batch_as_often_as_torch_asks(tmp_path: Path) -> None:
    x, y = split("train")
    torch.manual_seed(3)
    model = nn.Sequential(
        nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Dropout(0.2), nn.Linear(5, 1)
    )
    lbfgs: Any = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=2)
    losses = []
    for epoch in range(2):
        total = torch.zeros(())
        order = torch.randperm(40, generator=torch.Generator().manual_seed(3 * 1_000_003 + epoch))
        for rows in torch.split(order, BATCH):

            def evaluate(rows: Tensor = rows) -> Tensor:
                lbfgs.zero_grad()
                loss: Any = nn.functional.mse_loss(model(x[rows]).squeeze(-1), y[rows])
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 5)
                return cast(Tensor, loss)

            total += lbfgs.step(evaluate).detach() * len(rows)
        losses.append(total.item() / 40)
    run = netspec.parse(SEARCHED).train(runs=tmp_path)
    assert [record["train.loss"] for record in run.history] == losses
    for key, tensor in run.model.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[key]), key
