"""Metrics of the user's own: typed by their declaration, fed batch by batch, read at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from export_pieces import complaints, recorded, run_alone
from extern_pieces import checked, only, placed

import netspec

MODULE = '''"""Metrics of mine."""

import torch


class Worst:
    """The worst probability that the right class was given."""

    def __init__(self, floor: float = 0.0):
        self.floor = floor
        self.worst = torch.tensor(1.0)

    def update(self, scores, target):
        right = scores.softmax(1).gather(1, target[:, None])
        self.worst = torch.minimum(self.worst, right.min())

    def compute(self):
        return self.worst.clamp(min=self.floor)
'''
DECLARED = (
    "extern metric worst(floor: float = 0.0): (score[B, C], index(C)[B]) -> real[] "
    'from "my_metrics:Worst"\n'
)
SPEC = (
    DECLARED
    + """
data {
  rows = make_moons(n_samples=120, noise=0.1, random_state=1)
  x    = rows.x
  y    = rows.y
  split(train=80%, test=20%, seed=1)
}
model { Linear(8) -> ReLU -> Linear(2) }
train {
  loss      = CrossEntropyLoss
  optimizer = Adam(lr=0.01)
  metrics   = [worst(floor=0.001), accuracy]
  batch     = 30
  epochs    = 3
  seed      = 3
}
"""
)


def test_a_run_and_its_script_agree(tmp_path: Path) -> None:
    spec = netspec.load(placed(tmp_path, SPEC, my_metrics=MODULE), allow=["my_metrics"])
    run = spec.train(runs=tmp_path / "runs")
    assert list(run.metrics["train"]) == ["loss", "worst", "accuracy"]
    assert 0.001 < run.metrics["train"]["worst"] < 0.5
    script = tmp_path / "script.py"
    script.write_text(spec.export(), encoding="utf-8")
    assert run_alone(script, importing=tmp_path) == recorded(run.history, run.metrics)
    assert complaints(script) == ""
    assert "from my_metrics import Worst as worst" in script.read_text()


def test_alone_and_as_a_stop_condition(tmp_path: Path) -> None:
    text = SPEC.replace("[worst(floor=0.001), accuracy]", "[worst]")
    text = text.replace("  seed      = 3\n", "  stop when train.worst >= 0.0\n")
    spec = netspec.load(placed(tmp_path, text, my_metrics=MODULE), allow=["my_metrics"])
    run = spec.train(runs=tmp_path / "runs")
    assert (run.ended, run.epochs) == ("stopped", 1)
    script = tmp_path / "script.py"
    script.write_text(spec.export(), encoding="utf-8")
    assert run_alone(script, importing=tmp_path) == recorded(run.history, run.metrics)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("[worst(floor=0.001), accuracy]", "[wrost]", "NS5005"),
        ("floor=0.001", "floor='low'", "NS1"),
        ("floor=0.001", "flor=0.001", "NS3001"),
        ("Linear(2) }", "Linear(2) -> LogSoftmax(dim=1) }", "NS4003"),
        ("(score[B, C], index(C)[B])", "(score[B, C], real[B])", "NS4003"),
        ("(score[B, C], index(C)[B])", "score[B, C]", "NS2065"),
        ("  seed      = 3", "  stop when stalled(train.worst, epochs=2)", "NS2071"),
    ],
)
def test_what_does_not_fit_is_one_report(old: str, new: str, code: str, tmp_path: Path) -> None:
    text = SPEC.replace(old, new).replace(
        "CrossEntropyLoss", "NLLLoss" if "Log" in new else "CrossEntropyLoss"
    )
    _, found = checked(placed(tmp_path, text, my_metrics="raise SystemExit"))
    assert only(found).code.startswith(code)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("def compute", "def result", "NS6013"),
        ("floor: float = 0.0", "floor: float = 0.5", "NS6016"),
        ("class Worst:", "def Worst(a, b):\n    return 0\n\n\nclass Other:", "NS6013"),
    ],
)
def test_an_untrue_declaration_is_told(old: str, new: str, code: str, tmp_path: Path) -> None:
    path = placed(tmp_path, SPEC, my_metrics=MODULE.replace(old, new))
    assert only(checked(path, "my_metrics")[1]).code == code


def test_what_it_raises_is_told_as_the_users(tmp_path: Path) -> None:
    broken = MODULE.replace("        right =", "        raise ValueError('odd')\n        right =")
    spec = netspec.load(placed(tmp_path, SPEC, my_metrics=broken), allow=["my_metrics"])
    with pytest.raises(netspec.SpecError) as refused:
        spec.train(runs=tmp_path / "runs")
    told = only(refused.value.diagnostics)
    assert told.code == "NS6018"
    assert told.labels[0].span.text == "raise ValueError('odd')"
