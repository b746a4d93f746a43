"""Any spec on made-up rows: what is drawn, what a run keeps, resuming, exporting, the options."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from export_pieces import recorded, run_alone
from numpy.typing import NDArray

import netspec
from netspec import cli, driver
from netspec.data import Splits
from netspec.diagnostics import Sink

HOMES = """param width = 8

data {
  rows = csv("homes.csv")
  x    = rows -> except(price) -> StandardScaler
  y    = rows.price
  split(train=60%, val=20%, test=20%, seed=3)
}

model { Linear(width) -> ReLU -> Linear(1) }

train {
  loss      = MSELoss
  optimizer = Adam(lr=1e-2)
  schedule  = CosineAnnealingLR
  batch     = 10
  epochs    = 3
}
"""
ROWS = "rooms,age,price\n" + "".join(f"{n % 5},{n},{1_000_000 + n}\n" for n in range(50))

# A field of every kind.
KINDS = """data {
  x     = uniform(-9, 9, size=[40, 4])
  share = uniform(0, 1, size=[40, 2])
  odds  = softmax(uniform(size=[40, 3]), dim=1)
  logs  = log_softmax(uniform(size=[40, 3]), dim=-1)
  count = randint(-3, 100, size=[40, 2])
  flag  = uniform(size=40) < 0.1
  y     = randint(3, size=40)
}
model {
  input x
  input share: unit[B, 2]
  input count: int[B, 2]
  scores = cat(x, share, float(count), dim=1) -> Linear(3)
  output scores
}
train {
  kl        = kl_div(log_softmax(scores, dim=1), odds)
  from_logs = kl_div(log_softmax(scores, dim=1), logs, log_target=true)
  right     = cross_entropy(scores, y) + mean(where(flag, scores[:, 0], scores[:, 1]))
  loss      = right + kl + from_logs
  optimizer = SGD(lr=1e-3)
  batch     = 25
  epochs    = 4
}
"""


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    (tmp_path / "homes.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "homes.net").write_text(HOMES, encoding="utf-8")
    return tmp_path / "homes.net"


def command(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "netspec", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def drawn(spec: netspec.Spec) -> Mapping[str, NDArray[np.generic]]:
    """The training rows of a spec, by field."""
    return columns(driver.load_data(spec.program))


def columns(splits: Splits) -> Mapping[str, NDArray[np.generic]]:
    (batch,) = splits.train.batches(len(splits.train), None)
    return dict(zip(splits.train.fields, (part.numpy() for part in batch), strict=True))


# --- what is drawn -------------------------------------------------------------------------------


def test_each_kind_is_drawn_as_what_it_is() -> None:
    rows = drawn(netspec.parse(KINDS, synthetic=True))
    assert {len(values) for values in rows.values()} == {4 * 25}
    x, share, count = (np.asarray(rows[name], np.float64) for name in ("x", "share", "count"))
    assert abs(x.mean()) < 0.2
    assert abs(x.std() - 1) < 0.2
    assert 0 <= share.min() < 0.1 < 0.9 < share.max() <= 1
    assert set(np.unique(count)) <= set(range(-9, 10))
    assert len(np.unique(count)) > 10
    odds, logs = (np.asarray(rows[name], np.float64) for name in ("odds", "logs"))
    assert np.allclose(odds.sum(axis=1), 1, atol=1e-6)
    assert odds.shape == (100, 3)
    assert np.allclose(np.exp(logs).sum(axis=1), 1, atol=1e-6)
    assert rows["flag"].dtype == bool
    assert 0.3 < np.asarray(rows["flag"], np.float64).mean() < 0.7
    assert rows["y"].dtype == np.int64
    assert set(np.unique(rows["y"])) == {0, 1, 2}


def test_the_types_are_those_of_the_data() -> None:
    real, made = (
        netspec.parse(KINDS).program.data,
        netspec.parse(KINDS, synthetic=True).program.data,
    )
    assert real is not None
    assert made is not None
    assert [(f.name, f.type, f.stored) for f in made.fields] == [
        (f.name, f.type, f.stored) for f in real.fields
    ]
    # The block that is kept says the same when it is checked by itself.
    train = KINDS[KINDS.index("model {") :]
    again = netspec.parse(f"{made.made_up}\n{train}").program.data
    assert again is not None
    assert [(f.name, f.type) for f in again.fields] == [(f.name, f.type) for f in made.fields]


def test_numbers_follow_from_the_seed() -> None:
    def rows(seed: int) -> NDArray[np.generic]:
        text = KINDS.replace("epochs    = 4", f"epochs    = 4\n  seed = {seed}")
        return drawn(netspec.parse(text, synthetic=True))["x"]

    wanted = np.random.RandomState(5).normal(0, 1, (100, 4)).astype(np.float32)
    assert np.array_equal(rows(5), wanted)
    assert not np.array_equal(rows(6), wanted)


def test_parts_are_in_proportion_and_values_are_not_read(homes: Path) -> None:
    spec = netspec.load(homes, synthetic=True)
    splits = driver.load_data(spec.program)
    assert (len(splits.train), len(splits.val or ()), len(splits.test or ())) == (40, 13, 13)
    rows = columns(splits)
    assert np.abs(np.asarray(rows["y"], np.float64)).max() < 10  # and no price of a million
    homes.with_name("homes.csv").unlink()
    run = spec.train(steps=1, device="cpu", runs=homes.parent / "runs")  # checked, and then gone
    assert run.made_up


def test_a_loaded_spec_trains_on_made_up_rows(homes: Path) -> None:
    spec = netspec.load(homes)
    run = spec.train(synthetic=True, steps=5, device="cpu", runs=homes.parent / "runs")
    assert (run.made_up, len(run.history)) == (True, 2)  # of 4 steps each
    assert run.metrics["train"]["loss"] < 100
    real = spec.train(epochs=1, device="cpu", runs=homes.parent / "runs")
    assert (real.made_up, real.metrics["train"]["loss"] > 1e6) == (False, True)
    with pytest.raises(ValueError, match="not both"):
        spec.train(epochs=1, steps=1)


def test_python_of_the_users_that_brings_rows_is_not_loaded() -> None:
    text = (
        "extern source spirals(rows: int): (x: real[2], y: index(3)) "
        'from "no_such_module:spirals"\n'
        "data { spirals(300) }\nmodel { Linear(3) }\n"
        "train {\n  loss = CrossEntropyLoss\n  optimizer = SGD(lr=0.1)\n  epochs = 1\n}\n"
    )
    spec = netspec.parse(text, synthetic=True)
    assert set(drawn(spec)) == {"x", "y"}
    assert isinstance(spec.build(), torch.nn.Module)


# --- data that are not there ---------------------------------------------------------------------

MASKS = """data {
  images("no/such/folder")
  split(train=75%, val=25%, seed=3, stratify=y)
}
model {
  input x: real[B, 3, H, W]
  fine   = x -> Conv2d(4, 3, padding=1) -> ReLU
  coarse = fine -> MaxPool2d(2) -> Upsample(scale_factor=2)
  mask   = fine + coarse -> Conv2d(2, 1)
  price  = fine -> mean(dim=[2, 3]) -> Linear(1)
  output mask, price
}
train {
  loss      = cross_entropy(mask, pixels) + mse_loss(price, paid)
  optimizer = SGD(lr=0.1)
  batch     = 6
  epochs    = 3
}
"""
PHASES = """model G { input z: real[B, 3]
  Linear(2) }
