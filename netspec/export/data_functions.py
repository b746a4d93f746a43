"""Functions that only exported scripts call; the others are the text of `netspec.data.reading`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]


def find_file(name: str) -> Path:
    """The file in the working folder, beside this script, or in the folder NETSPEC_DATA."""
    folders = [Path(), Path(__file__).parent, Path(os.environ.get("NETSPEC_DATA", "."))]
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{name} is in none of {', '.join(map(str, folders))}")


def find_folder(name: str) -> Path:
    """The folder in the working folder, beside this script or in NETSPEC_DATA; else a new one."""
    try:
        return find_file(name)
    except FileNotFoundError:
        return Path(name)


def list_images(folder: Path) -> tuple[list[Path], list[int]]:
    """The images of a folder per class, and the number of each image's class."""
    files: list[Path] = []
    labels: list[int] = []
    classes = sorted(entry for entry in folder.iterdir() if entry.is_dir())
    for number, name in enumerate(entry for entry in classes if entry.name[0] != "."):
        for file in sorted(name.iterdir()):
            if file.suffix.lower() in {".jpg", ".jpeg", ".png", ".gif", ".bmp"}:
                files.append(file)
                labels.append(number)
    return files, labels


def flatten_rows(values: Array) -> Array:
    """Each row as one vector."""
    return values.reshape(len(values), -1)


def scale_pixels(images: Array) -> npt.NDArray[np.float32]:
    """Bytes as float32 within 0 to 1."""
    return images.astype(np.float32) / np.float32(255)


def normalize(
    images: npt.NDArray[np.floating], mean: Sequence[float], std: Sequence[float]
) -> npt.NDArray[np.floating]:
    """Images less a mean, over a deviation, of each channel. images: (B, C, H, W)."""
    shape = (-1, 1, 1)
    centred = images - np.asarray(mean, images.dtype).reshape(shape)
    return centred / np.asarray(std, images.dtype).reshape(shape)
