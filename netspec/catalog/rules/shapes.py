"""Functions that change a shape and keep the numbers."""

from __future__ import annotations

from netspec.catalog.call import Call, as_dim, as_int
from netspec.catalog.kinds import REAL, elements, join, of_number
from netspec.catalog.records import Operand
from netspec.types import Dim, TensorType, compare, divide, product

Shape = tuple[Dim, ...]


def reshape(call: Call) -> tuple[TensorType, ...]:
    """The same elements in another shape; one size may be -1."""
    given = call.tensor("input")
    sizes = call.arguments["shape"]
    assert isinstance(sizes, tuple)
    return (_kept(given, _fill(call, product(given.shape), sizes, given.dims(), "shape")),)


def unflattened(
    call: Call,
    given: TensorType,
    sizes: tuple[Operand, ...],
    argument: str = "unflattened_size",
) -> TensorType:
    """One dimension as several; one size may be -1."""
    if given.rank == 0:
        call.refuse("rank", f"`{call.name}` wants a dimension to divide", input=0)
        return given
    dim = call.axis(call.arguments["dim"], given.rank)
    if not sizes:
        call.refuse("value", f"`{call.name}` needs at least one size", argument=argument)
        return given
    parts = _fill(call, given.shape[dim], sizes, str(given.shape[dim]), argument)
    return _kept(given, (*given.shape[:dim], *parts, *given.shape[dim + 1 :]))


def _fill(call: Call, total: Dim, sizes: tuple[Operand, ...], given: str, argument: str) -> Shape:
    """Sizes whose product is `total`, the -1 among them worked out."""
    written = ", ".join(str(size) for size in sizes)
    open_places = [place for place, size in enumerate(sizes) if as_dim(size).value == -1]
    dims = [as_dim(size) for size in sizes]
    if len(open_places) > 1:
        call.refuse(
            "value", f"only one size of `{call.name}` can be -1, not [{written}]", argument=argument
        )
        return tuple(dims)
    if any(dim.value is not None and dim.value < -1 for dim in dims):
        call.refuse("value", f"`{call.name}` cannot make sizes [{written}]", argument=argument)
        return tuple(dims)
    rest = product(tuple(dim for place, dim in enumerate(dims) if place not in open_places))
    message = f"`{call.name}` cannot make [{written}] of {given}: {total} elements"
    if not open_places:
        call.equal(total, rest, message, input=0)
        return tuple(dims)
    dims[open_places[0]] = _share(call, total, rest, message, argument)
    return tuple(dims)


def _share(call: Call, total: Dim, rest: Dim, message: str, argument: str) -> Dim:
    """The size that times `rest` is `total`."""
    exact = divide(total, rest)
    if exact is not None:
        return exact
    if rest.value == 0 or (rest.value is not None and total.value is not None):
        call.refuse("size", message, input=0, argument=argument)
        return total
    if rest.value is not None:
        call.equal(total % rest.value, Dim.of(0), message, input=0)
        return total // rest.value
    call.refuse(
        "unknown-size",
        f"`{call.name}` cannot tell what -1 is: {total} elements, {rest} of them taken",
        argument=argument,
        help="write the size instead of -1",
    )
    return total


def flattened(call: Call, given: TensorType) -> TensorType:
    """The dimensions from `start_dim` to `end_dim` as one."""
    start = call.axis(call.arguments["start_dim"], given.rank or 1, "start_dim")
    end = call.axis(call.arguments["end_dim"], given.rank or 1, "end_dim")
    if given.rank == 0:
        return TensorType(given.kind, (Dim.of(1),))
    if start > end:
        call.refuse(
            "value",
            f"`{call.name}` begins at dimension {start} and ends before it, at {end}",
            argument="start_dim",
        )
    if start == end:
        return given
    whole = product(given.shape[start : end + 1])
    return _kept(given, (*given.shape[:start], whole, *given.shape[end + 1 :]))


def flatten(call: Call) -> tuple[TensorType, ...]:
    """Neighbouring dimensions made one."""
    return (flattened(call, call.tensor("input")),)


def transpose(call: Call) -> tuple[TensorType, ...]:
    """Two dimensions swapped."""
    given = call.tensor("input")
    one = call.axis(call.arguments["dim0"], given.rank or 1, "dim0")
    other = call.axis(call.arguments["dim1"], given.rank or 1, "dim1")
    shape = list(given.shape)
    if shape:
        shape[one], shape[other] = shape[other], shape[one]
    return (TensorType(given.kind, tuple(shape)),)


