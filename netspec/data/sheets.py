"""Pictures side by side in one: plain functions, each whole in itself.

Exported scripts hold the text of these very functions, as they do those of `reading`.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image


def lay_out(images: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.uint8]:
    """Images side by side in rows, as bytes: (height, width, 3).

    They are (images, channels, height, width) or (images, height, width); `low` is black.
    """
    images = images if images.ndim == 4 else images[:, np.newaxis]
    count, _, height, width = images.shape
    # A number that is none is black, as the lowest is.
    shares = np.nan_to_num((images - low) / (high - low), nan=0.0).clip(0, 1)
    pixels = (shares * 255).round().astype(np.uint8).transpose(0, 2, 3, 1)
    across = math.ceil(math.sqrt(count))
    zoom = max(1, 720 // (across * width))
    down, up, along = math.ceil(count / across), height * zoom + 2, width * zoom + 2
    sheet = np.full((down * up + 2, across * along + 2, 3), 255, dtype=np.uint8)
    for place, picture in enumerate(pixels.repeat(zoom, axis=1).repeat(zoom, axis=2)):
        top, left = 2 + place // across * up, 2 + place % across * along
        sheet[top : top + height * zoom, left : left + width * zoom] = picture
    return sheet


def save_sheet(path: Path, images: npt.NDArray[Any], low: float, high: float) -> None:
    """Write images side by side as one picture; `low` is black, `high` white."""
    Image.fromarray(lay_out(images, low, high)).save(path)
