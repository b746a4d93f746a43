"""Layers whose shapes no pattern says, and checks that go with one."""

from __future__ import annotations

from netspec.catalog.call import Call, as_int
from netspec.catalog.kinds import PROB, REAL, elements
from netspec.catalog.rules.shapes import flattened, unflattened
from netspec.types import Dim, TensorType, product


def check_batch_norm_1d(call: Call) -> None:
    """`BatchNorm1d` takes [B, C] or [B, C, L]."""
    if len(call.rest) > 1:
        call.refuse(
            "rank",
            f"`{call.name}` wants [B, C] or [B, C, L], not {call.inputs[0].dims()}",
            input=0,
            help=f"for [B, C, H, W] it is `BatchNorm{min(len(call.rest), 3)}d`",
        )


def check_group_norm(call: Call) -> None:
    """The channels divide into groups."""
    groups, channels = call.integer("num_groups"), call.sizes["num_channels"].value
    if channels is not None and channels % groups:
        call.refuse(
            "value",
            f"`{call.name}` cannot divide {channels} channels into {groups} groups",
            argument="num_groups",
            input=0,
        )
    numbers = product(call.inputs[0].shape).value
    if numbers is not None and numbers == groups:
        call.refuse(
            "size", f"`{call.name}` has one number in each of {groups} groups to normalise", input=0
        )


def check_instance_norm(call: Call) -> None:
    """There is more than one number of each channel to normalise."""
    given = call.inputs[0]
    call.at_least(
        product(given.shape[2:]),
        Dim.of(2),
        f"`{call.name}` normalises each channel of each row by itself, and {given.dims()} has one "
        "number in each",
    )


def layer_norm(call: Call) -> tuple[TensorType, ...]:
    """The last dimension is normalised, or as many as `normalized_shape` says."""
    (given,) = call.inputs
    if given.rank < 1:
        call.refuse("rank", f"`{call.name}` wants a last dimension, not a single number", input=0)
        return (given,)
    wanted = call.arguments.get("normalized_shape")
    if wanted is None:
        call.arguments["normalized_shape"] = call.known(given.shape[-1], "its last dimension")
        return (TensorType(REAL, given.shape),)
    sizes = wanted if isinstance(wanted, tuple) else (wanted,)
    if not 1 <= len(sizes) <= given.rank:
        call.refuse(
            "rank",
            f"`{call.name}` normalises {len(sizes)} dimensions, and {given.dims()} has "
            f"{given.rank}",
            argument="normalized_shape",
            input=0,
        )
        return (given,)
    for size, there in zip(sizes, given.shape[-len(sizes) :], strict=True):
        call.equal(
            there,
            Dim.of(as_int(size)),
            f"`{call.name}` normalises [..., {', '.join(str(s) for s in sizes)}], and its input "
            f"is {given.dims()}",
            input=0,
        )
    return (TensorType(REAL, given.shape),)


def flatten(call: Call) -> tuple[TensorType, ...]:
    """The dimensions from `start_dim` to `end_dim` made one."""
    (given,) = call.inputs
    return (flattened(call, given),)


def unflatten(call: Call) -> tuple[TensorType, ...]:
    """The dimension `dim` made several, one of which may be -1."""
    (given,) = call.inputs
    sizes = call.arguments["unflattened_size"]
    assert isinstance(sizes, tuple)
    return (unflattened(call, given, sizes),)


