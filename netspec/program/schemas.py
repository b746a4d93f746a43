"""What data files say about themselves, before any of them is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import Protocol

from netspec.program.weights import SavedTensor

Category = str | int


@dataclass(frozen=True, slots=True)
class ColumnRange:
    """The smallest and the largest number that was seen in a column."""

    column: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Why a data file tells nothing; `near` are files of similar names.

    `separator`: a csv file is separated by `detail`. `encoding`: it is written in another one,
    perhaps `near`.
    """

    reason: OneOf[
        "missing", "outside", "empty", "malformed", "pickled", "huge", "separator", "encoding"
    ]
    file: str
    detail: str = ""
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvForm:
    """How a csv file is written; `decimal` is the mark before the fraction of a number."""

    header: bool = True
    separator: str = ","
    missing: tuple[str, ...] = ("", "NA", "NaN", "nan", "null")
    decimal: str = "."
    encoding: str = "utf-8"

    @property
    def codec(self) -> str:
        """Python's name of the encoding, which passes over a mark of bytes at the start."""
        return "utf-8-sig" if self.encoding == "utf-8" else self.encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvColumn:
    """What the cells of a csv column are, as far as they were read; rows are counted from 1.

    `missing` is the first row with an empty cell, `text` the first cell that is no number, with its
    row. `categories` are the distinct values in order, None when not all were read or too many.
    `range` is the smallest and the largest number that was seen, `integers` says that those of a
    sample are whole.
    """

    name: str
    dtype: OneOf["real", "int", "text"]
    missing: int | None = None
    text: tuple[int, str] | None = None
    categories: tuple[Category, ...] | None = None
    range: tuple[float, float] | None = None
    integers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvSchema:
    """The columns of a csv file; `rows` None when only a sample was read."""

    columns: tuple[CsvColumn, ...]
    rows: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdxSchema:
    """The shape of an IDX file, rows first; `classes` is one more than the largest label."""

    shape: tuple[int, ...]
    pixels: bool
    classes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesSchema:
    """A folder of images per class; `size` (height, width) None when a sample differs in size."""

    classes: tuple[str, ...]
    rows: int
    own_test: bool
    size: tuple[int, int] | None
    test_rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedArray:
    """An array of an npz file as its header tells: `dtype` as NumPy writes it, `<f4`."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayValues:
    """What an array holds: the distinct values in order, None when they are too many.

    Whole numbers have their range, text the cell of the first row.
    """

    categories: tuple[Category, ...] | None
    low: int = 0
    high: int = 0
    first: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubColumn:
    """A column of a data set of the hub; one that cannot be read has no `dtype`, and is `held`.

    `classes` are the names of a label's classes.
    """

    name: str
    dtype: OneOf["real", "int", "text", "pixels", ""] = ""
    held: str = ""
    dims: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HubCopy:
    """One configuration of a data set of the hub, as it lies in the cache: rows by split."""

    name: str
    rows: tuple[tuple[str, int], ...]
    columns: tuple[HubColumn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubCells:
    """What the cells of some columns are, and (height, width) of images, None where they differ.

    `cells` has none of the columns where there are too many rows to read.
    """

    cells: CsvSchema
    sizes: tuple[tuple[str, tuple[int, int] | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSchema:
    """How many tokens a text has, and the distinct ones in order."""

    tokens: int
    vocabulary: tuple[str, ...]


class SchemaReader(Protocol):
    """Reads what data files say about themselves, without loading them; handed to analysis."""

    def csv(self, file: str, form: CsvForm, *, whole: bool) -> CsvSchema | Unreadable:
        """The columns; a large file is only sampled unless `whole`."""

    def frame(self, file: str, source: str, *, whole: bool) -> CsvSchema | Unreadable:
        """The columns of a `parquet` or a `json` file; of a large one the header unless `whole`."""

    def idx(self, file: str) -> IdxSchema | Unreadable:
        """The shape, and the number of classes when it is a file of labels."""

    def images(self, folder: str) -> ImagesSchema | Unreadable:
        """The classes and the size of the images."""

    def hub(self, path: str) -> tuple[HubCopy, ...] | Unreadable:
        """The configurations of a data set of the hub that are in the local cache."""

    def hub_cells(
        self, path: str, name: str, splits: tuple[str, ...], columns: tuple[HubColumn, ...]
    ) -> HubCells | Unreadable:
        """What the cells of these columns are, in these splits."""

    def folder(self, name: str) -> Unreadable | None:
        """Why a folder cannot be read from, None where it can."""

    def arrays(self, file: str) -> tuple[SavedArray, ...] | Unreadable:
        """The arrays of an npz file, by their headers."""

    def array_values(self, file: str, name: str) -> ArrayValues | Unreadable:
        """What an array of whole numbers or of text holds; it is read for that."""

    def text(self, file: str, *, words: bool) -> TextSchema | Unreadable:
        """The tokens of a text: its words and marks, or its characters."""

    def tensors(self, file: str) -> dict[str, SavedTensor] | Unreadable:
        """The tensors of a safetensors file by key: shapes and dtypes."""
