"""Sizes under moving windows: convolutions, transposed convolutions, pools.

A size function takes the call, which spatial axis it is asked for, the size, and the arguments as
the declaration names them. Formulas: the "Shape" sections of torch.nn's pages; for `ceil_mode`
`pooling_output_shape` of ATen, whose last window must begin inside the image or its left padding.
"""

from __future__ import annotations

from netspec.catalog.call import Call, as_int, component
from netspec.catalog.records import Operand
from netspec.types import Dim

# Pools whose window has to fit into the image without its padding, in torch 2.13.
UNPADDED = frozenset({"AvgPool3d", "LPPool3d", "avg_pool3d", "lp_pool3d"})


def window(
    call: Call,
    axis: int,
    size: Dim,
    kernel_size: Operand,
    stride: Operand,
    padding: Operand,
    dilation: Operand,
) -> Dim:
    """The size a convolution gives."""
    if padding == "same":
        return size
    reach = component(dilation, axis) * (component(kernel_size, axis) - 1) + 1
    around = 0 if padding == "valid" else component(padding, axis)
    padded = size + 2 * around
    _fit(call, padded, reach, size, around)
    return (padded - reach) // component(stride, axis) + 1


def pooled(
    call: Call,
    axis: int,
    size: Dim,
    kernel_size: Operand,
    stride: Operand,
    padding: Operand,
    dilation: Operand,
    ceil_mode: Operand,
) -> Dim:
    """The size a pool gives; without a stride windows stand side by side."""
    kernel = component(kernel_size, axis)
    step = kernel if stride in (None, ()) else component(stride, axis)
    around = component(padding, axis)
    reach = component(dilation, axis) * (kernel - 1) + 1
    # Torch measures the window without its dilation here.
    if 2 * around > kernel:
        call.refuse(
            "value",
            f"`{call.name}` pads by {around}, more than half of its window of {kernel}",
            argument="padding",
        )
    if call.name in UNPADDED:
        _fit(call, size, kernel, size, 0)
    padded = size + 2 * around
    if not ceil_mode:
        _fit(call, padded, reach, size, around)
        return (padded - reach) // step + 1
    _fit(call, padded + step - 1, reach, size, around)
    # The last window may overhang, but has to begin before the image and its left padding end.
    return (size + around - 1 + min(0, around - reach + step)) // step + 1


def spread(
    call: Call,
    axis: int,
    size: Dim,
    kernel_size: Operand,
    stride: Operand,
    padding: Operand,
    output_padding: Operand,
    dilation: Operand,
) -> Dim:
    """The size a transposed convolution gives."""
    step, apart = component(stride, axis), component(dilation, axis)
    extra = component(output_padding, axis)
    if extra >= max(step, apart):
        call.refuse(
            "value",
            f"`output_padding` of `{call.name}` must be below its stride or dilation, "
            f"{max(step, apart)}, not {extra}",
            argument="output_padding",
        )
    reach = apart * (component(kernel_size, axis) - 1) + 1
    around = component(padding, axis)
    whole = (size - 1) * step + reach + extra
    call.at_least(
        whole,
        Dim.of(2 * around + 1),
        f"`{call.name}` makes {whole} and cuts off {2 * around}: nothing is left",
        argument="padding",
    )
    return whole - 2 * around


def resized(call: Call, axis: int, size: Dim, output_size: Operand) -> Dim:
    """The size an adaptive pool gives; `none` keeps the size there is."""
    del call
    wanted = output_size[axis] if isinstance(output_size, tuple) else output_size
    return size if wanted is None else Dim.of(as_int(wanted))


def _fit(call: Call, padded: Dim, reach: int, size: Dim, around: int) -> None:
    with_padding = f" with padding {around}" if around else ""
    call.at_least(
        padded,
        Dim.of(reach),
        f"the window of `{call.name}` is {reach}, larger than the image: {size}{with_padding}",
        argument="kernel_size",
        help="use a smaller kernel, add padding, or shrink the image less before",
    )


def check_convolution(call: Call) -> None:
    """Channels divide into groups, and the padding is one that torch can make."""
    groups, outside = call.integer("groups"), call.integer("out_channels")
    inside = call.sizes["in_channels"].value
    if inside is not None and inside % groups:
        call.refuse(
            "value",
            f"`{call.name}` cannot divide {inside} input channels into {groups} groups",
            argument="groups",
            input=0,
        )
    if outside % groups:
        call.refuse(
            "value",
            f"`{call.name}` cannot divide {outside} output channels into {groups} groups",
            argument="out_channels",
        )
    if "transpose" not in call.name.lower():
        _check_padding(call)


def _check_padding(call: Call) -> None:
    padding, stride = call.arguments["padding"], call.arguments["stride"]
    strides = stride if isinstance(stride, tuple) else (stride,)
    if padding == "same" and any(step != 1 for step in strides):
        call.refuse(
            "value",
            f'`padding="same"` of `{call.name}` needs a stride of 1',
            argument="stride",
        )
    mode = call.arguments["padding_mode"]
    if mode not in {"reflect", "circular"} or padding == "valid":
        return
    for axis, size in enumerate(call.inputs[0].shape[2:]):
        if padding == "same":
            kernel = component(call.arguments["kernel_size"], axis)
            around = (component(call.arguments["dilation"], axis) * (kernel - 1) + 1) // 2
        else:
            around = component(padding, axis)
        least = around + 1 if mode == "reflect" else around
        call.at_least(
            size,
            Dim.of(least),
            f'`padding_mode="{mode}"` of `{call.name}` cannot pad {size} by {around}',
            argument="padding",
        )
