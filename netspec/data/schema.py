"""What data files say about themselves, read with the standard library alone: no torch, no numpy.

The driver hands a `FolderReader` to the analysis.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

from netspec import data as room
from netspec.data.csv_schema import read_csv_schema
from netspec.data.hub_cache import find_copies
from netspec.data.image_folders import list_images
from netspec.data.image_sizes import image_size
from netspec.data.paths import find
from netspec.data.tensor_files import read_tensor_schema
from netspec.data.text_files import read_text_schema
from netspec.program.schemas import (
    ArrayValues,
    CsvForm,
    CsvSchema,
    HubCells,
    HubColumn,
    HubCopy,
    IdxSchema,
    ImagesSchema,
    SavedArray,
    TextSchema,
    Unreadable,
)
from netspec.program.weights import SavedTensor

MOST_LABEL_BYTES = 100_000_000
SAMPLE_IMAGES = 64


class FolderReader:
    """Reads files for the specs of one folder; each question is answered once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._csv: dict[tuple[str, CsvForm, bool], CsvSchema | Unreadable] = {}
        self._frames: dict[tuple[str, str, bool], CsvSchema | Unreadable] = {}
        self._texts: dict[tuple[str, bool], TextSchema | Unreadable] = {}

    def csv(self, file: str, form: CsvForm, *, whole: bool) -> CsvSchema | Unreadable:
        """The columns; a large file is only sampled unless `whole`."""
        key = (file, form, whole)
        if key not in self._csv:
            path = find(file, self.root)
            self._csv[key] = (
                path
                if isinstance(path, Unreadable)
                else read_csv_schema(path, file, form, whole=whole)
            )
        return self._csv[key]

    def frame(self, file: str, source: str, *, whole: bool) -> CsvSchema | Unreadable:
        """The columns of a `parquet` or a `json` file, read by polars, loaded for them alone."""
        key = (file, source, whole)
        if key not in self._frames:
            path = find(file, self.root)
            self._frames[key] = (
                path
                if isinstance(path, Unreadable)
                else room.frames.read_frame_schema(path, file, source, whole=whole)
            )
        return self._frames[key]

    def idx(self, file: str) -> IdxSchema | Unreadable:
        """The shape, and the number of classes when it is a file of labels."""
        path = find(file, self.root)
        return path if isinstance(path, Unreadable) else read_idx_schema(path, file)

    def images(self, folder: str) -> ImagesSchema | Unreadable:
        """The classes, and the size of the images as a sample shows it."""
        path = find(folder, self.root)
        return path if isinstance(path, Unreadable) else read_images_schema(path, folder)

    def hub(self, path: str) -> tuple[HubCopy, ...] | Unreadable:
        """The configurations of a data set of the hub that are in the local cache."""
        found = find_copies(path)
        return found if isinstance(found, Unreadable) else tuple(one.copy for one in found)

    def hub_cells(
        self, path: str, name: str, splits: tuple[str, ...], columns: tuple[HubColumn, ...]
    ) -> HubCells | Unreadable:
        """What the cells of these columns are, by polars, which is loaded for them alone."""
        found = find_copies(path)
        if isinstance(found, Unreadable):
            return found
        (cached,) = (one for one in found if one.copy.name == name)
        kinds = {column.name: column.dtype for column in columns}
        files = [file for split in splits for file in cached.files(split)]
        return room.hub_files.read_cells(files, path, kinds)

    def folder(self, name: str) -> Unreadable | None:
        """Why a folder cannot be read from, None where it can."""
        path = find(name, self.root)
        if isinstance(path, Unreadable):
            return path
        if path.is_dir():
            return None
        return Unreadable(reason="malformed", file=name, detail="it is no folder")

    def arrays(self, file: str) -> tuple[SavedArray, ...] | Unreadable:
        """The arrays of an npz file by their headers, which NumPy reads, loaded for them alone."""
        path = find(file, self.root)
        return path if isinstance(path, Unreadable) else room.array_files.read_headers(path, file)

    def array_values(self, file: str, name: str) -> ArrayValues | Unreadable:
        """What an array of whole numbers or of text holds; it is read for that."""
        path = find(file, self.root)
        if isinstance(path, Unreadable):
            return path
        return room.array_files.read_values(path, file, name)

    def text(self, file: str, *, words: bool) -> TextSchema | Unreadable:
        """The tokens of a text, which is read whole."""
        key = (file, words)
        if key not in self._texts:
            path = find(file, self.root)
            self._texts[key] = (
                path if isinstance(path, Unreadable) else read_text_schema(path, file, words)
            )
        return self._texts[key]

    def tensors(self, file: str) -> dict[str, SavedTensor] | Unreadable:
        """The tensors of a safetensors file by key: shapes and dtypes."""
        path = find(file, self.root)
        return path if isinstance(path, Unreadable) else read_tensor_schema(path, file)


# --- idx -------------------------------------------------------------------------------------

# The third byte of the magic number, which says what the numbers are.
UNSIGNED_BYTE = 8
IDX_TYPES = frozenset({UNSIGNED_BYTE, 9, 11, 12, 13, 14})


def read_idx_schema(path: Path, file: str) -> IdxSchema | Unreadable:
    """The shape of an IDX file; one of labels is read whole for the number of classes.

    The format: http://yann.lecun.com/exdb/mnist/ (two zero bytes, the type, the number of
    dimensions, each dimension as a big-endian 32-bit integer, then the numbers).
    """
    try:
        with open_idx(path) as stream:
            head = stream.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in IDX_TYPES or head[3] == 0:
                detail = "it does not begin as an IDX file does"
                return Unreadable(reason="malformed", file=file, detail=detail)
            sizes = stream.read(4 * head[3])
            if len(sizes) < 4 * head[3]:
                return Unreadable(reason="malformed", file=file, detail="it ends within its header")
            shape = struct.unpack(f">{head[3]}I", sizes)
            if shape[0] == 0:
                return Unreadable(reason="empty", file=file)
            classes = None
            if len(shape) == 1 and head[2] == UNSIGNED_BYTE and shape[0] <= MOST_LABEL_BYTES:
                labels = stream.read(shape[0])
                if len(labels) < shape[0]:
                    detail = f"it ends after {len(labels)} of {shape[0]} labels"
                    return Unreadable(reason="malformed", file=file, detail=detail)
                classes = max(labels) + 1
            return IdxSchema(shape=shape, pixels=head[2] == UNSIGNED_BYTE, classes=classes)
    except (OSError, EOFError, zlib.error) as problem:
        return Unreadable(reason="malformed", file=file, detail=str(problem) or "it ends early")


def open_idx(path: Path) -> gzip.GzipFile:
    """The file's bytes, unpacked if it is gzipped."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]  # both read bytes


# --- images ----------------------------------------------------------------------------------


def read_images_schema(path: Path, folder: str) -> ImagesSchema | Unreadable:
    """The classes of a folder of images; the size of every image in a spread-out sample."""
    listed = list_images(path, folder)
    if isinstance(listed, Unreadable):
        return listed
    files = (*listed.files, *listed.test_files)
    step = max(1, len(files) // SAMPLE_IMAGES)
    sizes: set[tuple[int, int]] = set()
    for file, _ in files[::step]:
        size = image_size(file)
        if size is None:
            detail = f"`{file.relative_to(path)}` is not an image that can be read"
            return Unreadable(reason="malformed", file=folder, detail=detail)
        sizes.add(size)
    return ImagesSchema(
        classes=listed.classes,
        rows=len(listed.files),
        test_rows=len(listed.test_files),
        own_test=bool(listed.test_files),
        size=sizes.pop() if len(sizes) == 1 else None,
    )
