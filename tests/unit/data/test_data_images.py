"""Images changed by chance: in training alone, and by the seed and the row alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from data_planning import codes, planned, types
from PIL import Image
from torch import Tensor

import netspec
from netspec.data import Split, Splits, load

PLAIN = """
    digits = load_digits(n_class=4)
    plain  = digits.images / 16 -> unsqueeze(1)
    x      = plain{}
    y      = digits.y
    split(train=50%, val=30%, test=20%, seed=1)
"""


def loaded(transforms: str, folder: Path) -> Splits:
    return load(planned(PLAIN.format(transforms), folder), seed=0, root=folder)


def trained(
    split: Split, seed: int, size: int | None = None, order: Tensor | None = None
) -> Tensor:
    """The images that a pass of training sees."""
    return torch.cat([batch[1] for batch in split.batches(size, order, seed)])


def plain(split: Split) -> Tensor:
    return split.tensors()[0]


def numbers(split: Split, seed: int, count: int) -> Tensor:
    """The random numbers of each row."""
    return torch.rand(len(split), count, generator=torch.Generator().manual_seed(seed))


def test_flips_are_those_that_the_numbers_tell(tmp_path: Path) -> None:
    split = loaded(" -> RandomHorizontalFlip(0.3) -> RandomVerticalFlip", tmp_path).train
    drawn = numbers(split, 9, 2)
    for image, seen, (across, down) in zip(plain(split), trained(split, 9), drawn, strict=True):
        wanted = image.flip(2) if across < 0.3 else image
        assert torch.equal(seen, wanted.flip(1) if down < 0.5 else wanted)


@pytest.mark.parametrize(("chance", "flipped"), [("0", False), ("1", True)])
def test_a_chance_of_none_or_all(chance: str, flipped: bool, tmp_path: Path) -> None:
    split = loaded(f" -> RandomHorizontalFlip({chance})", tmp_path).train
    images = plain(split)
    assert torch.equal(trained(split, 3), images.flip(3) if flipped else images)


def test_crops_are_those_that_the_numbers_tell(tmp_path: Path) -> None:
    split = loaded(" -> RandomCrop([7, 9], padding=[2, 0], fill=0.5)", tmp_path).train
    drawn, places = numbers(split, 4, 2), set()
    for image, seen, (down, across) in zip(plain(split), trained(split, 4), drawn, strict=True):
        top, left = int(down * 2), int(across * 4)
        wide = torch.nn.functional.pad(image, (2, 2), value=0.5)
        assert torch.equal(seen, wide[:, top : top + 7, left : left + 9])
        places.add((top, left))
    assert places == {(top, left) for top in range(2) for left in range(4)}


def test_the_border_is_normalised_as_the_image_is(tmp_path: Path) -> None:
    before = loaded(" -> RandomCrop(8, padding=2, fill=0.25) -> Normalize(0.5, 0.125)", tmp_path)
    after = loaded(" -> RandomCrop(8, padding=2, fill=0.25)", tmp_path)
    wanted = (trained(after.train, 4) - 0.5) / 0.125
    assert torch.equal(trained(before.train, 4), wanted)


def test_images_hang_on_the_seed_and_the_row_alone(tmp_path: Path) -> None:
    split = loaded(" -> RandomCrop(6) -> RandomHorizontalFlip", tmp_path).train
    seen = trained(split, 7)
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(0))
    assert torch.equal(trained(split, 7, 16, order), seen[order])
    assert torch.equal(trained(split, 7, 5), seen)
    assert not torch.equal(trained(split, 8), seen)


def test_nothing_is_left_to_chance_outside_training(tmp_path: Path) -> None:
    splits = loaded(" -> RandomCrop(6, padding=1) -> RandomHorizontalFlip(1)", tmp_path)
    for split in (splits.train, splits.val, splits.test):
        assert split is not None
        images, middle, _ = split.tensors()
        assert torch.equal(middle, images[:, :, 1:7, 1:7])
        assert torch.equal(torch.cat([batch[1] for batch in split.batches(7, None)]), middle)
    (prepared,) = splits.prepare(plain(splits.train).numpy()[:3])
    assert torch.equal(prepared, splits.train.tensors()[1][:3])


def test_the_middle_and_grey_are_those_of_torchvision(tmp_path: Path) -> None:
    images = np.random.RandomState(0).rand(4, 3, 7, 6)
    text = """
        a = uniform(0, 1, size=[4, 3, 7, 6])
        x = a -> CenterCrop([4, 3])
        g = a -> Grayscale
        y = zeros(4)
    """
    plan = planned(f"seed = 0\n{text}", tmp_path)
    assert types(plan) == {
        "a": "unit[B, 3, 7, 6]",
        "x": "unit[B, 3, 4, 3]",
        "g": "unit[B, 1, 7, 6]",
        "y": types(plan)["y"],
    }
    _, x, g, _ = load(plan, seed=0, root=tmp_path).train.tensors()
    # torchvision rounds half to even: (7 - 4) / 2 is 2, (6 - 3) / 2 is 2.
    np.testing.assert_array_equal(x, images[:, :, 2:6, 2:5].astype(np.float32))
    weights = np.array([0.2989, 0.587, 0.114]).reshape(1, 3, 1, 1)
    np.testing.assert_allclose(g, (images * weights).sum(1, keepdims=True), rtol=1e-6)


AFTER = "x = plain -> RandomHorizontalFlip\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{AFTER}x = x * 2", "NS5538"),
        (f"{AFTER}x = -x", "NS5538"),
        (f"{AFTER}x = x[y > 1]", "NS5538"),
        (f"{AFTER}x = x -> flatten", "NS5538"),
        (f"{AFTER}x = mean(x, dim=0)", "NS5538"),
        (f"{AFTER}x = cat(x, plain)", "NS5538"),
        (f"{AFTER}x = x -> StandardScaler", "NS5538"),
        (f"{AFTER}x = x -> select(a)", "NS5538"),
        (f"{AFTER}split(stratify=x, test=20%)", "NS4404"),
        ("x = digits.images -> RandomHorizontalFlip", "NS4406"),
        ("x = digits.x -> CenterCrop(4)", "NS4406"),
        ("x = plain -> Grayscale", "NS4406"),
        ("x = plain -> RandomCrop(9)", "NS5507"),
        ("x = plain -> RandomCrop(13, padding=2)", "NS5507"),
        ("x = plain -> RandomCrop(0)", "NS5507"),
        ("x = plain -> CenterCrop([4, 9])", "NS5507"),
        ("x = plain -> RandomCrop(4, padding=-1)", "NS5507"),
        ("x = plain -> RandomVerticalFlip(50)", "NS5507"),
        ("x = plain -> RandomCrop", "NS5507"),
        ('x = plain -> RandomCrop(4, padding_mode="reflect")', "NS5507"),
    ],
)
def test_mistakes_are_one_report(text: str, code: str, tmp_path: Path) -> None:
    head = "digits = load_digits()\nplain = digits.images -> unsqueeze(1)\ny = digits.y\n"
    assert codes(head + text, tmp_path) == [code]


def test_images_are_the_same_however_many_processes_decode_them(tmp_path: Path) -> None:
    random = np.random.RandomState(1)
    for kind in ("cat", "dog"):
        (tmp_path / "pictures" / kind).mkdir(parents=True)
        for number in range(4):
            pixels = random.randint(0, 256, (6, 6, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / kind / f"{number}.png")
    text = 'images("pictures")\nx = x -> RandomCrop(4)\nsplit(train=75%, test=25%, seed=1)'
    splits = load(planned(text, tmp_path), seed=0, root=tmp_path)
    order = torch.arange(len(splits.train)).flip(0)
    passes = [
        torch.cat([x for x, _ in splits.decoded_by(workers).train.batches(2, order, 5)])
        for workers in (None, 0, 1, 2)
    ]
    assert all(torch.equal(passes[0], one) for one in passes[1:])
    with_two = splits.decoded_by(2)
    assert with_two.test is not None
    assert (with_two.train.workers, with_two.test.workers, with_two.val) == (2, 2, None)


def test_a_plan_holds_how_many_processes_decode() -> None:
    text = """
    data { make_moons(n_samples=20) }
    model { Linear(1) }
    train {
      loss      = BCEWithLogitsLoss
      optimizer = SGD(lr=0.1)
      epochs    = 1
      WORKERS
    }
    """
    for written, wanted in (("", None), ("workers = 0", 0), ("workers = 3", 3)):
        plan = netspec.parse(text.replace("WORKERS", written)).program.train
        assert plan is not None
        assert plan.workers == wanted
