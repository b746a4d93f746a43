"""Transforms of images, torchvision's by name: fixed ones, and those of chance in training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from netspec.analysis.data import errors
from netspec.analysis.data.applying import Use
from netspec.analysis.data.block import Block
from netspec.analysis.data.values import REAL, Array, Augmented, Value
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.program.data import Augment

# What may follow a transform of chance: it does the same to every number of an image.
AFTER_CHANCE = frozenset({"Normalize", "RandomCrop", "RandomHorizontalFlip", "RandomVerticalFlip"})


def _normalized(block: Block, use: Use, value: Value) -> Value:
    """`Normalize(mean, std)`: of images, real numbers."""
    if isinstance(value, Augmented):
        array = _normalized(block, use, value.array)
        if isinstance(array, Unknown):
            return UNKNOWN
        assert isinstance(array, Array)
        mean, std = (_channels(use.bound.values[name]) for name in ("mean", "std"))
        augments = tuple(
            replace(augment, fill=_normalized_fill(augment.fill, mean, std))
            for augment in value.augments
        )
        return replace(value, array=array, augments=augments)
    if not isinstance(value, Array) or len(value.dims) != 3:
        return use.refuse(block, value, "normalise images; numbers are scaled by `StandardScaler`")
    for name in ("mean", "std"):
        given = use.bound.values[name]
        if isinstance(given, tuple) and len(given) not in (1, value.dims[0]):
            message = f"`{name}` has {len(given)} numbers for {value.dims[0]} channels"
            advice = "give one number, or one for each channel"
            return block.fail(errors.arguments_refused(use.span, message, advice))
        if name == "std" and 0 in (given if isinstance(given, tuple) else (given,)):
            message = "`std` of `Normalize` is 0"
            return block.fail(errors.arguments_refused(use.span, message, "divide by a deviation"))
    value = block.hoist(value, use.before)
    made = use.node(value.expression, fitted=False, flat=False)
    return replace(value, expression=made, kind=REAL, values=None)


def _resized(block: Block, use: Use, value: Value) -> Value:
    """`Resize([height, width])`, of images as they come from their source."""
    if not isinstance(value, Array) or not value.pixels or value.kind == REAL:
        advice = "resize images of `images` or `idx`, before `Normalize` and arithmetic"
        return use.refuse(block, value, advice)
    if value.resized:
        return use.refuse(block, value, "they are resized already: once, to the size wanted")
    if value.info is not None and value.dims != value.info.dims:
        return use.refuse(block, value, "resize them first, then crop them or take colours away")
    size = use.bound.values["size"]
    assert isinstance(size, tuple)
    height, width = (int(s) if isinstance(s, int) else 0 for s in size)
    if not (0 < height <= 4096 and 0 < width <= 4096):
        message = f"`size` of `Resize` is a height and a width from 1 to 4096, not {list(size)}"
        return block.fail(errors.arguments_refused(use.span, message, "e.g. `Resize([32, 32])`"))
    value = block.hoist(value, use.before)
    made = use.node(value.expression, fitted=False, flat=False)
    return replace(value, expression=made, dims=(value.dims[0], height, width), resized=True)


def _channels(value: object) -> tuple[float, ...]:
    numbers = value if isinstance(value, tuple) else (value,)
    return tuple(float(number) for number in numbers if isinstance(number, int | float))


def _normalized_fill(
    fill: tuple[float, ...], mean: tuple[float, ...], std: tuple[float, ...]
) -> tuple[float, ...]:
    """What a border becomes, of each channel that differs."""
    count = max(len(fill), len(mean), len(std))
    at = range(count)
    return tuple((fill[i % len(fill)] - mean[i % len(mean)]) / std[i % len(std)] for i in at)


def _image(block: Block, use: Use, value: Value) -> Array | Unknown:
    """The images of one size that a transform is applied to."""
    array = value.array if isinstance(value, Augmented) else value
    if not isinstance(array, Array) or len(array.dims) != 3 or array.rows is None:
        given = f"`{use.name}` takes images: channels, height and width a row"
        return use.refuse(block, value, given)
    if None in array.dims:
        advice = "images differ in size: bring them to one first, e.g. `Resize([64, 64])`"
        return use.refuse(block, value, advice)
    return array


def _pair(value: object) -> tuple[int, int]:
    """(height, width), one number for both."""
    both = value if isinstance(value, tuple) else (value, value)
    height, width = (int(side) if isinstance(side, int) else 0 for side in both)
    return height, width


def _fits(
    block: Block, use: Use, size: tuple[int, int], within: tuple[int, int], border: str = ""
) -> bool:
    """Whether there is that much to cut out; reported when not."""
    if 0 < size[0] <= within[0] and 0 < size[1] <= within[1]:
        return True
    given = " x ".join(map(str, size))
    there = " x ".join(map(str, within))
    message = f"`{use.name}` cuts {given} out of images that are {there}{border}"
    block.fail(errors.arguments_refused(use.span, message, "`size` is a height and a width"))
    return False


def _centred(block: Block, use: Use, value: Value) -> Value:
    """`CenterCrop(size)`: the middle of each image."""
    array = _image(block, use, value)
    if isinstance(array, Unknown):
        return UNKNOWN
    channels, height, width = array.dims
    size = _pair(use.bound.values["size"])
    if not _fits(block, use, size, (height or 0, width or 0)):
        return UNKNOWN
    array = block.hoist(array, use.before)
    made = use.node(array.expression, fitted=array.fitted, flat=False)
    return replace(array, expression=made, dims=(channels, *size))


def _grey(block: Block, use: Use, value: Value) -> Value:
    """`Grayscale`: three channels to one."""
    array = _image(block, use, value)
    if isinstance(array, Unknown):
        return UNKNOWN
    if array.dims[0] != 3:
        return use.refuse(block, value, f"it takes 3 channels, and these have {array.dims[0]}")
    array = block.hoist(array, use.before)
    made = use.node(array.expression, fitted=array.fitted, flat=False)
    return replace(array, expression=made, dims=(1, *array.dims[1:]), values=None)


def _chance(block: Block, use: Use, value: Value) -> Value:
    """`RandomCrop` and the flips: what they do waits for the batches of training."""
    array = _image(block, use, value)
    if isinstance(array, Unknown):
        return UNKNOWN
    before = value.dims if isinstance(value, Augmented) else array.dims
    channels, height, width = (dim or 0 for dim in before)
    given = use.bound.values
    if use.name == "RandomCrop":
        size, padding = _pair(given["size"]), _pair(given["padding"] or 0)
        within = (height + 2 * padding[0], width + 2 * padding[1])
        if not _fits(block, use, size, within, " with their padding" if any(padding) else ""):
            return UNKNOWN
        fill = _channels(given["fill"])
        augment = Augment(name="RandomCrop", size=size, padding=padding, fill=fill)
        height, width = size
    else:
        (p,) = _channels(given["p"])
        horizontal = use.name == "RandomHorizontalFlip"
        augment = Augment(name="RandomHorizontalFlip" if horizontal else "RandomVerticalFlip", p=p)
    earlier = value.augments if isinstance(value, Augmented) else ()
    dims = (channels, height, width)
    return Augmented(array=array, dims=dims, augments=(*earlier, augment))


HANDLERS: Mapping[str, Callable[[Block, Use, Value], Value]] = {
    "Normalize": _normalized,
    "Resize": _resized,
    "CenterCrop": _centred,
    "Grayscale": _grey,
    "RandomCrop": _chance,
    "RandomHorizontalFlip": _chance,
    "RandomVerticalFlip": _chance,
}
