"""Tables that polars reads with their types: parquet and json. Readers are plain functions, whole.

Apart from `tables` because `check` comes here for such a file, and needs no scikit-learn for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from netspec.data.reading import Columns
from netspec.program.schemas import Category, CsvColumn, CsvSchema, Unreadable

__all__ = [
    "PolarsError",
    "column_of",
    "frame_columns",
    "json_frame",
    "read_frame_schema",
    "read_json",
    "read_parquet",
]

# Of a larger parquet file only the header is read, unless the cells are asked for.
WHOLE_BELOW = 10_000_000
MOST_CATEGORIES = 1000


def read_parquet(path: Path, columns: Mapping[str, str]) -> Columns:
    """The columns of a parquet file as arrays; `columns` says what each is: real, int or text."""
    return frame_columns(pl.read_parquet(path, glob=False, hive_partitioning=False), columns)


def read_json(path: Path, columns: Mapping[str, str]) -> Columns:
    """The columns of a json file as arrays: a list of objects, or an object on each line."""
    return frame_columns(json_frame(path), columns)


def json_frame(path: Path) -> pl.DataFrame:
    """A list of objects, or an object on each line, as a table."""
    content = path.read_bytes()
    if content.lstrip().startswith(b"["):
        return pl.read_json(content, infer_schema_length=None)
    return pl.read_ndjson(content, infer_schema_length=None)


def frame_columns(frame: pl.DataFrame, columns: Mapping[str, str]) -> Columns:
    """Columns as arrays; a missing cell is NaN, dates are text, false and true are 0 and 1."""
    table: Columns = {}
    for name, kind in columns.items():
        cells = frame[name]
        if kind == "text":
            table[name] = cells.cast(pl.String).to_numpy().astype(object)
            table[name][cells.is_null().to_numpy()] = float("nan")
            continue
        if kind == "int" and cells.null_count():
            row = cells.is_null().arg_true()[0] + 1
            raise ValueError(f"row {row} of column `{name}` is missing")
        table[name] = cells.cast(pl.Int64 if kind == "int" else pl.Float64).to_numpy()
    return table


# --- what a file says ------------------------------------------------------------------------


def read_frame_schema(path: Path, file: str, source: str, *, whole: bool) -> CsvSchema | Unreadable:
    """The columns of a `parquet` or `json` file: names, types, missing cells, categories."""
    if path.is_dir():
        return Unreadable(reason="malformed", file=file, detail="it is a folder")
    try:
        if source == "json":
            return _whole(json_frame(path), file)
        if whole or path.stat().st_size < WHOLE_BELOW:
            return _whole(pl.read_parquet(path, glob=False, hive_partitioning=False), file)
        lazy = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        count = int(lazy.select(pl.len()).collect().item())
        return _schema(pl.DataFrame(schema=lazy.collect_schema()), file, count)
    except (PolarsError, OSError, ValueError) as problem:
        said = str(problem).strip().splitlines() or ["it ends early"]
        return Unreadable(reason="malformed", file=file, detail=said[0])


def _whole(frame: pl.DataFrame, file: str) -> CsvSchema | Unreadable:
    return _schema(frame, file, frame.height)


def _schema(frame: pl.DataFrame, file: str, rows: int) -> CsvSchema | Unreadable:
    if not rows or not frame.columns:
        return Unreadable(reason="empty", file=file)
    columns: list[CsvColumn] = []
    for cells in frame.iter_columns():
        column = column_of(cells)
        if column is None:
            held = str(cells.dtype).split("(")[0].lower()
            detail = f"its column `{cells.name}` holds {held}, and a cell is a number or a text"
            return Unreadable(reason="malformed", file=file, detail=detail)
        columns.append(column)
    return CsvSchema(columns=tuple(columns), rows=rows)


def column_of(cells: pl.Series) -> CsvColumn | None:
    """What the cells of a column are; None where they are neither numbers nor text."""
    dtype = cells.dtype
    absent = cells.is_null()
    if dtype.is_float():
        absent |= cells.is_nan().fill_null(True)
    missing = int(absent.arg_true()[0]) + 1 if absent.any() else None
    if dtype.is_float() or dtype.is_decimal() or dtype == pl.Null:
        return CsvColumn(name=cells.name, dtype="real", missing=missing)
    if dtype.is_integer() or dtype == pl.Boolean:
        if missing is not None:
            return CsvColumn(name=cells.name, dtype="real", missing=missing)
        return CsvColumn(name=cells.name, dtype="int", categories=_categories(cells.cast(pl.Int64)))
    if dtype.is_temporal() or dtype in {pl.String, pl.Categorical, pl.Enum}:
        told = cells.cast(pl.String).drop_nulls()
        first = (int((~absent).arg_true()[0]) + 1, str(told[0])) if len(told) else None
        return CsvColumn(
            name=cells.name,
            dtype="text",
            missing=missing,
            text=first,
            categories=_categories(told),
        )
    return None


def _categories(cells: pl.Series) -> tuple[Category, ...] | None:
    """The distinct values in order, where they were read and are few."""
    if not len(cells) or cells.n_unique() > MOST_CATEGORIES:
        return None
    return tuple(sorted(cells.unique().to_list()))
