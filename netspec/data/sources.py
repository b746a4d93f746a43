"""Sources: a `Load` of the plan to a table of arrays. Third-party functions come from a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets

from netspec import data as room
from netspec.analysis.data import errors
from netspec.analysis.data.vision_sources import NAMES
from netspec.data.hub_cache import chosen, find_copies
from netspec.data.image_folders import list_images
from netspec.data.paths import find
from netspec.data.pixels import Pixels
from netspec.data.problems import DataError
from netspec.data.reading import read_idx
from netspec.data.schema import FolderReader
from netspec.data.texts import read_chars, read_words
from netspec.data.user_sources import user_columns
from netspec.program.data import Load
from netspec.program.schemas import Unreadable

Table = dict[str, Any]

# Every function a spec can reach, by the name it has there.
GENERATORS: Mapping[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        datasets.make_moons,
        datasets.make_circles,
        datasets.make_blobs,
        datasets.make_classification,
        datasets.make_gaussian_quantiles,
        datasets.make_hastie_10_2,
        datasets.make_multilabel_classification,
        datasets.make_regression,
        datasets.make_friedman1,
        datasets.make_friedman2,
        datasets.make_friedman3,
        datasets.make_sparse_uncorrelated,
        datasets.make_s_curve,
        datasets.make_swiss_roll,
        datasets.make_low_rank_matrix,
    )
}
STORED: Mapping[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        datasets.load_iris,
        datasets.load_wine,
        datasets.load_breast_cancer,
        datasets.load_digits,
        datasets.load_diabetes,
        datasets.load_linnerud,
    )
}
# What scikit-learn calls the columns of its stored sets.
STORED_NAMES = {"x": "data", "y": "target", "images": "images"}


def load_table(load: Load, root: Path, random: np.random.RandomState) -> tuple[Table, int]:
    """The columns of a source, and how many of its last rows are its own test set."""
    arguments = dict(load.arguments)
    if load.extern is not None:
        return user_columns(load, load.extern, random), 0
    if load.source in NAMES:
        return room.vision_sets.load_set(load, root)
    match load.source:
        case "csv":
            return _csv(load, root), 0
        case "parquet" | "json":
            return _frame(load, root), 0
        case "hub":
            return _hub(load)
        case "npz":
            return _npz(load, root)
        case "idx":
            return _idx(load, root)
        case "images":
            return _images(load, root)
        case "chars" | "text":
            return _text(load, root), 0
        case name if name in STORED:
            bunch = STORED[name](**arguments)
            return {column.name: bunch[STORED_NAMES[column.name]] for column in load.columns}, 0
        case name:
            if load.seeded:
                arguments["random_state"] = random  # type: ignore[assignment]  # a stream, not a seed
            try:
                made = GENERATORS[name](**arguments)
            except ValueError as problem:
                message = f"`{name}` refuses these arguments: {problem}"
                raise DataError(
                    errors.arguments_refused(load.span, message, "see scikit-learn's reference")
                ) from problem
            arrays = made if isinstance(made, tuple) else (made,)
            return {c.name: a for c, a in zip(load.columns, arrays, strict=True)}, 0


def _path(load: Load, argument: str, root: Path) -> Path:
    """The file or folder that an argument names."""
    path = find(str(dict(load.arguments)[argument]), root)
    if isinstance(path, Unreadable):
        raise DataError(errors.unreadable(path, load.span))
    return path


def _csv(load: Load, root: Path) -> Table:
    options: dict[str, Any] = {name: v for name, v in load.arguments if name != "file"}
    columns = {column.name: column.dtype for column in load.columns}
    try:
        return dict(room.tables.read_csv(_path(load, "file", root), columns, **options))
    except (ValueError, OSError, room.tables.PolarsError) as problem:
        raise _malformed(load, "file", str(problem).splitlines()[0]) from problem


def _frame(load: Load, root: Path) -> Table:
    read = room.frames.read_json if load.source == "json" else room.frames.read_parquet
    columns = {column.name: column.dtype for column in load.columns}
    try:
        return dict(read(_path(load, "file", root), columns))
    except (ValueError, OSError, room.frames.PolarsError) as problem:
        raise _malformed(load, "file", str(problem).splitlines()[0]) from problem


def _npz(load: Load, root: Path) -> tuple[Table, int]:
    file = str(dict(load.arguments)["file"])
    headers = FolderReader(root).arrays(file)  # once more: the file may be another one by now
    if isinstance(headers, Unreadable):
        raise DataError(errors.unreadable(headers, load.span))
    columns = {column.name: column.dtype for column in load.columns}
    try:
        arrays, own_test = room.array_files.read_npz(_path(load, "file", root), columns)
    except KeyError as problem:
        raise _malformed(load, "file", f"it has lost an array: {problem}") from problem
    except room.array_files.DAMAGE as problem:
        raise _malformed(
            load, "file", (str(problem).splitlines() or ["it ends early"])[0]
        ) from problem
    table: Table = dict(arrays)
    for name, kind in columns.items():
        if kind == "pixels":
            _, channels, height, width = arrays[name].shape
            table[name] = Pixels(content=arrays[name], channels=channels, size=(height, width))
    return table, own_test


def _hub(load: Load) -> tuple[Table, int]:
    arguments = dict(load.arguments)
    path, splits = str(arguments["path"]), (arguments["train"], arguments["test"])
    found = find_copies(path)
    if isinstance(found, Unreadable):
        raise DataError(errors.unreadable(found, load.span))
    cached = chosen(found, str(arguments["name"]))
    columns = {column.name: column.dtype for column in load.columns}
    if cached is None:
        raise _malformed(load, "path", f"`{arguments['name']}` is no longer in the cache")
    try:
        parts = [
            room.hub_files.read_arrow(cached.files(str(split)), list(columns))
            for split in splits
            if split is not None
        ]
        made = dict(room.hub_files.hub_columns(parts, columns))
    except (ValueError, OSError, room.hub_files.PolarsError) as problem:
        raise _malformed(load, "path", str(problem).splitlines()[0]) from problem
    channels = arguments["channels"]
    assert isinstance(channels, int)
    table: Table = {
        name: Pixels(content=tuple(cells), channels=channels)
        if columns[name] == "pixels"
        else cells
        for name, cells in made.items()
    }
    return table, len(parts[1]) if len(parts) > 1 else 0


def _malformed(load: Load, argument: str, detail: str) -> DataError:
    file = str(dict(load.arguments)[argument])
    return DataError(errors.file_malformed(load.span, file, detail))


def _idx(load: Load, root: Path) -> tuple[Table, int]:
    arrays: dict[str, Any] = {}
    reader = FolderReader(root)
    for argument, file in load.arguments:
        schema = reader.idx(str(file))
        if isinstance(schema, Unreadable):
            raise DataError(errors.unreadable(schema, load.span))
        try:
            arrays[argument] = read_idx(_path(load, argument, root))
        except (ValueError, OSError, EOFError) as problem:
            raise _malformed(load, argument, str(problem)) from problem
    images, labels = arrays["images"], arrays["labels"]
    test = arrays.get("test_images")
    if test is not None:
        images = np.concatenate([images, test])
        labels = np.concatenate([labels, arrays["test_labels"]])
    x: Any = images
    if load.columns[0].dtype == "pixels":
        height, width = images.shape[1:]
        x = Pixels(content=images[:, np.newaxis], channels=1, size=(height, width))
    return {"x": x, "y": labels.astype(np.int64)}, 0 if test is None else len(test)


def _images(load: Load, root: Path) -> tuple[Table, int]:
    arguments = dict(load.arguments)
    path = _path(load, "folder", root)
    listed = list_images(path, str(arguments["folder"]))
    if isinstance(listed, Unreadable):
        raise DataError(errors.unreadable(listed, load.span))
    files = (*listed.files, *listed.test_files)
    channels = arguments.get("channels", 3)
    assert isinstance(channels, int)
    x = Pixels(content=tuple(file for file, _ in files), channels=channels)
    labels = np.array([label for _, label in files], dtype=np.int64)
    return {"x": x, "y": labels}, len(listed.test_files)


def _text(load: Load, root: Path) -> Table:
    read = read_words if load.source == "text" else read_chars
    try:
        return {"tokens": read(_path(load, "file", root))}
    except (ValueError, OSError) as problem:
        raise _malformed(load, "file", str(problem)) from problem
