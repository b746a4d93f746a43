"""Each feature of training, exported: the script measures what the run measured, to the last bit.

The specs are small and made up; `test_export.py` does the same with real ones.
"""

from __future__ import annotations

import gzip
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from export_cases import CASES, training
from export_pieces import Scripts, both, complaints, recorded, run_alone, scripts_process
from PIL import Image
from safetensors.torch import save_file

import netspec


@pytest.fixture(scope="module")
def scripts() -> Iterator[Scripts]:
    with scripts_process() as process:
        yield process


@pytest.mark.parametrize("name", CASES)
def test_a_script_measures_what_its_run_measured(
    name: str, scripts: Scripts, tmp_path: Path
) -> None:
    run, script, _ = both(scripts, CASES[name], tmp_path)
    assert script.epochs == run.epochs
    assert script.final == run.final


def test_every_script_is_clean(tmp_path: Path) -> None:
    scripts = []
    for name, text in CASES.items():
        scripts.append(tmp_path / f"{name}.py")
        scripts[-1].write_text(netspec.parse(text).export(), encoding="utf-8")
    assert complaints(*scripts) == ""


COMPILED = CASES["ema"].replace("ema = 0.9", "ema = 0.9\n  compile = true")


@pytest.mark.skipif(
    not any(map(shutil.which, ("g++", "clang++"))),
    reason="there is no C++ compiler for torch.compile on this machine",
)
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated")  # torch uses it
def test_a_compiled_script_measures_what_its_run_measured(tmp_path: Path) -> None:
    spec = netspec.parse(COMPILED)
    script = tmp_path / "script.py"
    script.write_text(spec.export(), encoding="utf-8")
    assert "compiled = torch.compile(model)" in spec.export()
    assert complaints(script) == ""
    run = spec.train(runs=tmp_path / "runs")
    printed = run_alone(script, warnings="ignore")  # torch's own, while it compiles
    # What torch's compiler adds up, and in which order, hangs on where in memory a batch begins.
    ran = recorded(run.history, run.metrics)
    told, measured = ([*each.epochs, *each.final.values()] for each in (printed, ran))
    for mine, its in zip(told, measured, strict=True):
        assert mine == pytest.approx(its, abs=1e-5)


STOPPED = sorted(name for name in CASES if name.startswith("stop_"))


@pytest.mark.parametrize("name", STOPPED)
def test_a_stop_condition_of_these_specs_is_reached(name: str, tmp_path: Path) -> None:
    run = netspec.parse(CASES[name]).train(runs=tmp_path)
    assert run.ended == "stopped"
    assert run.epochs > 1


# --- data from files -----------------------------------------------------------------------------


