"""Data sets of the Hugging Face hub, read from the local cache: their Arrow files, by polars.

`check` comes here for such a set alone. What a copy is, `hub_cache` tells; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image
from polars.exceptions import PolarsError

from netspec.data.frames import column_of, frame_columns
from netspec.data.reading import Columns
from netspec.program.schemas import CsvColumn, CsvSchema, HubCells, Unreadable

__all__ = ["PolarsError", "hub_columns", "read_arrow", "read_cells"]

# Of a larger set only a sample is read at `check`.
WHOLE_BELOW = 10_000_000
SAMPLE_IMAGES = 64


def hub_columns(parts: Sequence[pl.DataFrame], columns: Mapping[str, str]) -> Columns:
    """The columns of a set's parts as arrays, one part after another.

    `columns` says what each is: real, int, text or pixels; these are images not decoded yet.
    """
    frame = pl.concat([part.select(list(columns)) for part in parts])
    flat = {name: kind for name, kind in columns.items() if not frame[name].dtype.is_nested()}
    table = frame_columns(frame, flat)
    for name, kind in columns.items():
        cells = frame[name]
        if name in flat:
            continue
        if cells.has_nulls():
            raise ValueError(f"row {cells.is_null().arg_true()[0] + 1} of `{name}` is missing")
        if kind == "pixels":
            images = cells.to_frame().unnest(name)["bytes"]
            if images.has_nulls():
                raise ValueError(f"the images of `{name}` are not in the set itself")
            table[name] = np.array([BytesIO(image) for image in images], dtype=object)
        else:
            table[name] = cells.to_numpy().astype(np.int64 if kind == "int" else np.float64)
    return {name: table[name] for name in columns}


def read_arrow(files: Sequence[Path], columns: list[str] | None = None) -> pl.DataFrame:
    """The rows of Arrow files, in order."""
    return pl.concat([pl.read_ipc_stream(file, columns=columns) for file in files])


def read_cells(
    files: Sequence[Path], path: str, columns: Mapping[str, str]
) -> HubCells | Unreadable:
    """What the cells of columns are, and the size of a sample of images.

    The cells of a large set are not read.
    """
    images = [name for name, kind in columns.items() if kind == "pixels"]
    others = [name for name, kind in columns.items() if kind != "pixels"]
    try:
        if not files:
            raise ValueError("its Arrow files are not in the cache")
        sizes = tuple((name, _size(files, name)) for name in images)
        if not others or sum(file.stat().st_size for file in files) >= WHOLE_BELOW:
            return HubCells(cells=CsvSchema(columns=(), rows=None), sizes=sizes)
        frame = read_arrow(files, others)
        found = tuple(_column(cells) for cells in frame.iter_columns())
        return HubCells(cells=CsvSchema(columns=found, rows=frame.height), sizes=sizes)
    except (PolarsError, OSError, ValueError) as problem:
        said = (str(problem).strip().splitlines() or ["it ends early"])[0]
        return Unreadable(reason="malformed", file=path, detail=said)


def _column(cells: pl.Series) -> CsvColumn:
    found = None if cells.dtype.is_nested() else column_of(cells)
    if found is not None:
        return found
    absent = cells.is_null()
    missing = int(absent.arg_true()[0]) + 1 if absent.any() else None
    return CsvColumn(name=cells.name, dtype="real", missing=missing)


def _size(files: Sequence[Path], name: str) -> tuple[int, int] | None:
    """The size of every image of a sample, None where they differ."""
    sizes: set[tuple[int, int]] = set()
    for file in files:
        cells = pl.read_ipc_stream(file, columns=[name], n_rows=SAMPLE_IMAGES)[name]
        for image in cells.struct.field("bytes"):
            if image is None:
                raise ValueError(f"the images of `{name}` are not in the set itself")
            with Image.open(BytesIO(image)) as picture:
                sizes.add((picture.size[1], picture.size[0]))
    return sizes.pop() if len(sizes) == 1 else None
