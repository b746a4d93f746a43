"""What a csv file says about itself, read with the standard library alone: no torch, no numpy.

A file below 10 MB is read whole, so that every type, category and missing cell is known at `check`;
of a larger one only a sample.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from netspec.program.schemas import Category, CsvColumn, CsvForm, CsvSchema, Unreadable

WHOLE_BELOW = 10_000_000
SAMPLE_ROWS = 10_000
MOST_CATEGORIES = 1000
# So many rows tell what a file is separated by.
TELLING_ROWS = 100

# The cells that are numbers: what both Python's `float` and Polars read, without underscores,
# spaces and hexadecimals.
INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# What a file may be separated by, the likeliest first.
MARKS = ";\t|,"
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(slots=True)
class _Cells:
    """What was seen of one column so far."""

    name: str
    decimal: str = "."
    low: float = math.inf
    high: float = -math.inf
    integers: bool = True
    numbers: bool = True
    missing: int | None = None
    text: tuple[int, str] | None = None
    distinct: set[str] | None = field(default_factory=set)

    def add(self, row: int, cell: str, missing: frozenset[str]) -> None:
        """Take one cell."""
        if self.distinct is not None and cell in self.distinct:
            return
        if cell in missing:
            if self.missing is None:
                self.missing = row
            return
        if self.distinct is not None:
            self.distinct.add(cell)
            if len(self.distinct) > MOST_CATEGORIES:
                self.distinct = None
        number = cell
        if self.decimal != ".":
            number = cell.replace(".", "_").replace(self.decimal, ".")
        if self.integers and not INTEGER.fullmatch(number):
            self.integers = False
        if self.integers or NUMBER.fullmatch(number):
            self.low, self.high = min(self.low, float(number)), max(self.high, float(number))
        elif self.text is None:
            self.numbers = False
            self.text = (row, cell)

    def column(self, *, whole: bool) -> CsvColumn:
        """What the column is, once every cell was taken."""
        distinct = self.distinct if whole else None
        categories: tuple[Category, ...] | None = None
        if not self.numbers:
            # An integer column may turn to text late: the first odd cell is already noted.
            categories = None if distinct is None else tuple(sorted(distinct))
            return CsvColumn(
                name=self.name,
                dtype="text",
                missing=self.missing,
                text=self.text,
                categories=categories,
            )
        if self.integers and self.missing is None and whole:
            if distinct is not None:
                categories = tuple(sorted({int(cell) for cell in distinct}))
            return CsvColumn(name=self.name, dtype="int", categories=categories, range=self.range)
        return CsvColumn(
            name=self.name,
            dtype="real",
            missing=self.missing,
            range=self.range,
            integers=self.integers and self.missing is None,
        )

    @property
    def range(self) -> tuple[float, float] | None:
        """The smallest and the largest number."""
        return (self.low, self.high) if self.low <= self.high else None


def read_csv_schema(path: Path, file: str, form: CsvForm, *, whole: bool) -> CsvSchema | Unreadable:
    """The columns of a csv file: names, what their cells are, first missing and odd cells."""
    whole = whole or path.stat().st_size < WHOLE_BELOW
    try:
        mark = _other_separator(path, form)
        if mark is not None:
            return Unreadable(reason="separator", file=file, detail=mark)
        with path.open(encoding=form.codec, newline="") as stream:
            rows = csv.reader(stream, delimiter=form.separator, strict=True)
            return _columns(rows, file, form, whole)
    except UnicodeError as problem:
        # Only this error of a codec says where; the others are about the file as a whole.
        place = problem.start if isinstance(problem, UnicodeDecodeError) else 0
        with path.open("rb") as stream:
            likely = "utf-16" if stream.read(2) in UTF16 else "latin-1"
        detail = f"it is not {form.encoding.upper()} (byte {place})"
        near = (likely,) if likely != form.encoding else ()
        return Unreadable(reason="encoding", file=file, detail=detail, near=near)
    except csv.Error as problem:
        return Unreadable(reason="malformed", file=file, detail=str(problem))
    except OSError as problem:
        return Unreadable(reason="malformed", file=file, detail=_told(problem))


def _told(problem: OSError) -> str:
    if isinstance(problem, IsADirectoryError):
        return "it is a folder"
    return (problem.strerror or "no access").lower()


def _other_separator(path: Path, form: CsvForm) -> str | None:
    """What the lines are separated by, where they have no separator and each as many of another."""
    with path.open(encoding=form.codec, newline="") as stream:
        rows = csv.reader(stream, delimiter=form.separator)
        lines = [row for row in islice(rows, TELLING_ROWS) if any(row)]
    if len(lines) < 2 or len(lines[0]) != 1:
        return None
    for mark in MARKS.replace(form.separator, ""):
        counts = {form.separator.join(line).count(mark) for line in lines}
        if len(counts) == 1 and counts != {0}:
            return mark
    return None


def _columns(
    rows: Iterator[list[str]], file: str, form: CsvForm, whole: bool
) -> CsvSchema | Unreadable:
    first = next((row for row in rows if any(row)), None)
    if first is None:
        return Unreadable(reason="empty", file=file)
    names = first if form.header else [f"column_{place}" for place in range(len(first))]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        detail = f"two columns are called `{twice}`"
        if _looks_like_numbers(names):
            detail += "; a file without a header is read with `header=false`"
        return Unreadable(reason="malformed", file=file, detail=detail)
    columns = [_Cells(name, form.decimal) for name in names]
    missing = frozenset(form.missing)
    count = 0
    for row in _rows([] if form.header else [first], rows):
        count += 1
        if len(row) != len(names):
            there = "there is 1 column" if len(names) == 1 else f"there are {len(names)} columns"
            cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
            detail = f"row {count} has {cells}, and {there}"
            return Unreadable(reason="malformed", file=file, detail=detail)
        for column, cell in zip(columns, row, strict=True):
            column.add(count, cell.strip(), missing)
        if count == SAMPLE_ROWS and not whole:
            break
    if count == 0:
        return Unreadable(reason="empty", file=file)
    made = tuple(column.column(whole=whole) for column in columns)
    return CsvSchema(columns=made, rows=count if whole else None)


def _rows(first: list[list[str]], rest: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows, those without any content left out."""
    yield from first
    yield from (row for row in rest if any(row))


def _looks_like_numbers(names: Sequence[str]) -> bool:
    return all(NUMBER.fullmatch(name) for name in names)
