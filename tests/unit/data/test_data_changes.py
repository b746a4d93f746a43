"""Changes of images, against formulas written out for one image at a time."""

from __future__ import annotations

import colorsys
import math
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from data_planning import codes, planned, types, write_idx
from torch import Tensor

from netspec.data import load
from netspec.data.colors import color_jitter, gaussian_blur, normalize_images, turn_hue
from netspec.data.geometry import (
    pad_images,
    random_affine,
    random_crop,
    random_erase,
    random_resized_crop,
)

GREY = (0.2989, 0.587, 0.114)


@pytest.fixture
def images() -> Tensor:
    return torch.rand(16, 3, 11, 9, generator=torch.Generator().manual_seed(0))


def drawn(count: int, rows: int = 16) -> Tensor:
    return torch.rand(rows, count, generator=torch.Generator().manual_seed(1))


def between(low: float, high: float, number: float) -> float:
    return low + (high - low) * number


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_borders_are_those_of_numpy(mode: str, images: Tensor) -> None:
    seen = pad_images(images, padding=(1, 2, 3, 4), fill=(0.5,), mode=mode)
    options = {"constant_values": 0.5} if mode == "constant" else {}
    around = ((0, 0), (0, 0), (2, 4), (1, 3))
    wanted = np.pad(images.numpy(), around, mode, **options)  # type: ignore[call-overload]  # one of four names
    np.testing.assert_array_equal(seen, wanted)


def test_a_border_of_two_numbers_is_of_the_sides_and_of_top_and_bottom(images: Tensor) -> None:
    middle = random_crop(images, None, size=(11, 13), padding=(2, 0, 2, 0), fill=(0.0,))
    assert torch.equal(middle, torch.nn.functional.pad(images, (2, 2)))


def attempts(
    numbers: Tensor, scale: tuple[float, float], ratio: tuple[float, float]
) -> list[tuple[int, int]]:
    """Height and width of each attempt at a part of an image of 11 x 9."""
    sides = []
    for area, shape in zip(numbers[:10].tolist(), numbers[10:20].tolist(), strict=True):
        part = 99 * between(*scale, area)
        stretch = math.exp(between(math.log(ratio[0]), math.log(ratio[1]), shape))
        sides.append((round(math.sqrt(part * stretch)), round(math.sqrt(part / stretch))))
    return sides


@pytest.mark.parametrize("size", [(4, 3), (20, 6), (11, 9)])
def test_parts_are_resized_as_torch_does(size: tuple[int, int], images: Tensor) -> None:
    numbers, scale, ratio = drawn(22), (0.1, 0.9), (0.4, 1.6)
    seen = random_resized_crop(images, numbers, size=size, scale=scale, ratio=ratio)
    for image, row, one in zip(images, seen, numbers, strict=True):
        inverse = (1 / ratio[1], 1 / ratio[0])
        fitting = [(h, w) for h, w in attempts(one, scale, inverse) if h <= 11 and w <= 9]
        height, width = fitting[0]
        top, left = int(one[20] * (12 - height)), int(one[21] * (10 - width))
        part = image[None, :, top : top + height, left : left + width]
        wanted = torch.nn.functional.interpolate(part, size, mode="bilinear", antialias=True)[0]
        torch.testing.assert_close(row, wanted)


def test_the_middle_is_the_largest_part_of_an_allowed_shape() -> None:
    wide = torch.rand(2, 1, 6, 20)
    seen = random_resized_crop(wide, None, size=(6, 9), scale=(0.1, 1.0), ratio=(0.5, 1.5))
    torch.testing.assert_close(seen, wide[:, :, :, 5:14])


def test_a_box_is_erased_where_the_first_attempt_fits(images: Tensor) -> None:
    numbers, scale, ratio = drawn(23), (0.05, 1.0), (0.3, 3.0)
    seen = random_erase(images, numbers, p=0.7, scale=scale, ratio=ratio, value=(0.1, 0.2, 0.3))
    erased = 0
    for image, row, one in zip(images, seen, numbers, strict=True):
        fitting = [(h, w) for h, w in attempts(one[1:], scale, ratio) if 0 < h < 11 and 0 < w < 9]
        wanted = image.clone()
        if one[0] < 0.7 and fitting:
            height, width = fitting[0]
            top, left = int(one[21] * (12 - height)), int(one[22] * (10 - width))
            box = wanted[:, top : top + height, left : left + width]
            box.copy_(torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1).expand_as(box))
            erased += 1
        assert torch.equal(row, wanted)
    assert 3 < erased < 16


