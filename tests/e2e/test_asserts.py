"""`netspec test`: what is decided without torch, what takes a run, and its exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from netspec import driver
from netspec.cli import main
from netspec.diagnostics import Sink
from netspec.program.asserts import Outcome
from netspec.source import Source

TRAINED = """
data {{
  load_iris()
  split(train=80%, test=20%, seed=1)
}}
model {{
  {model}
}}
train {{
  loss      = CrossEntropyLoss
  optimizer = Adam(lr=1e-2)
  schedule  = warmup(100_000)
  batch     = 16
  epochs    = 1
  ema       = 0.999
}}
test {{ assert overfits({arguments}) }}
"""


def outcomes(text: str) -> tuple[list[Outcome], Sink]:
    sink = Sink()
    program = driver.check(Source("t.net", text), sink)
    assert program is not None, sink.diagnostics
    return list(driver.test(program, sink)), sink


def outcome(text: str) -> Outcome:
    (found,), _ = outcomes(text)
    return found


def test_static_asserts_load_no_torch(tmp_path: Path) -> None:
    spec = tmp_path / "t.net"
    asserts = "  assert model.params == 10\n  assert model.output == [B, 2]\n"
    spec.write_text(f"model {{\n  input x: real[B, 4]\n  Linear(2)\n}}\ntest {{\n{asserts}}}\n")
    code = (
        "import sys\nfrom netspec.cli import main\n"
        f"assert main(['test', {str(spec)!r}]) == 0\n"
        "assert not {'torch', 'numpy'} & set(sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "2 asserts: 2 passed, 0 failed" in ran.stdout


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "param n = 2\nmodel {{\n  input x: real[B, 4]\n  Linear(n)\n}}\ntest {{ assert {} }}\n"
    for name, condition in (("good", "model.params == 10"), ("bad", "model.parms == 10")):
        (tmp_path / f"{name}.net").write_text(text.format(condition))
    good, bad = str(tmp_path / "good.net"), str(tmp_path / "bad.net")
    assert main(["test", good]) == 0
    assert main(["test", good, "--set", "n=3"]) == 1
    assert "(model.params is 15)" in capsys.readouterr().out
    assert main(["test", good, bad]) == 1
    assert "1 assert: 1 passed, 0 failed" in capsys.readouterr().out


def test_a_model_that_can_learn_overfits() -> None:
    """Warm-up and averaging, which belong to long runs, do not keep it from that."""
    text = TRAINED.format(model="Linear(32) -> ReLU\n  Linear(3)", arguments="rows=20, steps=150")
    assert outcome(text).passed


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        ("Linear(32) -> ReLU\n  Linear(3)", "rows=20, steps=2"),
        # Nothing reaches the last layer but zeros.
        ("Linear(32) -> relu\n  -> Linear(3) -> Hardshrink(lambd=1e6)", "rows=20, steps=150"),
    ],
)
def test_a_model_that_cannot_learn_does_not(model: str, arguments: str) -> None:
    found, sink = outcomes(TRAINED.format(model=model, arguments=arguments))
    assert not found[0].passed
    assert [d.code for d in sink.diagnostics if d.severity == "error"] == ["NS2049"]


EQUAL = """
model Left {{
  input x: {type}
  {left}
}}
model Right {{
  input x: {type}
  {right}
}}
test {{ assert equal(Left, Right{arguments}) }}
"""


@pytest.mark.parametrize(
    ("type", "left", "right", "arguments", "holds"),
    [
        ("real[B, 4]", "a: Linear(3)\n  Tanh", "x -> a: Linear(3) -> tanh", "", True),
        ("real[B, 4]", "a: Linear(3)\n  Tanh", "x -> a: Linear(3) -> sigmoid", "", False),
        ("real[B, 4]", "a: Linear(3)\n  Tanh", "x -> a: Linear(3) -> sin", "", False),
        ("real[B, 4]", "a: Linear(3)\n  Tanh", "x -> a: Linear(3) -> sin", ", tolerance=9", True),
        ("real[B, 4]", "Dropout(0.9)", "Identity", "", True),
        ("index(7)[B, T]", "a: Embedding(3) -> Tanh", "x -> a: Embedding(3) -> tanh", "", True),
        (
            "real[B, 3, H, W]",
            "x -> a: Conv2d(4, 2, stride=2) -> reshape(B, 4, H // 2, 2, W // 4)",
            "x -> a: Conv2d(4, 2, stride=2) -> reshape(B, 4, H // 2, 2, W // 4)",
            "",
            True,
        ),
        ("real[B, 4]", "x / 0", "x / 0", "", True),
        ("real[B, 4]", "x / 0", "x / -0.0", "", False),
    ],
)
def test_equal(type: str, left: str, right: str, arguments: str, holds: bool) -> None:
    found = outcome(EQUAL.format(type=type, left=left, right=right, arguments=arguments))
    assert found.passed is holds, found.found
