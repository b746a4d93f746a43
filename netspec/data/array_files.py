"""NumPy's npz files: arrays by name in a zip archive. Their headers, and the arrays themselves.

`check` comes here for such a file alone. Nothing is ever unpickled: an array of Python objects is
told by its header, and refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from lzma import LZMAError
from math import prod
from pathlib import Path
from tokenize import TokenError
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib import format as npy

from netspec.data.reading import Array, Columns
from netspec.program.schemas import ArrayValues, SavedArray, Unreadable

__all__ = ["DAMAGE", "read_headers", "read_npz", "read_values"]

# What a damaged or encrypted archive raises, by where it is damaged.
DAMAGE = (BadZipFile, OSError, ValueError, EOFError, RuntimeError, zlib.error, LZMAError)
# What else a header can be: no Python, or nested beyond measure.
NO_HEADER = (TokenError, SyntaxError, MemoryError)
# A file that unpacks to more than both is not what people save: zeros beyond number.
MOST_UNPACKED = 2 * 2**30
MOST_UNPACKED_TIMES = 100
MOST_ARRAYS = 1000
MOST_CATEGORIES = 1000
SUFFIX = ".npy"


def read_npz(path: Path, columns: Mapping[str, str]) -> tuple[Columns, int]:
    """The arrays of an npz file by name, and how many of their last rows are a test set.

    `columns` says what each is: real, int, text or pixels; these are (images, channels, height,
    width). A column `x` that was saved in two parts is `x_train` and then `x_test`.
    """
    table: Columns = {}
    own_test = 0
    with np.load(path, allow_pickle=False) as file:
        for name, kind in columns.items():
            numbers = file[name] if name in file else file[f"{name}_train"]
            if name not in file:
                test = file[f"{name}_test"]
                numbers, own_test = np.concatenate([numbers, test]), len(test)
            if kind == "text":
                numbers = numbers.astype(object)
            elif kind == "int":
                if numbers.dtype == np.uint64 and numbers.max() >= 2**63:
                    raise ValueError(f"`{name}` holds numbers of 2**63 and more")
                numbers = numbers.astype(np.int64)
            elif kind == "real":
                numbers = numbers.astype(np.float64 if numbers.dtype.itemsize > 4 else np.float32)
            elif numbers.ndim == 3:
                numbers = numbers[:, np.newaxis]
            elif numbers.shape[1] not in {1, 3}:
                numbers = numbers.transpose(0, 3, 1, 2)
            table[name] = numbers
    return table, own_test


# --- what a file says ------------------------------------------------------------------------


def read_headers(path: Path, file: str) -> tuple[SavedArray, ...] | Unreadable:
    """The name, dtype and shape of each array; the arrays are not read."""
    if path.is_dir():
        return _malformed(file, "it is a folder")
    if not path.stat().st_size:
        return Unreadable(reason="empty", file=file)
    try:
        with path.open("rb") as stream:
            if stream.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX:
                detail = "it is one array without a name (.npy), and `numpy.savez` names arrays"
                return _malformed(file, detail)
        with ZipFile(path) as archive:
            return _headers(archive, path.stat().st_size, file)
    except BadZipFile:
        return _malformed(file, "it is no npz file, or damaged")
    except NO_HEADER:
        return _malformed(file, "the header of an array cannot be read")
    except DAMAGE as problem:
        return _malformed(file, _first_line(problem))


def _headers(archive: ZipFile, packed: int, file: str) -> tuple[SavedArray, ...] | Unreadable:
    members = archive.infolist()
    if not members:
        return Unreadable(reason="empty", file=file)
    if len(members) > MOST_ARRAYS:
        return _malformed(file, f"it holds more than {MOST_ARRAYS} arrays")
    unpacked = sum(member.file_size for member in members)
    if unpacked > max(MOST_UNPACKED, MOST_UNPACKED_TIMES * packed):
        detail = f"{unpacked / 2**30:.3g} GiB from {packed / 2**20:.3g} MiB"
        return Unreadable(reason="huge", file=file, detail=detail)
    arrays: list[SavedArray] = []
    for member in members:
        name = member.filename.removesuffix(SUFFIX)
        if name == member.filename:
            return _malformed(file, f"its part `{name}` is no array")
        with archive.open(member) as stream:
            version = npy.read_magic(stream)
            if version == (1, 0):
                shape, _, dtype = npy.read_array_header_1_0(stream)
            elif version == (2, 0):
                shape, _, dtype = npy.read_array_header_2_0(stream)
            else:  # (3, 0) is written for the names of fields, which no column has
                return _malformed(file, f"its array `{name}` has fields, or a newer form")
            stored = member.file_size - stream.tell()
        if min(shape, default=0) < 0:
            return _malformed(file, f"its array `{name}` has a negative size")
        if not dtype.hasobject and prod(shape) * dtype.itemsize != stored:
            return _malformed(file, f"its array `{name}` holds less or more than its header says")
        arrays.append(SavedArray(name=name, dtype=dtype.str, shape=tuple(shape)))
    twice = {array.name: array for array in arrays}
    if len(twice) < len(arrays):
        return _malformed(file, "two of its arrays have one name")
    return tuple(arrays)


def read_values(path: Path, file: str, name: str) -> ArrayValues | Unreadable:
    """The distinct values of an array of whole numbers, truth values or text, and their range.

    The array is one that `read_headers` found: its size is what its header says.
    """
    try:
        with ZipFile(path) as archive, archive.open(name + SUFFIX) as stream:
            values: Array = npy.read_array(stream, allow_pickle=False)
            while stream.read(2**20):
                pass  # so that the check sum is looked at
    except DAMAGE as problem:
        return _malformed(file, _first_line(problem))
    distinct = np.unique(values)
    few = len(distinct) <= MOST_CATEGORIES
    if values.dtype.kind == "U":
        return ArrayValues(
            categories=tuple(map(str, distinct)) if few else None, first=str(values[0])
        )
    return ArrayValues(
        categories=tuple(map(int, distinct)) if few else None,
        low=int(distinct[0]),
        high=int(distinct[-1]),
    )


def _first_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or ["it ends early"])[0]


def _malformed(file: str, detail: str) -> Unreadable:
    return Unreadable(reason="malformed", file=file, detail=detail)
