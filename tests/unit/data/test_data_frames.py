"""Parquet and json: columns typed as those of a csv file, read with the same values."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from data_planning import codes, planned, types

from netspec.data import DataError, frames, load
from netspec.data.schema import FolderReader
from netspec.program.schemas import CsvSchema

DAY = datetime.date(2020, 2, 29)
FRAME = pl.DataFrame(
    {
        "size": [1.5, None, 3.0, 4.25],
        "rooms": [3, 4, 3, 5],
        "age": [10, None, 30, 40],
        "label": [0, 1, 2, 0],
        "garden": [True, False, True, True],
        "town": ["b", "a", None, "a"],
        "built": [DAY, DAY, DAY, DAY],
    }
)


def write(frame: pl.DataFrame, path: Path, form: str) -> str:
    """Write a frame in one of the forms that sources read; gives the source."""
    match form:
        case "parquet":
            frame.write_parquet(path / "rows.parquet")
            return 'parquet("rows.parquet")'
        case "json":
            frame.write_json(path / "rows.json")
        case "lines":
            frame.write_ndjson(path / "rows.json")
    return 'json("rows.json")'


FORMS = ("parquet", "json", "lines")


@pytest.mark.parametrize("form", FORMS)
def test_columns_are_typed(form: str, tmp_path: Path) -> None:
    source = write(FRAME, tmp_path, form)
    name, file = source.split("(")
    schema = FolderReader(tmp_path).frame(file.strip('")'), name, whole=False)
    assert isinstance(schema, CsvSchema)
    assert schema.rows == 4
    told = {c.name: (c.dtype, c.missing, c.categories) for c in schema.columns}
    assert told == {
        "size": ("real", 2, None),
        "rooms": ("int", None, (3, 4, 5)),
        "age": ("real", 2, None),
        "label": ("int", None, (0, 1, 2)),
        "garden": ("int", None, (0, 1)),
        "town": ("text", 3, ("a", "b")),
        "built": ("text", None, ("2020-02-29",)),
    }


@pytest.mark.parametrize("form", FORMS)
def test_cells_are_read(form: str, tmp_path: Path) -> None:
    text = f"""
        rows = {write(FRAME, tmp_path, form)}
        x    = rows -> select(size, age, rooms) -> SimpleImputer(strategy="constant", fill_value=7)
        y    = rows.label
        z    = rows.garden
        day  = rows.built -> OrdinalEncoder
    """
    plan = planned(text, tmp_path)
    assert types(plan) == {
        "x": "real[B, 3]",
        "y": "index(3)[B]",
        "z": "index(2)[B]",
        "day": "index(1)[B]",
    }
    x, y, z, day = load(plan, seed=0, root=tmp_path).train.tensors()
    assert x.tolist() == [[1.5, 10, 3], [7, 7, 4], [3, 30, 3], [4.25, 40, 5]]
    assert (y.tolist(), z.tolist(), day.tolist()) == ([0, 1, 2, 0], [1, 0, 1, 1], [0] * 4)


def test_of_a_large_file_the_header_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(FRAME, tmp_path, "parquet")
    monkeypatch.setattr(frames, "WHOLE_BELOW", 0)
    schema = FolderReader(tmp_path).frame("rows.parquet", "parquet", whole=False)
    assert isinstance(schema, CsvSchema)
    assert schema.rows == 4
    assert [c.dtype for c in schema.columns] == ["real", "int", "int", "int", "int", "text", "text"]
    assert all(c.categories is None and c.missing is None for c in schema.columns)
    # An encoder needs the cells, so they are read.
    plan = planned(f"rows = {source}\nx = rows.rooms\ny = rows.rooms -> OrdinalEncoder", tmp_path)
    assert types(plan)["y"] == "index(3)[B]"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('rows = parquet("homes.parquet")\nx = rows', "NS5501"),
        ('rows = parquet("rows.json")\nx = rows', "NS5503"),
        ('rows = json("rows.parquet")\nx = rows', "NS5503"),
        ('rows = parquet(".")\nx = rows', "NS5503"),
        ('rows = json("broken.json")\nx = rows', "NS5503"),
        ('rows = json("none.json")\nx = rows', "NS5504"),
        ('rows = json("lists.json")\nx = rows', "NS5503"),
        ('rows = parquet("empty.parquet")\nx = rows', "NS5504"),
        ('rows = parquet("rows.parquet")\nx = rows.sise', "NS5505"),
        ('rows = parquet("rows.parquet")\nx = rows.size', "NS4403"),
        ('rows = parquet("rows.parquet")\nx = rows.town', "NS4401"),
        ('rows = parquet("rows.parquet", header=true)\nx = rows', "NS5507"),
    ],
)
def test_mistakes(text: str, code: str, tmp_path: Path) -> None:
    for form in ("parquet", "json"):
        write(FRAME, tmp_path, form)
    FRAME.head(0).write_parquet(tmp_path / "empty.parquet")
    for name, content in (
        ("broken", '[{"a": 1'),
        ("none", "[]"),
        ("lists", '[{"a": [1, 2]}]'),
    ):
        (tmp_path / f"{name}.json").write_text(content, encoding="utf-8")
    assert codes(text, tmp_path) == [code]


def test_a_column_that_changed_meanwhile(tmp_path: Path) -> None:
    plan = planned(f"rows = {write(FRAME, tmp_path, 'parquet')}\ny = rows.rooms", tmp_path)
    write(FRAME.with_columns(rooms=pl.lit(None, pl.Int64)), tmp_path, "parquet")
    with pytest.raises(DataError, match="row 1 of column `rooms`"):
        load(plan, seed=0, root=tmp_path)


def test_text_that_is_missing_is_nan(tmp_path: Path) -> None:
    write(FRAME, tmp_path, "parquet")
    told = frames.read_parquet(tmp_path / "rows.parquet", {"town": "text"})["town"]
    assert told[:2].tolist() == ["b", "a"]
    assert np.isnan(float(told[2]))
