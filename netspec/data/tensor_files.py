"""What a safetensors file says about its tensors, read with the standard library alone.

The format: eight bytes, the length of the header as a little-endian integer; the header, a JSON
object that tells dtype, shape and place of each tensor; then the numbers. Only the header is read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

from netspec.program.schemas import Unreadable
from netspec.program.weights import SavedTensor

# As safetensors' own readers have it.
LONGEST_HEADER = 100_000_000
# How a file that torch.save wrote begins: a zip archive, or a bare pickle.
PICKLED = (b"PK\x03\x04", b"\x80\x02")


def read_tensor_schema(path: Path, file: str) -> dict[str, SavedTensor] | Unreadable:
    """The tensors of a file by key, without their numbers."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            return _tensors(stream, size, file)
    except OSError as problem:
        reason = "it is a folder" if path.is_dir() else (problem.strerror or "no access").lower()
        return _malformed(file, reason)


def _tensors(stream: BinaryIO, size: int, file: str) -> dict[str, SavedTensor] | Unreadable:
    begin = stream.read(8)
    length = int.from_bytes(begin, "little")
    header = _header(stream, length) if len(begin) == 8 and length <= size - 8 else None
    if header is None and begin.startswith(PICKLED):
        return Unreadable(reason="pickled", file=file)
    if header is None:
        return _malformed(file, "it is no safetensors file")
    tensors: dict[str, SavedTensor] = {}
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        match entry:
            case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [int(), int(end)]} if all(
                isinstance(side, int) for side in shape
            ):
                if end > size - 8 - length:
                    return _malformed(file, f"it ends before the numbers of `{key}`")
                tensors[key] = SavedTensor(shape=tuple(shape), dtype=dtype)
            case _:
                return _malformed(file, f"its header does not say what `{key}` is")
    return tensors or _malformed(file, "it holds no tensors")


def _header(stream: BinaryIO, length: int) -> dict[str, object] | None:
    """The header's JSON object, if that is what stands there."""
    if length > LONGEST_HEADER:
        return None
    try:
        header = json.loads(stream.read(length))
    except (ValueError, RecursionError):
        return None
    return header if isinstance(header, dict) else None


def _malformed(file: str, detail: str) -> Unreadable:
    return Unreadable(reason="malformed", file=file, detail=detail)
