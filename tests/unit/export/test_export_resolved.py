"""The spec saved with a run: checked again and trained again, it gives the same history."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

import netspec
from netspec.runner import Run

START = """
param width = 2 * 4 in 4..32  # of each layer
param rate  = 1e-1 in 1e-7..1 log
param act   = "relu" in ["relu", "tanh"]
param bias  = true
param shift = 0.5

data {
  x = normal(0, 1, size=[30, 2]) + shift
  y = x[:, 0] * x[:, 1]
  split(train=80%, val=20%)
}

model {
  Linear(width, bias=bias)
  if act == "relu" { ReLU } else { Tanh }
  Linear(1)
}

"""
BODY = "loss = MSELoss\n  optimizer = SGD(lr=rate, momentum=0.9)\n  batch = 8\n"
LENGTHS = {
    "epochs": "train {\n  " + BODY + "  epochs = 3  # a few\n}\n",
    "steps": "train {\n  " + BODY + "  steps = 5  # a few\n  schedule = StepLR(1)\n}\n",
    "steps_at_the_end": "train { " + BODY + "  schedule = StepLR(1)\n  steps = 5 }\n",
    "both": "train {\n  " + BODY + "  steps = 5\n  epochs = 4\n  schedule = CosineAnnealingLR\n}\n",
    "both_reversed": "train {\n  epochs = 4\n  "
    + BODY
    + "  schedule = OneCycleLR(0.05)\n  steps = 5 }",
    "per_step": "train {\n  steps = 5\n  " + BODY + "  schedule = warmup(2) -> OneCycleLR(0.05) }",
}
PARAMS: dict[str, Mapping[str, object]] = {
    "none": {},
    "numbers": {"width": 6, "rate": 1e-05, "shift": -1.5},
    "others": {"act": "tanh", "bias": False},
}


def history(run: Run) -> list[dict[str, float]]:
    return [{k: v for k, v in record.items() if k != "seconds"} for record in run.history]


@pytest.mark.parametrize("epochs", [None, 2, 6])
@pytest.mark.parametrize("length", LENGTHS)
def test_a_saved_spec_trains_to_the_same_history(
    length: str, epochs: int | None, tmp_path: Path
) -> None:
    path = tmp_path / "first.net"
    path.write_text(START + LENGTHS[length], encoding="utf-8")
    run = netspec.load(path).train(epochs=epochs, runs=tmp_path)
    assert epochs is None or run.epochs == epochs
    _assert_saved(run, tmp_path)


@pytest.mark.parametrize("chosen", PARAMS)
def test_a_saved_spec_holds_its_params(chosen: str, tmp_path: Path) -> None:
    path = tmp_path / "first.net"
    path.write_text(START + LENGTHS["epochs"], encoding="utf-8")
    spec = netspec.load(path, params=PARAMS[chosen])
    saved = _assert_saved(spec.train(runs=tmp_path), tmp_path)
    assert saved.params == spec.params
    assert {name: saved.params[name] for name in PARAMS[chosen]} == PARAMS[chosen]


def _assert_saved(run: Run, folder: Path) -> netspec.Spec:
    assert run.folder is not None
    saved = netspec.load(run.folder / "spec.net")
    again = saved.train(runs=folder)
    assert history(again) == history(run)
    assert again.metrics == run.metrics
    assert again.folder is not None
    text = (run.folder / "spec.net").read_text(encoding="utf-8")
    assert (again.folder / "spec.net").read_text(encoding="utf-8") == text
    return saved


def test_a_saved_spec_keeps_its_comments(tmp_path: Path) -> None:
    path = tmp_path / "first.net"
    path.write_text(START + LENGTHS["steps"], encoding="utf-8")
    run = netspec.load(path, params={"width": 16}).train(epochs=2, runs=tmp_path)
    assert run.folder is not None
    text = (run.folder / "spec.net").read_text(encoding="utf-8")
    changed = {"2 * 4 in": "16 in", "1e-1 in": "0.1 in", "steps = 5": "epochs = 2"}
    expected = START + LENGTHS["steps"]
    for before, after in changed.items():
        expected = expected.replace(before, after)
    assert text == expected