def written_csv(folder: Path) -> None:
    random = np.random.RandomState(1)
    rows = ["age,size,kind,price"]
    for number in range(40):
        age = "" if number % 9 == 4 else f"{random.randint(18, 80)}"
        rows.append(f"{age},{random.uniform():.4f},{random.choice(['a', 'b'])},{number * 1.5}")
    (folder / "homes.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    homes = pl.read_csv(folder / "homes.csv")
    homes.write_parquet(folder / "homes.parquet")
    homes.write_json(folder / "homes.json")


def written_idx(folder: Path) -> None:
    random = np.random.RandomState(2)
    for name, count in (("train", 30), ("test", 12)):
        images = random.randint(0, 256, (count, 6, 6)).astype(np.uint8)
        labels = (np.arange(count) % 3).astype(np.uint8)
        for kind, values in (("images", images), ("labels", labels)):
            head = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
            packed = head + values.tobytes()
            (folder / f"{name}-{kind}").write_bytes(
                gzip.compress(packed) if kind == "images" else packed
            )


def written_arrays(folder: Path) -> None:
    random = np.random.RandomState(5)
    arrays: dict[str, Any] = {
        "x_train": random.randint(0, 256, (30, 6, 6, 3)).astype(np.uint8),
        "y_train": np.arange(30) % 3,
        "x_test": random.randint(0, 256, (12, 6, 6, 3)).astype(np.uint8),
        "y_test": np.arange(12) % 3,
    }
    np.savez(folder / "pictures.npz", **arrays)
    rows: dict[str, Any] = {
        "size": random.normal(size=(40, 3)).astype(np.float16),
        "word": random.randint(0, 5, (40, 4)),
        "town": np.array(["here", "there"])[random.randint(0, 2, 40)],
        "odd price": random.normal(size=40),
    }
    np.savez_compressed(folder / "homes.npz", **rows, centre=np.zeros(3))


def written_images(folder: Path) -> None:
    random = np.random.RandomState(3)
    for part, count in (("train", 8), ("test", 3)):
        for kind in ("cat", "dog", "eel"):
            place = folder / "pictures" / part / kind
            place.mkdir(parents=True)
            for number in range(count):
                pixels = random.randint(0, 256, (9 + number % 2, 8, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(place / f"{number}.png")


PLAY = "".join(f"Scene {number}. To be, or not to be: that is...\n" for number in range(9))


def written_text(folder: Path) -> None:
    (folder / "play.txt").write_text(PLAY, encoding="utf-8")


def written_weights(folder: Path) -> None:
    torch.manual_seed(4)
    body = {"body.0.weight": torch.randn(5, 2), "body.0.bias": torch.randn(5)}
    head = {"weight": torch.randn(1, 5), "bias": torch.randn(1)}
    save_file({f"net.{key}": value for key, value in body.items()}, folder / "body.safetensors")
    save_file(head, folder / "head.safetensors")
    whole = body | {f"head.{key}": value for key, value in head.items()}
    save_file(whole, folder / "whole.safetensors")


BODY_AND_HEAD = """
data { make_moons(n_samples=60, noise=0.2, random_state=1) }
model {
  input x: real[B, 2]
  body: (Linear(5) -> Tanh)
  head: Linear(1)
}
"""
WEIGHTS = {
    "whole": '"whole.safetensors"',
    "parts": """[
    load("body.safetensors", from="net.", except=["head.weight", "head.b*"]),
    load("head.safetensors", into="head."),
  ]""",
    "without_a_head": 'load("whole.safetensors", except="head.*")',
    "within": 'load("body.safetensors", from="net.body.", into="body.")',
}

FILES = {
    **{
        f"weights_{name}": BODY_AND_HEAD + training(f"weights = {text}", loss="BCEWithLogitsLoss")
        for name, text in WEIGHTS.items()
    },
    "csv": """
data {
  rows  = csv("homes.csv")
  young = rows[rows.size < 0.9]
  kind  = young.kind -> OrdinalEncoder
  x     = young -> select(age, size) -> SimpleImputer -> MinMaxScaler
  y     = young.price / 10
  split(train=70%, val=15%, test=15%, seed=4)
}

model {
  input x
  input kind
  cat(x -> Linear(4) -> ReLU, kind -> Embedding(2), dim=1) -> Linear(1)
}
"""
    + training(loss="MSELoss", metrics="[mae, r2]"),
    "parquet": """
data {
  rows = parquet("homes.parquet")
  kind = rows.kind -> OrdinalEncoder
  x    = rows -> select(age, size) -> SimpleImputer -> MinMaxScaler
  y    = json("homes.json").price / 10
  split(train=70%, val=15%, test=15%, seed=4)
}

model {
  input x
  input kind
  cat(x -> Linear(4) -> ReLU, kind -> Embedding(2), dim=1) -> Linear(1)
}
"""
    + training(loss="MSELoss", metrics="[mae, r2]"),
    "chars": """
data {
  chars("play.txt") -> windows(6, stride=2)
  split(train=70%, val=15%, test=15%)
}

model { Embedding(8) -> Linear(16) -> Tanh -> Linear(CLASSES) -> movedim(-1, 1) }
""".replace("CLASSES", str(len(set(PLAY))))
    + training("steps = 30"),
    "text": """
data {
  text("play.txt") -> windows(4)
  y = y[:, -1]
  split(train=60%, val=20%, test=20%)
}

model { Embedding(8) -> Flatten -> Linear(20) }
"""
    + training(metrics="[]"),
    "idx": """
data {
  idx("train-images", "train-labels", test_images="test-images", test_labels="test-labels")
  x = x -> Normalize(0.5, 0.25)
  split(train=80%, val=20%, stratify=y)
}

model { Conv2d(4, 3) -> ReLU -> Flatten -> Linear(3) }
"""
    + training("accumulate = 2"),
    "npz": """
data {
  npz("pictures.npz")
  x = x -> Normalize([0.5, 0.4, 0.3], 0.25)
  split(train=80%, val=20%, stratify=y)
}

model { Conv2d(4, 3) -> ReLU -> Flatten -> Linear(3) }
"""
    + training(),
    "npz_columns": """
data {
  rows = npz("homes.npz", arrays=["town", "odd price", "size", "word"])
  near = rows[rows["odd price"] < 1]
  x    = near.size -> StandardScaler
  word = near.word
  town = near.town -> OrdinalEncoder
  y    = near["odd price"]
  split(train=70%, val=15%, test=15%, seed=4)
}

model {
  input x
  input word
  input town
  words = word -> Embedding(2) -> Flatten
  cat(x, words, town -> Embedding(2), dim=1) -> Linear(1)
}
"""
    + training(loss="MSELoss", metrics="[mae]"),
    "images": """
data {
  images("pictures")
  x = x -> Resize([8, 8]) -> Normalize([0.5, 0.4, 0.3], 0.5)
}

model { Conv2d(4, 3) -> BatchNorm2d -> ReLU -> Flatten -> Linear(3) }
"""
    + training("workers = 1", metrics="[accuracy, top_k(k=2)]"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_script_reads_the_same_files(name: str, scripts: Scripts, tmp_path: Path) -> None:
    for write in (
        written_csv,
        written_idx,
        written_arrays,
        written_images,
        written_text,
        written_weights,
    ):
        write(tmp_path)
    run, script, _ = both(scripts, FILES[name], tmp_path)
    if "split" in FILES[name]:
        assert set(run.final) == {"train", "test"} | ({"val"} if name != "images" else set())
    assert script.epochs == run.epochs
    assert script.final == run.final
    assert complaints(tmp_path / "script.py") == ""
