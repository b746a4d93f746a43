"""Products by name: matrices, vectors, distances."""

from __future__ import annotations

from collections.abc import Callable

from netspec.catalog.call import Call
from netspec.catalog.kinds import REAL, numeric
from netspec.catalog.rules import pairs
from netspec.catalog.rules.arithmetic import number_format, require_float
from netspec.catalog.rules.products import product_of
from netspec.types import Dim, TensorType

Types = tuple[TensorType, ...]

# The rank that each tensor has to have: 1 for a vector, 2 for a matrix, 3 for a batch of them.
RANKS = {
    "mm": (2, 2),
    "bmm": (3, 3),
    "mv": (2, 1),
    "dot": (1, 1),
    "outer": (1, 1),
    "addmm": (2, 2),
    "baddbmm": (3, 3),
}
WORDS = {1: "vectors", 2: "matrices", 3: "batches of matrices"}


def exact_product(call: Call) -> Types:
    """`mm`, `bmm`, `mv`, `dot`: tensors of just these ranks, nothing broadcast."""
    left, right = call.inputs[-2:]
    if not _ranks(call, left, right):
        return (left,)
    _one_batch(call, left, right)
    return (product_of(call, left, right),)


def added_product(call: Call) -> Types:
    """`addmm`, `baddbmm`: a product, and something that broadcasts to its shape."""
    given, left, right = call.inputs
    if not _ranks(call, left, right):
        return (given,)
    _one_batch(call, left, right)
    made = product_of(call, left, right)
    if number_format(given) != number_format(made):
        call.refuse("kind", f"`{call.name}` cannot add `{given.kind}` to `{made.kind}`", input=0)
    for name in ("beta", "alpha"):
        if isinstance(call.arguments[name], float) and not made.kind.is_float:
            call.refuse(
                "value",
                f"`{name}` of `{call.name}` is {call.arguments[name]}, and the tensors hold "
                "integers",
                argument=name,
            )
    shape = call.broadcast(made, given, input=0)
    if len(shape) != made.rank or shape != made.shape:
        call.refuse(
            "size", f"`{call.name}` adds {given.dims()} to a product {made.dims()}", input=0
        )
    return (made,)


def _one_batch(call: Call, left: TensorType, right: TensorType) -> None:
    """Batches of matrices are equally long; unlike `matmul` a batch of 1 is not repeated."""
    if left.rank == 3:
        message = f"`{call.name}` multiplies {left.dims()} by {right.dims()}"
        call.equal(left.shape[0], right.shape[0], message, input=len(call.inputs) - 1)


def outer(call: Call) -> Types:
    """Every product of two vectors' values."""
    left, right = call.inputs
    if not _ranks(call, left, right):
        return (left,)
    kind = REAL if left.kind.is_float or right.kind.is_float else left.kind
    if kind is not REAL:
        both = left.kind.name == right.kind.name == "bool"
        kind = left.kind if both else numeric(left.kind)
    return (TensorType(kind, (left.shape[0], right.shape[0])),)


def inner(call: Call) -> Types:
    """The products of the last dimensions; of a single number, that times everything."""
    left, right = call.inputs
    if number_format(left) != number_format(right) or left.kind.name == "bool":
        call.refuse("kind", f"`inner` cannot multiply `{left.kind}` with `{right.kind}`", input=1)
    kind = numeric(left.kind)
    if not left.rank or not right.rank:
        return (TensorType(kind, left.shape or right.shape),)
    message = f"`inner` cannot multiply {left.dims()} and {right.dims()}: the last sizes differ"
    call.equal(left.shape[-1], right.shape[-1], message, input=1)
    return (TensorType(kind, (*left.shape[:-1], *right.shape[:-1])),)


def tensordot(call: Call) -> Types:
    """Sums of products over the last `dims` dimensions of one and the first of the other."""
    left, right, count = call.tensor("a"), call.tensor("b"), call.integer("dims")
    if number_format(left) != number_format(right) or left.kind.name == "bool":
        call.refuse(
            "kind", f"`tensordot` cannot multiply `{left.kind}` with `{right.kind}`", input=1
        )
    if not 0 <= count <= min(left.rank, right.rank):
        call.refuse(
            "value",
            f"`tensordot` cannot sum over {count} dimensions of {left.dims()} and {right.dims()}",
            argument="dims",
        )
        return (left,)
    start = left.rank - count
    message = f"`tensordot` sums over {count} dimensions of {left.dims()} and {right.dims()}"
    for a, b in zip(left.shape[start:], right.shape[:count], strict=True):
        call.equal(a, b, message, input=1)
    return (TensorType(numeric(left.kind), (*left.shape[:start], *right.shape[count:])),)


