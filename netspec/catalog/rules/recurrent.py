"""Recurrent layers and attention: shapes that hang on flags.

RNNs follow the "Inputs" and "Outputs" sections of torch.nn.RNN, LSTM and GRU, L = `num_layers`:
x: (T, B, input_size), or (B, T, input_size) with `batch_first`; gives the hidden states of the last
layer, in the same order, and the last states, (L * directions, B, hidden_size).
"""

from __future__ import annotations

from netspec.catalog.call import Call, as_int
from netspec.catalog.kinds import REAL, UNIT
from netspec.types import Dim, TensorType

BATCH = Dim.symbol("B")


def recurrent(call: Call) -> tuple[TensorType, ...]:
    """All hidden states, then the last ones; an LSTM's last cells after those."""
    sequence = call.inputs[0]
    if sequence.rank != 3:
        _wrong_rank(call, 0, sequence)
        return (sequence,)
    _check_batch_first(call)
    hidden = call.integer("hidden_size")
    projected = as_int(call.arguments.get("proj_size", 0))
    if projected >= hidden:
        call.refuse(
            "value",
            f"`proj_size` of `{call.name}` must be below `hidden_size`, {hidden}, not {projected}",
            argument="proj_size",
        )
    _infer(call, "input_size", sequence.shape[2], 0)
    directions = 2 if call.flag("bidirectional") else 1
    batch = sequence.shape[0 if call.flag("batch_first") else 1]
    out = Dim.of(projected or hidden)
    states = Dim.of(call.integer("num_layers") * directions)
    last = TensorType(REAL, (states, batch, out))
    everything = TensorType(REAL, (*sequence.shape[:2], out * directions))
    if len(call.inputs) > 1:
        _check_state(call, last)
    if call.name == "LSTM":
        return everything, last, TensorType(REAL, (states, batch, Dim.of(hidden)))
    return everything, last


def _check_state(call: Call, wanted: TensorType) -> None:
    given = call.inputs[1]
    if given.rank != 3:
        _wrong_rank(call, 1, given)
        return
    for a, b in zip(given.shape, wanted.shape, strict=True):
        call.equal(
            a,
            b,
            f"`{call.name}` wants its first state as {wanted.dims()}, not {given.dims()}",
            input=1,
        )


def attention(call: Call) -> tuple[TensorType, ...]:
    """The values weighted for each query, and the weights averaged over heads."""
    for position, given in enumerate(call.inputs):
        if given.rank != 3:
            _wrong_rank(call, position, given)
            return (given,)
    _check_batch_first(call)
    query, key, value = call.inputs
    batch, length = (0, 1) if call.flag("batch_first") else (1, 0)
    for name, position in (("embed_dim", 0), ("kdim", 1), ("vdim", 2)):
        _infer(call, name, call.inputs[position].shape[2], position)
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
    extra = call.flag("add_bias_kv") + call.flag("add_zero_attn")
    weights = (query.shape[batch], query.shape[length], key.shape[length] + extra)
    return query.with_kind(REAL), TensorType(UNIT, weights)


def _infer(call: Call, name: str, size: Dim, position: int) -> None:
    given = call.arguments.get(name)
    if given is None:
        call.arguments[name] = call.known(size, "the size of the last dimension", input=position)
        return
    call.equal(
        size,
        Dim.of(as_int(given)),
        f"`{call.name}` is told `{name}={given}`, and its input is {call.inputs[position].dims()}",
        input=position,
    )


def _check_batch_first(call: Call) -> None:
    """Without `batch_first` the first dimension is time: `B` there is surely a mistake."""
    first = call.inputs[0].shape[0]
    if not call.flag("batch_first") and first == BATCH:
        call.refuse(
            "size",
            f"`{call.name}` would take the batch `B` for time: its input is "
            f"{call.inputs[0].dims()}",
            input=0,
            notes=("without `batch_first` torch reads [T, B, features]",),
            help="add `batch_first=true`",
        )


def _wrong_rank(call: Call, position: int, given: TensorType) -> None:
    order = "[B, T, features]" if call.flag("batch_first") else "[T, B, features]"
    if position > 0 and call.name != "MultiheadAttention":
        order = "[layers, B, features]"
    call.refuse(
        "rank",
        f"`{call.name}` wants {order}, not {given.dims()}",
        input=position,
    )
