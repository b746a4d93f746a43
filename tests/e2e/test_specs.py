"""The specs of `specs/` reach the figures they are known for.

Those of `specs/zoo/` are held against references in `tests/zoo/`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import netspec
from netspec import cli, data
from netspec.data import loading
from netspec.runner import Run

SPECS = Path(__file__).parents[2] / "specs"
needs_data = pytest.mark.skipif(
    "NETSPEC_DATA" not in os.environ, reason="NETSPEC_DATA does not say where the data sets are"
)


class Done:
    """What `netspec run` left of a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.result: dict[str, Any] = json.loads((folder / "result.json").read_text("utf-8"))
        self.weights = load_file(folder / "weights.safetensors")
        self.pictures = {path.stem for path in folder.glob("*.png")}

    def measured(self, split: str, metric: str) -> float:
        """A figure of the final table."""
        return float(self.result["metrics"][split][metric])


Command = Callable[..., Done]


@pytest.fixture
def run_command(tmp_path: Path) -> Command:
    """`netspec run`, on a spec's name or the path of another."""

    def run(spec: str | Path, *options: str) -> Done:
        path = SPECS / f"{spec}.net" if isinstance(spec, str) else spec
        assert cli.main(["run", str(path), "--quiet", "--runs", str(tmp_path), *options]) == 0
        return Done(tmp_path / f"{path.stem}-001")

    return run


def trained(name: str, tmp_path: Path) -> Run:
    return netspec.load(SPECS / f"{name}.net").train(runs=tmp_path)


# --- without files -------------------------------------------------------------------------------


def test_two_moons(run_command: Command) -> None:
    done = run_command("two_moons")
    assert done.result["parameters"] == 1041
    assert done.result["epochs"] == 10
    assert done.measured("train", "accuracy") >= 0.99
    assert done.pictures >= {"boundary", "confusion", "curves"}


def test_rings_are_the_points_they_are_said_to_be() -> None:
    program = netspec.load(SPECS / "rings.net").program
    assert program.data is not None
    drawn = data.load(program.data, seed=0, root=SPECS, names=["points", "x", "y"]).train
    rows = dict(zip(drawn.fields, drawn.tensors(), strict=True))
    assert len(drawn) == 393
    np.testing.assert_allclose(rows["points"][0], [1.341471, 0.327382], atol=5e-7)
    torch.testing.assert_close(rows["x"].mean(0), torch.zeros(2), atol=1e-6, rtol=0)
    torch.testing.assert_close(rows["x"].std(0), torch.ones(2), atol=1e-6, rtol=0)
    radius = rows["points"].norm(dim=1)
    assert torch.equal(radius >= 2.25, rows["y"] == 1)


def test_rings_start_from_the_weights_torch_draws() -> None:
    model = netspec.load(SPECS / "rings.net").build()
    with torch.no_grad():
        out = model(torch.tensor([[1.0, 2.0], [2.0, 3.0]]))
    np.testing.assert_allclose(out.ravel(), [0.4689, 0.4699], atol=5e-5)
    np.testing.assert_allclose(next(model.parameters())[0].detach(), [-0.6321, -0.6365], atol=5e-5)


def test_rings_stop_without_an_error(run_command: Command) -> None:
    done = run_command("rings")
    history = (done.folder / "metrics.jsonl").read_text("utf-8").splitlines()
    errors = [json.loads(line)["train.error"] for line in history]
    assert errors[-1] == 0
    assert 0 not in errors[:-1]
    assert done.result["ended"] == "stopped"
    assert "boundary" in done.pictures


def test_line(run_command: Command) -> None:
    done = run_command("line")
    assert done.weights["0.weight"].item() == pytest.approx(-0.5, abs=0.05)
    assert done.result["epochs"] == 30_000
    assert "line" in done.pictures


def test_identity(tmp_path: Path) -> None:
    run = trained("identity", tmp_path)
    assert run.parameters == 7
    given = np.linspace(0, 1, 7)
    np.testing.assert_allclose(run.predict(given[:, None]).ravel(), given, atol=0.05)


def test_hours(tmp_path: Path) -> None:
    run = trained("hours", tmp_path)
    assert run.epochs == 500
    assert run.predict([[4]]).item() == pytest.approx(8, abs=0.05)


def test_pass_fail(tmp_path: Path) -> None:
    run = trained("pass_fail", tmp_path)
    assert run.epochs == 1000
    assert run.classify([[1], [7]]).tolist() == [0, 1]


def test_digits(run_command: Command) -> None:
    done = run_command("digits")
    assert done.measured("test", "accuracy") >= 0.98
    assert len(done.result["per_class"]["test"]) == 10
    assert "confusion" in done.pictures


# --- with files ----------------------------------------------------------------------------------


@pytest.mark.data
@needs_data
def test_boston(run_command: Command) -> None:
    done = run_command("boston")
    baseline = done.result["baseline"]["LinearRegression"]
    assert done.measured("train", "loss") < baseline["train"]["loss"]
    assert done.measured("train", "loss") < 21.9