def test_places_come_from_where_a_matrix_says(images: Tensor) -> None:
    numbers = drawn(6)
    seen = random_affine(
        images,
        numbers,
        degrees=(-40.0, 70.0),
        translate=(0.3, 0.2),
        scale=(0.6, 1.3),
        shear=(-15.0, 5.0, 0.0, 20.0),
        center=(2.0, 7.0),
        fill=(0.5,),
    )
    differing = 0
    for image, row, one in zip(images, seen, numbers.double().tolist(), strict=True):
        turn, across, along = (
            math.radians(between(low, high, one[place]))
            for low, high, place in ((-40, 70, 0), (-15, 5, 4), (0, 20, 5))
        )
        rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        shears = np.array([[1, 0], [-math.tan(along), 1]]) @ [[1, -math.tan(across)], [0, 1]]
        matrix = between(0.6, 1.3, one[3]) * rotation @ shears
        move = [round(between(-1, 1, one[1]) * 0.3 * 9), round(between(-1, 1, one[2]) * 0.2 * 11)]
        center = np.array([2.0 - 9 / 2, 7.0 - 11 / 2])
        for down in range(11):
            for aside in range(9):
                place = np.array([aside - 4.0, down - 5.0])
                x, y = np.linalg.solve(matrix, place - center - move) + center + [4.0, 5.0]
                inside = -0.5 < x < 8.5 and -0.5 < y < 10.5
                wanted = image[:, round(y), round(x)] if inside else torch.full((3,), 0.5)
                differing += not torch.equal(row[:, down, aside], wanted)
    # A place half-way between two pixels may fall to either.
    assert differing < 4


def test_a_quarter_turn() -> None:
    square = torch.rand(3, 1, 6, 6)
    numbers = torch.zeros(3, 6)
    for interpolation in ("nearest", "bilinear"):
        seen = random_affine(
            square, numbers, degrees=(90.0, 90.0), interpolation=interpolation, fill=(0.5,)
        )
        torch.testing.assert_close(seen, square.rot90(-1, (2, 3)), atol=1e-5, rtol=0)


def test_hues_are_turned_as_colorsys_does(images: Tensor) -> None:
    images[0] = images[0, :1]  # greys have no hue
    turns = drawn(1)[:, 0] - 0.5
    seen = turn_hue(images, turns)
    for image, row, turn in zip(images, seen, turns.tolist(), strict=True):
        for (red, green, blue), color in zip(
            image.flatten(1).T.tolist(), row.flatten(1).T.tolist(), strict=True
        ):
            hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
            wanted = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)
            assert color == pytest.approx(wanted, abs=2e-6)


def changed(image: Tensor, name: str, factor: float) -> Tensor:
    """One image of another brightness, contrast or saturation."""
    grey = sum(weight * channel for weight, channel in zip(GREY, image, strict=True))
    assert isinstance(grey, Tensor)
    other = {"brightness": torch.tensor(0.0), "contrast": grey.mean(), "saturation": grey}[name]
    return (factor * image + (1 - factor) * other).clamp(0, 1)


def test_colours_change_in_the_order_that_a_number_tells(images: Tensor) -> None:
    changes = (("brightness", 0.5, 1.5), ("contrast", 0.2, 1.8), ("saturation", 0.0, 2.0))
    numbers, orders = drawn(4), list(permutations(range(3)))
    seen = color_jitter(images, numbers, changes=changes)
    met = set()
    for image, row, one in zip(images, seen, numbers.tolist(), strict=True):
        order = orders[int(one[3] * 6)]
        for place in order:
            name, low, high = changes[place]
            image = changed(image, name, between(low, high, one[place]))
        torch.testing.assert_close(row, image, atol=1e-6, rtol=1e-6)
        met.add(order)
    assert len(met) > 3


def test_blur_is_a_mean_weighed_by_a_normal_distribution(images: Tensor) -> None:
    numbers = drawn(1)
    seen = gaussian_blur(images, numbers, kernel_size=(5, 3), sigma=(0.3, 2.0))
    for image, row, number in zip(images, seen, numbers[:, 0].tolist(), strict=True):
        sigma = between(0.3, 2.0, number)
        weights = torch.tensor(
            [
                [math.exp(-(x * x + y * y) / (2 * sigma**2)) for x in range(-2, 3)]
                for y in (-1, 0, 1)
            ]
        )
        wide = torch.nn.functional.pad(image, (2, 2, 1, 1), mode="reflect")
        windows = wide.unfold(1, 3, 1).unfold(2, 5, 1)
        wanted = (windows * (weights / weights.sum())).sum((3, 4))
        torch.testing.assert_close(row, wanted, atol=1e-6, rtol=1e-5)


# --- in a spec -------------------------------------------------------------------------------

PLAIN = """
    seed  = 0
    plain = uniform(0, 1, size=[20, 3, 8, 8])
    x     = plain -> {}
    y     = zeros(20)
    split(train=50%, val=50%)
"""
ALL = (
    "RandomResizedCrop(6) -> RandomHorizontalFlip -> RandomRotation(10, fill=0.5) "
    "-> RandomAffine(5, translate=[0.1, 0], scale=[0.9, 1.1], shear=3) "
    '-> Pad(1, padding_mode="edge") -> ColorJitter(0.2, [0.5, 1.5], 0.1, 0.1) '
    "-> RandomGrayscale(0.3) -> RandomInvert(0.2) -> GaussianBlur(3) "
    "-> Normalize([0.5, 0.4, 0.3], 0.25) -> RandomErasing(0.5) -> CenterCrop(7)"
)


