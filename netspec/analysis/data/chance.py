"""Transforms of images by chance, torchvision's by name: they wait for the batches of training."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netspec.analysis.data import errors
from netspec.analysis.data.applying import Use
from netspec.analysis.data.block import Block
from netspec.analysis.data.images import fits, image, images_dims, numbers, pair
from netspec.analysis.data.sources import plain
from netspec.analysis.data.values import REAL, Array, Augmented, Value, describe
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.catalog import Value as CatalogueValue
from netspec.program import data as plan
from netspec.program.data import Arguments, Augment, borders
from netspec.program.graph import Literal
from netspec.types import Kind

# Random numbers for a row: ten attempts at a part of an image, and its place.
ATTEMPTS = 22


def _changed(
    block: Block,
    use: Use,
    value: Value,
    function: str,
    options: Arguments,
    draws: int = 1,
    size: tuple[int, int] | None = None,
    kind: Kind | None = None,
) -> Value:
    """The images with one more change; `size` and `kind` where it makes others."""
    array = value.array if isinstance(value, Augmented) else value
    assert isinstance(array, Array)
    channels, height, width = images_dims(value)
    before = (
        value
        if isinstance(value, Augmented)
        else Augmented(array=array, dims=(0, 0, 0), augments=())
    )
    change = Augment(name=use.name, function=function, options=options, draws=draws)
    return before.after(change, (channels, *(size or (height, width))), kind or array.kind)


def _wrong(block: Block, use: Use, argument: str, wanted: str) -> Unknown:
    given = describe(plain(use.bound.values[argument]))
    message = f"`{argument}` of `{use.name}` is {wanted}, not {given}"
    return block.fail(errors.arguments_refused(use.span, message))


def _filled(use: Use, array: Array) -> tuple[tuple[float, ...], Kind]:
    """What comes in from outside, and the kind of the numbers then."""
    fill = numbers(use.bound.values["fill"])
    return fill, array.kind if all(0 <= number <= 1 for number in fill) else REAL


def _normalised(block: Block, value: Value) -> bool:
    """Whether images are known to reach beyond 0 to 1: they were normalised."""
    if isinstance(value, Augmented):
        if any(change.function == "normalize_images" for change in value.augments):
            return True
        value = value.array
    expression = value.expression if isinstance(value, Array) else None
    while isinstance(expression, plan.Use | plan.Transform):
        if isinstance(expression, plan.Use):
            expression = block.steps[expression.step].value
        elif expression.name == "Normalize":
            return True
        else:
            expression = expression.value
    return False


# --- moves -----------------------------------------------------------------------------------


def _cropped(block: Block, use: Use, value: Value) -> Value:
    """`RandomCrop(size, padding)`: a part of each image, of one size."""
    array = image(block, use, value)
    if isinstance(array, Unknown):
        return UNKNOWN
    given = use.bound.values
    _, height, width = images_dims(value)
    size, padding = pair(given["size"]), borders(plain(given["padding"]) or 0)
    if min(padding) < 0:
        return _wrong(block, use, "padding", "at least 0")
    left, top, right, bottom = padding
    within = (height + top + bottom, width + left + right)
    if not fits(block, use, size, within, " with their padding" if any(padding) else ""):
        return UNKNOWN
    fill, kind = _filled(use, array)
    options: Arguments = (("size", size),)
    if any(padding):
        options = (*options, ("padding", padding), ("fill", fill))
    else:
        kind = array.kind
    return _changed(block, use, value, "random_crop", options, draws=2, size=size, kind=kind)


def _flipped(block: Block, use: Use, value: Value) -> Value:
    """`RandomHorizontalFlip(p)` and `RandomVerticalFlip(p)`."""
    if isinstance(image(block, use, value), Unknown):
        return UNKNOWN
    (p,) = numbers(use.bound.values["p"])
    dim = 3 if use.name == "RandomHorizontalFlip" else 2
    return _changed(block, use, value, "random_flip", (("p", p), ("dim", dim)))


def _resized_crop(block: Block, use: Use, value: Value) -> Value:
    """`RandomResizedCrop(size)`: a part of each image, brought to one size."""
    if isinstance(image(block, use, value), Unknown):
        return UNKNOWN
    given = use.bound.values
    size, scale, ratio = pair(given["size"]), numbers(given["scale"]), numbers(given["ratio"])
    if not (0 < size[0] <= 4096 and 0 < size[1] <= 4096):
        return _wrong(block, use, "size", "a height and a width from 1 to 4096")
    if not 0 < scale[0] <= scale[1] <= 1:
        return _wrong(block, use, "scale", "two parts of the area, the smaller one first")
    if not 0 < ratio[0] <= ratio[1]:
        return _wrong(block, use, "ratio", "the least and the largest width over height")
    options = (("size", size), ("scale", scale), ("ratio", ratio))
    return _changed(block, use, value, "random_resized_crop", options, ATTEMPTS, size)


def _bounds(value: CatalogueValue) -> tuple[float, ...]:
    """The two ends of a range; one number is a range about 0."""
    given = numbers(value)
    return (-given[0], given[0]) if len(given) == 1 else given


def _turned(block: Block, use: Use, value: Value) -> Value:
    """`RandomRotation(degrees)`: torchvision turns it the other way than `RandomAffine`."""
    given = use.bound.values
    low, high = _bounds(given["degrees"])
    if low > high:
        return _wrong(block, use, "degrees", "at least 0, or the lesser angle first")
    return _moved(block, use, value, (("degrees", (-low, -high)),))


def _affine(block: Block, use: Use, value: Value) -> Value:
    """`RandomAffine(degrees, translate, scale, shear)`."""
    given = use.bound.values
    low, high = _bounds(given["degrees"])
    if low > high:
        return _wrong(block, use, "degrees", "at least 0, or the lesser angle first")
    options: Arguments = (("degrees", (low, high)),)
    if given["translate"] is not None:
        translate = numbers(given["translate"])
        if not all(0 <= part <= 1 for part in translate):
            return _wrong(block, use, "translate", "two parts of the size, within 0 to 1")
        options = (*options, ("translate", translate))
    if given["scale"] is not None:
        scale = numbers(given["scale"])
        if not 0 < scale[0] <= scale[1]:
            return _wrong(block, use, "scale", "two factors above 0, the smaller one first")
        options = (*options, ("scale", scale))
    if given["shear"] is not None:
        shear = _bounds(given["shear"])
        if len(shear) not in (2, 4) or shear[0] > shear[1] or shear[-2] > shear[-1]:
            return _wrong(block, use, "shear", "an angle, or the ends of one range or of two")
        if max(map(abs, shear)) >= 90:
            return _wrong(block, use, "shear", "less than 90 degrees")
        options = (*options, ("shear", (*shear, 0.0, 0.0)[:4]))
    return _moved(block, use, value, options)


def _moved(block: Block, use: Use, value: Value, options: Arguments) -> Value:
    array = image(block, use, value)
    if isinstance(array, Unknown):
        return UNKNOWN
    given = use.bound.values
    fill, kind = _filled(use, array)
    if given["center"] is not None:
        options = (*options, ("center", numbers(given["center"])))
    if given["interpolation"] != "nearest":
        options = (*options, ("interpolation", str(given["interpolation"])))
    if fill != (0.0,):
        options = (*options, ("fill", fill))
    return _changed(block, use, value, "random_affine", options, draws=6, kind=kind)


def _erased(block: Block, use: Use, value: Value) -> Value:
    """`RandomErasing(p)`: a box of each image replaced."""
    array = image(block, use, value)
    if isinstance(array, Unknown):
        return UNKNOWN
    given, (channels, _, _) = use.bound.values, images_dims(value)
    scale, ratio, filled = (numbers(given[name]) for name in ("scale", "ratio", "value"))
    if not 0 <= scale[0] <= scale[1] <= 1:
        return _wrong(block, use, "scale", "two parts of the area, the smaller one first")
    if not 0 < ratio[0] <= ratio[1]:
        return _wrong(block, use, "ratio", "the least and the largest height over width")
    if len(filled) not in (1, channels):
        return _wrong(block, use, "value", f"one number, or {channels}, one for each channel")
    kind = array.kind if all(0 <= number <= 1 for number in filled) else REAL
    (p,) = numbers(given["p"])
    options = (("p", p), ("scale", scale), ("ratio", ratio), ("value", filled))
    return _changed(block, use, value, "random_erase", options, ATTEMPTS + 1, kind=kind)


# --- colours ---------------------------------------------------------------------------------


def _factors(given: CatalogueValue, name: str) -> tuple[float, float] | None:
    """The ends that a factor of `ColorJitter` lies between; None where they are refused."""
    middle, least, most = (0.0, -0.5, 0.5) if name == "hue" else (1.0, 0.0, float("inf"))
    ends = numbers(given)
    if len(ends) == 1:
        if ends[0] < 0:
            return None
        ends = (max(middle - ends[0], least), middle + ends[0])
    low, high = ends
    return (low, high) if least <= low <= high <= most else None


def _jittered(block: Block, use: Use, value: Value) -> Value:
    """`ColorJitter(brightness, contrast, saturation, hue)`."""
    array = _colours(block, use, value)
    if isinstance(array, Unknown):
        return UNKNOWN
    channels, _, _ = images_dims(value)
    if channels not in (1, 3):
        return use.refuse(block, value, f"it takes 1 or 3 channels, and these have {channels}")
    changes: list[Literal] = []
    for name in ("brightness", "contrast", "saturation", "hue"):
        factors = _factors(use.bound.values[name], name)
        if factors is None:
            wanted = (
                "at most 0.5 on either side" if name == "hue" else "at least 0, the lesser first"
            )
            return _wrong(block, use, name, wanted)
        # Without colours there is no saturation and no hue.
        neutral = (0.0, 0.0) if name == "hue" else (1.0, 1.0)
        if factors != neutral and (channels == 3 or name in {"brightness", "contrast"}):
            changes.append((name, *factors))
    draws, options = len(changes) + 1, (("changes", tuple(changes)),)
    return _changed(block, use, value, "color_jitter", options, draws)


def _colours(block: Block, use: Use, value: Value) -> Array | Unknown:
    """Images whose numbers are colours: within 0 to 1."""
    array = image(block, use, value)
    if not isinstance(array, Unknown) and _normalised(block, value):
        return use.refuse(block, value, "it takes numbers within 0 to 1: put it before `Normalize`")
    return array


def _inverted(block: Block, use: Use, value: Value) -> Value:
    """`RandomInvert(p)`: negatives."""
    if isinstance(_colours(block, use, value), Unknown):
        return UNKNOWN
    return _changed(block, use, value, "random_invert", (("p", numbers(use.bound.values["p"])[0]),))


def _greyed(block: Block, use: Use, value: Value) -> Value:
    """`RandomGrayscale(p)`: colours taken away."""
    if isinstance(image(block, use, value), Unknown):
        return UNKNOWN
    channels, _, _ = images_dims(value)
    if channels not in (1, 3):
        return use.refuse(block, value, f"it takes 1 or 3 channels, and these have {channels}")
    return _changed(block, use, value, "random_gray", (("p", numbers(use.bound.values["p"])[0]),))


def _blurred(block: Block, use: Use, value: Value) -> Value:
    """`GaussianBlur(kernel_size, sigma)`."""
    if isinstance(image(block, use, value), Unknown):
        return UNKNOWN
    given = use.bound.values
    wide, high = pair(given["kernel_size"])
    sigma = numbers(given["sigma"])
    sigma = (sigma[0], sigma[0]) if len(sigma) == 1 else sigma
    if wide < 1 or high < 1 or wide % 2 == 0 or high % 2 == 0:
        return _wrong(block, use, "kernel_size", "odd, and at least 1")
    if not 0 < sigma[0] <= sigma[1]:
        return _wrong(block, use, "sigma", "above 0, the lesser one first")
    _, height, width = images_dims(value)
    if wide // 2 >= width or high // 2 >= height:
        return _wrong(block, use, "kernel_size", f"less than twice the images, {height} x {width}")
    options = (("kernel_size", (wide, high)), ("sigma", sigma))
    return _changed(block, use, value, "gaussian_blur", options)


HANDLERS: Mapping[str, Callable[[Block, Use, Value], Value]] = {
    "RandomCrop": _cropped,
    "RandomHorizontalFlip": _flipped,
    "RandomVerticalFlip": _flipped,
    "RandomResizedCrop": _resized_crop,
    "RandomRotation": _turned,
    "RandomAffine": _affine,
    "RandomErasing": _erased,
    "ColorJitter": _jittered,
    "RandomGrayscale": _greyed,
    "RandomInvert": _inverted,
    "GaussianBlur": _blurred,
}
