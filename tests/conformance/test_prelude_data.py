"""Sources and transforms of the prelude against the installed scikit-learn."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets, decomposition, impute, preprocessing

from netspec import catalog, driver
from netspec.analysis.data.sources import DIGITS, STORED_CLASSES, STORED_ROWS
from netspec.catalog import REQUIRED, Entry, left_out
from netspec.data import load
from netspec.data.sources import GENERATORS, STORED
from netspec.diagnostics import Sink
from netspec.source import Source

CATALOG = catalog.load()


def declared_of(kind: str) -> list[str]:
    """The names that are scikit-learn's."""
    named = ((name, CATALOG.find(kind, name)) for name in CATALOG.names(kind))
    return [name for name, found in named if found and found.target.startswith("sklearn.")]


SOURCES, TRANSFORMS = declared_of("source"), declared_of("transform")

SOURCES_LEFT_OUT = {
    "make_biclusters": "a matrix of blocks, without rows and targets",
    "make_checkerboard": "a matrix of blocks, without rows and targets",
    "make_sparse_coded_signal": "a signal, a dictionary and a code, without rows and targets",
    "make_sparse_spd_matrix": "a square matrix, without rows and targets",
    "make_spd_matrix": "a square matrix, without rows and targets",
    "load_files": "texts, which no transform here encodes",
    "load_sample_image": "one picture",
    "load_sample_images": "two pictures",
    "load_svmlight_file": "sparse rows, which no layer here takes",
    "load_svmlight_files": "sparse rows, which no layer here takes",
}
ARGUMENTS_LEFT_OUT = {
    "return_X_y": "columns are named",
    "as_frame": "columns are arrays",
    "sparse": "arrays are dense",
    "sparse_output": "arrays are dense",
    "return_indicator": "the target is a row of zeros and ones",
    "return_distributions": "only rows are given",
    "return_centers": "only rows are given",
    "coef": "only rows are given",
    "copy": "what is scaled is a copy already",
    "order": "how it lies in memory",
    "ignore_implicit_zeros": "arrays are dense",
    "handle_missing": "missing cells are filled in first",
    "svd_solver": "the sizes tell",
    "tol": "of a solver that is left out",
    "iterated_power": "of a solver that the sizes tell",
    "n_oversamples": "of a solver that the sizes tell",
    "power_iteration_normalizer": "of a solver that the sizes tell",
    "categories": "those of the whole column",
    "dtype": "the kind tells",
    "handle_unknown": "the categories are those of the whole column",
    "unknown_value": "the categories are those of the whole column",
    "encoded_missing_value": "missing cells are filled in first",
    "min_frequency": "every category has its place",
    "max_categories": "every category has its place",
    "feature_name_combiner": "columns have no names after encoding",
    "missing_values": "`csv(missing=[...])` says it",
    "add_indicator": "the columns stay those of the table",
    "keep_empty_features": "a column without any value is an error",
}


def entry(kind: str, name: str) -> Entry:
    found = CATALOG.find(kind, name)
    assert found is not None
    return found


def theirs(name: str) -> inspect.Signature:
    homes = (datasets, preprocessing, impute, decomposition)
    return inspect.signature(next(getattr(home, name) for home in homes if hasattr(home, name)))


@pytest.mark.parametrize(
    ("kind", "name"),
    [*(("source", name) for name in SOURCES), *(("transform", name) for name in TRANSFORMS)],
)
def test_arguments_and_defaults(kind: str, name: str) -> None:
    declared = entry(kind, name)
    parameters = theirs(name).parameters
    for argument in declared.arguments:
        parameter = parameters[argument.name]
        assert argument.keyword_only == (parameter.kind is parameter.KEYWORD_ONLY)
        if parameter.default is parameter.empty:
            assert argument.default is REQUIRED
        else:
            assert argument.default == parameter.default
            assert isinstance(argument.default, bool) == isinstance(parameter.default, bool)
    absent = set(parameters) - {argument.name for argument in declared.arguments}
    if kind == "transform":
        absent -= {"random_state"}  # what they draw is drawn alike in every run
    assert absent <= set(ARGUMENTS_LEFT_OUT)


def test_every_source_of_sklearn_is_declared_or_left_out() -> None:
    names = {name for name in dir(datasets) if name.startswith(("make_", "load_"))}
    assert names == {*SOURCES, *SOURCES_LEFT_OUT}
    assert set(SOURCES) == {*GENERATORS, *STORED}


def test_every_transform_of_sklearn_is_declared_or_left_out() -> None:
    elsewhere = {"SimpleImputer": "sklearn.impute", "PCA": "sklearn.decomposition"}
    declared = {name for name in TRANSFORMS if name not in elsewhere}
    assert set(preprocessing.__all__) == {*declared, *left_out.TRANSFORMS}
    assert not declared & set(left_out.TRANSFORMS)


# Those of torchvision.transforms 0.28, which need not be installed here.
OF_TORCHVISION = """
AugMix AutoAugment CenterCrop ColorJitter Compose ConvertImageDtype ElasticTransform FiveCrop
GaussianBlur Grayscale Lambda LinearTransformation Normalize PILToTensor Pad RandAugment
RandomAdjustSharpness RandomAffine RandomApply RandomAutocontrast RandomChoice RandomCrop
RandomEqualize RandomErasing RandomGrayscale RandomHorizontalFlip RandomInvert RandomOrder
RandomPerspective RandomPosterize RandomResizedCrop RandomRotation RandomSolarize
RandomVerticalFlip Resize TenCrop ToPILImage ToTensor TrivialAugmentWide
"""


def test_every_transform_of_torchvision_is_declared_or_left_out() -> None:
    entries = [catalog.load().find("transform", name) for name in catalog.load().names("transform")]
    declared = {e.name for e in entries if e and e.target.startswith("torchvision.transforms")}
    assert set(OF_TORCHVISION.split()) == {*declared, *left_out.IMAGE_TRANSFORMS}
    assert not declared & set(left_out.IMAGE_TRANSFORMS)


@pytest.mark.parametrize("name", SOURCES)
def test_rows_and_types_are_those_declared(name: str, tmp_path: Path) -> None:
    small = "n_samples=12" if "n_samples" in theirs(name).parameters else ""
    text = f"data {{\n  {name}({small})\n}}\n"
    sink = Sink()
    program = driver.check(Source("data.net", text, tmp_path / "data.net"), sink)
    assert program is not None, sink.diagnostics
    plan = program.data
    assert plan is not None
    splits = load(plan, seed=0, root=tmp_path)
    assert plan.rows == len(splits.train)
    for field, tensor in zip(plan.fields, splits.train.tensors(), strict=True):
        assert tuple(tensor.shape[1:]) == tuple(dim.value for dim in field.type.shape[1:])
        assert str(tensor.dtype) == f"torch.{field.stored}"
        if field.type.kind.name == "index":
            assert field.type.kind.size is not None
            assert tensor.min() >= 0
            assert int(tensor.max()) < (field.type.kind.size.value or 0)
        if field.type.kind.name == "unit":
            assert 0 <= float(tensor.min()) <= float(tensor.max()) <= 1


def test_stored_facts() -> None:
    for name, rows in {**STORED_ROWS, "load_digits": DIGITS}.items():
        assert len(STORED[name]()["data"]) == rows
    for name, classes in STORED_CLASSES.items():
        np.testing.assert_array_equal(STORED[name]()["target_names"], classes)
