"""Arrays of files as columns: `npz("moons.npz")`, typed by their headers.

The first dimension is the rows. Whole numbers are looked at where they are not too many, so that
labels are classes; bytes of three dimensions, or of four with 1 or 3 channels, are images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from netspec.analysis.data import errors
from netspec.analysis.data.block import Block
from netspec.analysis.data.values import INT, REAL, Info, Table
from netspec.analysis.network.operands import literal
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.catalog import Bound, Entry
from netspec.program.data import Column, Load
from netspec.program.schemas import SavedArray, Unreadable
from netspec.source import Span
from netspec.types import Dim, Kind

PARTS = ("_train", "_test")
# Labels are read whole, to know their classes; other whole numbers when they are not too many.
MOST_LABELS = 10_000_000
MOST_TOKENS = 1_000_000
# What else an array can hold, by NumPy's letter, in words; unknown ones are named by the letter.
HELD = {
    "O": "Python objects",
    "c": "complex numbers",
    "M": "dates",
    "m": "spans of time",
    "S": "bytes",
    "V": "records",
}


@dataclass(frozen=True, slots=True)
class _Part:
    """A column as it is saved: one array, or the training part and the test part of it."""

    name: str
    arrays: tuple[SavedArray, ...]

    @property
    def rows(self) -> int:
        return sum(array.shape[0] for array in self.arrays)

    @property
    def dims(self) -> tuple[int, ...]:
        return self.arrays[0].shape[1:]

    @property
    def dtype(self) -> str:
        return self.arrays[0].dtype


def array_table(
    block: Block, entry: Entry, span: Span, bound: Bound, spans: Mapping[str, Span]
) -> Table | Unknown:
    """The arrays of an npz file as columns, all with the same rows."""
    file, place = str(bound.values["file"]), spans["file"]
    saved = block.schemas.arrays(file)
    if isinstance(saved, Unreadable):
        return block.fail(errors.unreadable(saved, place))
    chosen = _chosen(block, file, saved, bound, spans)
    if isinstance(chosen, Unknown):
        return UNKNOWN
    parts = _parts(chosen)
    for part in parts:
        letter = part.dtype[1]
        if letter not in "fiubU" or (letter == "U" and part.dims):
            held = "text in more than one dimension" if letter == "U" else HELD.get(letter, letter)
            objects = letter == "O"
            return block.fail(errors.array_refused(place, file, part.name, held, objects))
    if not _is_table(block, file, parts, place):
        return UNKNOWN
    columns: list[Info] = []
    for part in parts:
        info = _info(block, file, part, place)
        if isinstance(info, Unknown):
            return UNKNOWN
        columns.append(info)
    load = Load(
        span=span,
        source=entry.name,
        target=entry.target,
        arguments=tuple(
            (name, literal(bound.values[name])) for name in bound.values if name in bound.given
        ),
        columns=tuple(Column(name=info.name, dtype=info.dtype) for info in columns),
    )
    first = parts[0].arrays
    test = first[1].shape[0] if len(first) > 1 else 0
    return Table(expression=load, columns=tuple(columns), rows=Dim.of(parts[0].rows), own_test=test)


def _chosen(
    block: Block, file: str, saved: Sequence[SavedArray], bound: Bound, spans: Mapping[str, Span]
) -> Sequence[SavedArray] | Unknown:
    """Those that `arrays` names, all where it does not."""
    names = bound.values["arrays"]
    if names is None:
        return saved
    assert isinstance(names, tuple)
    if not names:
        message, advice = "`arrays` names none", "leave it out to read them all"
        return block.fail(errors.arguments_refused(spans["arrays"], message, advice))
    by_name = {array.name: array for array in saved}
    for name in names:
        if str(name) not in by_name:
            place = spans["arrays"]
            return block.fail(errors.unknown_column(place, str(name), f"`{file}`", list(by_name)))
    return [by_name[str(name)] for name in dict.fromkeys(names)]


def _parts(arrays: Sequence[SavedArray]) -> list[_Part]:
    """A column for each; where all are called `..._train` and `..._test`, one for each two."""
    by_name = {array.name: array for array in arrays}
    heads = {
        name.removesuffix(end): None for name in by_name for end in PARTS if name.endswith(end)
    }
    pairs = {head: [head + end for end in PARTS] for head in heads if head}
    if {name for both in pairs.values() for name in both} != by_name.keys():
        return [_Part(array.name, (array,)) for array in arrays]
    return [_Part(head, tuple(by_name[name] for name in both)) for head, both in pairs.items()]


def _is_table(block: Block, file: str, parts: Sequence[_Part], span: Span) -> bool:
    """Whether all arrays have as many rows; reported when not."""
    rowed = [array for part in parts for array in part.arrays if array.shape]
    counts = [array.shape[0] for array in rowed]
    usual = max(counts, key=counts.count, default=0)
    wanted = [array.name for array in rowed if array.shape[0] == usual]
    for part in parts:
        for at, array in enumerate(part.arrays):
            told = None
            if not array.shape:
                told = f"`{array.name}` is a single number"
            elif array.shape[0] != parts[0].arrays[at].shape[0]:
                first = parts[0].arrays[at]
                told = (
                    f"`{first.name}` has {first.shape[0]} rows, `{array.name}` has {array.shape[0]}"
                )
            elif at and (array.shape[1:] != part.dims or _held(array) != _held(part.arrays[0])):
                told = f"a row of `{array.name}` is not what one of `{part.arrays[0].name}` is"
            if told is not None:
                block.fail(errors.arrays_differ_in_rows(span, file, told, wanted))
                return False
            if not array.shape[0]:
                block.fail(errors.file_empty(span, file))
                return False
            if 0 in array.shape:
                detail = f"the rows of its array `{array.name}` hold nothing"
                block.fail(errors.file_malformed(span, file, detail))
                return False
    return True


def _held(array: SavedArray) -> str:
    """The dtype, where the length of texts is none of its business."""
    return "U" if array.dtype[1] == "U" else array.dtype


def _info(block: Block, file: str, part: _Part, span: Span) -> Info | Unknown:
    letter, dims = part.dtype[1], part.dims
    place = f"{file}, array {part.name}"
    info = Info(name=part.name, dtype="real", kind=REAL, dims=dims, place=place)
    if letter == "f":
        return info
    if part.dtype == "|u1":
        image = _image(dims)
        if image is not None:
            return replace(info, dtype="pixels", kind=Kind("unit"), dims=image)
    info = replace(info, dtype="text" if letter == "U" else "int", kind=INT)
    if part.rows * prod(dims) > (MOST_TOKENS if dims else MOST_LABELS):
        return info
    found: set[str | int] | None = set()
    low, high, first = 0, 0, ""
    for array in part.arrays:
        values = block.schemas.array_values(file, array.name)
        if isinstance(values, Unreadable):
            return block.fail(errors.unreadable(values, span))
        low, high, first = min(low, values.low), max(high, values.high), first or values.first
        few = found is not None and values.categories is not None
        found = {*(found or ()), *(values.categories or ())} if few else None
    categories = None if found is None else tuple(sorted(found))
    if dims and low >= 0 and high < 2**31:
        # Tokens, or a class for each place: those of the rows that are there.
        return replace(info, kind=Kind("index", Dim.of(high + 1)))
    return replace(info, categories=categories, text=(1, first) if letter == "U" else None)


def _image(dims: tuple[int, ...]) -> tuple[int, int, int] | None:
    """Channels, height and width of bytes that are images, None where they are none."""
    match dims:
        case (height, width):
            return 1, height, width
        case ((1 | 3) as channels, height, width) | (height, width, (1 | 3) as channels):
            return channels, height, width
        case _:
            return None
