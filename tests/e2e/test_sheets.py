"""`samples`: the sheet of pictures that a run draws, in the run, in the script, and afterwards."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file

import netspec
from netspec import cli, codegen, driver
from netspec.data.sheets import lay_out
from netspec.diagnostics import Sink
from netspec.program import Program
from netspec.source import Source

DATA = """
data {
  rows = load_digits()
  x    = rows.images / 8 - 1 -> unsqueeze(1)
  split(train=20%, val=10%, seed=1)
}
"""
# A generator with statistics of its batches, so that training and evaluation differ, and dropout,
# so that training draws random numbers.
GAN = (
    DATA
    + """
model G {
  input z: real[B, 6]
  Linear(32) -> BatchNorm1d -> ReLU -> Dropout(0.1) -> Linear(64) -> Tanh -> Unflatten(1, [1, 8, 8])
}
model D { Flatten -> Linear(16) -> LeakyReLU(0.2) -> Dropout(0.2) -> Linear(1) }
train {
  phase critic {
    loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 6) -> G -> detach -> D, 0)
    optimizer = Adam(lr=1e-3)
    updates   = D
  }
  phase maker {
    loss      = BCEWithLogitsLoss(randn(B, 6) -> G -> D, 1)
    optimizer = Adam(lr=1e-3)
    updates   = G
  }
  batch      = 50
  epochs     = 4
  seed       = 3
  ema        = 0.8
  checkpoint = 2
  samples    = randn(10, 6) -> G
}
"""
)
# One model with a name, whose output the loss looks at; pictures without a dimension of channels.
DENOISER = (
    DATA
    + """
model Denoiser {
  input x: real[B, 1, 8, 8]
  clean = Flatten -> Linear(32) -> ReLU -> Linear(64) -> Tanh -> Unflatten(1, [1, 8, 8])
  output clean
}
train {
  loss      = MSELoss(clean, x)
  optimizer = Adam(lr=1e-2)
  batch     = 50
  epochs    = 2
  precision = "bf16"
  noise     = rand(5, 1, 8, 8)
  samples   = squeeze(((noise -> Denoiser) + 1) / 2, dim=1)
}
"""
)
# A model of another file, in three colours.
COLOURS = """
import "parts.net" as parts

