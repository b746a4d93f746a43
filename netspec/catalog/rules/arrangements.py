"""Functions that move numbers about and keep them: the rest of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from netspec.catalog.call import Call, as_dim, as_int
from netspec.catalog.kinds import elements, join
from netspec.catalog.records import Operand
from netspec.catalog.rules.arithmetic import number_format
from netspec.catalog.rules.joins import cat, pieces, too_many
from netspec.catalog.rules.shapes import expanded, unflattened
from netspec.types import Dim, TensorType, product

Types = tuple[TensorType, ...]


def tile(call: Call) -> Types:
    """Copies side by side; the shorter of shape and `dims` is filled up with 1 in front."""
    given, dims = call.tensor("input"), call.arguments["dims"]
    assert isinstance(dims, tuple)
    counts = [as_dim(count) for count in dims]
    if any(count.value is not None and count.value < 1 for count in counts):
        call.refuse("value", "`tile` makes at least 1 copy of a dimension", argument="dims")
        return (given,)
    rank = max(given.rank, len(counts))
    sizes = (*(Dim.of(1),) * (rank - given.rank), *given.shape)
    counts = [*[Dim.of(1)] * (rank - len(counts)), *counts]
    shape = tuple(size * count for size, count in zip(sizes, counts, strict=True))
    return (TensorType(elements(given.kind), shape),)


def repeat_interleave(call: Call) -> Types:
    """Each value so many times in a row; without `dim` of the flattened tensor."""
    given, times = call.tensor("input"), as_dim(call.arguments["repeats"])
    if times.value is not None and times.value < 1:
        message = f"`repeats` of `{call.name}` must be at least 1, not {times}"
        call.refuse("value", message, argument="repeats")
    if call.arguments["dim"] is None:
        return (TensorType(elements(given.kind), (product(given.shape) * times,)),)
    dim = call.axis(call.arguments["dim"], given.rank or 1)
    return (_resized(given, dim, (given.shape[dim] if given.rank else Dim.of(1)) * times),)


def unflatten(call: Call) -> Types:
    """One dimension made several, one of which may be -1."""
    sizes = call.arguments["sizes"]
    assert isinstance(sizes, tuple)
    return (unflattened(call, call.tensor("input"), sizes, "sizes"),)


def ravel(call: Call) -> Types:
    """All dimensions made one."""
    given = call.tensor("input")
    return (TensorType(elements(given.kind), (product(given.shape),)),)


def narrow(call: Call) -> Types:
    """`length` places of a dimension, from `start` on."""
    given = call.tensor("input")
    if given.rank == 0:
        call.refuse("rank", "`narrow` wants a dimension to take a piece of", input=0)
        return (given,)
    dim = call.axis(call.arguments["dim"], given.rank)
    start, length = call.integer("start"), as_dim(call.arguments["length"])
    size = given.shape[dim]
    if length.value is not None and length.value < 1:
        message = f"`length` of `narrow` must be at least 1, not {length}"
        call.refuse("value", message, argument="length")
    first = Dim.of(start) if start >= 0 else size + start
    message = f"`narrow` takes {length} from {start} on, and dimension {dim} is {size}"
    call.at_least(size, first + length, message, argument="length")
    if start < 0:
        call.at_least(size, Dim.of(-start), message, argument="start")
    return (_resized(given, dim, length),)


def select(call: Call) -> Types:
    """One place of a dimension, which goes away."""
    given = call.tensor("input")
    if given.rank == 0:
        call.refuse("rank", "`select` wants a dimension to choose from", input=0)
        return (given,)
    dim, index = call.axis(call.arguments["dim"], given.rank), call.integer("index")
    least = index + 1 if index >= 0 else -index
    message = f"`select` takes place {index} of dimension {dim}, which is {given.shape[dim]}"
    call.at_least(given.shape[dim], Dim.of(least), message, argument="index")
    shape = (*given.shape[:dim], *given.shape[dim + 1 :])
    return (TensorType(elements(given.kind), shape),)


def movedim(call: Call) -> Types:
    """Dimensions moved to other places; the rest keep their order."""
    given = call.tensor("input")
    source, destination = _listed(call, "source"), _listed(call, "destination")
    both = [isinstance(call.arguments[name], tuple) for name in ("source", "destination")]
    if len(source) != len(destination) or both[0] != both[1]:
        call.refuse(
            "value",
            f"`{call.name}` is given {len(source)} dimensions and {len(destination)} places",
            argument="destination",
        )
        return (given,)
    before = call.axes(source, given.rank or 1, "source")
    after = call.axes(destination, given.rank or 1, "destination")
    if call.refusal is not None or not given.rank:
        return (given,)
    rest = iter(place for place in range(given.rank) if place not in before)
    moved = dict(zip(after, before, strict=True))
    order = [moved[place] if place in moved else next(rest) for place in range(given.rank)]
    return (TensorType(given.kind, tuple(given.shape[place] for place in order)),)


def swap(call: Call) -> Types:
    """`swapaxes`, `swapdims`: two dimensions swapped."""
    given = call.tensor("input")
    names = ("axis0", "axis1") if call.name == "swapaxes" else ("dim0", "dim1")
    one, other = (call.axis(call.arguments[name], given.rank or 1, name) for name in names)
    shape = list(given.shape)
    if shape:
        shape[one], shape[other] = shape[other], shape[one]
    return (TensorType(given.kind, tuple(shape)),)


def t(call: Call) -> Types:
    """A matrix's rows as columns; a vector stays."""
    given = call.tensor("input")
    if given.rank > 2:
        call.refuse(
            "rank",
            f"`t` wants a matrix, not {given.dims()}",
            input=0,
            help="say which dimensions with `transpose`",
        )
    return (TensorType(given.kind, given.shape[::-1]),)


