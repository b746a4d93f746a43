"""Images before they are numbers: bytes in memory, or files, with what is still to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import torch

from netspec.data.colors import gray
from netspec.data.geometry import crop_middle, pad_images
from netspec.data.reading import Array, decode_images, resize_images

Floats = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalization:
    """Less `mean`, over `std`: one number, or one for each channel."""

    mean: Floats
    std: Floats

    def apply(self, images: torch.Tensor) -> torch.Tensor:
        """images: (B, C, H, W), changed in place."""
        mean = torch.tensor(self.mean, dtype=images.dtype, device=images.device)
        std = torch.tensor(self.std, dtype=images.dtype, device=images.device)
        return images.sub_(mean.view(-1, 1, 1)).div_(std.view(-1, 1, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cropping:
    """The middle of each image, of `size` (height, width)."""

    size: tuple[int, int]

    def apply(self, images: torch.Tensor) -> torch.Tensor:
        """images: (B, C, H, W)."""
        return crop_middle(images, size=self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Greying:
    """Three channels to one, weighed as ITU-R BT.601 does."""

    def apply(self, images: torch.Tensor) -> torch.Tensor:
        """images: (B, 3, H, W)."""
        return gray(images)


@dataclass(frozen=True, slots=True, kw_only=True)
class Padding:
    """A border around each image: left, top, right, bottom."""

    padding: tuple[int, int, int, int]
    fill: float
    mode: str

    def apply(self, images: torch.Tensor) -> torch.Tensor:
        """images: (B, C, H, W)."""
        return pad_images(images, padding=self.padding, fill=(self.fill,), mode=self.mode)


Finish = Normalization | Cropping | Greying | Padding


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """Images as bytes, (images, C, H, W), or as files not decoded yet, in one size."""

    content: Array | tuple[Path | BytesIO, ...]
    channels: int
    size: tuple[int, int] | None = None
    steps: tuple[Finish, ...] = ()

    def __len__(self) -> int:
        return len(self.content)

    def __getitem__(self, rows: Array) -> Pixels:
        """The images of a mask or of row numbers."""
        if isinstance(self.content, tuple):
            numbers = np.flatnonzero(rows) if rows.dtype == bool else rows
            return replace(self, content=tuple(self.content[int(row)] for row in numbers))
        return replace(self, content=self.content[rows])

    def resized(self, size: tuple[int, int]) -> Pixels:
        """The images in another size; files are resized when decoded."""
        if isinstance(self.content, tuple):
            return replace(self, size=size)
        return replace(self, content=resize_images(self.content, size), size=size)

    def normalized(self, mean: Floats, std: Floats) -> Pixels:
        """The images with one more normalisation to be done."""
        return self.finished_by(Normalization(mean=mean, std=std))

    def finished_by(self, step: Finish) -> Pixels:
        """The images with one more thing to be done to their numbers."""
        return replace(self, steps=(*self.steps, step))

    def decoded(self) -> Array:
        """The bytes, (images, C, H, W)."""
        if isinstance(self.content, tuple):
            return decode_images(self.content, self.channels, self.size)
        return self.content

    def numbers(self) -> Array:
        """The images as float32 within 0 to 1, normalised as said."""
        return finished(torch.from_numpy(self.decoded()), self.steps).numpy()


def finished(images: torch.Tensor, steps: Sequence[Finish]) -> torch.Tensor:
    """Bytes to float32 within 0 to 1, then each step. images: (B, C, H, W)."""
    numbers = images.to(torch.float32).div_(255)
    for step in steps:
        numbers = step.apply(numbers)
    return numbers
