"""Images cut, turned, moved and padded: plain functions, which exported scripts hold as text.

`images` are (B, C, H, W). `draws`, (B, numbers), are random within 0 to 1, one row for each image;
None outside of training, where nothing is left to chance. Formulas are those of torchvision 0.28.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def crop_middle(images: Tensor, *, size: tuple[int, int]) -> Tensor:
    """The middle of each image, (height, width)."""
    top, left = (
        round((have - want) / 2) for have, want in zip(images.shape[2:], size, strict=True)
    )
    return images[:, :, top : top + size[0], left : left + size[1]]


def pad_images(
    images: Tensor,
    *,
    padding: tuple[int, int, int, int],
    fill: Sequence[float] = (0.0,),
    mode: str = "constant",
) -> Tensor:
    """Images with a border, `padding` (left, top, right, bottom), of `fill` for each channel.

    Other modes repeat the images: their edge, or their mirror image with it ("symmetric") or
    without it ("reflect").
    """
    left, top, right, bottom = padding
    count, channels, height, width = images.shape
    if mode == "constant":
        border = torch.tensor(fill, dtype=images.dtype, device=images.device).view(-1, 1, 1)
        padded = border.expand(count, channels, height + top + bottom, width + left + right).clone()
        padded[:, :, top : top + height, left : left + width] = images
        return padded
    for dim, before, after in ((2, top, bottom), (3, left, right)):
        size = images.shape[dim]
        places = torch.arange(-before, size + after, device=images.device)
        if mode == "reflect":
            places = size - 1 - (size - 1 - places.abs()).abs()
        elif mode == "symmetric":
            places = torch.where(places < 0, -1 - places, places)
            places = torch.where(places >= size, 2 * size - 1 - places, places)
        images = images.index_select(dim, places.clamp(0, size - 1))
    return images


def random_crop(
    images: Tensor,
    draws: Tensor | None,
    *,
    size: tuple[int, int],
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    fill: Sequence[float] = (0.0,),
) -> Tensor:
    """A part of each image, where numbers (down, across) tell: its middle without them."""
    if any(padding):
        images = pad_images(images, padding=padding, fill=fill)
    free = (images.shape[2] - size[0], images.shape[3] - size[1])
    if draws is None:
        return crop_middle(images, size=size)
    down, across = draws.unbind(1)
    # A number just below 1 may be rounded up to one place too many.
    tops = (down * (free[0] + 1)).long().clamp(max=free[0]).view(-1, 1, 1, 1)
    lefts = (across * (free[1] + 1)).long().clamp(max=free[1]).view(-1, 1, 1, 1)
    rows = tops + torch.arange(size[0], device=images.device).view(-1, 1)
    columns = lefts + torch.arange(size[1], device=images.device)
    images = images.gather(2, rows.expand(-1, images.shape[1], -1, images.shape[3]))
    return images.gather(3, columns.expand(-1, images.shape[1], size[0], -1))


def random_flip(images: Tensor, draws: Tensor | None, *, p: float, dim: int) -> Tensor:
    """The images, turned over along `dim` where a number is below `p`."""
    if draws is None:
        return images
    return torch.where((draws < p).view(-1, 1, 1, 1), images.flip(dim), images)


def chosen_box(
    draws: Tensor,
    area: int,
    most: tuple[int, int],
    scale: tuple[float, float],
    ratio: tuple[float, float],
) -> tuple[Tensor, Tensor, Tensor]:
    """Height and width of a box for each row, and whether one of ten attempts fits into `most`.

    It has a part of the area within `scale`, and its height over its width is within `ratio`, as
    often below its middle as above. `draws`: ten numbers for the areas, ten for the shapes.
    """
    areas = (scale[0] + (scale[1] - scale[0]) * draws[:, :10]) * area
    low, high = math.log(ratio[0]), math.log(ratio[1])
    shapes = (low + (high - low) * draws[:, 10:20]).exp()
    heights, widths = (areas * shapes).sqrt().round(), (areas / shapes).sqrt().round()
    fits = (heights >= 1) & (heights <= most[0]) & (widths >= 1) & (widths <= most[1])
    first = fits.int().argmax(1, keepdim=True)
    height, width = (sides.gather(1, first).squeeze(1) for sides in (heights, widths))
    return height, width, fits.any(1)


def resizing(start: Tensor, length: Tensor, count: int, whole: int) -> Tensor:
    """Weights that bring a part of each row to `count` places, (B, count, whole).

    A bilinear filter, as wide as the part is shrunk, so that nothing is passed over.
    """
    scale = (length / count).view(-1, 1, 1)
    centers = scale * (torch.arange(count, device=start.device) + 0.5).view(-1, 1)
    places = torch.arange(whole, device=start.device) - start.view(-1, 1, 1)
    weights = (1 - (places + 0.5 - centers).abs() / scale.clamp(min=1)).clamp(min=0)
    weights = weights * ((places >= 0) & (places < length.view(-1, 1, 1)))
    return weights / weights.sum(2, keepdim=True)


def random_resized_crop(
    images: Tensor,
    draws: Tensor | None,
    *,
    size: tuple[int, int],
    scale: tuple[float, float],
    ratio: tuple[float, float],
) -> Tensor:
    """A part of each image of some area and shape, brought to `size`.

    `scale` bounds its part of the area, `ratio` its width to its height. Without numbers, or where
    ten attempts find none, it is the largest part in the middle whose shape is allowed.
    """
    height, width = images.shape[2:]
    middle = (min(height, round(width / ratio[0])), min(width, round(height * ratio[1])))
    high = torch.full(images.shape[:1], float(middle[0]), device=images.device)
    wide = torch.full(images.shape[:1], float(middle[1]), device=images.device)
    top, left = (float((height - middle[0]) // 2), float((width - middle[1]) // 2))
    tops, lefts = torch.full_like(high, top), torch.full_like(wide, left)
    if draws is not None:
        inverse = (1 / ratio[1], 1 / ratio[0])
        tall, broad, found = chosen_box(draws, height * width, (height, width), scale, inverse)
        high, wide = torch.where(found, tall, high), torch.where(found, broad, wide)
        tops = torch.where(found, (draws[:, 20] * (height - high + 1)).floor(), tops)
        lefts = torch.where(found, (draws[:, 21] * (width - wide + 1)).floor(), lefts)
        tops, lefts = tops.minimum(height - high), lefts.minimum(width - wide)
    rows = resizing(tops, high, size[0], height).to(images.dtype).unsqueeze(1)
    columns = resizing(lefts, wide, size[1], width).to(images.dtype).unsqueeze(1)
    return rows @ images @ columns.transpose(2, 3)


def random_erase(
    images: Tensor,
    draws: Tensor | None,
    *,
    p: float,
    scale: tuple[float, float],
    ratio: tuple[float, float],
    value: Sequence[float],
) -> Tensor:
    """Images with a box of some area and shape replaced by `value` where a number is below `p`.

    Where no attempt of ten finds a box within the image, and smaller, it stays as it is.
    """
    if draws is None:
        return images
    height, width = images.shape[2:]
    most = (height - 1, width - 1)
    high, wide, found = chosen_box(draws[:, 1:], height * width, most, scale, ratio)
    tops = (draws[:, 21] * (height - high + 1)).floor().minimum(height - high)
    lefts = (draws[:, 22] * (width - wide + 1)).floor().minimum(width - wide)
    rows = torch.arange(height, device=images.device) - tops.view(-1, 1)
    columns = torch.arange(width, device=images.device) - lefts.view(-1, 1)
    inside = ((rows >= 0) & (rows < high.view(-1, 1))).unsqueeze(2)
    inside = inside & ((columns >= 0) & (columns < wide.view(-1, 1))).unsqueeze(1)
    erased = inside & (found & (draws[:, 0] < p)).view(-1, 1, 1)
    filled = torch.tensor(value, dtype=images.dtype, device=images.device).view(-1, 1, 1)
    return torch.where(erased.unsqueeze(1), filled, images)


def random_affine(
    images: Tensor,
    draws: Tensor | None,
    *,
    degrees: tuple[float, float],
    translate: tuple[float, float] = (0.0, 0.0),
    scale: tuple[float, float] = (1.0, 1.0),
    shear: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
    center: tuple[float, float] | None = None,
    interpolation: str = "nearest",
    fill: Sequence[float] = (0.0,),
) -> Tensor:
    """Each image turned clockwise, moved by parts of its size, scaled and sheared (in degrees).

    `draws`: one number for each, for moves and shears along x and then along y. The point `center`
    (x, y) stays where it is but for the move: the middle if there is none. What comes from outside
    is `fill`.
    """
    if draws is None:
        return images
    height, width = images.shape[2:]
    bounds = (degrees, (-1.0, 1.0), (-1.0, 1.0), scale, shear[:2], shear[2:])
    numbers = [low + (high - low) * draws[:, place] for place, (low, high) in enumerate(bounds)]
    turn, size = torch.deg2rad(numbers[0]), numbers[3]
    across, along = torch.deg2rad(numbers[4]), torch.deg2rad(numbers[5])
    moves = (
        (numbers[1] * translate[0] * width).round(),
        (numbers[2] * translate[1] * height).round(),
    )
    # Shears along y, then along x, then the turn; the inverse tells where each place comes from.
    cos, sin = (turn - along).cos() / along.cos(), (turn - along).sin() / along.cos()
    first, second = -cos * across.tan() - turn.sin(), -sin * across.tan() + turn.cos()
    inverse = torch.stack([second, -first, -sin, cos], 1).view(-1, 2, 2) / size.view(-1, 1, 1)
    fixed = torch.zeros(2, device=images.device)
    if center is not None:
        fixed = torch.tensor([center[0] - width / 2, center[1] - height / 2], device=images.device)
    down = torch.arange(height, device=images.device) - (height - 1) / 2
    aside = torch.arange(width, device=images.device) - (width - 1) / 2
    places = torch.stack(torch.meshgrid(aside, down, indexing="xy"), 2).view(1, -1, 2)
    places = places - fixed - torch.stack(moves, 1).unsqueeze(1)
    sources = places @ inverse.transpose(1, 2) + fixed
    grid = sources / torch.tensor([width / 2, height / 2], device=images.device)
    grid = grid.view(-1, height, width, 2).to(images.dtype)
    marked = torch.cat([images, torch.ones_like(images[:, :1])], 1)
    moved = torch.nn.functional.grid_sample(marked, grid, interpolation, align_corners=False)
    moved, mask = moved[:, :-1], moved[:, -1:]
    outside = torch.tensor(fill, dtype=images.dtype, device=images.device).view(-1, 1, 1)
    if interpolation == "nearest":
        return torch.where(mask < 0.5, outside, moved)
    return moved * mask + (1 - mask) * outside
