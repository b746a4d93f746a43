"""What chance does to images in training: plain functions, which exported scripts hold as text."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from netspec.program.data import Augment


def random_crop(
    images: Tensor,
    down: Tensor | None,
    across: Tensor | None,
    *,
    size: tuple[int, int],
    padding: tuple[int, int],
    fill: Sequence[float],
) -> Tensor:
    """A part of each image, where numbers within 0 to 1 tell: its middle without them.

    A border of `fill`, `padding` (height, width) on each side, is put around first. images:
    (B, C, H, W); `down` and `across`: (B,).
    """
    above, beside = padding
    count, channels, height, width = images.shape
    if above or beside:
        border = torch.tensor(fill, dtype=images.dtype, device=images.device).view(-1, 1, 1)
        bordered = border.expand(count, channels, height + 2 * above, width + 2 * beside).clone()
        bordered[:, :, above : above + height, beside : beside + width] = images
        images = bordered
    free = (images.shape[2] - size[0], images.shape[3] - size[1])
    if down is None or across is None:
        top, left = (round(places / 2) for places in free)
        return images[:, :, top : top + size[0], left : left + size[1]]
    # A number just below 1 may be rounded up to one place too many.
    tops = (down * (free[0] + 1)).long().clamp(max=free[0]).view(-1, 1, 1, 1)
    lefts = (across * (free[1] + 1)).long().clamp(max=free[1]).view(-1, 1, 1, 1)
    rows = tops + torch.arange(size[0], device=images.device).view(-1, 1)
    columns = lefts + torch.arange(size[1], device=images.device)
    images = images.gather(2, rows.expand(-1, channels, -1, images.shape[3]))
    return images.gather(3, columns.expand(-1, channels, size[0], -1))


def random_flip(images: Tensor, draws: Tensor | None, *, p: float, dim: int) -> Tensor:
    """The images, turned over along `dim` where a number within 0 to 1 is below `p`."""
    if draws is None:
        return images
    return torch.where((draws < p).view(-1, 1, 1, 1), images.flip(dim), images)


def augment(images: Tensor, augments: Sequence[Augment], draws: Tensor | None) -> Tensor:
    """The images after each change; `draws`, (B, numbers), None outside training."""
    place = 0
    for change in augments:
        numbers: list[Tensor | None] = [None] * change.draws
        if draws is not None:
            numbers = list(draws[:, place : place + change.draws].unbind(1))
        place += change.draws
        if change.name == "RandomCrop":
            images = random_crop(
                images, *numbers, size=change.size, padding=change.padding, fill=change.fill
            )
        else:
            dim = 3 if change.name == "RandomHorizontalFlip" else 2
            images = random_flip(images, *numbers, p=change.p, dim=dim)
    return images


def count_draws(augments: Sequence[Augment]) -> int:
    """How many random numbers the changes take for a row."""
    return sum(change.draws for change in augments)
