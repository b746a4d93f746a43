"""torchvision's data sets as tables; torchvision is imported when one is read.

It reads each set's own files, CIFAR's pickles among them: those it holds against the check sums of
their authors before it opens them, so that no other pickle is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from netspec.analysis.data import errors
from netspec.analysis.data.vision_sources import NAMES, PACKAGE, rows_of
from netspec.data.paths import find
from netspec.data.pixels import Pixels
from netspec.data.problems import DataError
from netspec.data.reading import Columns
from netspec.program.data import Load
from netspec.program.schemas import Unreadable

# What a set that is not there, cut short or not to be fetched raises.
FAILURES = (RuntimeError, OSError, ValueError, TypeError, AssertionError, EOFError)
# How a set's parts are asked for, where it is not `train=True` and `train=False`.
PARTS = {
    "SVHN": ({"split": "train"}, {"split": "test"}),
    "STL10": ({"split": "train"}, {"split": "test"}),
    "SEMEION": ({},),
}
USUAL_PARTS = ({"train": True}, {"train": False})


def read_parts(train: Any, test: Any = None) -> tuple[Columns, int]:
    """A torchvision set's images and classes, and how many of the last rows are to test on.

    Images are bytes, (images, channels, height, width).
    """
    images, labels = [], []
    for part in (train,) if test is None else (train, test):
        pixels = np.asarray(part.data)
        if pixels.ndim == 3:
            pixels = pixels[:, np.newaxis]
        elif pixels.shape[1] != 3:
            pixels = pixels.transpose(0, 3, 1, 2)
        classes = np.asarray(part.labels if hasattr(part, "labels") else part.targets)
        images.append(pixels)
        labels.append(classes[:, 0] if classes.ndim == 2 else classes)  # QMNIST tells more of each
    table = {"x": np.concatenate(images), "y": np.concatenate(labels).astype(np.int64)}
    return table, 0 if test is None else len(labels[1])


def load_set(load: Load, root: Path) -> tuple[dict[str, Any], int]:
    """The columns of a set, and how many of its last rows are to test on.

    Raises DataError when torchvision is not installed, or the set is not there and whole.
    """
    arguments = dict(load.arguments)
    name, told = load.source, str(arguments["root"])
    download = downloads(load)
    folder = find(told, root)
    if isinstance(folder, Unreadable):
        if folder.reason != "missing" or not download:
            raise DataError(errors.unreadable(folder, load.span))
        folder = root / told
    made = _class(load)
    split = {"split": arguments["split"]} if "split" in arguments else {}
    try:
        parts = [
            made(folder, download=download, **split, **part)
            for part in PARTS.get(name, USUAL_PARTS)
        ]
        columns, own_test = read_parts(*parts)
    except FAILURES as problem:
        said = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise DataError(errors.set_not_there(load.span, name, told, said)) from problem
    train, test = rows_of(name, arguments.get("split"))
    found = len(columns["y"])
    if (found - own_test, own_test) != (train, test):
        wanted = f"{train:,} rows to train on and {test:,} to test on"
        said = f"there are {found - own_test:,} and {own_test:,} of {wanted}"
        raise DataError(errors.set_not_there(load.span, name, told, said))
    images = columns["x"]
    _, channels, height, width = images.shape
    x = Pixels(content=images, channels=channels, size=(height, width))
    return {"x": x, "y": columns["y"]}, own_test


def downloads(load: Load) -> bool:
    """Whether a set that is not there is fetched: torchvision fetches SEMEION unasked."""
    return dict(load.arguments).get("download", load.source == "SEMEION") is True


def _class(load: Load) -> Any:
    """Torchvision's class of that name, one of those that are declared."""
    try:
        from torchvision import datasets
    except ModuleNotFoundError as problem:
        if problem.name is None or problem.name.split(".")[0] != PACKAGE:
            raise
        missing = errors.package_missing(load.span, load.source, PACKAGE, "vision")
        raise DataError(missing) from problem
    except (ImportError, RuntimeError, OSError) as problem:
        # Its compiled part does not suit the installed torch.
        said = (str(problem).strip().splitlines() or ["it breaks off"])[0]
        missing = errors.package_missing(load.span, load.source, PACKAGE, "vision", said)
        raise DataError(missing) from problem
    return {name: getattr(datasets, name) for name in NAMES}[load.source]
