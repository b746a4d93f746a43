"""Sources of the user's own: typed by their declaration, and held against it when rows are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from export_pieces import complaints, recorded, run_alone
from extern_pieces import checked, only, placed

import netspec

SPIRALS = '''"""Rows of mine."""

import numpy as np


def spirals(n: int, classes: int = 3, *, random_state=None):
    """Arms of a spiral, a class each."""
    random = np.random.RandomState(random_state) if random_state is None else random_state
    turn = random.uniform(0, 4, n)
    y = random.randint(0, classes, n)
    angle = turn + 2 * np.pi * y / classes
    return np.stack([turn * np.cos(angle), turn * np.sin(angle)], axis=1), y
'''
DECLARED = (
    "extern source spirals(n: int, classes: int = 3; random_state: int|none = none): "
    '(x: real[2], y: index(classes)) from "my_rows:spirals"\n'
)
SPEC = (
    DECLARED
    + """
data {
  rows = spirals(90)
  x    = rows.x -> StandardScaler
  y    = rows.y
  split(train=80%, test=20%, seed=1)
}
model { Linear(8) -> ReLU -> Linear(3) }
train {
  loss      = CrossEntropyLoss
  optimizer = Adam(lr=0.01)
  metrics   = [accuracy]
  batch     = 30
  epochs    = 2
  seed      = 3
}
"""
)


def test_a_check_knows_its_types(tmp_path: Path) -> None:
    program, found = checked(placed(tmp_path, SPEC, my_rows="raise SystemExit"))
    assert not found
    assert program is not None
    assert program.data is not None
    assert [str(field.type) for field in program.data.fields] == ["real[B, 2]", "index(3)[B]"]


def test_classes_are_held_against_the_model(tmp_path: Path) -> None:
    _, found = checked(placed(tmp_path, SPEC.replace("spirals(90)", "spirals(90, 5)")))
    assert only(found).code == "NS4006"


def test_it_wants_leave(tmp_path: Path) -> None:
    with pytest.raises(netspec.SpecError) as refused:
        netspec.load(placed(tmp_path, SPEC, my_rows=SPIRALS)).train(runs=tmp_path / "runs")
    told = only(refused.value.diagnostics)
    assert told.code == "NS6010"
    assert told.labels[0].span.text == '"my_rows:spirals"'


def test_a_run_and_its_script_agree(tmp_path: Path) -> None:
    spec = netspec.load(placed(tmp_path, SPEC, my_rows=SPIRALS), allow=["my_rows"])
    run = spec.train(runs=tmp_path / "runs")
    script = tmp_path / "script.py"
    script.write_text(spec.export(), encoding="utf-8")
    assert run_alone(script, importing=tmp_path) == recorded(run.history, run.metrics)
    assert complaints(script) == ""
    assert run.folder is not None
    assert (run.folder / "my_rows.py").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("axis=1), y", "axis=0), y", "is not `real[2]` a row"),
        ("axis=1), y", "axis=1), y.astype(float)", "is not `index(3)` a row"),
        ("axis=1), y", "axis=1), list(y)", "is a `list`"),
        ("axis=1), y", "axis=1), y[1:]", "differ in rows"),
        ("axis=1), y", "axis=1)", "gives 1 values"),
        ("axis=1), y", "axis=1), y + 1", "the label 3 in row"),
        ("turn = ", "turn = 1 / 0; ", "raised while it made rows"),
    ],
)
def test_what_it_gives_otherwise_is_told(old: str, new: str, said: str, tmp_path: Path) -> None:
    path = placed(tmp_path, SPEC, my_rows=SPIRALS.replace(old, new))
    with pytest.raises(netspec.SpecError) as refused:
        netspec.load(path, allow=["my_rows"]).train(runs=tmp_path / "runs")
    assert said in str(refused.value)


def test_its_arguments_are_held_against_its_python(tmp_path: Path) -> None:
    path = placed(tmp_path, SPEC, my_rows=SPIRALS.replace("classes: int = 3", "classes: int = 2"))
    assert only(checked(path, "my_rows")[1]).code == "NS6016"


def test_a_faulty_declaration_is_one_report(tmp_path: Path) -> None:
    path = placed(tmp_path, SPEC.replace("index(classes)", "index(kinds)"))
    assert only(checked(path)[1]).code == "NS2066"
