"""Functions that join tensors, and those that divide one."""

from __future__ import annotations

from netspec.catalog.call import Call, as_dim
from netspec.catalog.kinds import elements, join
from netspec.types import Dim, Kind, TensorType

# As many as a spec may have layers; each piece is a value of the graph.
MOST_PIECES = 10_000


def _operands(call: Call) -> list[TensorType]:
    tensors = call.arguments["tensors"]
    assert isinstance(tensors, tuple)
    return [tensor for tensor in tensors if isinstance(tensor, TensorType)]


def _kind(tensors: list[TensorType]) -> Kind:
    return join([elements(tensor.kind) for tensor in tensors])


def cat(call: Call) -> tuple[TensorType, ...]:
    """Joined along a dimension; all others agree."""
    tensors = _operands(call)
    first = tensors[0]
    if first.rank == 0:
        call.refuse(
            "rank",
            f"`{call.name}` wants dimensions to join along",
            input=0,
            help="use `stack` for these",
        )
        return (first,)
    dim = call.axis(call.arguments["dim"], first.rank)
    size = first.shape[dim]
    others = list(first.shape)
    for position, tensor in enumerate(tensors[1:], 1):
        if tensor.rank != first.rank:
            call.refuse(
                "rank",
                f"`{call.name}` cannot join {first.dims()} and {tensor.dims()}: "
                "they differ in rank",
                input=position,
            )
            return (first,)
        for place, wanted in enumerate(others):
            if place == dim:
                continue
            message = (
                f"`{call.name}` along dimension {dim} cannot join {first.dims()} and "
                f"{tensor.dims()}: dimension {place} is {wanted} and {tensor.shape[place]}"
            )
            others[place] = call.equal(wanted, tensor.shape[place], message, input=position)
        size = size + tensor.shape[dim]
    others[dim] = size
    return (TensorType(_kind(tensors), tuple(others)),)


def stack(call: Call) -> tuple[TensorType, ...]:
    """Joined along a new dimension; all shapes agree."""
    tensors = _operands(call)
    first = tensors[0]
    dim = call.axis(call.arguments["dim"], first.rank + 1)
    shape = list(first.shape)
    for position, tensor in enumerate(tensors[1:], 1):
        message = f"`stack` wants equal shapes, not {first.dims()} and {tensor.dims()}"
        if tensor.rank != first.rank:
            call.refuse("rank", message, input=position)
            return (first,)
        shape = [
            call.equal(a, b, message, input=position)
            for a, b in zip(shape, tensor.shape, strict=True)
        ]
    return (TensorType(_kind(tensors), (*shape[:dim], Dim.of(len(tensors)), *shape[dim:])),)


def split(call: Call) -> tuple[TensorType, ...]:
    """Pieces of one size, the last of which may be smaller, or of the sizes listed."""
    given, sizes = call.tensor("tensor"), call.arguments["split_size_or_sections"]
    if given.rank == 0:
        call.refuse("rank", "`split` wants a dimension to divide", input=0)
        return (given,)
    dim = call.axis(call.arguments["dim"], given.rank)
    there = given.shape[dim]
    if isinstance(sizes, tuple):
        parts = [as_dim(size) for size in sizes]
        if any(part.value is not None and part.value < 0 for part in parts) or not parts:
            call.refuse(
                "value",
                "`split` wants sizes from 0 on",
                argument="split_size_or_sections",
            )
        listed = sum(parts, Dim.of(0))
        call.equal(
            there,
            listed,
            f"`split` makes pieces of {listed} together, and dimension {dim} is {there}",
            input=0,
        )
        return pieces(given, dim, parts)
    step = as_dim(sizes)
    if step.value is None or there.value is None:
        return _even_pieces(call, given, dim, step)
    if step.value < 1:
        call.refuse(
            "value",
            f"`split` wants a size from 1, not {step}",
            argument="split_size_or_sections",
        )
        return (given,)
    if too_many(call, -(-there.value // step.value)):
        return (given,)
    starts = range(0, there.value, step.value)
    return pieces(given, dim, [Dim.of(min(step.value, there.value - start)) for start in starts])


def _even_pieces(call: Call, given: TensorType, dim: int, step: Dim) -> tuple[TensorType, ...]:
    """Pieces of a dimension not yet known: only when their number is (`T` into pieces of `T`)."""
    there = given.shape[dim]
    for count in range(1, 65):
        if step * count == there:
            return pieces(given, dim, [step] * count)
    call.refuse(
        "unknown-size",
        f"`split` cannot tell how many pieces of {step} dimension {dim} makes: it is {there}",
        input=0,
        help="list the sizes, or use `chunk` on a known size",
    )
    return (given,)


def chunk(call: Call) -> tuple[TensorType, ...]:
    """At most so many pieces, each as large as the first but for the last (torch's rule)."""
    given, count = call.tensor("input"), call.integer("chunks")
    if given.rank == 0:
        call.refuse("rank", "`chunk` wants a dimension to divide", input=0)
        return (given,)
    dim = call.axis(call.arguments["dim"], given.rank)
    if too_many(call, count):
        return (given,)
    there = given.shape[dim]
    if there.value is None:
        exact = there // count
        if exact * count != there:
            call.refuse(
                "unknown-size",
                f"`chunk` cannot tell how many pieces dimension {dim} makes: it is {there}",
                input=0,
                help="use `split` with the sizes listed",
            )
        return pieces(given, dim, [exact] * count)
    step = -(-there.value // count)
    starts = range(0, there.value, max(step, 1))
    return pieces(given, dim, [Dim.of(min(step, there.value - start)) for start in starts])


def too_many(call: Call, count: int) -> bool:
    """Refuse to divide a tensor into more pieces than anyone can mean."""
    if count > MOST_PIECES:
        call.refuse(
            "size", f"`{call.name}` makes {count} pieces, more than {MOST_PIECES:_}", input=0
        )
    return count > MOST_PIECES


def pieces(given: TensorType, dim: int, sizes: list[Dim]) -> tuple[TensorType, ...]:
    """Pieces of these sizes along a dimension."""
    kind = elements(given.kind)
    return tuple(
        TensorType(kind, (*given.shape[:dim], size, *given.shape[dim + 1 :])) for size in sizes
    )
