"""torchvision's data sets in the prelude against the installed torchvision, where there is one."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

from netspec import catalog
from netspec.analysis.data.vision_sources import CLASS_NAMES, NAMES, ROWS, SPLITS
from netspec.catalog import REQUIRED
from netspec.catalog.left_out_sets import SETS
from netspec.catalog.values import choices
from netspec.data.vision_sets import PARTS, USUAL_PARTS

CATALOG = catalog.load()
# What torchvision takes beside, and why a spec does not say it.
LEFT_OUT = {
    "train": "both parts are read: one to train on, the other to test on",
    "split": "both parts are read; EMNIST's is which of its sets",
    "what": "both parts are read",
    "compat": "a row has one class",
    "folds": "`split` divides the training rows",
    "transform": "transforms are stages",
    "target_transform": "transforms are stages",
    "kwargs": "those of MNIST",
}


@pytest.fixture(scope="module")
def datasets() -> Any:
    """torchvision's module, whose compiled part has to suit the installed torch."""
    try:
        return importlib.import_module("torchvision.datasets")
    except (ImportError, RuntimeError, OSError) as problem:
        pytest.skip(f"torchvision cannot be imported here: {problem}")


def test_the_tables_are_of_the_sets_declared() -> None:
    declared = {
        name
        for name in CATALOG.names("source")
        if (found := CATALOG.find("source", name)) and found.target.startswith("torchvision")
    }
    assert declared == NAMES == {*ROWS, "EMNIST"}
    assert not declared & set(SETS)
    assert set(PARTS) | set(CLASS_NAMES) <= declared
    assert choices("EMNIST", "split") == tuple(SPLITS)


def test_every_set_is_declared_or_left_out(datasets: Any) -> None:
    theirs = set(datasets.__all__) - {"wrap_dataset_for_transforms_v2"}
    assert theirs == {*NAMES, *SETS}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_arguments_and_defaults(name: str, datasets: Any) -> None:
    entry = CATALOG.find("source", name)
    assert entry is not None
    of_mnist = inspect.signature(datasets.MNIST).parameters
    theirs = {**of_mnist, **inspect.signature(getattr(datasets, name)).parameters}
    for argument in entry.arguments:
        default = theirs[argument.name].default
        assert argument.default == (REQUIRED if default is inspect.Parameter.empty else default)
    own = inspect.signature(getattr(datasets, name)).parameters
    assert set(own) - {argument.name for argument in entry.arguments} <= set(LEFT_OUT)
    for part in PARTS.get(name, USUAL_PARTS):
        assert set(part) <= set(theirs)


@pytest.mark.parametrize("name", ["FashionMNIST", "KMNIST"])
def test_names_of_classes(name: str, datasets: Any) -> None:
    assert tuple(getattr(datasets, name).classes) == CLASS_NAMES[name]


def test_classes_of_the_splits(datasets: Any) -> None:
    classes = datasets.EMNIST.classes_split_dict
    assert {name: len(classes[name]) for name in SPLITS} == {n: s[2] for n, s in SPLITS.items()}
