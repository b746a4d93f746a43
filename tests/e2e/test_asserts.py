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


PHASED = """
data {{ make_moons(n_samples=60, noise=0.05, random_state=1) }}
model Maker {{
  input z: real[B, 4]
  scale: Buffer(ones(4))
  z * scale -> Linear(2)
}}
model Critic {{
  input x: real[B, 2]
  Linear(16) -> ReLU -> Linear(1)
}}
model Tied {{
  input z: real[B, 4]
  z -> a: Linear(4, bias=false) -> ReLU -> b: Linear(4, bias=false)
  tie b.weight = a.weight
}}
train {{
  phase critic {{
    made      = BCEWithLogitsLoss(-ones(B, 4) -> Maker -> Critic, 0)
    loss      = BCEWithLogitsLoss(x + 5 -> Critic, 1) + made
    optimizer = Adam(lr=1e-2)
    updates   = Critic
  }}
  phase maker {{
    loss      = mean((ones(B, 4) -> Tied -> Maker) ** 2)
    optimizer = SGD(lr={rate})
    updates   = [Maker, Tied]
  }}
  batch  = 30
  epochs = 1
}}
test {{ assert {asserted} }}
"""


def phased(asserted: str, rate: float = 0.1) -> Outcome:
    return outcome(PHASED.format(asserted=asserted, rate=rate))


def test_a_phase_overfits_by_itself() -> None:
    one = phased("overfits(phase=critic, rows=16, steps=150)", rate=1e-9)
    assert one.passed
    assert one.found[0].found.startswith("the loss of `critic` went from ")
    assert "maker" not in one.found[0].found
    assert not phased("overfits(phase=maker, rows=16, steps=150)", rate=1e-9).passed


def test_every_phase_has_to_overfit() -> None:
    found = phased("overfits(rows=16, steps=150)")
    assert found.passed
    critic, maker = found.found[0].found.split("; ")
    assert critic.startswith("the loss of `critic` went from ")
    assert maker.startswith("the loss of `maker` went from ")
    wrong = phased("overfits(rows=16, steps=150)", rate=1e-9)
    assert not wrong.passed
    assert ", not to " in wrong.found[0].found.split("; ")[1]
    assert ", not to " not in wrong.found[0].found.split("; ")[0]


@pytest.mark.parametrize(
    ("asserted", "passed", "found"),
    [
        ("Tied.params == 16 and Tied.layers == 3", True, ("is 16", "is 3")),
        ("Tied.params == 32", False, ("is 16",)),
        (
            "Maker.params == 10 and Maker.output == Tied.output",
            False,
            ("is real[B, 2]", "is real[B, 4]"),
        ),
        ("Maker.count(Linear) + Tied.count(Linear) > 3", False, ("is 3",)),
        ("equal(Tied, Tied)", True, ("the outputs differ by 0",)),
    ],
)
def test_facts_of_several_models(asserted: str, passed: bool, found: tuple[str, ...]) -> None:
    told = phased(asserted)
    assert told.passed == passed
    assert tuple(side.found for side in told.found) == found


def test_a_model_that_only_a_test_knows_takes_no_field(tmp_path: Path) -> None:
    (tmp_path / "lib.net").write_text("model G {\n  input z: real[B, 4]\n  Linear(2)\n}\n")
    spec = tmp_path / "t.net"
    text = PHASED.format(asserted="lib.G.params == 10 and lib.G.output == Maker.output", rate=1)
    spec.write_text('import "lib.net" as lib\n' + text)
    assert main(["test", str(spec)]) == 0
