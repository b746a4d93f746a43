"""Images of other colours and sharpness: plain functions, which exported scripts hold as text.

`images` are (B, C, H, W). `draws`, (B, numbers), are random within 0 to 1, one row for each image;
None outside of training, where nothing is left to chance. Formulas are those of torchvision 0.28.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import torch
from torch import Tensor


def normalize_images(images: Tensor, *, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Images less a mean, over a deviation, of each channel or of all."""
    less = torch.tensor(mean, dtype=images.dtype, device=images.device).view(-1, 1, 1)
    over = torch.tensor(std, dtype=images.dtype, device=images.device).view(-1, 1, 1)
    return (images - less) / over


def gray(images: Tensor) -> Tensor:
    """Three channels to one, weighed as ITU-R BT.601 does; one channel as it is."""
    if images.shape[1] == 1:
        return images
    red, green, blue = torch.split(images, 1, dim=1)
    return red * 0.2989 + green * 0.587 + blue * 0.114


def random_gray(images: Tensor, draws: Tensor | None, *, p: float) -> Tensor:
    """The images without colours, in as many channels, where a number is below `p`."""
    if draws is None:
        return images
    return torch.where((draws < p).view(-1, 1, 1, 1), gray(images).expand_as(images), images)


def random_invert(images: Tensor, draws: Tensor | None, *, p: float) -> Tensor:
    """The negatives of images within 0 to 1, where a number is below `p`."""
    if draws is None:
        return images
    return torch.where((draws < p).view(-1, 1, 1, 1), 1 - images, images)


def turn_hue(images: Tensor, turn: Tensor) -> Tensor:
    """Images with the hue turned by a part of the circle of colours; value and saturation stay."""
    value, least = images.amax(1), images.amin(1)
    chroma = value - least
    red, green, blue = images.unbind(1)
    over = torch.where(chroma == 0, 1.0, chroma)
    sixths = torch.where(
        value == red,
        (green - blue) / over,
        torch.where(value == green, 2 + (blue - red) / over, 4 + (red - green) / over),
    )
    # In each channel the value less as much of the chroma as the hue is away from its colour.
    hue = sixths + turn.view(-1, 1, 1) * 6
    away = [(hue + start) % 6 for start in (5, 3, 1)]
    channels = [value - chroma * torch.minimum(k, 4 - k).clamp(0, 1) for k in away]
    return torch.stack(channels, 1).clamp(0, 1)


def change_color(images: Tensor, name: str, factor: Tensor) -> Tensor:
    """Images within 0 to 1 of other brightness, contrast or saturation, times `factor`, or hue."""
    if name == "hue":
        return turn_hue(images, factor)
    if name == "brightness":
        other = torch.zeros_like(images)
    elif name == "contrast":
        other = gray(images).mean((1, 2, 3), keepdim=True)
    else:
        other = gray(images)
    factor = factor.view(-1, 1, 1, 1)
    return (images * factor + other * (1 - factor)).clamp(0, 1)


def color_jitter(
    images: Tensor, draws: Tensor | None, *, changes: Sequence[tuple[str, float, float]]
) -> Tensor:
    """Images after changes of colour, each by a factor within its bounds, in an order of chance.

    `draws`: a number for each change, and one for the order.
    """
    if draws is None:
        return images
    orders = torch.tensor(list(permutations(range(len(changes)))), device=images.device)
    order = orders[(draws[:, -1] * len(orders)).long().clamp(max=len(orders) - 1)]
    for turn in range(len(changes)):
        before = images
        for place, (name, low, high) in enumerate(changes):
            factor = low + (high - low) * draws[:, place]
            chosen = (order[:, turn] == place).view(-1, 1, 1, 1)
            images = torch.where(chosen, change_color(before, name, factor), images)
    return images


def gaussian_blur(
    images: Tensor,
    draws: Tensor | None,
    *,
    kernel_size: tuple[int, int],
    sigma: tuple[float, float],
) -> Tensor:
    """Images blurred by a normal distribution, whose deviation is within `sigma`, in pixels.

    `kernel_size`: how many pixels along x and along y it reaches over.
    """
    if draws is None:
        return images
    count, channels, height, width = images.shape
    deviation = sigma[0] + (sigma[1] - sigma[0]) * draws
    wide, high = kernel_size
    across, along = (
        torch.softmax(
            -0.5 * ((torch.arange(side, device=images.device) - side // 2) / deviation) ** 2, 1
        )
        for side in (wide, high)
    )
    kernels = (along.unsqueeze(2) * across.unsqueeze(1)).to(images.dtype)
    kernels = kernels.repeat_interleave(channels, 0).unsqueeze(1)
    edges = (wide // 2, wide // 2, high // 2, high // 2)
    padded = torch.nn.functional.pad(images, edges, mode="reflect")
    rows = padded.reshape(1, count * channels, *padded.shape[2:])
    blurred = torch.nn.functional.conv2d(rows, kernels, groups=count * channels)
    return blurred.view(count, channels, height, width)
