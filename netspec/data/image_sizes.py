"""The size of an image from its first bytes, without decoding: PNG, JPEG, GIF, BMP."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

# JPEG markers that begin a frame, and so hold its size (ITU T.81, table B.1).
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# JPEG markers without a length.
ALONE = frozenset(range(0xD0, 0xD8)) | {0x01, 0xFF}


def image_size(path: Path) -> tuple[int, int] | None:
    """Height and width, or None when the file is no image of these formats."""
    try:
        with path.open("rb") as stream:
            head = stream.read(26)
            if head[:8] == b"\x89PNG\r\n\x1a\n" and len(head) >= 24:
                width, height = struct.unpack(">II", head[16:24])
                return height, width
            if head[:6] in (b"GIF87a", b"GIF89a") and len(head) >= 10:
                width, height = struct.unpack("<HH", head[6:10])
                return height, width
            if head[:2] == b"BM" and len(head) >= 26:
                width, height = struct.unpack("<ii", head[18:26])
                return abs(height), width
            if head[:2] == b"\xff\xd8":
                stream.seek(2)
                return _jpeg_size(stream)
    except OSError:
        return None
    return None


def _jpeg_size(stream: BinaryIO) -> tuple[int, int] | None:
    """Walk a JPEG's segments to the frame."""
    while True:
        byte = stream.read(1)
        if not byte:
            return None
        if byte != b"\xff":
            continue
        marker = stream.read(1)
        if not marker or marker[0] in ALONE:
            continue
        length = stream.read(2)
        if len(length) < 2:
            return None
        if marker[0] in FRAMES:
            frame = stream.read(5)
            if len(frame) < 5:
                return None
            height, width = struct.unpack(">HH", frame[1:5])
            return height, width
        stream.seek(struct.unpack(">H", length)[0] - 2, 1)