def cross(call: Call) -> Types:
    """Vectors of three along `dim`."""
    left, right = call.inputs
    if left.rank != right.rank or not left.rank:
        call.refuse(
            "rank", f"`cross` wants equal ranks, not {left.dims()} and {right.dims()}", input=1
        )
        return (left,)
    if number_format(left) != number_format(right) or left.kind.name == "bool":
        call.refuse("kind", f"`cross` cannot multiply `{left.kind}` with `{right.kind}`", input=1)
    dim = call.axis(call.arguments["dim"], left.rank)
    for position, given in enumerate((left, right)):
        message = f"`cross` wants vectors of 3 along dimension {dim}, not {given.dims()}"
        call.equal(given.shape[dim], Dim.of(3), message, input=position)
    shape = call.broadcast(left, right, input=1)
    return (TensorType(numeric(left.kind), shape),)


def cdist(call: Call) -> Types:
    """Distances of [..., P, M] and [..., R, M]: [..., P, R]."""
    left, right = call.inputs
    for position, given in enumerate(call.inputs):
        require_float(call, given, position)
        if given.rank < 2:
            call.refuse(
                "rank", f"`cdist` wants lists of vectors, not {given.dims()}", input=position
            )
            return (left,)
    message = f"`cdist` compares vectors of {left.shape[-1]} with vectors of {right.shape[-1]}"
    call.equal(left.shape[-1], right.shape[-1], message, input=1)
    batch = call.broadcast(
        TensorType(REAL, left.shape[:-2]), TensorType(REAL, right.shape[:-2]), input=1
    )
    return (TensorType(REAL, (*batch, left.shape[-2], right.shape[-2])),)


def pdist(call: Call) -> Types:
    """Every distance within [N, M], once."""
    given = call.tensor("input")
    require_float(call, given, 0)
    if given.rank != 2:
        call.refuse("rank", f"`pdist` wants [N, M], not {given.dims()}", input=0)
        return (given,)
    count = given.shape[0]
    return (TensorType(REAL, ((count * (count - 1)) // 2,)),)


def dist(call: Call) -> Types:
    """One distance of two tensors, broadcast."""
    left, right = call.inputs
    _some_float(call)
    pairs.refuse_truth(call)
    call.broadcast(left, right, input=1)
    return (TensorType(REAL, ()),)


def compared(call: Call) -> Types:
    """`cosine_similarity`, `pairwise_distance`: as the layers of these names."""
    _some_float(call)
    for position, given in enumerate(call.inputs):
        if given.rank == 0:
            call.refuse("rank", f"`{call.name}` wants vectors, not a number", input=position)
            return (given,)
    if call.name == "cosine_similarity":
        return pairs.cosine_similarity(call)
    return pairs.pairwise_distance(call)


def _some_float(call: Call) -> None:
    """One of the tensors at least is of floats; torch makes the other so."""
    if not any(given.kind.is_float for given in call.inputs):
        require_float(call, call.inputs[0], 0)


def _ranks(call: Call, left: TensorType, right: TensorType) -> bool:
    first = len(call.inputs) - 2
    for position, (given, wanted) in enumerate(zip((left, right), RANKS[call.name], strict=True)):
        if given.rank != wanted:
            call.refuse(
                "rank",
                f"`{call.name}` wants {WORDS[wanted]}, not {given.dims()}",
                input=first + position,
                help="`matmul` and `@` multiply tensors of any rank",
            )
            return False
    return True


RULES: dict[str, Callable[[Call], Types]] = {
    **dict.fromkeys(("mm", "bmm", "mv", "dot"), exact_product),
    "addmm": added_product,
    "baddbmm": added_product,
    "outer": outer,
    "inner": inner,
    "tensordot": tensordot,
    "cross": cross,
    "cdist": cdist,
    "pdist": pdist,
    "dist": dist,
    "cosine_similarity": compared,
    "pairwise_distance": compared,
}