model D { input points: real[B, 2]
  Linear(8) -> ReLU -> Linear(1) }
train {
  batch = 8
  epochs = 4
  phase d {
    made = randn(B, 3) -> G -> detach
    real = binary_cross_entropy_with_logits(seen -> D, 1)
    loss = real + binary_cross_entropy_with_logits(made -> D, 0)
    optimizer = Adam(lr=1e-2)
    updates = D
  }
  phase g {
    loss = binary_cross_entropy_with_logits(randn(B, 3) -> G -> D, 1)
    optimizer = Adam(lr=1e-2)
    updates = G
  }
}
"""


def test_fields_are_what_the_spec_asks_for(tmp_path: Path) -> None:
    (tmp_path / "masks.net").write_text(MASKS, encoding="utf-8")
    sizes = {"H": 8, "W": 12}
    spec = netspec.load(tmp_path / "masks.net", synthetic=True, sizes=sizes)
    data = spec.program.data
    assert data is not None
    assert {field.name: str(field.type) for field in data.fields} == {
        "x": "real[B, 3, 8, 12]",
        "pixels": "index(2)[B, 8, 12]",
        "paid": "real[B, 1]",
    }
    splits = driver.load_data(spec.program)
    assert (len(splits.train), len(splits.val or ()), splits.test) == (24, 8, None)
    script = tmp_path / "script.py"
    script.write_text(spec.export(), encoding="utf-8")
    run = spec.train(runs=tmp_path / "runs", device="cpu")
    printed, wanted = run_alone(script), recorded(run.history, run.metrics)
    assert (printed.epochs, printed.final) == (wanted.epochs, wanted.final)
    with pytest.raises(netspec.SpecError, match="how large"):
        netspec.load(tmp_path / "masks.net", synthetic=True, sizes={"H": 8})
    with pytest.raises(ValueError, match="synthetic=True"):
        netspec.load(tmp_path / "masks.net", sizes=sizes)


def test_models_that_are_applied_tell_what_they_take(tmp_path: Path) -> None:
    spec = netspec.parse(PHASES, synthetic=True)
    data = spec.program.data
    assert data is not None
    assert [(field.name, str(field.type)) for field in data.fields] == [("seen", "real[B, 2]")]
    run = spec.train(runs=tmp_path, device="cpu", steps=8)
    assert run.history[-1]["step"] == 8
    # The spec that is kept has a block of data now, and needs no option.
    assert run.folder is not None
    again = netspec.load(run.folder / "spec.net").train(runs=tmp_path, device="cpu")
    assert again.metrics == run.metrics


# --- the command ---------------------------------------------------------------------------------


def test_a_run_says_that_its_data_were_made_up(homes: Path) -> None:
    done = command("run", homes, "--synthetic", "--steps", "6", "--device", "cpu", cwd=homes.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert "made up" in done.stdout
    folder = homes.parent / "runs" / "homes-001"
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert (result["data"], result["epochs"]) == ("made up", 2)
    kept = (folder / "spec.net").read_text(encoding="utf-8")
    assert "x = normal(size=[66, 2])" in kept
    assert "steps = 6" in kept
    assert "csv" not in kept
    # The spec that is kept makes the same run again, without the option.
    done = command("run", folder / "spec.net", "--device", "cpu", cwd=homes.parent)
    assert (done.returncode, done.stderr) == (0, "")
    again = json.loads((homes.parent / "runs" / "spec-001" / "result.json").read_text("utf-8"))
    assert again["metrics"] == result["metrics"]


def test_a_script_of_made_up_rows_measures_what_its_run_measured(tmp_path: Path) -> None:
    spec = netspec.parse(KINDS, synthetic=True)
    script = tmp_path / "script.py"
    script.write_text(spec.export(), encoding="utf-8")
    run = spec.train(runs=tmp_path / "runs", device="cpu")
    printed, wanted = run_alone(script), recorded(run.history, run.metrics)
    assert (printed.epochs, printed.final) == (wanted.epochs, wanted.final)


def test_the_other_verbs_take_made_up_rows(homes: Path) -> None:
    text = HOMES + "test {\n  assert overfits(rows=50, steps=100, to=95%)\n}\n"
    homes.write_text(text, encoding="utf-8")
    done = command("test", homes, "--synthetic", cwd=homes.parent)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr
    done = command("check", homes, "--synthetic", cwd=homes.parent)
    assert (done.returncode, done.stdout) == (0, f"{homes}: ok (3 layers, 33 parameters)\n")
    done = command("export", homes, "--synthetic", cwd=homes.parent)
    assert "size=(83, 2))" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--size", "H=4"), "give `--synthetic` too"),
        (("--synthetic", "--size", "H"), "not of the form NAME=VALUE"),
        (("--synthetic", "--size", "H=0"), "not a whole number above 0"),
        (("--synthetic", "--size", "H=-3"), "not a whole number above 0"),
        (("--synthetic", "--size", "H=2.5"), "not a whole number above 0"),
        (("--synthetic", "--size", "H=many"), "not a whole number above 0"),
        (("--synthetic", "--size", f"H={10**18}"), "has more than 18 digits"),
        (("--synthetic", "--size", "2H=2"), "no name of a dimension"),
        (("--steps", "0"), "0 is not in the range"),
        (("--steps", "5", "--epochs", "5"), "not both"),
    ],
)
def test_wrong_options_are_wrong_usage(
    homes: Path, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["run", str(homes), *arguments]) == 2
    assert said in capsys.readouterr().err


LARGE = {
    "sizes that are given": (
        "model { input x: real[B, D]\n  mean(x, dim=1, keepdim=true) -> Linear(3) }",
        "epochs = 1",
        ("--size", "D=100000000"),
    ),
    "sizes that the data tell": (
        "data { load_digits() }\nmodel { Linear(10) }",
        "epochs = 1\n  batch = 100_000_000",
        (),
    ),
}


@pytest.mark.parametrize(("above", "settings", "options"), LARGE.values(), ids=LARGE)
def test_rows_that_no_memory_holds_are_an_error(
    above: str,
    settings: str,
    options: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    train = f"train {{\n  loss = CrossEntropyLoss\n  optimizer = SGD(lr=0.1)\n  {settings}\n}}\n"
    path = tmp_path / "large.net"
    path.write_text(f"{above}\n{train}", encoding="utf-8")
    assert cli.main(["run", str(path), "--synthetic", *options]) == 1
    assert "error[NS5517]: this array has more than 2**31 numbers" in capsys.readouterr().err
    if not options:
        with pytest.raises(netspec.SpecError, match="NS5517"):
            netspec.load(path).train(synthetic=True, runs=tmp_path / "runs")


# --- resuming ------------------------------------------------------------------------------------


def killed(homes: Path, *arguments: str) -> Path:
    """The folder of a run that was killed after a checkpoint."""
    text = HOMES.replace("epochs    = 3", "epochs    = 400\n  checkpoint = 5")
    homes.write_text(text, encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "netspec", "run", str(homes), "--quiet", *arguments],
        cwd=homes.parent,
    )
    runs = homes.parent / "runs"
    while running.poll() is None and not list(runs.glob("homes-001/step-*")):
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    return runs / "homes-001"


@pytest.mark.skipif(os.name == "nt", reason="this system cannot kill so")
def test_a_resumed_run_stays_on_its_data(homes: Path) -> None:
    options = ("--synthetic", "--device", "cpu")
    left = killed(homes, *options)
    assert not (left / "result.json").exists()
    asked = command("run", homes, "--device", "cpu", "--resume", left, cwd=homes.parent)
    assert asked.returncode == 1
    assert "NS7040" in asked.stderr
    assert "its data were made up, and stay so: give `--synthetic` too" in asked.stderr
    done = command("run", homes, *options, "--resume", left, cwd=homes.parent)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads((left / "result.json").read_text(encoding="utf-8"))
    assert result["data"] == "made up"
    assert command("run", homes, *options, cwd=homes.parent).returncode == 0
    whole = homes.parent / "runs" / "homes-002"
    name = "weights.safetensors"
    assert (left / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="this system cannot kill so")
def test_a_run_on_real_data_is_not_resumed_on_made_up_rows(homes: Path) -> None:
    left = killed(homes, "--device", "cpu")
    sink = Sink()
    source = driver.read(homes, sink)
    assert source is not None
    program = driver.check(source, sink, sizes={})
    assert program is not None
    assert driver.train(program, sink, device="cpu", resume=left) is None
    assert [found.code for found in sink.diagnostics] == ["NS7040"]
    assert "leave `--synthetic` away" in sink.diagnostics[0].notes[0]
