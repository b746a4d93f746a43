"""Which of several outputs the metrics look at: the one that the loss holds against the field."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_diabetes, load_iris

import netspec

GATED = """
data {{ load_iris() }}

model {{
  gate = x -> Linear({gates}) -> Softmax(dim=1)
  score = x -> Linear(3)
  output gate, score
}}

train {{
  balance   = sum(mean(gate, dim=0) ** 2)
  loss      = {loss} + 0.01 * balance
  optimizer = Adam(lr=1e-2)
  metrics   = [accuracy]
  epochs    = 20
}}
"""
ROWS = load_iris()
DIFFERENCE = """
data {
  rows = load_diabetes()
  x    = rows.x
  y    = rows.y / 100
}

model {
  spread = x -> Linear(1) -> Softplus
  guess = x -> Linear(1)
  output spread, guess
}

train {
  loss      = mean(spread) + mean((y - guess) ** 2)
  optimizer = Adam(lr=1e-2)
  metrics   = [mse]
  epochs    = 3
}
"""


@pytest.mark.parametrize("gates", [3, 4])
@pytest.mark.parametrize(
    "loss",
    ["CrossEntropyLoss(score, y)", "cross_entropy(score, y)", "nll_loss(log_softmax(score, 1), y)"],
)
def test_an_output_that_is_looked_at_before_is_not_judged(
    gates: int, loss: str, tmp_path: Path
) -> None:
    run = netspec.parse(GATED.format(gates=gates, loss=loss)).train(runs=tmp_path)
    with torch.no_grad():
        _, score = run.model(torch.tensor(ROWS.data, dtype=torch.float32))
    wanted = (score.argmax(1).numpy() == ROWS.target).mean()
    assert run.metrics["train"]["accuracy"] == pytest.approx(wanted)


def test_a_difference_holds_an_output_against_a_field(tmp_path: Path) -> None:
    run = netspec.parse(DIFFERENCE).train(runs=tmp_path)
    rows = load_diabetes()
    with torch.no_grad():
        _, guess = run.model(torch.tensor(rows.data, dtype=torch.float32))
    wanted = ((guess[:, 0].numpy() - rows.target / 100) ** 2).mean()
    assert run.metrics["train"]["mse"] == pytest.approx(wanted, rel=1e-5)
