"""Layers that pad, resize or rearrange places: sizes by the "Shape" sections of torch.nn.

A size function takes the call, which spatial axis it is asked for, the size, and the arguments as
the declaration names them.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor, prod

from netspec.catalog.call import Call, as_int, component
from netspec.catalog.kinds import INT, REAL, UNIT, averaged, elements
from netspec.catalog.records import Operand
from netspec.catalog.rules.arithmetic import require_float
from netspec.catalog.rules.shapes import not_both_ways
from netspec.types import Dim, Kind, TensorType, product

# Ranks that each mode of `Upsample` takes; those not named take any from 3 to 5.
RANKS = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
# Modes that look at `align_corners`.
ALIGNED = frozenset(RANKS)
# Factors finer than one in so many are not applied to sizes that are not known.
FINEST = 64


# --- padding --------------------------------------------------------------------------------------


def padded(call: Call, axis: int, size: Dim, padding: Operand) -> Dim:
    """The size with its borders; a negative border cuts off."""
    before, after = _borders(call, axis, padding)
    reach = max(before, after)
    if call.name.startswith("Reflection"):
        reach += 1
    if call.name.startswith(("Reflection", "Circular")):
        call.at_least(
            size,
            Dim.of(reach),
            f"`{call.name}` cannot pad {size} by {max(before, after)}",
            argument="padding",
            help=f"pad by less, or use `Replication{call.name[-5:]}`",
        )
    if call.name.startswith("Circular"):
        not_both_ways(call, before, after, "padding")
    if call.name.startswith(("Zero", "Constant")):
        # Torch cuts both ends off before it adds to either.
        cut = -min(before, 0) - min(after, 0)
        message = f"`{call.name}` cuts {cut} off {size}"
        call.at_least(size, Dim.of(cut), message, argument="padding")
    made = size + before + after
    call.at_least(made, Dim.of(1), f"`{call.name}` leaves nothing of {size}", argument="padding")
    return made


def _borders(call: Call, axis: int, padding: Operand) -> tuple[int, int]:
    """How much is added before and after; torch names the last dimension's borders first."""
    if not isinstance(padding, tuple):
        return as_int(padding), as_int(padding)
    place = 2 * (len(padding) // 2 - 1 - axis)
    return as_int(padding[place]), as_int(padding[place + 1])


def constant_pad(call: Call) -> tuple[TensorType, ...]:
    """One number around the last dimensions, as many as the layer's name says."""
    (given,) = call.inputs
    spatial = int(call.name[-2])
    if given.rank <= spatial:
        names = ", ".join("DHW"[-spatial:] if spatial > 1 else "L")
        call.refuse("rank", f"`{call.name}` wants [B, ..., {names}], not {given.dims()}", input=0)
        return (given,)
    sizes = [
        padded(call, axis, size, call.arguments["padding"])
        for axis, size in enumerate(given.shape[-spatial:])
    ]
    return (TensorType(_around(call, given.kind), (*given.shape[:-spatial], *sizes)),)


def _around(call: Call, kind: Kind) -> Kind:
    """What holds of the numbers of a tensor and of the one around them."""
    given, value = elements(kind), call.arguments["value"]
    assert isinstance(value, int | float)
    if given.is_float:
        return UNIT if given == UNIT and 0 <= value <= 1 else REAL
    if given.name != "index":
        return given
    top = None if given.size is None else given.size.value
    inside = value >= 0 and (top is None or value < top)
    return given if inside else INT


# --- resizing -------------------------------------------------------------------------------------


def upsample(call: Call) -> tuple[TensorType, ...]:
    """Every place resized: to `size`, or by `scale_factor`."""
    (given,) = call.inputs
    mode = call.arguments.get("mode", "bilinear" if "Bilinear" in call.name else "nearest")
    assert isinstance(mode, str)
    _check_rank(call, given, mode)
    size, factor = call.arguments["size"], call.arguments["scale_factor"]
    if (size is None) == (factor is None):
        what = "needs" if size is None else "takes only one of"
        call.refuse(
            "value",
            f"`{call.name}` {what} `size` or `scale_factor`",
            argument="size",
            help="say how large, as in `scale_factor=2`" if size is None else "keep one of the two",
        )
    _check_flags(call, mode, size)
    wanted, name = (factor, "scale_factor") if size is None else (size, "size")
    if isinstance(wanted, tuple) and len(wanted) != given.rank - 2:
        call.refuse(
            "rank",
            f"`{name}` of `{call.name}` is for {len(wanted)} dimensions, and {given.dims()} has "
            f"{given.rank - 2} beside rows and channels",
            argument=name,
            input=0,
        )
    if call.refusal is not None:
        return (given,)
    spatial = [
        Dim.of(component(size, axis)) if size is not None else _scaled(call, axis, there, factor)
        for axis, there in enumerate(given.shape[2:])
    ]
    kind = elements(given.kind) if "nearest" in mode else averaged(given.kind)
    # A bicubic curve goes beyond the values that it joins.
    kind = REAL if mode == "bicubic" else kind
    return (TensorType(kind, (*given.shape[:2], *spatial)),)


def _check_rank(call: Call, given: TensorType, mode: str) -> None:
    fixed = 4 if call.name.endswith("2d") else RANKS.get(mode)
    if given.rank == fixed or (fixed is None and 3 <= given.rank <= 5):
        return
    wanted = {3: "[B, C, L]", 4: "[B, C, H, W]", 5: "[B, C, D, H, W]"}
    shapes = wanted[fixed] if fixed is not None else ", ".join(wanted.values())
    fitting = {3: "linear", 4: "bilinear", 5: "trilinear"}.get(given.rank)
    stated = f' in mode "{mode}"' if "mode" in call.arguments else ""
    call.refuse(
        "rank",
        f"`{call.name}`{stated} wants {shapes}, not {given.dims()}",
        input=0,
        help=f'for {given.dims()} it is `mode="{fitting}"`'
        if fitting and fixed is not None and "mode" in call.arguments
        else None,
    )


def _check_flags(call: Call, mode: str, size: Operand) -> None:
    if call.arguments.get("align_corners") is not None and mode not in ALIGNED:
        call.refuse(
            "value",
            f'`align_corners` of `{call.name}` means nothing in mode "{mode}"',
            argument="align_corners",
            help="leave it away, or choose a linear or cubic mode",
        )
    if size is not None and call.arguments.get("recompute_scale_factor"):
        call.refuse(
            "value",
            f"`recompute_scale_factor` of `{call.name}` means nothing with `size`",
            argument="recompute_scale_factor",
        )


def _scaled(call: Call, axis: int, size: Dim, factor: Operand) -> Dim:
    """A size times a factor, rounded down as torch does."""
    times = factor[axis] if isinstance(factor, tuple) else factor
    assert isinstance(times, int | float)
    if size.value is not None:
        made = Dim.of(floor(size.value * float(times)))
    else:
        exact = Fraction(times)
        if exact.denominator > FINEST:
            call.refuse(
                "unknown-size",
                f"`{call.name}` cannot tell what {size} times {times} is",
                argument="scale_factor",
                help="give `size`, or a factor such as 2, 1.5 or 0.25",
            )
            return size
        made = size * exact.numerator // exact.denominator
    call.at_least(
        made, Dim.of(1), f"`{call.name}` leaves nothing of {size}", argument="scale_factor"
    )
    return made


def fractional(
    call: Call,
    axis: int,
    size: Dim,
    kernel_size: Operand,
    output_size: Operand,
    output_ratio: Operand,
) -> Dim:
    """The size that a pool with windows at random places gives."""
    if (output_size is None) == (output_ratio is None):
        what = "needs" if output_size is None else "takes only one of"
        call.refuse(
            "value",
            f"`{call.name}` {what} `output_size` or `output_ratio`",
            argument="output_size",
            help="say how large, as in `output_ratio=0.5`"
            if output_size is None
            else "keep one of the two",
        )
        return size
    if output_size is not None:
        made = Dim.of(component(output_size, axis))
    else:
        made = _scaled(call, axis, size, output_ratio)
    kernel = component(kernel_size, axis)
    # In 3 dimensions torch wants a place more than the windows need.
    needed = made + kernel - (0 if call.name.endswith("3d") else 1)
    call.at_least(
        size,
        needed,
        f"`{call.name}` cannot place {made} windows of {kernel} in {size}",
        argument="kernel_size",
    )
    return made


# --- rearranging ----------------------------------------------------------------------------------


def pixel_shuffle(call: Call) -> tuple[TensorType, ...]:
    """Channels into places: [B, C * r * r, H, W] to [B, C, H * r, W * r]."""
    (given,) = call.inputs
    if not _has_places(call, given):
        return (given,)
    factor = call.integer("upscale_factor")
    *rows, channels, height, width = given.shape
    square = factor * factor
    call.equal(
        channels % square,
        Dim.of(0),
        f"`{call.name}` makes {square} places of {square} channels, and {channels} channels are "
        f"no multiple of {square}",
        input=0,
    )
    shape = (*rows, channels // square, height * factor, width * factor)
    return (TensorType(elements(given.kind), shape),)


def pixel_unshuffle(call: Call) -> tuple[TensorType, ...]:
    """Places into channels: [B, C, H * r, W * r] to [B, C * r * r, H, W]."""
    (given,) = call.inputs
    if not _has_places(call, given):
        return (given,)
    factor = call.integer("downscale_factor")
    *rows, channels, height, width = given.shape
    for size in (height, width):
        call.equal(
            size % factor,
            Dim.of(0),
            f"`{call.name}` divides {size} by {factor}",
            input=0,
        )
    shape = (*rows, channels * factor * factor, height // factor, width // factor)
    return (TensorType(elements(given.kind), shape),)


def _has_places(call: Call, given: TensorType) -> bool:
    if given.rank < 4:
        call.refuse("rank", f"`{call.name}` wants [B, ..., C, H, W], not {given.dims()}", input=0)
    return given.rank >= 4


def unfold(call: Call) -> tuple[TensorType, ...]:
    """Every window as a column: [B, C, H, W] to [B, C * window, windows]."""
    (given,) = call.inputs
    require_float(call, given, 0)
    if given.rank != 4:
        call.refuse("rank", f"`{call.name}` wants [B, C, H, W], not {given.dims()}", input=0)
        return (given,)
    counts = [_windows(call, axis, size) for axis, size in enumerate(given.shape[2:])]
    shape = (given.shape[0], given.shape[1] * _window(call), product(tuple(counts)))
    return (TensorType(elements(given.kind), shape),)


def fold(call: Call) -> tuple[TensorType, ...]:
    """Columns laid back as windows and summed: [B, C * window, windows] to [B, C, H, W]."""
    (given,) = call.inputs
    require_float(call, given, 0)
    if given.rank != 3:
        call.refuse(
            "rank", f"`{call.name}` wants [B, channels * window, windows], not {given.dims()}"
        )
        return (given,)
    rows, columns, count = given.shape
    image = [Dim.of(component(call.arguments["output_size"], axis)) for axis in (0, 1)]
    window = _window(call)
    call.equal(
        columns % window,
        Dim.of(0),
        f"`{call.name}` has windows of {window}, and {columns} is no multiple of it",
        input=0,
    )
    fitting = product(tuple(_windows(call, axis, size) for axis, size in enumerate(image)))
    call.equal(
        count,
        fitting,
        f"`{call.name}` lays {fitting} windows in {image[0]} by {image[1]}, and is given {count}",
        input=0,
    )
    return (TensorType(REAL, (rows, columns // window, *image)),)


def _window(call: Call) -> int:
    return prod(component(call.arguments["kernel_size"], axis) for axis in (0, 1))


def _windows(call: Call, axis: int, size: Dim) -> Dim:
    """How many windows stand along an axis."""
    kernel, apart, around, step = (
        component(call.arguments[name], axis)
        for name in ("kernel_size", "dilation", "padding", "stride")
    )
    reach = apart * (kernel - 1) + 1
    padded_size = size + 2 * around
    call.at_least(
        padded_size,
        Dim.of(reach),
        f"the window of `{call.name}` is {reach}, larger than the image: {size}"
        + (f" with padding {around}" if around else ""),
        argument="kernel_size",
    )
    return (padded_size - reach) // step + 1


def check_channel_shuffle(call: Call) -> None:
    """The channels of something that has places, too, divide into groups."""
    given = call.inputs[0]
    if given.rank < 3:
        message = f"`{call.name}` wants [B, C, ...] with places to shuffle, not {given.dims()}"
        call.refuse("rank", message, input=0)
        return
    groups, channels = call.integer("groups"), given.shape[1]
    call.equal(
        channels % groups,
        Dim.of(0),
        f"`{call.name}` cannot divide {channels} channels into {groups} groups",
        input=0,
    )
