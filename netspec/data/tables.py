"""Tables of columns: read from csv files, missing cells filled in. Plain functions, each whole.

Apart from `reading` because they need polars and more of scikit-learn, which take a while to load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError
from sklearn.impute import SimpleImputer

from netspec.data.reading import Array, Columns

__all__ = ["PolarsError", "fit_imputers", "impute", "read_csv"]


def read_csv(
    path: Path,
    columns: Mapping[str, str],
    header: bool = True,
    separator: str = ",",
    missing: Sequence[str] = ("", "NA", "NaN", "nan", "null"),
    decimal: str = ".",
    encoding: str = "utf-8",
) -> Columns:
    """The columns of a csv file as arrays; `columns` says what each is: real, int or text.

    A missing cell is NaN; lines without any content are left out.
    """
    content = path.read_bytes().decode(encoding).encode() if encoding != "utf-8" else path
    frame = pl.read_csv(
        content,
        has_header=header,
        separator=separator,
        infer_schema=False,
    )
    frame = frame.filter(~pl.all_horizontal(pl.all().is_null())).fill_null("")
    if len(frame.columns) != len(columns):
        raise ValueError(f"it has {len(frame.columns)} columns, not {len(columns)}")
    table: Columns = {}
    for cells, (name, kind) in zip(frame.iter_columns(), columns.items(), strict=True):
        text = cells.str.strip_chars()
        absent = text.is_in(list(missing))
        if kind == "text":
            table[name] = text.to_numpy().astype(object)
            table[name][absent.to_numpy()] = np.nan
            continue
        if decimal != ".":
            text = text.str.replace_all(".", "_", literal=True)
            text = text.str.replace_all(decimal, ".", literal=True)
        number = text.cast(pl.Int64 if kind == "int" else pl.Float64, strict=False)
        odd = (number.is_null() & ~absent).arg_true()
        if len(odd):
            raise ValueError(f"row {odd[0] + 1} of column `{name}` is `{text[odd[0]]}`, no number")
        if kind == "int" and absent.any():
            raise ValueError(f"row {absent.arg_true()[0] + 1} of column `{name}` is missing")
        table[name] = number.zip_with(~absent, pl.Series([None], dtype=number.dtype)).to_numpy()
    return table


def fit_imputers(
    table: Columns,
    rows: Array,
    strategy: str = "mean",
    fill_value: float | str | None = None,
) -> dict[str, SimpleImputer]:
    """An imputer for each column, fitted on these rows."""
    imputers: dict[str, SimpleImputer] = {}
    for name, cells in table.items():
        imputer = SimpleImputer(strategy=strategy, fill_value=fill_value)
        imputers[name] = imputer.fit(cells[rows].reshape(-1, 1))
        if imputer.statistics_.dtype != object and np.isnan(imputer.statistics_).any():
            raise ValueError(f"column `{name}` has no value in the training rows")
    return imputers


def impute(table: Columns, imputers: Mapping[str, SimpleImputer]) -> Columns:
    """The columns with missing cells filled in."""
    return {
        name: imputers[name].transform(cells.reshape(-1, 1)).ravel()
        for name, cells in table.items()
    }
