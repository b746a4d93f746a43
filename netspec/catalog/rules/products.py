"""Products: matrices, letters, attention."""

from __future__ import annotations

from dataclasses import replace

from netspec.catalog.call import Call
from netspec.catalog.kinds import REAL, numeric
from netspec.catalog.records import Operand
from netspec.types import Dim, Kind, TensorType


def matmul(call: Call) -> tuple[TensorType, ...]:
    """The matrix product by torch's rules, batch dimensions broadcast."""
    return (product_of(call, call.tensor("input"), call.tensor("other")),)


def product_of(call: Call, left: TensorType, right: TensorType) -> TensorType:
    """The matrix product of two tensors; vectors are rows on the left, columns on the right."""
    if left.rank == 0 or right.rank == 0:
        call.refuse(
            "rank",
            f"`{call.name}` wants matrices or vectors, not {left.dims()} and {right.dims()}",
            input=0 if left.rank == 0 else 1,
            help="multiply by a single number with `*`",
        )
        return left
    if left.kind.is_float != right.kind.is_float or "bool" in {left.kind.name, right.kind.name}:
        call.refuse(
            "kind",
            f"`{call.name}` cannot multiply `{left.kind}` with `{right.kind}`",
            input=1,
        )
    inner, other = left.shape[-1], right.shape[-2 if right.rank > 1 else -1]
    call.equal(
        inner,
        other,
        f"`{call.name}` cannot multiply {left.dims()} by {right.dims()}: {inner} columns against "
        f"{other} rows",
        input=1,
    )
    batch = call.broadcast(
        TensorType(REAL, left.shape[:-2]), TensorType(REAL, right.shape[:-2]), input=1
    )
    rows = left.shape[-2:-1]
    columns = right.shape[-1:] if right.rank > 1 else ()
    return TensorType(_kind(left, right), (*batch, *rows, *columns))


def _kind(left: TensorType, right: TensorType) -> Kind:
    return numeric(left.kind) if left.kind.is_float == right.kind.is_float else REAL


def attention(call: Call) -> tuple[TensorType, ...]:
    """`scaled_dot_product_attention`: query [..., L, E], key [..., S, E], value [..., S, V]."""
    query, key, value = (call.tensor(name) for name in ("query", "key", "value"))
    for position, given in enumerate((query, key, value)):
        if given.rank < 2 or not given.kind.is_float:
            call.refuse(
                "rank" if given.rank < 2 else "kind",
                f"`{call.name}` wants real[..., T, D], not {given}",
                input=position,
            )
            return (query,)
    message = f"`{call.name}` is given {query.dims()}, {key.dims()} and {value.dims()}"
    call.equal(query.shape[-1], key.shape[-1], message, input=1)
    call.equal(key.shape[-2], value.shape[-2], message, input=2)
    if call.flag("enable_gqa"):
        key, value = (_grouped(call, query, given, at) for at, given in ((1, key), (2, value)))
    leading = [TensorType(REAL, tensor.shape[:-2]) for tensor in (query, key, value)]
    batch = call.broadcast(leading[0], leading[1], input=1)
    batch = call.broadcast(TensorType(REAL, batch), leading[2], input=2)
    _check_mask(call, call.arguments["attn_mask"], (*batch, query.shape[-2], key.shape[-2]))
    return (TensorType(REAL, (*batch, query.shape[-2], value.shape[-1])),)


def _grouped(call: Call, query: TensorType, given: TensorType, position: int) -> TensorType:
    """Keys or values whose heads each serve a group of the query's."""
    if query.rank < 3 or given.rank < 3:
        short = 0 if query.rank < 3 else position
        shown = (query, given)[min(short, 1)]
        message = f"`enable_gqa` wants real[..., N, T, D], N heads, not {shown}"
        call.refuse("rank", message, input=short)
        return given
    heads, shared = query.shape[-3], given.shape[-3]
    name = "keys" if position == 1 else "values"
    message = f"{heads} heads of queries are no multiple of {shared} heads of {name}"
    if shared.value is not None:
        call.equal(heads % shared.value, Dim.of(0), message, input=position)
    else:
        call.equal(heads, shared, message, input=position)
    return replace(given, shape=(*given.shape[:-3], heads, *given.shape[-2:]))


def _check_mask(call: Call, mask: Operand, scores: tuple[Dim, ...]) -> None:
    if mask is None:
        return
    assert isinstance(mask, TensorType)
    if call.flag("is_causal"):
        call.refuse(
            "value",
            f"`{call.name}` takes either `attn_mask` or `is_causal`",
            argument="is_causal",
        )
    if not mask.kind.is_float and mask.kind.name != "bool":
        call.refuse("kind", f"`{call.name}` cannot use a mask of `{mask.kind}`", input=3)
    if mask.rank < 2:
        call.refuse("rank", f"`{call.name}` wants a mask [..., L, S], not {mask.dims()}", input=3)
        return
    message = f"`{call.name}` adds a mask {mask.dims()} to scores {TensorType(REAL, scores).dims()}"
    if mask.rank > len(scores):
        call.refuse("rank", message, input=3, notes=("a mask has no more dimensions than these",))
        return
    joined = call.broadcast(TensorType(REAL, scores), mask, input=3)
    for size, known in zip(joined, scores, strict=True):
        call.equal(size, known, message, input=3)