data {
  rows = load_digits()
  grey = rows.images / 16 -> unsqueeze(1)
  x    = cat(grey, 1 - grey, grey, dim=1)
  split(train=20%, val=10%, seed=1)
}
model Encoder { Flatten -> Linear(4) }
train {
  loss      = MSELoss(x -> Encoder -> parts.Decoder, x)
  optimizer = Adam(lr=1e-2)
  batch     = 50
  epochs    = 2
  samples   = randn(4, 4) -> parts.Decoder
}
"""
PARTS = """
model Decoder {
  input z: real[B, 4]
  Linear(192) -> Sigmoid -> Unflatten(1, [3, 8, 8])
}
"""
SPECS = {"gan": GAN, "denoiser": DENOISER, "colours": COLOURS}


def spec(name: str, folder: Path, text: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "parts.net").write_text(PARTS, encoding="utf-8")
    path = folder / f"{name}.net"
    path.write_text(SPECS[name] if text is None else text, encoding="utf-8")
    return path


def run(path: Path, *options: str) -> Path:
    """The folder of a run of a spec, by the real command."""
    arguments = ["run", str(path), "--quiet", "--runs", str(path.parent / "runs"), *options]
    assert cli.main(arguments) == 0
    return sorted((path.parent / "runs").glob(f"{path.stem}-*"))[-1]


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def program(path: Path) -> Program:
    return netspec.load(path).program


# --- what is drawn ------------------------------------------------------------------------------


def test_a_sheet_shows_what_the_averaged_weights_draw_in_eval_mode(tmp_path: Path) -> None:
    path = spec("gan", tmp_path)
    folder = run(path)
    models = driver.build(program(path), Sink())
    assert models is not None
    models.load_state_dict(load_file(folder / "weights.safetensors"))
    models.eval()
    torch.manual_seed(2**32 - 1 - 3)
    with torch.no_grad():
        images = models.get_submodule("G")(torch.randn(10, 6)).numpy()
    assert (pixels(folder / "samples.png") == lay_out(images, -1.0, 1.0)).all()
    models.load_state_dict(load_file(folder / "weights_raw.safetensors"))
    torch.manual_seed(2**32 - 1 - 3)
    with torch.no_grad():
        raw = models.get_submodule("G")(torch.randn(10, 6)).numpy()
    assert not np.array_equal(lay_out(raw, -1.0, 1.0), lay_out(images, -1.0, 1.0))


def test_training_is_the_same_with_a_sheet_and_without(tmp_path: Path) -> None:
    kept: list[tuple[str, bytes]] = []
    for name, line in (("with", "  samples    = randn(10, 6) -> G\n"), ("without", "")):
        text = GAN.replace("  samples    = randn(10, 6) -> G\n", line)
        assert ("samples" in text) == (name == "with")
        folder = run(spec("gan", tmp_path / name, text))
        records = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        measured = [record.partition(', "seconds"')[0] for record in records]
        kept.append(("\n".join(measured), (folder / "weights_raw.safetensors").read_bytes()))
        assert (folder / "samples.png").exists() == (name == "with")
        assert (folder / "samples").exists() == (name == "with")
    assert kept[0] == kept[1]


def test_each_epoch_leaves_a_sheet_of_the_same_noise(tmp_path: Path) -> None:
    folder = run(spec("gan", tmp_path))
    names = [path.name for path in sorted((folder / "samples").iterdir())]
    assert names == [f"epoch-{epoch:04d}.png" for epoch in range(1, 5)]
    last = pixels(folder / "samples" / "epoch-0004.png")
    assert (last == pixels(folder / "samples.png")).all()
    assert (last != pixels(folder / "samples" / "epoch-0001.png")).any()


def test_a_long_run_leaves_no_more_than_fifty(tmp_path: Path) -> None:
    text = DENOISER.replace("epochs    = 2", "epochs    = 120").replace("train=20%", "train=5%")
    folder = run(spec("denoiser", tmp_path, text))
    drawn = sorted(path.stem for path in (folder / "samples").iterdir())
    assert drawn == [f"epoch-{epoch:04d}" for epoch in range(3, 121, 3)]


def test_the_sheet_is_listed_with_the_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(spec("denoiser", tmp_path))
    assert "samples.png" in capsys.readouterr().out
    again = netspec.load(tmp_path / "denoiser.net").train(runs=tmp_path / "again")
    assert again.folder is not None
    assert again.folder / "samples.png" in again.pictures
    assert (pixels(folder / "samples.png") == pixels(again.folder / "samples.png")).all()


# --- the script, and going on -------------------------------------------------------------------


@pytest.mark.parametrize("name", SPECS)
def test_the_script_writes_the_same_sheet(name: str, tmp_path: Path) -> None:
    path = spec(name, tmp_path)
    folder = run(path)
    script = tmp_path / "script.py"
    assert cli.main(["export", str(path), "-o", str(script)]) == 0
    alone = tmp_path / "alone"
    alone.mkdir()
    done = subprocess.run(
        [sys.executable, str(script)], cwd=alone, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (pixels(alone / "samples.png") == pixels(folder / "samples.png")).all()
    # The text of the run's own spec, run again, draws the same.
    assert (pixels(run(folder / "spec.net") / "samples.png") == pixels(alone / "samples.png")).all()


def test_a_run_that_goes_on_draws_the_same(tmp_path: Path) -> None:
    path = spec("gan", tmp_path)
    folder = run(path)
    wanted = pixels(folder / "samples.png")
    (folder / "result.json").unlink()
    (folder / "samples.png").unlink()
    assert cli.main(["run", str(path), "--quiet", "--resume", str(folder)]) == 0
    assert (pixels(folder / "samples.png") == wanted).all()


# --- afterwards ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SPECS)
def test_a_finished_run_draws_new_sheets(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(spec(name, tmp_path))
    capsys.readouterr()
    assert cli.main(["sample", str(folder)]) == 0
    assert capsys.readouterr().out == f"wrote {folder / 'samples-0.png'}\n"
    assert cli.main(["sample", str(folder), "--seed", "7"]) == 0
    own = tmp_path / "own.png"
    assert cli.main(["sample", str(folder), "--seed", "7", "--output", str(own)]) == 0
    first, second = pixels(folder / "samples-0.png"), pixels(folder / "samples-7.png")
    assert (second == pixels(own)).all()
    sheets = (pixels(folder / "samples.png"), first, second)
    assert len({sheet.tobytes() for sheet in sheets}) == 3
    assert len({sheet.shape for sheet in sheets}) == 1


def sampled(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    capsys.readouterr()
    status = cli.main(["sample", *map(str, arguments)])
    return status, capsys.readouterr().err


def test_what_cannot_be_asked_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run(spec("denoiser", tmp_path))
    status, err = sampled(capsys, folder, "--prompt", "a")
    assert status == 1
    assert "error[NS7080]" in err
    assert "leave `--prompt` out" in err
    text = DENOISER.partition("  noise ")[0] + "}\n"
    status, err = sampled(capsys, run(spec("denoiser", tmp_path / "bare", text)))
    assert status == 1
    assert "error[NS7084]" in err
    for options in (
        ("--tokens", 5),
        ("--top-k", 5),
        ("--temperature", 0.5),
        ("--output", "sheet.jpg"),
        ("--prompt", "a", "--output", "sheet.png"),
    ):
        status, err = sampled(capsys, folder, *options)
        assert status == 2, options
        assert "Error: " in err
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    status, err = sampled(capsys, folder, "--output", blocked / "sheet.png")
    assert status == 1
    assert "error[NS7008]" in err


# --- what is black and what is white ------------------------------------------------------------

RANGES = {
    "Sigmoid": (0, 1),
    "Tanh": (-1, 1),
    "Softsign": (-1, 1),
    "Hardtanh": (-1, 1),
    "Hardtanh(-2.0, 0.5)": (-2, 0.5),
    "Hardsigmoid": (0, 1),
    "tanh": (-1, 1),
    "clamp(0, 1)": (0, 1),
    "clamp(-3, 3)": (-3, 3),
    "clamp(min=-3, max=2)": (-3, 2),
    "hardtanh(-0.5, 4.0)": (-0.5, 4),
    "Tanh -> Identity": (-1, 1),
    "ReLU": None,
    "clamp(min=0)": None,
    "clamp(max=0)": None,
    "Tanh -> Linear(64)": None,
    "abs": None,
}
AROUND = {
    "(DRAWN + 1) / 2": (0, 1),
    "DRAWN * 0.25 - 1": (-1.25, -0.75),
    "1 - DRAWN": (0, 2),
    "-3 * DRAWN": (-3, 3),
    "-clamp(DRAWN, 0, 1)": (-1, 0),
    "(DRAWN)[:, :, 1:, :4]": (-1, 1),
    "permute(DRAWN, [0, 1, 3, 2])": (-1, 1),
    'rearrange(DRAWN, "n c (h a) (w b) -> n c (w b) (h a)", a=2, b=2)': (-1, 1),
    "DRAWN * DRAWN": None,
    "DRAWN + DRAWN": (-2, 2),
    "1 / (DRAWN)": None,
    "exp(DRAWN)": None,
}


def known(end: str, drawn: str) -> tuple[float, float] | None:
    text = f"""