def broadcast_to(call: Call) -> Types:
    """Dimensions of size 1 repeated, new ones in front."""
    return (expanded(call, call.tensor("input"), call.arguments["size"]),)


def unbind(call: Call) -> Types:
    """The slices along a dimension, as many as its size, which must be known."""
    given = call.tensor("input")
    if given.rank == 0:
        call.refuse("rank", "`unbind` wants a dimension to divide", input=0)
        return (given,)
    dim = call.axis(call.arguments["dim"], given.rank)
    count = given.shape[dim].value
    if count is None:
        call.refuse(
            "unknown-size",
            f"`unbind` cannot tell how many slices dimension {dim} makes: it is {given.shape[dim]}",
            input=0,
        )
        return (given,)
    if too_many(call, count):
        return (given,)
    shape = (*given.shape[:dim], *given.shape[dim + 1 :])
    return (TensorType(elements(given.kind), shape),) * count


def tensor_split(call: Call) -> Types:
    """So many pieces, the first ones longer where it does not come out even; or cut at places."""
    given, how = call.tensor("input"), call.arguments["indices_or_sections"]
    if given.rank == 0:
        call.refuse("rank", "`tensor_split` wants a dimension to divide", input=0)
        return (given,)
    dim = call.axis(call.arguments["dim"], given.rank)
    size = given.shape[dim]
    if isinstance(how, tuple):
        if size.value is None:
            return _cut(call, given, dim, [as_int(place) for place in how])
        edges = [0, *(_edge(as_int(place), size.value) for place in how), size.value]
        sizes = [max(high - low, 0) for low, high in pairwise(edges)]
        return pieces(given, dim, [Dim.of(length) for length in sizes])
    count = as_int(how)
    if count < 1:
        call.refuse(
            "value",
            f"`tensor_split` makes at least 1 piece, not {count}",
            argument="indices_or_sections",
        )
        return (given,)
    if too_many(call, count):
        return (given,)
    # The first `size % count` pieces are one longer.
    return pieces(given, dim, [(size + count - 1 - place) // count for place in range(count)])


def _cut(call: Call, given: TensorType, dim: int, places: list[int]) -> Types:
    """Pieces of a dimension not yet known, cut at places that it has to reach."""
    size = given.shape[dim]
    if any(place < 0 for place in places) or sorted(places) != places or not places:
        call.refuse(
            "unknown-size",
            f"`tensor_split` cannot tell how long the pieces of dimension {dim} are: it is {size}",
            input=0,
        )
        return (given,)
    message = f"`tensor_split` cuts dimension {dim} at {places[-1]}, and it is {size}"
    call.at_least(size, Dim.of(places[-1]), message, argument="indices_or_sections")
    edges = [Dim.of(0), *(Dim.of(place) for place in places), size]
    return pieces(given, dim, [b - a for a, b in pairwise(edges)])


def _edge(place: int, size: int) -> int:
    """Where a cut falls, as a slice of Python's has it."""
    return min(max(place + size, 0) if place < 0 else place, size)


def side_by_side(call: Call) -> Types:
    """`hstack` joins along dimension 1, or 0 for vectors; `vstack` along 0, vectors as rows."""
    least = 1 if call.name == "hstack" else 2
    tensors = [at_least(given, least) for given in call.inputs]
    dim = 0 if call.name == "vstack" or tensors[0].rank == 1 else 1
    call.arguments["tensors"] = tuple(tensors)
    call.arguments["dim"] = dim
    return cat(call)


def at_least(given: TensorType, rank: int) -> TensorType:
    """The tensor with dimensions of size 1 in front, so that it has `rank` of them."""
    missing = max(rank - given.rank, 0)
    return TensorType(given.kind, (*(Dim.of(1),) * missing, *given.shape))


def turned(call: Call) -> Types:
    """`rot90`: two dimensions swapped at an odd number of quarters."""
    given, dims = call.tensor("input"), call.arguments["dims"]
    assert isinstance(dims, tuple)
    if given.rank < 2:
        call.refuse("rank", f"`rot90` wants a matrix, not {given.dims()}", input=0)
        return (given,)
    if len(dims) != 2:
        call.refuse("value", f"`rot90` turns in two dimensions, not {len(dims)}", argument="dims")
        return (given,)
    one, other = call.axes(dims, given.rank, "dims")
    shape = list(given.shape)
    if call.integer("k") % 2:
        shape[one], shape[other] = shape[other], shape[one]
    return (TensorType(elements(given.kind), tuple(shape)),)


def mirrored(call: Call) -> Types:
    """`fliplr`, `flipud`: the order of columns or rows reversed."""
    given, least = call.tensor("input"), 2 if call.name == "fliplr" else 1
    if given.rank < least:
        call.refuse(
            "rank",
            f"`{call.name}` wants at least {'a matrix' if least == 2 else 'a vector'}, not "
            f"{given.dims()}",
            input=0,
        )
    return (given,)


def meshgrid(call: Call) -> Types:
    """A tensor for each vector, of as many dimensions as there are vectors."""
    sizes: list[Dim] = []
    for position, given in enumerate(call.inputs):
        if given.rank > 1:
            call.refuse("rank", f"`meshgrid` wants vectors, not {given.dims()}", input=position)
            return call.inputs
        sizes.append(given.shape[0] if given.rank else Dim.of(1))
    if len({number_format(given) for given in call.inputs}) > 1:
        call.refuse("kind", "`meshgrid` wants vectors of one number format", input=1)
    if call.arguments["indexing"] == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    # Torch warns when it is left away; `"ij"` is what it then does.
    call.imply("indexing", "ij")
    return tuple(TensorType(elements(given.kind), tuple(sizes)) for given in call.inputs)


def pairs(call: Call) -> Types:
    """`cartesian_prod`: a row for every choice of one value each."""
    if any(given.rank != 1 for given in call.inputs):
        wrong = next(n for n, given in enumerate(call.inputs) if given.rank != 1)
        shape = call.inputs[wrong].dims()
        call.refuse("rank", f"`cartesian_prod` wants vectors, not {shape}", input=wrong)
        return call.inputs[:1]
    if len({number_format(given) for given in call.inputs}) > 1:
        call.refuse("kind", "`cartesian_prod` wants vectors of one number format", input=1)
    rows = product(tuple(given.shape[0] for given in call.inputs))
    kind = join([elements(given.kind) for given in call.inputs])
    if len(call.inputs) == 1:
        return (TensorType(kind, (rows,)),)
    return (TensorType(kind, (rows, Dim.of(len(call.inputs)))),)


def _resized(given: TensorType, dim: int, size: Dim) -> TensorType:
    if not given.rank:
        return TensorType(elements(given.kind), (size,))
    shape = (*given.shape[:dim], size, *given.shape[dim + 1 :])
    return TensorType(elements(given.kind), shape)


def _listed(call: Call, name: str) -> tuple[Operand, ...]:
    value = call.arguments[name]
    return value if isinstance(value, tuple) else (value,)


RULES: dict[str, Callable[[Call], Types]] = {
    "tile": tile,
    "repeat_interleave": repeat_interleave,
    "unflatten": unflatten,
    "ravel": ravel,
    "narrow": narrow,
    "select": select,
    "movedim": movedim,
    "moveaxis": movedim,
    "swapaxes": swap,
    "swapdims": swap,
    "t": t,
    "broadcast_to": broadcast_to,
    "unbind": unbind,
    "tensor_split": tensor_split,
    "hstack": side_by_side,
    "vstack": side_by_side,
    "rot90": turned,
    "fliplr": mirrored,
    "flipud": mirrored,
    "meshgrid": meshgrid,
    "cartesian_prod": pairs,
}
