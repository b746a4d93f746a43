"""Changes of images that wait for batches: by chance in training, and what follows such ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor

from netspec.data.colors import (
    color_jitter,
    gaussian_blur,
    gray,
    normalize_images,
    random_gray,
    random_invert,
)
from netspec.data.geometry import (
    crop_middle,
    pad_images,
    random_affine,
    random_crop,
    random_erase,
    random_flip,
    random_resized_crop,
)
from netspec.program.data import Augment

# Every function that a change may call, by name; exported scripts hold their text.
CHANGES: Mapping[str, Callable[..., Tensor]] = {
    function.__name__: function
    for function in (
        crop_middle,
        pad_images,
        gray,
        normalize_images,
        random_crop,
        random_flip,
        random_resized_crop,
        random_affine,
        random_erase,
        color_jitter,
        gaussian_blur,
        random_gray,
        random_invert,
    )
}


def augment(images: Tensor, augments: Sequence[Augment], draws: Tensor | None) -> Tensor:
    """The images after each change; `draws`, (B, numbers), None outside training."""
    place = 0
    for change in augments:
        options: dict[str, Any] = dict(change.options)
        if not change.draws:
            images = CHANGES[change.function](images, **options)
            continue
        drawn = None if draws is None else draws[:, place : place + change.draws]
        images = CHANGES[change.function](images, drawn, **options)
        place += change.draws
    return images


def count_draws(augments: Sequence[Augment]) -> int:
    """How many random numbers the changes take for a row."""
    return sum(change.draws for change in augments)
