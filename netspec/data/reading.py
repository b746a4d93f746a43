"""Readers of image files, and the division of rows: plain functions, each whole in itself.

Exported scripts hold the text of these very functions, so they use only the modules imported here
and each other, and raise ValueError with a message for people.
"""

from __future__ import annotations

import gzip
import math
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[np.generic]
Columns = dict[str, Array]


def read_idx(path: Path) -> Array:
    """The numbers of an IDX file, gzipped or not, in their shape."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    types = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    shape = struct.unpack_from(f">{content[3]}I", content, 4)
    numbers = np.frombuffer(content, types[content[2]], math.prod(shape), 4 + 4 * content[3])
    return numbers.reshape(shape).astype(numbers.dtype.newbyteorder("="))


def decode_image(path: Path | BytesIO, channels: int, size: tuple[int, int] | None = None) -> Array:
    """An image as bytes, (channels, height, width); `size` (height, width) resizes it."""
    with Image.open(path) as image:
        picture = image.convert("RGB" if channels == 3 else "L")
    if size is not None and picture.size != (size[1], size[0]):
        picture = picture.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    pixels = np.asarray(picture)
    return pixels[np.newaxis] if channels == 1 else pixels.transpose(2, 0, 1)


def decode_images(
    paths: Sequence[Path | BytesIO], channels: int, size: tuple[int, int] | None = None
) -> Array:
    """Images of one size as bytes, (images, channels, height, width)."""
    first = decode_image(paths[0], channels, size)
    images = np.empty((len(paths), *first.shape), np.uint8)

    def decode(place: int) -> None:
        pixels = decode_image(paths[place], channels, size)
        if pixels.shape != first.shape:
            raise ValueError(f"`{paths[place]}` differs in size from `{paths[0]}`")
        images[place] = pixels

    with ThreadPoolExecutor() as pool:
        list(pool.map(decode, range(len(paths)), chunksize=64))
    return images


def resize_images(images: Array, size: tuple[int, int]) -> Array:
    """Images as bytes, (images, channels, height, width), brought to (height, width)."""
    height, width = size
    planes = [
        Image.fromarray(plane).resize((width, height), Image.Resampling.BILINEAR)
        for plane in images.reshape(-1, *images.shape[2:])
    ]
    return np.stack([np.asarray(plane) for plane in planes]).reshape(
        *images.shape[:2], height, width
    )


def center_crop(images: Array, size: tuple[int, int]) -> Array:
    """The middle of each image, (height, width). images: (B, C, H, W)."""
    height, width = size
    top, left = round((images.shape[2] - height) / 2), round((images.shape[3] - width) / 2)
    return images[:, :, top : top + height, left : left + width]


def grayscale(images: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Three channels to one, weighed as ITU-R BT.601 does. images: (B, 3, H, W)."""
    red, green, blue = np.split(images, 3, axis=1)
    return np.asarray(red * 0.2989 + green * 0.587 + blue * 0.114)


def split_rows(
    rows: int,
    parts: Sequence[float],
    seed: int | None,
    classes: Array | None = None,
    gap: int = 0,
) -> list[Array]:
    """Row numbers of each part, in order of a seeded permutation, or as they stand without a seed.

    Parts end at their cumulative share of the rows, rounded half up, and the next begins `gap` rows
    later. With `classes` each class is divided so by itself.
    """
    order = np.arange(rows) if seed is None else np.random.RandomState(seed).permutation(rows)
    groups = [np.arange(rows)]
    if classes is not None:
        groups = [np.flatnonzero(classes[order] == value) for value in np.unique(classes)]
    chosen: list[list[Array]] = [[] for _ in parts]
    for group in groups:
        start, total = 0, 0.0
        for places, part in zip(chosen, parts, strict=True):
            total += part
            end = min(int(total * len(group) + 0.5 + 1e-9), len(group))
            places.append(group[start:end])
            start = end + gap
    return [order[np.sort(np.concatenate(places))] for places in chosen]


def split_groups(groups: Array, parts: Sequence[float], seed: int | None) -> list[Array]:
    """Row numbers of each part, where the rows of a group stay together.

    Groups stand in order of a seeded permutation, or of their first rows without a seed; each falls
    to the part that holds its middle, parts being their shares of all rows.
    """
    _, first, numbers = np.unique(groups, return_index=True, return_inverse=True)
    sizes = np.bincount(numbers)
    if seed is None:
        order = np.argsort(first)
    else:
        order = np.random.RandomState(seed).permutation(len(sizes))
    middles = np.empty(len(sizes))
    middles[order] = np.cumsum(sizes[order]) - sizes[order] / 2
    ends = np.cumsum(parts) * len(groups) * (1 + 1e-9)
    chosen = np.searchsorted(ends, middles, side="right")[numbers]
    return [np.flatnonzero(chosen == number) for number in range(len(parts))]


def stack_columns(table: Columns, names: Sequence[str]) -> Array:
    """Columns side by side as a matrix of float64."""
    return np.column_stack([table[name] for name in names]).astype(np.float64)


def stack_categories(table: Columns, names: Sequence[str]) -> Array:
    """Columns side by side as a matrix of objects, as encoders take them."""
    return np.column_stack([table[name].astype(object) for name in names])
