"""`precision`: as torch computes with autocast and scaler by hand, and what is refused."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import torch
from runner_pieces import plan
from torch import Tensor, nn
from torch.nn import functional

import netspec
from netspec.program.precision import AUTOCAST, Precision
from netspec.runner import RunError, choose_precision
from netspec.runner.precision import Arithmetic

SPEC = """
data { make_blobs(n_samples=64, n_features=4, centers=3, random_state=1) }
model { Linear(8) -> Tanh -> Linear(3) }
train {
  loss      = CrossEntropyLoss
  optimizer = AdamW(lr=0.01)
  metrics   = [accuracy]
  batch     = none
  epochs    = 5
  seed      = 3
  clip      = 0.5
  PRECISION
}
"""
CPU = torch.device("cpu")


def rows_of_the_spec() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import make_blobs

    x, y = make_blobs(n_samples=64, n_features=4, centers=3, random_state=1)
    return torch.from_numpy(x).float(), torch.from_numpy(y).long()


def by_hand(dtype: torch.dtype, *, scaled: bool) -> tuple[list[float], nn.Module]:
    """The same training as one writes it in torch."""
    x, y = rows_of_the_spec()
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, fused=True)
    scaler = torch.amp.GradScaler("cpu", enabled=scaled)
    losses = []
    for _ in range(5):
        with torch.autocast("cpu", dtype=dtype):
            loss = functional.cross_entropy(model(x), y)
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call]  # torch's
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        losses.append((loss * 64).item() / 64)
    return losses, model


@pytest.mark.parametrize(("precision", "scaled"), [("bf16", False), ("fp16", True)])
def test_a_run_computes_as_torch_does(precision: Precision, scaled: bool, tmp_path: Path) -> None:
    dtype = getattr(torch, AUTOCAST[precision])
    text = SPEC.replace("PRECISION", f"precision = {precision}")
    run = netspec.parse(text).train(runs=tmp_path)
    losses, model = by_hand(dtype, scaled=scaled)
    assert [record["train.loss"] for record in run.history] == losses
    assert run.precision == precision
    state = run.model.state_dict()
    for key, value in model.state_dict().items():
        assert state[key].dtype == torch.float32
        assert torch.equal(state[key], value)
    x, _ = rows_of_the_spec()
    said = run.predict(x.numpy())
    with torch.no_grad(), torch.autocast("cpu", dtype=dtype):
        assert said.dtype == np.float32
        assert np.array_equal(said, model(x).float().numpy())


def test_the_caller_wins(tmp_path: Path) -> None:
    low = netspec.parse(SPEC.replace("PRECISION", "precision = bf16"))
    full = netspec.parse(SPEC.replace("PRECISION", ""))
    kept = low.train(runs=tmp_path, precision="fp32")
    plain = full.train(runs=tmp_path)
    assert kept.metrics == plain.metrics
    assert (kept.precision, plain.precision) == ("fp32", "fp32")
    assert low.train(runs=tmp_path).metrics == full.train(runs=tmp_path, precision="bf16").metrics
    assert low.train(runs=tmp_path).metrics != plain.metrics


@pytest.mark.parametrize(
    ("asked", "reason"), [("tf32", "NVIDIA"), ("half", "`fp32`, `tf32`, `bf16`, `fp16`")]
)
def test_what_there_is_not_is_refused(asked: str, reason: str) -> None:
    with pytest.raises(RunError) as raised:
        choose_precision(plan(), CPU, asked)
    assert raised.value.diagnostic.code == "NS7031"
    assert reason in raised.value.diagnostic.notes[0]


def test_a_loss_that_needs_its_digits_is_refused_when_the_caller_asks(tmp_path: Path) -> None:
    text = "data { make_moons(n_samples=20) }\nmodel { Linear(1) -> Sigmoid }\n"
    text += "train {\n  loss = BCELoss\n  optimizer = SGD(lr=0.1)\n  epochs = 1\n}\n"
    with pytest.raises(netspec.SpecError) as raised:
        netspec.parse(text).train(runs=tmp_path, precision="bf16")
    (found,) = raised.value.diagnostics
    assert found.code == "NS7031"
    assert "BCEWithLogitsLoss" in found.notes[0]
    assert list(tmp_path.iterdir()) == []


def test_tf32_ends_with_the_run() -> None:
    before = torch.get_float32_matmul_precision()
    with ExitStack() as run:
        run.enter_context(Arithmetic(precision="tf32").chosen())
        assert torch.get_float32_matmul_precision() == "high"
    assert torch.get_float32_matmul_precision() == before
    with Arithmetic().chosen():
        assert torch.get_float32_matmul_precision() == before
