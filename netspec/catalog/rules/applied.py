"""Layers as functions: the weights are tensors that the caller gives."""

from __future__ import annotations

from collections.abc import Callable

from netspec.catalog.call import Call, as_dim
from netspec.catalog.kinds import REAL
from netspec.catalog.records import Operand
from netspec.catalog.rules.arithmetic import require_float
from netspec.catalog.rules.layers import check_bounds, check_prelu_slopes
from netspec.catalog.rules.windows import spread, window
from netspec.types import Dim, TensorType, product

Types = tuple[TensorType, ...]


def linear(call: Call) -> Types:
    """[..., in] by weights [out, in] to [..., out]; weights [in] to [...]."""
    given, weight = call.tensor("input"), call.tensor("weight")
    _floats(call)
    if given.rank == 0 or weight.rank not in {1, 2}:
        position = 0 if given.rank == 0 else 1
        shape = call.inputs[position].dims()
        call.refuse("rank", f"`linear` wants [..., in] and [out, in], not {shape}", input=position)
        return (given,)
    message = f"`linear` has weights {weight.dims()} for {given.dims()}"
    call.equal(given.shape[-1], weight.shape[-1], message, input=1)
    out = weight.shape[:-1]
    if weight.rank == 1 and call.arguments["bias"] is not None:
        call.refuse("value", "`linear` takes no bias for weights of one output", argument="bias")
    else:
        _vector(call, "bias", out[0] if out else Dim.of(1), 2)
    return (TensorType(REAL, (*given.shape[:-1], *out)),)


def bilinear(call: Call) -> Types:
    """[..., in1], [..., in2] by weights [out, in1, in2] to [..., out]."""
    left, right, weight = (call.tensor(name) for name in ("input1", "input2", "weight"))
    _floats(call)
    message = f"`bilinear` has weights {weight.dims()} for {left.dims()} and {right.dims()}"
    if left.rank != right.rank or not left.rank or weight.rank != 3:
        call.refuse("rank", message, input=2)
        return (left,)
    for a, b in zip(left.shape[:-1], right.shape[:-1], strict=True):
        call.equal(a, b, message, input=1)
    call.equal(left.shape[-1], weight.shape[1], message, input=2)
    call.equal(right.shape[-1], weight.shape[2], message, input=2)
    _vector(call, "bias", weight.shape[0], 3)
    return (TensorType(REAL, (*left.shape[:-1], weight.shape[0])),)


def embedding(call: Call) -> Types:
    """A row of [n, D] for every index below n."""
    given, weight = call.tensor("input"), call.tensor("weight")
    if not given.kind.is_integer:
        call.refuse("kind", f"`embedding` wants indices (`index(n)`), not `{given.kind}`", input=0)
    require_float(call, weight, 1)
    if weight.rank != 2:
        call.refuse("rank", f"`embedding` wants weights [n, D], not {weight.dims()}", input=1)
        return (given,)
    if given.kind.size is not None:
        message = (
            f"`embedding` has {weight.shape[0]} rows, and its input holds {given.kind.size} "
            "different indices"
        )
        call.at_least(weight.shape[0], given.kind.size, message, input=1)
    return (TensorType(REAL, (*given.shape, weight.shape[1])),)


def convolution(call: Call) -> Types:
    """[B, C, L...] by weights [out, C / groups, kernel...]."""
    given, weight = call.tensor("input"), call.tensor("weight")
    spatial, groups = int(call.name[-2]), call.integer("groups")
    _floats(call)
    if not _is_spatial(call, given, weight, spatial) or not _has_groups(call, groups):
        return (given,)
    within = f" in {groups} groups" if groups > 1 else ""
    message = f"`{call.name}` has weights {weight.dims()}{within} for {given.dims()}"
    call.equal(given.shape[1], weight.shape[1] * groups, message, input=1)
    call.equal(weight.shape[0] % groups, Dim.of(0), message, input=1)
    _vector(call, "bias", weight.shape[0], 2)
    kernel = _kernel(call, weight)
    padding, stride = call.arguments["padding"], call.arguments["stride"]
    strides = stride if isinstance(stride, tuple) else (stride,)
    if padding == "same" and any(step != 1 for step in strides):
        call.refuse(
            "value", f'`padding="same"` of `{call.name}` needs a stride of 1', argument="stride"
        )
    if call.refusal is not None:
        return (given,)
    dilation = call.arguments["dilation"]
    shape = [
        window(call, axis, size, kernel, stride, padding, dilation)
        for axis, size in enumerate(given.shape[2:])
    ]
    return (TensorType(REAL, (given.shape[0], weight.shape[0], *shape)),)


def transposed(call: Call) -> Types:
    """[B, C, L...] by weights [C, out / groups, kernel...]."""
    given, weight = call.tensor("input"), call.tensor("weight")
    spatial, groups = int(call.name[-2]), call.integer("groups")
    _floats(call)
    if not _is_spatial(call, given, weight, spatial) or not _has_groups(call, groups):
        return (given,)
    within = f" in {groups} groups" if groups > 1 else ""
    message = f"`{call.name}` has weights {weight.dims()}{within} for {given.dims()}"
    call.equal(given.shape[1], weight.shape[0], message, input=1)
    call.equal(weight.shape[0] % groups, Dim.of(0), message, input=1)
    out = weight.shape[1] * groups
    _vector(call, "bias", out, 2)
    kernel = _kernel(call, weight)
    if call.refusal is not None:
        return (given,)
    of = [call.arguments[name] for name in ("stride", "padding", "output_padding", "dilation")]
    shape = [spread(call, axis, size, kernel, *of) for axis, size in enumerate(given.shape[2:])]
    return (TensorType(REAL, (given.shape[0], out, *shape)),)


