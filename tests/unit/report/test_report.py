"""What a run shows: lines, tables and pictures."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.text import Text

from netspec.report import print_result, progress
from netspec.report.pictures import POINTS, draw
from netspec.report.progress import LINES, LineProgress, LiveProgress, clock, number

Array = NDArray[Any]


@dataclass
class At:
    epochs: int = 10
    steps: int = 4
    epoch: int = 0
    step: int = 0
    interrupted: bool = False


def plain(width: int = 80) -> Console:
    return Console(file=io.StringIO(), width=width, no_color=True)


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def lines(epochs: int, done: int | None = None) -> list[str]:
    console = plain()
    shown = progress(console)
    shown.begin(At(epochs=epochs))
    for epoch in range(1, (done or epochs) + 1):
        shown.epoch({"epoch": epoch, "lr": 0.1, "train.loss": 1 / epoch, "seconds": 0.1})
    shown.end()
    return said(console).splitlines()


def test_one_line_an_epoch_where_there_is_no_terminal() -> None:
    assert lines(3) == [
        "epoch 1/3  train.loss 1.000",
        "epoch 2/3  train.loss 0.5000",
        "epoch 3/3  train.loss 0.3333",
    ]


def test_a_long_run_prints_about_a_hundred_lines_and_its_last() -> None:
    shown = lines(30_000)
    assert LINES <= len(shown) <= LINES + 1
    assert shown[0].startswith("epoch     1/30000")
    assert shown[-1].startswith("epoch 30000/30000")
    assert lines(30_000, done=1234)[-1].startswith("epoch  1234/30000")


def test_quiet_says_nothing() -> None:
    console = plain()
    shown = progress(console, quiet=True)
    shown.begin(At())
    shown.epoch({"epoch": 1, "train.loss": 1.0})
    shown.end()
    assert said(console) == ""


def test_a_terminal_sees_a_bar_that_reads_the_position(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    console = Console(file=io.StringIO(), width=100, force_terminal=True, no_color=True)
    shown = progress(console)
    assert isinstance(shown, LiveProgress)
    at = At(epoch=3, step=2)
    shown.begin(at)
    shown.epoch({"epoch": 2, "train.loss": 0.25, "val.loss": 0.5})
    deadline = time.monotonic() + 5
    while "0.2500" not in said(console) and time.monotonic() < deadline:
        time.sleep(0.02)
    at.interrupted = True
    shown.end()
    text = Text.from_ansi(said(console)).plain
    assert "epoch 3/10" in text
    assert "step 2/4" in text
    assert "loss 0.2500" in text
    assert "stopping after this step" in text


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    console = Console(file=io.StringIO(), force_terminal=True)
    assert isinstance(progress(console), LineProgress)


def test_numbers_keep_four_digits() -> None:
    values = (0.5, 12.3456, 123456.0, 0.00001234, 0.0, -3.0, float("nan"), float("inf"))
    shown = ["0.5000", "12.35", "1.23e+05", "1.23e-05", "0.0000", "-3.000", "nan", "inf"]
    assert [number(value) for value in values] == shown
    assert [clock(value) for value in (7, 750, 3723)] == ["0:07", "12:30", "1:02:03"]


@dataclass
class Finished:
    metrics: Mapping[str, Mapping[str, float]]
    task: str = "classes"
    history: Sequence[Mapping[str, float]] = ()
    baseline: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    baseline_name: str | None = None
    per_class: Sequence[float] = ()
    judged_on: str = "test"
    class_names: Sequence[str] = ()
    confusion: Sequence[Sequence[int]] | None = None
    points: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)
    parameters: int = 1041
    epochs: int = 10
    seconds: float = 0.44
    ended: str = "stopped"
    device: str = "cpu"
    made_up: bool = False
    folder: Path | None = Path("runs/two_moons-001")

    def respond(self, inputs: Array) -> Array:
        output: Array = np.stack([inputs[:, 0], inputs[:, -1], 0 * inputs[:, 0]], 1)
        return output if self.task == "classes" else output[:, :1]


def test_the_final_table() -> None:
    console = plain()
    run = Finished(
        metrics={"train": {"loss": 0.25, "accuracy": 1.0}, "test": {"loss": 0.5, "accuracy": 0.9}},
        baseline={"train": {"accuracy": 0.8}},
        baseline_name="SVC",
        per_class=(1.0, 0.5, 0.75),
        class_names=("cat", "dog", "fox"),
    )
    print_result(console, run, (Path("runs/two_moons-001/curves.png"),))
    rows = [line.split() for line in said(console).splitlines() if line.strip()]
    assert ["loss", "accuracy"] in rows
    assert ["test", "0.5000", "0.9000"] in rows
    assert ["SVC,", "train", "-", "0.8000"] in rows
    assert ["dog", "0.5000"] in rows
    assert ["parameters", "1,041"] in rows
    assert ["epochs", "10", "(stop", "condition", "met)"] in rows
    assert ["pictures", "runs/two_moons-001/curves.png"] in rows


@pytest.mark.parametrize("count", [2, 21])
def test_classes_have_no_rows_when_two_or_many(count: int) -> None:
    console = plain()
    metrics = {"test": {"loss": 0.5, "accuracy": 0.9}}
    print_result(console, Finished(metrics=metrics, per_class=(1.0,) * count))
    assert "class" not in said(console)


def shape(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        assert len(set(picture.convert("L").tobytes())) > 20  # something is drawn
        return picture.size


def history(epochs: int) -> list[dict[str, float]]:
    return [
        {"epoch": e, "train.loss": 1 / e, "val.loss": 2 / e, "train.accuracy": 1 - 1 / e,
         "val.accuracy": float("nan") if e == 1 else 0.5}
        for e in range(1, epochs + 1)
    ]  # fmt: skip


PLANE = {
    "train": (np.random.RandomState(0).randn(40, 2).astype("f"), np.arange(40) % 3),
    "test": (np.random.RandomState(1).randn(10, 2).astype("f"), np.arange(10) % 3),
}
AXIS = {"train": (np.linspace(0, 1, 20, dtype="f").reshape(-1, 1), np.linspace(1, 2, 20))}


def names(run: Finished, folder: Path) -> list[str]:
    paths = draw(run, folder)
    for path in paths:
        width, height = shape(path)
        assert 300 < width < 1600
        assert 200 < height < 1600
    return [path.name for path in paths]


@pytest.mark.parametrize("epochs", [1, 10, 3 * POINTS])
def test_curves_are_always_drawn(epochs: int, tmp_path: Path) -> None:
    assert names(Finished(metrics={}, history=history(epochs)), tmp_path) == ["curves.png"]


@pytest.mark.parametrize("task", ["classes", "binary_probability", "binary_score"])
def test_two_inputs_and_classes_have_a_boundary(task: str, tmp_path: Path) -> None:
    run = Finished(
        metrics={}, task=task, history=history(5), points=PLANE, confusion=[[5, 1], [0, 4]]
    )
    assert names(run, tmp_path) == ["curves.png", "boundary.png", "confusion.png"]


@pytest.mark.parametrize("task", ["regression", "binary_probability", "binary_score"])
def test_one_input_has_a_line(task: str, tmp_path: Path) -> None:
    run = Finished(metrics={}, task=task, history=history(5), points=AXIS)
    assert names(run, tmp_path) == ["curves.png", "line.png"]


@pytest.mark.parametrize("sides", [3, 12, 40])
def test_confusion_of_many_classes(sides: int, tmp_path: Path) -> None:
    counts = np.diag(np.arange(sides)) + 1
    called = tuple(f"class number {i}" for i in range(sides)) if sides == 12 else ()
    run = Finished(metrics={}, history=history(2), confusion=counts.tolist(), class_names=called)
    assert names(run, tmp_path) == ["curves.png", "confusion.png"]