def permute(call: Call) -> tuple[TensorType, ...]:
    """The dimensions in another order, all of them."""
    given = call.tensor("input")
    dims = call.arguments["dims"]
    assert isinstance(dims, tuple)
    if len(dims) != given.rank:
        call.refuse(
            "value",
            f"`{call.name}` must name all {given.rank} dimensions of {given.dims()}, not "
            f"{len(dims)}",
            argument="dims",
        )
        return (given,)
    order = call.axes(dims, given.rank, "dims")
    return (TensorType(given.kind, tuple(given.shape[place] for place in order)),)


def unsqueeze(call: Call) -> tuple[TensorType, ...]:
    """A new dimension of size 1."""
    given = call.tensor("input")
    dim = call.axis(call.arguments["dim"], given.rank + 1)
    shape = (*given.shape[:dim], Dim.of(1), *given.shape[dim:])
    return (TensorType(given.kind, shape),)


def squeeze(call: Call) -> tuple[TensorType, ...]:
    """Without dimensions of size 1; a dimension that is named and not 1 stays, as in torch."""
    given = call.tensor("input")
    value = call.arguments["dim"]
    named = range(given.rank) if value is None else call.axes(value, given.rank or 1)
    dropped: set[int] = set()
    for place in named:
        if place >= given.rank:
            continue
        size = given.shape[place]
        if size.value == 1:
            dropped.add(place)
        elif value is not None and compare(size, Dim.of(1)) == "unknown":
            call.refuse(
                "unknown-size",
                f"`{call.name}` cannot tell whether dimension {place} is 1: it is `{size}`",
                argument="dim",
            )
    if value is None and any(size.value is None for size in given.shape):
        # torch would drop a dimension that only happens to be 1, such as a batch of one row.
        if "dim" in call.given:
            message = f"`{call.name}` cannot tell which dimensions of {given.dims()} are 1"
            call.refuse("unknown-size", message, argument="dim")
        call.implied["dim"] = tuple(sorted(dropped))
    shape = tuple(size for place, size in enumerate(given.shape) if place not in dropped)
    return (TensorType(given.kind, shape),)


def expand(call: Call) -> tuple[TensorType, ...]:
    """Dimensions of size 1 repeated, new ones in front; -1 keeps a size."""
    return (expanded(call, call.tensor("input"), call.arguments["size"]),)


def expanded(call: Call, given: TensorType, sizes: Operand) -> TensorType:
    """The tensor in the given sizes."""
    assert isinstance(sizes, tuple)
    new = len(sizes) - given.rank
    least = min((as_dim(size).value or 0 for size in sizes), default=0)
    if least < -1:
        call.refuse("value", f"`{call.name}` cannot make a size of {least}", argument="size")
        return given
    if new < 0:
        call.refuse(
            "rank",
            f"`{call.name}` names {len(sizes)} sizes for {given.dims()}, which has {given.rank}",
            argument="size",
        )
        return given
    shape: list[Dim] = []
    for place, size in enumerate(sizes):
        wanted = as_dim(size)
        if place < new:
            if wanted.value is not None and wanted.value < 0:
                call.refuse(
                    "value",
                    f"`{call.name}` cannot keep a dimension that is not there yet",
                    argument="size",
                )
            shape.append(wanted)
            continue
        there = given.shape[place - new]
        if wanted.value == -1:
            shape.append(there)
        elif there.value == 1:
            shape.append(wanted)
        else:
            message = f"`{call.name}` cannot make {wanted} of dimension {place - new}, {there}"
            shape.append(call.equal(there, wanted, message, input=0))
    return _kept(given, tuple(shape))


def flip(call: Call) -> tuple[TensorType, ...]:
    """The order along dimensions reversed."""
    given = call.tensor("input")
    call.axes(call.arguments["dims"], given.rank, "dims")
    return (given,)