def test_all_of_them_one_after_the_other(tmp_path: Path) -> None:
    plan = planned(PLAIN.format(ALL), tmp_path)
    assert types(plan)["x"] == "real[B, 3, 7, 7]"
    split = load(plan, seed=0, root=tmp_path).train
    first, again, other = (torch.cat([b[1] for b in split.batches(4, None, s)]) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    order = torch.randperm(10, generator=torch.Generator().manual_seed(3))
    shuffled = torch.cat([batch[1] for batch in split.batches(10, order, 1)])
    torch.testing.assert_close(shuffled, first[order])


def test_outside_of_training_only_what_is_fixed_is_left(tmp_path: Path) -> None:
    plan = planned(PLAIN.format(ALL), tmp_path)
    plain, seen, _ = load(plan, seed=0, root=tmp_path).train.tensors()
    size = torch.nn.functional.interpolate(plain, (6, 6), mode="bilinear", antialias=True)
    padded = torch.nn.functional.pad(size, (1, 1, 1, 1), mode="replicate")
    wanted = normalize_images(padded, mean=(0.5, 0.4, 0.3), std=(0.25,))[:, :, :7, :7]
    torch.testing.assert_close(seen, wanted)


def test_kinds_tell_what_leaves_0_to_1(tmp_path: Path) -> None:
    head = 'rows = idx("x", "y")\nx = rows.x -> {}\ny = rows.y'
    write_idx(tmp_path / "x", np.zeros((4, 8, 8)))
    write_idx(tmp_path / "y", np.array([0, 1, 1, 0]))
    for transforms, kind in [
        ("ColorJitter(0.3)", "unit"),
        ("RandomCrop(8, padding=1)", "unit"),
        ("RandomCrop(8, padding=1, fill=-1)", "real"),
        ("RandomErasing(value=2)", "real"),
        ("Pad(1, fill=0.5) -> CenterCrop(8)", "unit"),
        ("Pad([0, 1], fill=5) -> CenterCrop(8)", "real"),
        ("RandomRotation(5) -> Normalize(0.5, 0.5)", "real"),
    ]:
        assert types(planned(head.format(transforms), tmp_path))["x"] == f"{kind}[B, 1, 8, 8]"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Normalize(0.5, 0.5) -> ColorJitter(0.1)", "NS4406"),
        ("RandomRotation(3) -> Normalize(0.5, 0.5) -> RandomInvert", "NS4406"),
        ("Grayscale -> Normalize(0.5, 0.5) -> CenterCrop(4) -> ColorJitter(0.1)", "NS4406"),
        ("ColorJitter(-1)", "NS5507"),
        ("ColorJitter(hue=0.6)", "NS5507"),
        ("ColorJitter(contrast=[1.5, 0.5])", "NS5507"),
        ('ColorJitter("strong")', "NS5507"),
        ("RandomRotation(-10)", "NS5507"),
        ("RandomRotation([20, 10])", "NS5507"),
        ("RandomRotation", "NS5507"),
        ("RandomRotation(10, expand=true)", "NS5507"),
        ('RandomRotation(10, interpolation="cubic")', "NS5507"),
        ("RandomAffine(0, translate=[2, 0])", "NS5507"),
        ("RandomAffine(0, scale=[0, 1])", "NS5507"),
        ("RandomAffine(0, shear=[1, 2, 3])", "NS5507"),
        ("RandomAffine(0, shear=95)", "NS5507"),
        ("RandomResizedCrop(0)", "NS5507"),
        ("RandomResizedCrop(8, scale=[1, 0.5])", "NS5507"),
        ("RandomResizedCrop(8, ratio=[0, 1])", "NS5507"),
        ("RandomErasing(1.5)", "NS5507"),
        ("RandomErasing(value=[1, 2])", "NS5507"),
        ('RandomErasing(value="random")', "NS5507"),
        ("GaussianBlur(4)", "NS5507"),
        ("GaussianBlur(17)", "NS5507"),
        ("GaussianBlur(3, sigma=0)", "NS5507"),
        ("Pad(-1)", "NS5507"),
        ("Pad([1, 2, 3])", "NS5507"),
        ('Pad(8, padding_mode="reflect")', "NS5507"),
        ('Pad(1, padding_mode="zeros")', "NS5507"),
        ("RandomGrayscale(20)", "NS5507"),
        ("RandomPerspective", "NS5537"),
        ("RandomRotation(5) -> Resize([4, 4])", "NS5538"),
        ("ColourJitter(0.1)", "NS5506"),
    ],
)
def test_mistakes_are_one_report(text: str, code: str, tmp_path: Path) -> None:
    assert codes(PLAIN.format(text), tmp_path) == [code]
