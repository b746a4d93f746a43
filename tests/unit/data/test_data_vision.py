"""torchvision's data sets: planned without it, read by it, told of where it is not there."""

from __future__ import annotations

import bz2
import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from data_planning import planned, types

from netspec.analysis.data.vision_sources import ROWS, SPLITS
from netspec.data import DataError, load
from netspec.data.vision_sets import read_parts
from netspec.diagnostics.render import render_terminal

RENDERED = Path(__file__).parents[2] / "cases" / "data"


def torchvision_problem() -> str | None:
    """Why torchvision cannot be imported, None where it can."""
    try:
        importlib.import_module("torchvision.datasets")
    except (ImportError, RuntimeError, OSError) as problem:
        return str(problem)
    return None


PROBLEM = torchvision_problem()
needs_torchvision = pytest.mark.skipif(
    PROBLEM is not None, reason=f"torchvision cannot be imported here: {PROBLEM}"
)


@pytest.mark.parametrize("name", ROWS)
def test_a_set_is_planned_from_its_declaration(name: str, tmp_path: Path) -> None:
    plan = planned(f'torchvision.{name}("data", download=true)', tmp_path)
    train, test = ROWS[name]
    assert plan.rows == train + test
    assert plan.sizes == (train, 0, test)
    assert plan.own_test == (test > 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("split", SPLITS)
def test_classes_of_emnist(split: str, tmp_path: Path) -> None:
    plan = planned(f'torchvision.EMNIST("data", "{split}", download=true)', tmp_path)
    train, test, classes = SPLITS[split]
    assert types(plan)["y"] == f"index({classes})[B]"
    assert plan.sizes == (train, 0, test)


RANDOM = np.random.RandomState(0)
BYTES = RANDOM.randint(0, 256, (5, 4, 6)).astype(np.uint8)
COLOURS = RANDOM.randint(0, 256, (5, 4, 6, 3)).astype(np.uint8)
# The forms in which torchvision's sets hold what they read: (set, images, what is to come of them).
FORMS: dict[str, tuple[dict[str, Any], Any]] = {
    "MNIST": (
        {"data": torch.from_numpy(BYTES), "targets": torch.arange(5)},
        BYTES[:, np.newaxis],
    ),
    "QMNIST": (
        {"data": torch.from_numpy(BYTES), "targets": torch.arange(5)[:, None] + torch.arange(8)},
        BYTES[:, np.newaxis],
    ),
    "CIFAR10": ({"data": COLOURS, "targets": list(range(5))}, COLOURS.transpose(0, 3, 1, 2)),
    "SVHN": (
        {"data": COLOURS.transpose(0, 3, 1, 2), "labels": np.arange(5)},
        COLOURS.transpose(0, 3, 1, 2),
    ),
    "STL10": (
        {"data": COLOURS.transpose(0, 3, 1, 2), "labels": np.arange(5, dtype=np.uint8)},
        COLOURS.transpose(0, 3, 1, 2),
    ),
    "USPS": ({"data": BYTES, "targets": list(range(5))}, BYTES[:, np.newaxis]),
}


@pytest.mark.parametrize("name", FORMS)
def test_images_and_classes_in_the_form_of_each_set(name: str) -> None:
    held, expected = FORMS[name]
    part = SimpleNamespace(**held)
    table, own_test = read_parts(part, part)
    np.testing.assert_array_equal(table["x"], np.concatenate([expected, expected]))
    assert table["x"].dtype == np.uint8
    assert table["y"].tolist() == [*range(5), *range(5)]
    assert table["y"].dtype == np.int64
    assert own_test == 5
    assert read_parts(part)[1] == 0


@pytest.mark.skipif(PROBLEM is None, reason="torchvision is installed here")
def test_a_run_without_torchvision(tmp_path: Path, update_goldens: bool) -> None:
    plan = planned('torchvision.CIFAR10("data", download=true)', tmp_path)
    with pytest.raises(DataError) as stopped:
        load(plan, seed=0, root=tmp_path)
    diagnostic = stopped.value.diagnostic
    assert diagnostic.code == "NS5533"
    if "not installed" not in diagnostic.message:
        return  # there is one, which does not suit this torch
    rendered = render_terminal((diagnostic,))
    golden = RENDERED / "NS5533.txt"
    if update_goldens:
        golden.write_text(rendered, encoding="utf-8")
    assert rendered == golden.read_text(encoding="utf-8")


def written_usps(folder: Path, rows: tuple[int, int]) -> None:
    """USPS in its authors' form: a class from 1, and 256 numbers within -1 to 1 a line."""
    folder.mkdir()
    for name, count in zip(("usps.bz2", "usps.t.bz2"), rows, strict=True):
        numbers = " ".join(f"{at}:{at / 128 - 1:.4f}" for at in range(1, 257))
        lines = (f"{at % 10 + 1} {numbers}\n" for at in range(count))
        with bz2.open(folder / name, "wt") as stream:
            stream.writelines(lines)


@needs_torchvision
def test_a_set_is_read_by_torchvision(tmp_path: Path) -> None:
    written_usps(tmp_path / "data", ROWS["USPS"])
    plan = planned('torchvision.USPS("data")\nsplit(train=1%, val=1%)', tmp_path)
    splits = load(plan, seed=0, root=tmp_path)
    assert splits.test is not None
    x, y = splits.test.tensors()
    assert x.shape == (2007, 1, 16, 16)
    assert y.tolist() == [at % 10 for at in range(2007)]
    assert len(splits.train) == 73


@needs_torchvision
def test_a_set_that_has_lost_rows(tmp_path: Path) -> None:
    written_usps(tmp_path / "data", (7291, 100))
    plan = planned('torchvision.USPS("data")', tmp_path)
    with pytest.raises(DataError, match="cannot be read") as stopped:
        load(plan, seed=0, root=tmp_path)
    assert stopped.value.diagnostic.code == "NS5534"


@needs_torchvision
def test_a_set_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    plan = planned('torchvision.CIFAR10("data")', tmp_path)
    with pytest.raises(DataError, match="cannot be read") as stopped:
        load(plan, seed=0, root=tmp_path)
    assert "not found" in stopped.value.diagnostic.notes[0]
