"""Recurrent layers: shapes that hang on flags.

RNNs follow the "Inputs" and "Outputs" sections of torch.nn.RNN, LSTM and GRU, L = `num_layers`:
x: (T, B, input_size), or (B, T, input_size) with `batch_first`; gives the hidden states of the last
layer, in the same order, and the last states, (L * directions, B, hidden_size).
"""

from __future__ import annotations

from netspec.catalog.call import Call, as_int
from netspec.catalog.kinds import REAL
from netspec.types import Dim, TensorType

BATCH = Dim.symbol("B")


def recurrent(call: Call) -> tuple[TensorType, ...]:
    """All hidden states, then the last ones; an LSTM's last cells after those."""
    sequence = call.inputs[0]
    if sequence.rank != 3:
        wrong_rank(call, 0, sequence)
        return (sequence,)
    check_batch_first(call)
    hidden = call.integer("hidden_size")
    projected = as_int(call.arguments.get("proj_size", 0))
    if projected >= hidden:
        call.refuse(
            "value",
            f"`proj_size` of `{call.name}` must be below `hidden_size`, {hidden}, not {projected}",
            argument="proj_size",
        )
    infer(call, "input_size", sequence.shape[2], 0)
    directions = 2 if call.flag("bidirectional") else 1
    batch = sequence.shape[0 if call.flag("batch_first") else 1]
    out = Dim.of(projected or hidden)
    states = Dim.of(call.integer("num_layers") * directions)
    last = [TensorType(REAL, (states, batch, out))]
    if call.name == "LSTM":
        last.append(TensorType(REAL, (states, batch, Dim.of(hidden))))
    _check_states(call, last)
    return TensorType(REAL, (*sequence.shape[:2], out * directions)), *last


def cell(call: Call) -> tuple[TensorType, ...]:
    """One step of a recurrence: (B, input_size) and the state before to the state after."""
    given = call.inputs[0]
    if given.rank != 2:
        call.refuse("rank", f"`{call.name}` wants [B, features], not {given.dims()}", input=0)
        return (given,)
    infer(call, "input_size", given.shape[1], 0)
    state = TensorType(REAL, (given.shape[0], Dim.of(call.integer("hidden_size"))))
    states = [state, state] if call.name == "LSTMCell" else [state]
    _check_states(call, states)
    return tuple(states)


def _check_states(call: Call, wanted: list[TensorType]) -> None:
    """The states that a recurrence begins with, all of them or none."""
    given = call.inputs[1:]
    if given and len(given) != len(wanted):
        call.refuse(
            "count",
            f"`{call.name}` begins with both its states or with none",
            help=f"write `(x, h, c) -> {call.name}`",
        )
        return
    for position, (state, shape) in enumerate(zip(given, wanted, strict=False), 1):
        message = f"`{call.name}` wants its first state as {shape.dims()}, not {state.dims()}"
        if not state.kind.is_float:
            call.refuse(
                "kind", f"a state of `{call.name}` is `real`, not `{state.kind}`", input=position
            )
        if state.rank != shape.rank:
            call.refuse("rank", message, input=position)
            continue
        for a, b in zip(state.shape, shape.shape, strict=True):
            call.equal(a, b, message, input=position)


def infer(call: Call, name: str, size: Dim, position: int) -> None:
    """Find an argument from a size, or hold the one that is told against it."""
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


def check_batch_first(call: Call) -> None:
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


def wrong_rank(call: Call, position: int, given: TensorType) -> None:
    """Refuse what is no sequence, or no state."""
    order = "[B, T, features]" if call.flag("batch_first") else "[T, B, features]"
    call.refuse(
        "rank",
        f"`{call.name}` wants {order}, not {given.dims()}",
        input=position,
    )
