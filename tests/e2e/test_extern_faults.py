"""What Python of the user's raises, wherever it does, is reported as theirs: with both places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from extern_pieces import checked, only, placed, shown

import netspec
from netspec import cli

LAYER = """
extern layer Mine(): real[...] -> real[...] from "mine:Mine"
model {
  input x: real[B, 4]
  Linear(4) -> Mine
}
"""
CLASS = "from torch import nn\n\nclass Mine(nn.Module):\n    def forward(self, x):\n        "
CLIPPED = """
extern transform Clip(): real[D] -> real[D] from "mine:Clip"
data {
  rows = make_classification(n_samples=60, n_features=4, random_state=1)
  x    = rows.x -> Clip
  y    = rows.y
}
model { Linear(2) }
train {
  loss      = CrossEntropyLoss
  optimizer = Adam
  epochs    = 1
}
"""
CLIP = """class Clip:
    def fit(self, x):
        self.width = x.shape[1]

    def transform(self, x):
        if len(x) == 3:
            {}
        return x.clip(-1, 1)
"""


@pytest.mark.parametrize(
    ("module", "said", "line"),
    [
        ("import not_a_module_of_anybodys\n", "ModuleNotFoundError", 1),
        ("x = 1\ndef broken(:\n", "SyntaxError", 2),
        ("import sys\nsys.exit()\n", "SystemExit", 2),
        ("raise SystemExit('bye')\n", "SystemExit: bye", 1),
        ("class Odd(BaseException): ...\nraise Odd('x')\n", "Odd: x", 2),
        ("class Odd(Exception):\n    def __str__(self): return 1 / 0\nraise Odd\n", "Odd", 3),
        ("def __getattr__(name):\n    raise KeyError(name)\n", "KeyError", 2),
    ],
)
def test_a_module_that_fails_is_at_fault(module: str, said: str, line: int, tmp_path: Path) -> None:
    path = placed(tmp_path, LAYER, mine=module)
    assert not checked(path)[1]
    told = only(checked(path, "mine")[1])
    assert told.code == "NS6018"
    assert told.notes[0].startswith(said)
    first, second, *_ = told.labels
    assert (shown(told)[0], first.span.line) == ("mine.py", line)
    assert second.span.text == "extern layer Mine"


def test_ctrl_c_passes(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        checked(placed(tmp_path, LAYER, mine="raise KeyboardInterrupt\n"), "mine")


def test_a_layer_that_leaves_is_reported_at_build(tmp_path: Path) -> None:
    path = placed(tmp_path, LAYER, mine="import sys\n" + CLASS + "sys.exit(3)\n")
    told = only(checked(path, "mine")[1])
    assert told.message == "`mine:Mine` raised on [2, 4]"
    assert told.notes == ("SystemExit: 3",)
    assert shown(told) == ["mine.py", "model.net", "model.net"]


def test_the_command_does_not_end_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leaves = CLASS + "if self.training and x.device.type != 'meta': raise SystemExit\n"
    path = placed(tmp_path, LAYER, mine=leaves + "        return x\n")
    trained = path.read_text().replace("  input x: real[B, 4]\n", "")
    trained = trained.replace("Linear(4)", "Linear(2)")
    trained += "data { make_classification(n_samples=20, n_features=4) }\n"
    trained += "train {\n  loss = CrossEntropyLoss\n  optimizer = Adam\n  epochs = 1\n}\n"
    path.write_text(trained)
    given = ["run", str(path), "--allow", "mine", "--quiet", "--runs", str(tmp_path / "runs")]
    assert cli.main(given) == 1
    told = capsys.readouterr().err
    assert "NS6018" in told
    assert "SystemExit" in told
    assert "mine.py:5" in told


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("raise ValueError('three')", "NS6018"),
        ("raise SystemExit", "NS6018"),
        ("return x[1:]", "NS6017"),
    ],
)
def test_predicting_reports_it_too(line: str, code: str, tmp_path: Path) -> None:
    path = placed(tmp_path, CLIPPED, mine=CLIP.format(line))
    run = netspec.load(path, allow=["mine"]).train(runs=tmp_path / "runs")
    assert run.predict(np.zeros((2, 4))).shape == (2, 2)
    with pytest.raises(netspec.SpecError) as told:
        run.predict(np.zeros((3, 4)))
    assert only(told.value.diagnostics).code == code
    assert "mine.py" in str(told.value)


def test_a_layer_is_reported_by_predicting_too(tmp_path: Path) -> None:
    fails = CLASS + "assert len(x) != 3\n        return x\n"
    trained = LAYER.replace("  input x: real[B, 4]\n", "")
    trained += "data { make_classification(n_samples=60, n_features=4) }\n"
    trained += (
        "train {\n  loss = CrossEntropyLoss\n  optimizer = Adam\n  epochs = 1\n  batch = 30\n}\n"
    )
    path = placed(tmp_path, trained.replace("Linear(4) -> Mine", "Mine -> Linear(2)"), mine=fails)
    # Two rows and three are what declarations are tried on.
    path.write_text(path.read_text().replace("real[...] -> real[...]", "real[B, 4] -> real[B, 4]"))
    told = only(checked(path, "mine")[1])
    assert told.notes[0].startswith("AssertionError")


def test_what_hangs_on_numbers_is_tried_with_numbers(tmp_path: Path) -> None:
    branch = CLASS + "if x.sum() > 0:\n            return x\n        return {}\n"
    assert not checked(placed(tmp_path / "a", LAYER, mine=branch.format("-x")), "mine")[1]
    wrong = CLASS + "if x.sum() > 1e9:\n            return x\n        return x[:, :1]\n"
    told = only(checked(placed(tmp_path / "b", LAYER, mine=wrong), "mine")[1])
    assert told.code == "NS6017"