def embedding(call: Call) -> tuple[TensorType, ...]:
    """A vector for every index; the table has room for every index there can be."""
    (given,) = call.inputs
    size, rows = given.kind.size, call.arguments.get("num_embeddings")
    if rows is None:
        if size is None:
            call.refuse(
                "unknown-size",
                f"`{call.name}` needs to know how many different indices there can be",
                input=0,
                help="declare the input as `index(n)[...]`, or give `num_embeddings`",
            )
            size = Dim.of(1)
        if size.value is None:
            call.refuse(
                "unknown-size",
                f"`{call.name}` needs to know how many indices there can be, which is `{size}`",
                input=0,
                notes=("its weights are made before any data is seen",),
                help="say by name how many there are at most, as in `num_embeddings=512`",
            )
            size = Dim.of(1)
        call.arguments["num_embeddings"] = call.known(size, "how many indices there can be")
    elif size is not None:
        call.at_least(
            Dim.of(as_int(rows)),
            size,
            f"`{call.name}` has `num_embeddings={rows}`, and its input holds {size} different "
            "indices",
            argument="num_embeddings",
        )
    padding, table = call.arguments["padding_idx"], call.integer("num_embeddings")
    if padding is not None and not -table <= as_int(padding) < table and call.refusal is None:
        call.refuse(
            "value",
            f"`padding_idx` of `{call.name}` must be below {table}, not `{padding}`",
            argument="padding_idx",
        )
    return (TensorType(REAL, (*given.shape, Dim.of(call.integer("embedding_dim")))),)


def embedding_bag(call: Call) -> tuple[TensorType, ...]:
    """One vector for each row of indices."""
    (given,) = call.inputs
    if given.rank != 2:
        call.refuse("rank", f"`{call.name}` wants [B, S], not {given.dims()}", input=0)
        return (given,)
    for name in ("sparse", "scale_grad_by_freq"):
        if call.arguments["mode"] == "max" and call.flag(name):
            call.refuse(
                "value", f'`{name}` of `{call.name}` does not go with `mode="max"`', argument=name
            )
    (vectors,) = embedding(call)
    return (TensorType(REAL, (given.shape[0], vectors.shape[-1])),)


def glu(call: Call) -> tuple[TensorType, ...]:
    """The dimension is halved."""
    (given,) = call.inputs
    if given.rank == 0:
        call.refuse("rank", f"`{call.name}` wants a dimension to halve", input=0)
        return (given,)
    dim = call.axis(call.arguments["dim"], given.rank)
    size = given.shape[dim]
    call.equal(
        size % 2,
        Dim.of(0),
        f"`{call.name}` halves dimension {dim}, and {size} is odd"
        if size.value is not None
        else f"`{call.name}` halves dimension {dim}, so `{size}` must be even",
        input=0,
    )
    return (TensorType(REAL, (*given.shape[:dim], size // 2, *given.shape[dim + 1 :])),)


def check_dim(call: Call) -> None:
    """`dim` is one of the input's dimensions."""
    call.axis(call.arguments["dim"], call.inputs[0].rank or 1)


def check_prelu(call: Call) -> None:
    """One slope, or one a channel."""
    check_prelu_slopes(call, call.inputs[0], Dim.of(call.integer("num_parameters")))


def check_prelu_slopes(call: Call, given: TensorType, slopes: Dim) -> None:
    """One slope, or as many as there are channels."""
    if slopes.value == 1:
        return
    channels = given.shape[1] if given.rank > 1 else Dim.of(1)
    call.equal(
        channels,
        slopes,
        f"`{call.name}` has {slopes} slopes for {channels} channels",
        input=0,
        help="give one slope, or one a channel",
    )


def check_bounds(call: Call) -> None:
    """The lower bound is below the upper one (`Hardtanh`, `RReLU`)."""
    is_tanh = call.name.lower() == "hardtanh"
    low_name, high_name = ("min_val", "max_val") if is_tanh else ("lower", "upper")
    low, high = call.arguments[low_name], call.arguments[high_name]
    assert isinstance(low, int | float)
    assert isinstance(high, int | float)
    if low > high or (low == high and is_tanh):
        call.refuse(
            "value",
            f"`{low_name}` of `{call.name}` must be below `{high_name}`, and {low} is not below "
            f"{high}",
            argument=low_name,
        )


def hard_tanh(call: Call) -> tuple[TensorType, ...]:
    """Within [0, 1] when both bounds are."""
    check_bounds(call)
    low, high = call.arguments["min_val"], call.arguments["max_val"]
    assert isinstance(low, int | float)
    assert isinstance(high, int | float)
    kind = elements(PROB) if 0 <= low <= high <= 1 else REAL
    return (call.inputs[0].with_kind(kind),)