@pytest.mark.data
@needs_data
def test_the_baseline_of_boston_is_the_known_one(run_command: Command, tmp_path: Path) -> None:
    text = (SPECS / "boston.net").read_text("utf-8")
    split = "  split(train=80%, val=10%, test=10%, seed=1)\n"
    assert split in text
    path = tmp_path / "whole.net"
    path.write_text(text.replace(split, ""), encoding="utf-8")
    baseline = run_command(path, "--epochs", "1").result["baseline"]["LinearRegression"]
    assert baseline["train"]["loss"] == pytest.approx(21.9, abs=0.05)


@pytest.mark.data
@needs_data
def test_diabetes(run_command: Command) -> None:
    done = run_command("diabetes")
    assert done.result["parameters"] == 8 * 6 + 6 + 6 * 4 + 4 + 4 + 1
    assert done.measured("test", "accuracy") >= 0.72  # 0.65 by always saying the same


@pytest.mark.data
@needs_data
def test_mnist(run_command: Command) -> None:
    done = run_command("mnist")
    assert done.result["epochs"] == 9
    assert sum(map(sum, done.result["confusion"])) == 2000
    assert done.measured("test", "accuracy") >= 0.92


@pytest.mark.data
@needs_data
def test_wide_deep(run_command: Command) -> None:
    done = run_command("wide_deep")
    assert done.measured("test", "accuracy") >= 0.74  # 0.70 by always saying the same
    assert "LogisticRegression" in done.result["baseline"]


# --- images --------------------------------------------------------------------------------------


def made_images(folder: Path) -> None:
    """Ten classes, each a colour with noise: 6 images to learn from and 3 to test on."""
    random = np.random.RandomState(0)
    colours = random.randint(0, 200, (10, 3))
    for part, count in (("train", 6), ("test", 3)):
        for number, colour in enumerate(colours):
            path = folder / "cifar10" / part / f"kind{number}"
            path.mkdir(parents=True)
            for image in range(count):
                pixels = colour + random.randint(0, 56, (32, 32, 3))
                Image.fromarray(pixels.astype(np.uint8)).save(path / f"{image:04d}.png")


def test_cifar10_on_images_made_up(
    run_command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The whole way of `cifar10.net`, from the folders to the table of classes."""
    made_images(tmp_path)
    monkeypatch.setenv("NETSPEC_DATA", str(tmp_path))
    done = run_command("cifar10")
    assert done.result["parameters"] == 62_006
    assert len(done.result["per_class"]["test"]) == 10
    assert sum(map(sum, done.result["confusion"])) == 30
    shown = capsys.readouterr().out
    assert all(f"kind{number}" in shown for number in range(10))
    # Too large for memory, the same images are decoded by worker processes, batch by batch.
    in_memory = done.result["metrics"]
    monkeypatch.setattr(loading, "memory_for_images", lambda: 0)
    run = trained("cifar10", tmp_path / "from_disk")
    assert run.metrics == in_memory


@needs_data
def test_shakespeare_is_learned_and_said(
    tmp_path: Path, run_command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    """A few steps of it on windows far apart; 2,000 on all of them take minutes."""
    text = (SPECS / "shakespeare.net").read_text(encoding="utf-8")
    for old, new in (("stride=60", "stride=6000"), ("steps     = 2000", "steps     = 20")):
        assert old in text
        text = text.replace(old, new)
    spec = tmp_path / "shakespeare.net"
    spec.write_text(text, encoding="utf-8")
    (tmp_path / "zoo").mkdir()
    shutil.copyfile(SPECS / "zoo" / "gpt2.net", tmp_path / "zoo" / "gpt2.net")
    done = run_command(spec)
    assert done.result["parameters"] == 818048
    assert done.measured("val", "loss") < np.log(65) - 0.3  # a guess among 65 characters is worse
    capsys.readouterr()
    assert cli.main(["sample", str(done.folder), "--prompt", "ROMEO:", "--tokens", "20"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("ROMEO:")
    assert len(said) == len("ROMEO:") + 20 + 1


@needs_data
@pytest.mark.parametrize(
    ("name", "length", "parameters"),
    [("mnist_vae", "epochs     = 40", 815824), ("mnist_dcgan", "epochs  = 20", 383650)],
)
def test_digits_are_drawn(
    name: str, length: str, parameters: int, tmp_path: Path, run_command: Command
) -> None:
    """A few steps of it."""
    text = (SPECS / f"{name}.net").read_text(encoding="utf-8")
    assert length in text
    spec = tmp_path / f"{name}.net"
    spec.write_text(text.replace(length, "steps = 6"), encoding="utf-8")
    shutil.copytree(SPECS / "zoo", tmp_path / "zoo")
    done = run_command(spec)
    assert done.result["parameters"] == parameters
    assert done.pictures == {"curves", "samples"}
    with Image.open(done.folder / "samples.png") as sheet:
        assert sheet.size == (8 * (28 * 3 + 2) + 2,) * 2
        assert len(np.unique(np.asarray(sheet))) > 8  # not one grey
