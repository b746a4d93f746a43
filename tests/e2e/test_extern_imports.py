"""What another file declares with `extern`, used by that file's name: `lib.spirals(300)`."""

from __future__ import annotations

from pathlib import Path

import pytest
from export_pieces import complaints, recorded, run_alone
from extern_pieces import checked, only, placed, shown

import netspec

LIBRARY = """
param arms = 3 in 2..5
extern source spirals(
  n: int, arms: int; random_state: int|none = none
): (x: real[2], y: index(arms)) from "my_rows:spirals"
extern transform Clip(low: float = 0.0): real[D] -> real[D] from "my_rows:Clip"
extern metric worst(floor: float = 0.0): (score[B, C], index(C)[B]) -> real[] from "my_rows:Worst"
"""
ROWS = '''"""Rows of mine."""

import numpy as np


def spirals(n: int, arms: int, *, random_state=None):
    turn = random_state.uniform(0, 4, n)
    y = random_state.randint(0, arms, n)
    angle = turn + 2 * np.pi * y / arms
    return np.stack([turn * np.cos(angle), turn * np.sin(angle)], axis=1), y


class Clip:
    def __init__(self, low: float = 0.0) -> None:
        self.low = low

    def fit(self, x):
        self.high = x.max(axis=0)

    def transform(self, x):
        return np.clip(x, self.low, self.high)


class Worst:
    def __init__(self, floor: float = 0.0) -> None:
        self.found = floor

    def update(self, scores, target):
        wrong = 1 - scores.softmax(1).gather(1, target[:, None])
        self.found = max(self.found, float(wrong.max()))

    def compute(self):
        return self.found
'''
SPEC = """
import "parts/lib.net" as lib

data {
  rows = lib.spirals(90, lib.arms)
  x    = rows.x -> lib.Clip(low=-2) -> StandardScaler
  y    = rows.y
  split(train=80%, test=20%, seed=1)
}
model { Linear(8) -> ReLU -> Linear(lib.arms) }
train {
  loss      = CrossEntropyLoss
  optimizer = Adam(lr=0.01)
  metrics   = [accuracy, lib.worst(floor=0.1)]
  batch     = 30
  epochs    = 2
  seed      = 3
  stop when train.worst < 0.2
}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "lib.net").write_text(LIBRARY)
    return placed(tmp_path, SPEC, my_rows=ROWS)


def test_a_check_is_whole_and_imports_nothing(path: Path) -> None:
    program, found = checked(path)
    assert not found
    assert program is not None
    assert program.data is not None
    assert [str(field.type) for field in program.data.fields] == ["real[B, 2]", "index(3)[B]"]
    assert {extern.head.source.name for extern in program.externs} == {
        str(path.parent / "parts" / "lib.net")
    }


def test_leave_is_asked_at_its_declaration(path: Path) -> None:
    with pytest.raises(netspec.SpecError) as refused:
        netspec.load(path).train()
    told = only(refused.value.diagnostics)
    assert told.code == "NS6010"
    assert shown(told) == ["lib.net"]


def test_a_run_its_folder_and_its_script_agree(path: Path, tmp_path: Path) -> None:
    spec = netspec.load(path, params={"lib.arms": 4}, allow=["my_rows"])
    run = spec.train(runs=tmp_path / "runs")
    assert set(run.metrics["test"]) == {"loss", "accuracy", "worst"}
    script = tmp_path / "script.py"
    script.write_text(spec.export(), encoding="utf-8")
    assert run_alone(script, importing=tmp_path) == recorded(run.history, run.metrics)
    assert complaints(script) == ""
    assert run.folder is not None
    copied = netspec.load(run.folder / "spec.net", allow=["my_rows"])
    assert copied.train(runs=tmp_path / "more").metrics == run.metrics


def test_a_declaration_that_is_not_true_is_shown_where_it_stands(path: Path) -> None:
    (path.parent / "my_rows.py").write_text(ROWS.replace("low: float = 0.0", "low: float = 1.0"))
    told = only(checked(path, "my_rows")[1])
    assert told.code == "NS6016"
    assert shown(told) == ["lib.net", "my_rows.py", "model.net"]