data {{
  rows = load_digits()
  x    = rows.images / 8 - 1 -> unsqueeze(1)
}}
model Net {{
  input z: real[B, 1, 8, 8]
  Flatten -> Linear(64)
  -> {end}
  -> Unflatten(1, [1, 8, 8])
}}
train {{
  loss      = mean(((x -> Net) - x) ** 2)
  optimizer = Adam(lr=1e-3)
  batch     = 50
  epochs    = 1
  samples   = {drawn}
}}
"""
    sink = Sink()
    checked = driver.check(Source("net.net", text), sink)
    if checked is None:
        assert [finding.code for finding in sink.diagnostics] == ["NS5091"]
        return None
    assert checked.train is not None
    sheet = checked.train.samples
    assert sheet is not None
    # The range is one that drawn numbers keep to.
    module = driver.build(checked, Sink())
    assert module is not None
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(30)
        images = codegen.build_sheet(sheet)(module)
    assert sheet.low <= images.min()
    assert images.max() <= sheet.high
    return sheet.low, sheet.high


@pytest.mark.parametrize("end", RANGES)
def test_the_range_of_what_a_model_ends_in(end: str) -> None:
    assert known(end, "randn(5, 1, 8, 8) -> Net") == RANGES[end]


@pytest.mark.parametrize("around", AROUND)
def test_the_range_of_what_is_done_to_it(around: str) -> None:
    drawn = around.replace("DRAWN", "(randn(5, 1, 8, 8) -> Net)")
    assert known("Tanh", drawn) == AROUND[around]


# --- the sheet ----------------------------------------------------------------------------------


def cell(
    sheet: NDArray[np.uint8], size: Sequence[int], place: tuple[int, int]
) -> NDArray[np.uint8]:
    """A picture of a sheet, by its row and column."""
    top, left = (2 + at * (side + 2) for at, side in zip(place, size, strict=True))
    return sheet[top : top + size[0], left : left + size[1]]


def test_pictures_stand_in_rows_enlarged_alike() -> None:
    images = np.arange(5 * 2 * 3, dtype=np.float64).reshape(5, 1, 2, 3)
    sheet = lay_out(images, 0, 29)
    zoom = 720 // (3 * 3)
    size = (2 * zoom, 3 * zoom)
    assert sheet.shape == (2 * (size[0] + 2) + 2, 3 * (size[1] + 2) + 2, 3)
    for number in range(5):
        shown = cell(sheet, size, divmod(number, 3))[::zoom, ::zoom]
        wanted = (images[number, 0] / 29 * 255).round()
        assert (shown == wanted[..., np.newaxis]).all()
    assert (cell(sheet, size, (1, 2)) == 255).all()
    assert (sheet[:2] == 255).all()
    assert (lay_out(images[:, 0], 0, 29) == sheet).all()


def test_colours_and_numbers_beyond_the_range() -> None:
    images = np.array([[[[np.nan]], [[-7.0]], [[9.0]]], [[[np.inf]], [[-np.inf]], [[0.0]]]])
    sheet = lay_out(images, -1, 1)
    assert cell(sheet, (360, 360), (0, 0))[0, 0].tolist() == [0, 0, 255]
    assert cell(sheet, (360, 360), (0, 1))[0, 0].tolist() == [255, 0, 128]


def test_large_pictures_are_shown_as_they_are() -> None:
    images = np.random.RandomState(1).rand(1, 3, 20, 800)
    assert (
        cell(lay_out(images, 0, 1), (20, 800), (0, 0))
        == (images[0] * 255).round().transpose(1, 2, 0)
    ).all()