def last_norm(call: Call) -> Types:
    """`layer_norm`, `rms_norm`: over the last dimensions, named by their sizes."""
    given, sizes = call.tensor("input"), call.arguments["normalized_shape"]
    assert isinstance(sizes, tuple)
    _floats(call)
    dims = [as_dim(size) for size in sizes]
    written = ", ".join(str(size) for size in dims)
    if not 1 <= len(dims) <= given.rank:
        call.refuse(
            "rank",
            f"`{call.name}` normalises {len(dims)} dimensions, and {given.dims()} has {given.rank}",
            argument="normalized_shape",
        )
        return (given,)
    message = f"`{call.name}` normalises [..., {written}], and its input is {given.dims()}"
    for size, there in zip(dims, given.shape[-len(dims) :], strict=True):
        call.equal(there, size, message, input=0)
    for name in ("weight", "bias"):
        weight = call.arguments.get(name)
        if isinstance(weight, TensorType):
            position = call.inputs.index(weight)
            wrong = f"`{name}` of `{call.name}` is {weight.dims()}, not [{written}]"
            if weight.rank != len(dims):
                call.refuse("rank", wrong, input=position)
                break
            for size, there in zip(dims, weight.shape, strict=True):
                call.equal(there, size, wrong, input=position)
    return (TensorType(REAL, given.shape),)


def group_norm(call: Call) -> Types:
    """[B, C, ...] with the channels in groups."""
    given, groups = call.tensor("input"), call.integer("num_groups")
    _floats(call)
    if given.rank < 2:
        call.refuse("rank", f"`group_norm` wants [B, C, ...], not {given.dims()}", input=0)
        return (given,)
    if groups < 1:
        call.refuse(
            "value", f"`group_norm` makes at least 1 group, not {groups}", argument="num_groups"
        )
        return (given,)
    channels = given.shape[1]
    message = f"`group_norm` cannot divide {channels} channels into {groups} groups"
    call.equal(channels % groups, Dim.of(0), message, input=0)
    numbers = product(given.shape).value
    if numbers is not None and numbers == groups:
        call.refuse(
            "size", f"`group_norm` has one number in each of {groups} groups to normalise", input=0
        )
    for name in ("weight", "bias"):
        if isinstance(call.arguments[name], TensorType):
            _vector(call, name, channels, 1)
    return (TensorType(REAL, given.shape),)


def prelu(call: Call) -> Types:
    """One slope, or one a channel."""
    given, weight = call.tensor("input"), call.tensor("weight")
    _floats(call)
    if weight.rank > 1:
        call.refuse("rank", f"`prelu` wants a vector of slopes, not {weight.dims()}", input=1)
        return (given,)
    if weight.rank == 1:
        check_prelu_slopes(call, given, weight.shape[0])
    return (TensorType(REAL, given.shape),)


def _floats(call: Call) -> None:
    for position, given in enumerate(call.inputs):
        require_float(call, given, position)


def _vector(call: Call, name: str, size: Dim, position: int) -> None:
    """An argument that may be left away is a vector of that size."""
    given: Operand = call.arguments[name]
    if not isinstance(given, TensorType):
        return
    message = f"`{name}` of `{call.name}` is {given.dims()}, not [{size}]"
    if given.rank != 1:
        call.refuse("rank", message, input=position)
    else:
        call.equal(given.shape[0], size, message, input=position)


def _has_groups(call: Call, groups: int) -> bool:
    if groups < 1:
        call.refuse("value", f"`groups` of `{call.name}` cannot be {groups}", argument="groups")
    return groups >= 1


def _is_spatial(call: Call, given: TensorType, weight: TensorType, spatial: int) -> bool:
    """Whether both have two dimensions before the spatial ones; the batch is always written."""
    letters = ", ".join("DHW"[-spatial:] if spatial > 1 else "L")
    for position, (one, wanted) in enumerate(((given, "B, C"), (weight, "out, in"))):
        if one.rank != spatial + 2:
            call.refuse(
                "rank",
                f"`{call.name}` wants [{wanted}, {letters}], not {one.dims()}",
                input=position,
            )
            return False
    return True


def _kernel(call: Call, weight: TensorType) -> tuple[int, ...]:
    return tuple(call.known(size, "the size of its kernel", input=1) for size in weight.shape[2:])


RULES: dict[str, Callable[[Call], Types]] = {
    "linear": linear,
    "bilinear": bilinear,
    "embedding": embedding,
    **{f"conv{n}d": convolution for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": transposed for n in (1, 2, 3)},
    "layer_norm": last_norm,
    "rms_norm": last_norm,
    "group_norm": group_norm,
    "prelu": prelu,
}

CHECKS: dict[str, Callable[[Call], None]] = {"rrelu": check_bounds}
