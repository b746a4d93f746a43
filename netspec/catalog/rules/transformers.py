"""Attention and the layers of a transformer: sequences, and masks over pairs of their places.

x: (T, B, d_model), or (B, T, d_model) with `batch_first`. A mask over places is (T, S), or
(B * nhead, T, S); one over padding is (B, T). Both hold truth values, true where nothing is to be
looked at, or numbers that are added to the scores.
"""

from __future__ import annotations

from netspec.catalog.call import Call
from netspec.catalog.kinds import REAL, UNIT
from netspec.catalog.rules.recurrent import check_batch_first, infer, wrong_rank
from netspec.types import Dim, TensorType


def attention(call: Call) -> tuple[TensorType, ...]:
    """The values weighted for each query, and the weights averaged over heads.

    A mask of places may follow the values, then one of padding.
    """
    query, key, value = call.inputs[:3]
    if not all(_is_sequence(call, position) for position in range(3)):
        return (query,)
    check_batch_first(call)
    batch, length = (0, 1) if call.flag("batch_first") else (1, 0)
    for name, position in (("embed_dim", 0), ("kdim", 1), ("vdim", 2)):
        infer(call, name, call.inputs[position].shape[2], position)
    width, heads = call.integer("embed_dim"), call.integer("num_heads")
    if width % heads:
        call.refuse(
            "value",
            f"`{call.name}` cannot divide {width} features into {heads} heads",
            argument="num_heads",
            input=0,
        )
    for position, other in ((1, key), (2, value)):
        call.equal(
            query.shape[batch],
            other.shape[batch],
            f"`{call.name}` wants one batch size, not {query.dims()} and {other.dims()}",
            input=position,
        )
    call.equal(
        key.shape[length],
        value.shape[length],
        f"`{call.name}` wants a value for every key, not {key.dims()} and {value.dims()}",
        input=2,
    )
    if len(call.inputs) > 3:
        _check_places(
            call, 3, query.shape[batch], query.shape[length], key.shape[length], "num_heads"
        )
    if len(call.inputs) > 4:
        _check_padding(call, 4, query.shape[batch], key.shape[length])
    extra = call.flag("add_bias_kv") + call.flag("add_zero_attn")
    weights = (query.shape[batch], query.shape[length], key.shape[length] + extra)
    return query.with_kind(REAL), TensorType(UNIT, weights)


def encoder_layer(call: Call) -> tuple[TensorType, ...]:
    """A sequence that looks at itself; a mask of places may follow it, then one of padding."""
    source = call.inputs[0]
    if not _is_sequence(call, 0):
        return (source,)
    _check_width(call)
    batch, length = _batch_and_length(call, 0)
    if len(call.inputs) > 1:
        _check_places(call, 1, batch, length, length)
    if len(call.inputs) > 2:
        _check_padding(call, 2, batch, length)
    return (source.with_kind(REAL),)


def decoder_layer(call: Call) -> tuple[TensorType, ...]:
    """A sequence that looks at itself and at a memory; masks of both may follow."""
    target, memory = call.inputs[:2]
    if not (_is_sequence(call, 0) and _is_sequence(call, 1)):
        return (target,)
    _check_width(call)
    batch, length = _batch_and_length(call, 0)
    of_memory, remembered = _batch_and_length(call, 1)
    message = f"`{call.name}` wants one batch size, not {target.dims()} and {memory.dims()}"
    call.equal(batch, of_memory, message, input=1)
    call.equal(
        memory.shape[2],
        target.shape[2],
        f"`{call.name}` wants as many features in its memory, not {target.dims()} and "
        f"{memory.dims()}",
        input=1,
    )
    for position, places in ((2, length), (3, remembered)):
        if len(call.inputs) > position:
            _check_places(call, position, batch, length, places)
    return (target.with_kind(REAL),)


def _is_sequence(call: Call, position: int) -> bool:
    given = call.inputs[position]
    if given.rank != 3:
        wrong_rank(call, position, given)
    return given.rank == 3


def _check_width(call: Call) -> None:
    check_batch_first(call)
    infer(call, "d_model", call.inputs[0].shape[2], 0)
    width, heads = call.integer("d_model"), call.integer("nhead")
    if width % heads:
        call.refuse(
            "value",
            f"`{call.name}` cannot divide {width} features into {heads} heads",
            argument="nhead",
            input=0,
        )


def _batch_and_length(call: Call, position: int) -> tuple[Dim, Dim]:
    first, second, _ = call.inputs[position].shape
    return (first, second) if call.flag("batch_first") else (second, first)


def _check_places(
    call: Call, position: int, batch: Dim, rows: Dim, columns: Dim, heads: str = "nhead"
) -> None:
    given = call.inputs[position]
    wanted = {2: (rows, columns), 3: (batch * call.integer(heads), rows, columns)}
    _check_mask(call, position, wanted.get(given.rank, (rows, columns)))


def _check_padding(call: Call, position: int, batch: Dim, length: Dim) -> None:
    _check_mask(call, position, (batch, length))
    places, padding = call.inputs[position - 1].kind, call.inputs[position].kind
    if (places.name == "bool") != (padding.name == "bool"):
        call.refuse(
            "kind",
            f"`{call.name}` wants both masks of one kind, not `{places}` and `{padding}`",
            input=position,
        )


def _check_mask(call: Call, position: int, wanted: tuple[Dim, ...]) -> None:
    given = call.inputs[position]
    if not (given.kind.is_float or given.kind.name == "bool"):
        call.refuse(
            "kind",
            f"a mask of `{call.name}` holds truth values or numbers, not `{given.kind}`",
            input=position,
        )
    message = (
        f"`{call.name}` wants a mask of {TensorType(given.kind, wanted).dims()}, not {given.dims()}"
    )
    if given.rank != len(wanted):
        call.refuse("rank", message, input=position)
        return
    for a, b in zip(given.shape, wanted, strict=True):
        call.equal(a, b, message, input=position)
