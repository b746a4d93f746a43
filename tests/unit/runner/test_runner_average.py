"""`ema`: the same average as torch's own, measured, kept and saved beside the raw weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import netspec
from netspec.runner.average import Average

SPEC = """
data {
  make_moons(n_samples=60, noise=0.2, random_state=1)
  split(train=70%, val=30%, seed=1)
}
model { Linear(6) -> Tanh -> Linear(1) }
train {
  loss      = BCEWithLogitsLoss
  optimizer = SGD(lr=0.5)
  metrics   = [accuracy]
  batch     = 7
  epochs    = 3
  EMA
}
"""


# torch leaves it untyped.
decay: Any = get_ema_multi_avg_fn


class Odd(nn.Module):
    """Tied and frozen parameters, two dtypes, and buffers that no mean makes sense of."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(3, 3, bias=False)
        self.two = nn.Linear(3, 3)
        self.two.weight = self.one.weight
        self.two.bias.requires_grad_(False)
        self.wide = nn.Parameter(torch.randn(4, dtype=torch.float64))
        self.norm = nn.BatchNorm1d(3)
        self.places: Tensor
        self.mask: Tensor
        self.register_buffer("places", torch.arange(9))
        self.register_buffer("mask", torch.full((3, 3), -torch.inf).triu(1))


def test_the_average_is_torchs_to_the_bit() -> None:
    torch.manual_seed(1)
    module = Odd()
    mine = Average(module, 0.9)
    theirs = AveragedModel(module, multi_avg_fn=decay(0.9))
    before = {key: value.clone() for key, value in module.state_dict().items()}
    for _ in range(7):
        with torch.no_grad():
            for parameter in module.parameters():
                if parameter.requires_grad:
                    parameter.add_(torch.randn_like(parameter))
        module.norm(torch.randn(5, 3))
        mine.update()
        theirs.update_parameters(module)
    settled, state = mine.settled().state_dict(), theirs.module.state_dict()
    assert settled.keys() == module.state_dict().keys() == state.keys()
    assert all(torch.equal(settled[key], state[key]) for key in state)
    assert settled["one.weight"].data_ptr() == settled["two.weight"].data_ptr()
    assert not torch.equal(settled["one.weight"], module.state_dict()["one.weight"])
    for key in ("places", "mask", "two.bias"):
        assert torch.equal(settled[key], before[key])
    running = module.state_dict()["norm.running_mean"]
    assert torch.equal(settled["norm.running_mean"], running)


def test_the_averaged_model_is_what_is_measured_and_kept(tmp_path: Path) -> None:
    averaged = netspec.parse(SPEC.replace("EMA", "ema = 0.9")).train(runs=tmp_path)
    plain = netspec.parse(SPEC.replace("EMA", "")).train(runs=tmp_path)
    assert averaged.folder is not None
    assert averaged.raw is not None
    for mine, other in zip(averaged.history, plain.history, strict=True):
        # Training itself does not look at the average.
        assert mine["train.loss"] == other["train.loss"]
        assert mine["val.loss"] != other["val.loss"]
    assert averaged.history[-1]["val.loss"] == averaged.metrics["val"]["loss"]
    kept = load_file(averaged.folder / "weights.safetensors")
    raw = load_file(averaged.folder / "weights_raw.safetensors")
    state = averaged.model.state_dict()
    assert kept.keys() == raw.keys() == plain.model.state_dict().keys()
    assert all(torch.equal(kept[key], state[key]) for key in state)
    assert all(torch.equal(raw[key], plain.model.state_dict()[key]) for key in raw)
    assert not torch.equal(kept["0.weight"], raw["0.weight"])
    assert plain.raw is None
    assert plain.folder is not None
    assert not (plain.folder / "weights_raw.safetensors").exists()


def test_a_loss_that_breaks_is_found_beside_an_average(tmp_path: Path) -> None:
    text = SPEC.replace("lr=0.5", "lr=1e30").replace("[accuracy]", "[]").replace("EMA", "ema = 0.9")
    text = text.replace("BCEWithLogitsLoss", "MSELoss")
    with pytest.raises(netspec.SpecError) as raised:
        netspec.parse(text).train(runs=tmp_path)
    assert [found.code for found in raised.value.diagnostics] == ["NS7001"]
