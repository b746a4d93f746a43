"""Transforms of images, torchvision's by name, that are the same each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from netspec.analysis.data import errors
from netspec.analysis.data.applying import Use
from netspec.analysis.data.block import Block
from netspec.analysis.data.sources import plain
from netspec.analysis.data.values import REAL, Array, Augmented, Value
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.program.data import Augment, borders

# Changes by chance that move numbers, and leave each as it is.
MOVES = frozenset({"random_crop", "random_flip"})


def _normalized(block: Block, use: Use, value: Value) -> Value:
    """`Normalize(mean, std)`: of images, real numbers."""
    array = value.array if isinstance(value, Augmented) else value
    if not isinstance(array, Array) or len(array.dims) != 3:
        return use.refuse(block, value, "normalise images; numbers are scaled by `StandardScaler`")
    channels = array.dims[0] if not isinstance(value, Augmented) else value.dims[0]
    for name in ("mean", "std"):
        given = use.bound.values[name]
        if isinstance(given, tuple) and len(given) not in (1, channels):
            message = f"`{name}` has {len(given)} numbers for {channels} channels"
            advice = "give one number, or one for each channel"
            return block.fail(errors.arguments_refused(use.span, message, advice))
        if name == "std" and 0 in (given if isinstance(given, tuple) else (given,)):
            message = "`std` of `Normalize` is 0"
            return block.fail(errors.arguments_refused(use.span, message, "divide by a deviation"))
    mean, std = (numbers(use.bound.values[name]) for name in ("mean", "std"))
    if isinstance(value, Augmented) and not all(c.function in MOVES for c in value.augments):
        options = (("mean", mean), ("std", std))
        change = Augment(name=use.name, function="normalize_images", options=options)
        return value.after(change, value.dims, REAL)
    array = block.hoist(array, use.before)
    made = use.node(array.expression, fitted=array.fitted, flat=False)
    array = replace(array, expression=made, kind=REAL, values=None)
    if not isinstance(value, Augmented):
        return array
    # What only moves numbers may as well come after: images are then normalised once for all.
    changes = tuple(_normalized_change(change, mean, std) for change in value.augments)
    return replace(value, array=array, augments=changes)


def _normalized_change(change: Augment, mean: tuple[float, ...], std: tuple[float, ...]) -> Augment:
    options = tuple(
        (name, _normalized_fill(numbers(given), mean, std) if name == "fill" else given)
        for name, given in change.options
    )
    return replace(change, options=options)


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


def numbers(value: object) -> tuple[float, ...]:
    """One number or several."""
    given = value if isinstance(value, tuple) else (value,)
    return tuple(float(number) for number in given if isinstance(number, int | float))


def _normalized_fill(
    fill: tuple[float, ...], mean: tuple[float, ...], std: tuple[float, ...]
) -> tuple[float, ...]:
    """What a border becomes, of each channel that differs."""
    count = max(len(fill), len(mean), len(std))
    at = range(count)
    return tuple((fill[i % len(fill)] - mean[i % len(mean)]) / std[i % len(std)] for i in at)


def image(block: Block, use: Use, value: Value) -> Array | Unknown:
    """The images of one size that a transform is applied to."""
    array = value.array if isinstance(value, Augmented) else value
    if not isinstance(array, Array) or len(array.dims) != 3 or array.rows is None:
        given = f"`{use.name}` takes images: channels, height and width a row"
        return use.refuse(block, value, given)
    if None in array.dims:
        advice = "images differ in size: bring them to one first, e.g. `Resize([64, 64])`"
        return use.refuse(block, value, advice)
    return array


def images_dims(value: Value) -> tuple[int, int, int]:
    """Channels, height and width of images of one size."""
    dims = value.dims if isinstance(value, Array | Augmented) else ()
    channels, height, width = (dim or 0 for dim in dims)
    return channels, height, width


def pair(value: object) -> tuple[int, int]:
    """(height, width), one number for both."""
    both = value if isinstance(value, tuple) else (value, value)
    height, width = (int(side) if isinstance(side, int) else 0 for side in both)
    return height, width


def fits(
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
    array = image(block, use, value)
    if isinstance(array, Unknown):
        return UNKNOWN
    channels, height, width = images_dims(value)
    size = pair(use.bound.values["size"])
    if not fits(block, use, size, (height, width)):
        return UNKNOWN
    if isinstance(value, Augmented):
        change = Augment(name=use.name, function="crop_middle", options=(("size", size),))
        return value.after(change, (channels, *size), array.kind)
    array = block.hoist(array, use.before)
    made = use.node(array.expression, fitted=array.fitted, flat=False)
    return replace(array, expression=made, dims=(channels, *size))


def _grey(block: Block, use: Use, value: Value) -> Value:
    """`Grayscale`: three channels to one."""
    array = image(block, use, value)
    if isinstance(array, Unknown):
        return UNKNOWN
    channels, height, width = images_dims(value)
    if channels != 3:
        return use.refuse(block, value, f"it takes 3 channels, and these have {channels}")
    if isinstance(value, Augmented):
        change = Augment(name=use.name, function="gray", options=())
        return value.after(change, (1, height, width), array.kind)
    array = block.hoist(array, use.before)
    made = use.node(array.expression, fitted=array.fitted, flat=False)
    return replace(array, expression=made, dims=(1, *array.dims[1:]), values=None)


def _padded(block: Block, use: Use, value: Value) -> Value:
    """`Pad(padding)`: a border around each image."""
    array = image(block, use, value)
    given = use.bound.values
    mode, sides = given["padding_mode"], borders(plain(given["padding"]))
    (fill,) = numbers(given["fill"])
    if isinstance(array, Unknown):
        return UNKNOWN
    channels, height, width = images_dims(value)
    most = {"reflect": min(height, width) - 1, "symmetric": min(height, width)}.get(str(mode))
    if min(sides) < 0 or (most is not None and max(sides) > most):
        message = (
            f"`padding` of `Pad` is from 0 to {most}"
            if most is not None
            else ("`padding` of `Pad` cannot be negative")
        )
        advice = f"images are {height} x {width}, and mirrored no further than that"
        return block.fail(
            errors.arguments_refused(use.span, message, advice if most is not None else None)
        )
    left, top, right, bottom = sides
    dims = (channels, height + top + bottom, width + left + right)
    kind = array.kind if mode != "constant" or 0 <= fill <= 1 else REAL
    if isinstance(value, Augmented):
        options = (("padding", sides), ("fill", (fill,)), ("mode", str(mode)))
        change = Augment(name=use.name, function="pad_images", options=options)
        return value.after(change, dims, kind)
    array = block.hoist(array, use.before)
    made = use.node(array.expression, fitted=array.fitted, flat=False)
    return replace(array, expression=made, dims=dims, kind=kind, values=None)


HANDLERS: Mapping[str, Callable[[Block, Use, Value], Value]] = {
    "Normalize": _normalized,
    "Resize": _resized,
    "CenterCrop": _centred,
    "Grayscale": _grey,
    "Pad": _padded,
}