def roll(call: Call) -> tuple[TensorType, ...]:
    """Values moved along dimensions."""
    given = call.tensor("input")
    shifts, dims = call.arguments["shifts"], call.arguments["dims"]
    count = len(shifts) if isinstance(shifts, tuple) else 1
    if dims is None or dims == ():
        if count != 1:
            call.refuse("value", f"`{call.name}` needs a dimension a shift", argument="dims")
        return (_kept(given, given.shape),)
    if count != (len(dims) if isinstance(dims, tuple) else 1):
        call.refuse("value", f"`{call.name}` needs a dimension a shift", argument="dims")
    for dim in dims if isinstance(dims, tuple) else (dims,):
        call.axis(dim, given.rank, "dims")
    return (_kept(given, given.shape),)


def pad(call: Call) -> tuple[TensorType, ...]:
    """Borders added: two numbers a dimension, the last dimension's first."""
    given = call.tensor("input")
    widths = call.arguments["pad"]
    assert isinstance(widths, tuple)
    if len(widths) % 2 or len(widths) // 2 > given.rank:
        call.refuse(
            "value",
            f"`{call.name}` takes two widths a dimension, up to {2 * given.rank} for "
            f"{given.dims()}, not {len(widths)}",
            argument="pad",
        )
        return (given,)
    mode = call.arguments["mode"]
    padded = len(widths) // 2
    if mode != "constant":
        _check_border(call, given, padded, str(mode))
    shape = list(given.shape)
    for place in range(padded):
        before, after = as_int(widths[2 * place]), as_int(widths[2 * place + 1])
        size = given.shape[-1 - place]
        least = {"reflect": max(before, after) + 1, "circular": max(before, after)}
        call.at_least(
            size,
            Dim.of(least.get(str(mode), 0)),
            f"`{call.name}` cannot fill a border of {max(before, after)} from {size}",
            argument="pad",
        )
        cut = min(before, 0) + min(after, 0)
        if mode == "circular":
            not_both_ways(call, before, after, "pad")
        # torch cuts before it fills.
        for left, least_left in ((size + cut, 0), (size + before + after, 1)):
            message = f"`{call.name}` cuts {-cut} off {size}"
            call.at_least(left, Dim.of(least_left), message, argument="pad")
        shape[-1 - place] = size + before + after
    value = call.arguments["value"]
    assert value is None or isinstance(value, int | float | Dim)
    border = REAL if isinstance(value, Dim) else of_number(float(value or 0))
    kind = given.kind if mode != "constant" else join([given.kind, border])
    if not given.kind.is_float:
        kind = given.kind if value is None or given.kind.name == "bool" else join([given.kind])
    return (TensorType(elements(kind) if kind.is_float else kind, tuple(shape)),)


def not_both_ways(call: Call, before: int, after: int, argument: str) -> None:
    """A circular border beside a cut is refused: torch leaves numbers in it that nobody wrote."""
    if min(before, after) < 0 < max(before, after):
        call.refuse(
            "value",
            f"`{call.name}` cannot fill a border of {max(before, after)} at one end and cut "
            f"{-min(before, after)} off the other",
            argument=argument,
        )


def _check_border(call: Call, given: TensorType, padded: int, mode: str) -> None:
    """Torch fills borders from inside for the last 1 to 3 of 2 to 5 dimensions."""
    if padded not in {given.rank - 2, given.rank - 1} or not 1 <= padded <= 3:
        call.refuse(
            "value",
            f'`mode="{mode}"` of `{call.name}` pads all dimensions behind the batch and channels, '
            f"not {padded} of {given.dims()}",
            argument="pad",
        )
    if given.kind.name == "bool" and mode != "circular":
        message = f'`mode="{mode}"` of `{call.name}` is not for truth values (`bool`)'
        call.refuse("kind", message, input=0, help="`float` makes them numbers")
    if call.arguments["value"] is not None:
        call.refuse("value", f'`mode="{mode}"` of `{call.name}` takes no `value`', argument="value")


def triangle(call: Call) -> tuple[TensorType, ...]:
    """The values on one side of a diagonal, 0 elsewhere."""
    given = call.tensor("input")
    if given.rank < 2:
        call.refuse(
            "rank", f"`{call.name}` wants a matrix, not {given.dims()}", input=0, argument=0
        )
    return (TensorType(elements(given.kind), given.shape),)


def _kept(given: TensorType, shape: Shape) -> TensorType:
    """The same numbers in another shape; what held along a dimension is forgotten."""
    return TensorType(elements(given.kind), shape)
