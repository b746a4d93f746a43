"""Specs in several files: what they build, train and export, and what the commands say of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from export_pieces import Scripts, both, complaints, scripts_process
from torch import Tensor, nn

import netspec
from netspec.cli import main

BLOCKS = """
import "parts/norms.net" as norms

param width = 8 in 4..64

block Residual(features, act=ReLU) {
  input x
  x + (x -> up: Linear(width) -> norms.Norm -> act -> down: Linear(features))
}

model Encoder(features=6) {
  input x: real[B, D]
  first: Linear(width) -> Tanh
  second: Linear(features)
}
"""
NORMS = """
param eps = 1e-3
block Norm { norm: LayerNorm(eps=eps) }
"""
MAIN = """
import "blocks.net" as lib
import "parts/norms.net"

block Norm { Linear(5, bias=false) -> Sigmoid }

data {
  x = normal(0, 1, size=[40, 3])
  y = x[:, 0] * x[:, 1]
  split(train=80%, val=20%)
}

model {
  encoder: lib.Encoder
  body: repeat 2 { lib.Residual(6, act=GELU) }
  own: Norm
  norms.Norm -> head: Linear(1)
}

train {
  loss      = MSELoss
  optimizer = SGD(lr=0.2 / lib.width)
  batch     = lib.width
  epochs    = 3
}

test {
  assert model.params == lib.Encoder.params + 298 or lib.width != 8
  assert model.count(lib.Residual) == 2 and model.count(Norm) == 1 and model.count(norms.Norm) == 3
}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "norms.net").write_text(NORMS)
    (tmp_path / "blocks.net").write_text(BLOCKS)
    (tmp_path / "spec.net").write_text(MAIN)
    return tmp_path / "spec.net"


class Norm(nn.Module):
    def __init__(self, features: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features, eps=1e-2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.norm(x)
        return out


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up = nn.Linear(6, 12)
        self.norm_0 = Norm(12)
        self.down = nn.Linear(12, 6)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.down(nn.functional.gelu(self.norm_0(self.up(x))))
        return out


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 12)
        self.second = nn.Linear(12, 6)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.second(torch.tanh(self.first(x)))
        return out


class Reference(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.body = nn.Sequential(Residual(), Residual())
        self.own = nn.Sequential(nn.Linear(6, 5, bias=False), nn.Sigmoid())
        self.norm_0 = Norm(5)
        self.head = nn.Linear(5, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.norm_0(self.own(self.body(self.encoder(x)))))
        return out


def test_what_several_files_build_is_what_torch_builds(spec: Path) -> None:
    built = netspec.load(spec, params={"lib.width": 12, "norms.eps": 1e-2}).build()
    torch.manual_seed(0)
    reference = Reference()
    assert list(built.state_dict()) == list(reference.state_dict())
    reference.load_state_dict(built.state_dict(), strict=True)
    x = torch.randn(7, 3)
    torch.testing.assert_close(built(x), reference(x), rtol=0, atol=0)


def test_the_exported_script_measures_what_the_run_measures(spec: Path, tmp_path: Path) -> None:
    with scripts_process() as process:
        scripts: Scripts = process
        run, script, text = both(scripts, MAIN, tmp_path, {"lib.width": 4})
    assert script.epochs == run.epochs
    assert script.final == run.final
    assert "class Norm(nn.Module)" in text
    assert complaints(tmp_path / "script.py") == ""


NETS = """
param width = 6
model G {
  input z: real[B, 4]
  first: Linear(width) -> ReLU
  last: Linear(2)
}
model D {
  input p: real[B, 2]
  Linear(width) -> ReLU -> Linear(1)
}
"""
PHASES = """
import "nets.net" as nets
data {
  x = normal(0, 1, size=[40, 2])
  split(train=80%, val=20%)
}
train {
  batch  = 8
  epochs = 2
  phase d {
    fake      = randn(B, 4) -> nets.G -> detach
    loss      = BCEWithLogitsLoss(x -> nets.D, 1) + BCEWithLogitsLoss(fake -> nets.D, 0)
    optimizer = Adam(lr=1e-3)
    updates   = nets.D
  }
  phase g {
    loss      = BCEWithLogitsLoss(randn(B, 4) -> nets.G -> nets.D, 1)
    optimizer = Adam(lr=1e-3)
    updates   = nets.G
  }
}
"""


def test_models_of_another_file_are_trained_in_phases(tmp_path: Path) -> None:
    (tmp_path / "nets.net").write_text(NETS)
    with scripts_process() as process:
        run, script, _ = both(process, PHASES, tmp_path)
    assert script.epochs == run.epochs
    assert script.final == run.final
    keys = list(netspec.load(tmp_path / "spec.net").build().state_dict())
    assert keys[:4] == [f"nets_G.{part}" for part in PARTS]
    saved = netspec.load(next((tmp_path / "runs").glob("*/spec.net")))
    assert list(saved.build().state_dict()) == keys


PARTS = ("first.weight", "first.bias", "last.weight", "last.bias")


def test_the_commands_know_the_files(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(spec), "--set", "lib.norms.eps=0.5"]) == 0
    assert main(["test", str(spec)]) == 0
    assert "2 asserts: 2 passed" in capsys.readouterr().out
    assert main(["show", str(spec)]) == 0
    shown = capsys.readouterr().out
    assert f"{spec.parent / 'parts' / 'norms.net'}:3  body.1.norm_0.norm" in shown


def test_a_finding_as_json_names_its_file(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (spec.parent / "blocks.net").write_text(BLOCKS.replace("Tanh", "Tahn"))
    assert main(["check", str(spec), "--format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["diagnostics"]
    files = [Path(label["file"]).name for label in found["labels"]]
    assert found["code"] == "NS2002"
    assert files == ["blocks.net", "spec.net", "spec.net"]
    assert found["labels"][0]["start"]["line"] == 13
