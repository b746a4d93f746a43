"""Functions of images: other sizes, and grids of places."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor, isfinite

from netspec.catalog.call import Call, as_dim
from netspec.catalog.kinds import REAL, elements
from netspec.catalog.records import Operand
from netspec.catalog.rules import resampling
from netspec.catalog.rules.arithmetic import require_float
from netspec.types import Dim, TensorType

Types = tuple[TensorType, ...]

# How many spatial dimensions each mode of `interpolate` is for.
MODES: dict[str, tuple[int, ...]] = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "area": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
}
# Modes that `align_corners` means something to.
ALIGNED = frozenset({"linear", "bilinear", "bicubic", "trilinear"})
# A factor that is no fraction this small has no formula for a size not yet known.
LARGEST_DIVISOR = 64


def interpolate(call: Call) -> Types:
    """[B, C, ...] in the size given, or times a factor."""
    given = call.tensor("input")
    spatial, mode = given.rank - 2, str(call.arguments["mode"])
    require_float(call, given, 0)
    if spatial not in {1, 2, 3}:
        call.refuse("rank", f"`interpolate` wants [B, C, ...], not {given.dims()}", input=0)
        return (given,)
    if spatial not in MODES[mode]:
        fitting = [name for name, of in MODES.items() if spatial in of]
        call.refuse(
            "value",
            f'`mode="{mode}"` of `interpolate` is not for {given.dims()}',
            argument="mode",
            notes=("it may be " + ", ".join(f'`"{name}"`' for name in fitting),),
        )
    size, factor = call.arguments["size"], call.arguments["scale_factor"]
    if (size is None) == (factor is None):
        if size is None:
            call.refuse("missing-argument", "`interpolate` needs `size` or `scale_factor`")
        else:
            message = "`interpolate` takes `size` or `scale_factor`, not both"
            call.refuse("value", message, argument="scale_factor")
        return (given,)
    _check_options(call, mode)
    # What is neither above nor below the numbers there is, but for the cubic's overshooting.
    kind = elements(given.kind) if mode != "bicubic" else REAL
    if size is not None:
        shape = _listed(call, size, spatial, "size")
        dims = [as_dim(one) for one in shape]
        if any(dim.value is not None and dim.value < 1 for dim in dims):
            call.refuse("value", "`interpolate` makes sizes of at least 1", argument="size")
    else:
        factors = _listed(call, factor, spatial, "scale_factor")
        dims = [_scaled(call, one, by) for one, by in zip(given.shape[2:], factors, strict=False)]
    return (TensorType(kind, (*given.shape[:2], *dims)),)


def _check_options(call: Call, mode: str) -> None:
    if call.arguments["align_corners"] is not None and mode not in ALIGNED:
        call.refuse(
            "value",
            f'`align_corners` of `interpolate` means nothing to `mode="{mode}"`',
            argument="align_corners",
        )
    if call.flag("antialias") and mode not in {"bilinear", "bicubic"}:
        call.refuse(
            "value",
            f'`antialias` of `interpolate` is for `"bilinear"` and `"bicubic"`, not `"{mode}"`',
            argument="antialias",
        )


def _listed(call: Call, value: Operand, spatial: int, name: str) -> tuple[Operand, ...]:
    """One value for each spatial dimension."""
    if not isinstance(value, tuple):
        return (value,) * spatial
    if len(value) != spatial:
        call.refuse(
            "value",
            f"`{name}` of `{call.name}` is for {spatial} dimensions, not {len(value)}",
            argument=name,
        )
    return value


def _scaled(call: Call, size: Dim, factor: Operand) -> Dim:
    """The size times the factor, rounded down as torch does."""
    if isinstance(factor, Dim):
        call.refuse(
            "unknown-size",
            f"`scale_factor` of `{call.name}` must be known now, not `{factor}`",
            argument="scale_factor",
        )
        return size
    assert isinstance(factor, int | float)
    if factor <= 0 or not isfinite(factor):
        call.refuse(
            "value",
            f"`scale_factor` of `{call.name}` is a number above 0, not {factor}",
            argument="scale_factor",
        )
        return size
    if size.value is not None:
        made = floor(float(size.value) * factor)
        message = f"`{call.name}` makes {size} times {factor}: nothing is left"
        call.at_least(Dim.of(made), Dim.of(1), message, argument="scale_factor")
        return Dim.of(made)
    exact = Fraction(factor)
    if exact.denominator > LARGEST_DIVISOR:
        call.refuse(
            "unknown-size",
            f"`{call.name}` cannot tell how large {size} times {factor} is",
            input=0,
            help="give a factor such as 0.5 or 2, or the `size`",
        )
        return size
    made_of = (size * exact.numerator) // exact.denominator
    message = f"`{call.name}` makes {size} times {factor}"
    call.at_least(made_of, Dim.of(1), message, argument="scale_factor")
    return made_of


def grid_sample(call: Call) -> Types:
    """[B, C, H, W] at a grid [B, Ho, Wo, 2], or with one dimension more and 3."""
    given, grid = call.inputs
    for position, one in enumerate(call.inputs):
        require_float(call, one, position)
    message = f"`grid_sample` is given {given.dims()} and a grid {grid.dims()}"
    if given.rank not in {4, 5} or grid.rank != given.rank:
        call.refuse("rank", message, input=1)
        return (given,)
    call.equal(given.shape[0], grid.shape[0], message, input=1)
    call.equal(grid.shape[-1], Dim.of(given.rank - 2), message, input=1)
    if call.arguments["mode"] == "bicubic" and given.rank == 5:
        call.refuse(
            "value", '`mode="bicubic"` of `grid_sample` is for images only', argument="mode"
        )
    # Torch warns when it is left away; false is what it then takes.
    call.imply("align_corners", False)
    bounded = call.arguments["mode"] != "bicubic"
    kind = elements(given.kind) if bounded else REAL
    return (TensorType(kind, (*given.shape[:2], *grid.shape[1:-1])),)


def affine_grid(call: Call) -> Types:
    """Of maps [B, 2, 3] and an image size [B, C, H, W]: [B, H, W, 2]; one more for volumes."""
    theta, size = call.tensor("theta"), call.arguments["size"]
    require_float(call, theta, 0)
    assert isinstance(size, tuple)
    dims = [as_dim(one) for one in size]
    if len(dims) not in {4, 5}:
        call.refuse(
            "value",
            f"`size` of `affine_grid` is [B, C, H, W], not {len(dims)} sizes",
            argument="size",
        )
        return (theta,)
    if any(dim.value is not None and dim.value < 1 for dim in dims):
        call.refuse("value", "`affine_grid` makes sizes of at least 1", argument="size")
    spatial = len(dims) - 2
    wanted = f"[B, {spatial}, {spatial + 1}]"
    message = f"`affine_grid` wants maps {wanted} for this size, not {theta.dims()}"
    if theta.rank != 3:
        call.refuse("rank", message, input=0)
        return (theta,)
    for there, other in zip(
        theta.shape, (dims[0], Dim.of(spatial), Dim.of(spatial + 1)), strict=True
    ):
        call.equal(there, other, message, input=0)
    call.imply("align_corners", False)
    return (TensorType(REAL, (dims[0], *dims[2:], Dim.of(spatial))),)


RULES: dict[str, Callable[[Call], Types]] = {
    "interpolate": interpolate,
    "grid_sample": grid_sample,
    "affine_grid": affine_grid,
    "pixel_shuffle": resampling.pixel_shuffle,
    "pixel_unshuffle": resampling.pixel_unshuffle,
    "unfold": resampling.unfold,
    "fold": resampling.fold,
}
