"""Recurrences that make no sense (NS214x)."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, Label, code, error
from netspec.source import Span
from netspec.types import TensorType


@code("NS2140")
def scan_of_no_tensor(span: Span, what: str) -> Diagnostic:
    """A scan does not go along a tensor.

    A scan takes the pieces of a tensor along one of its dimensions, one after the other, when the
    model runs. A list is walked along by a `for`, before there is a network.

    Wrong:
        model {
          input x: real[B, 4]
          widths = [8, 8]
          scan width in widths along 0 carry h = x {
            h = h -> Linear(4)
          }
        }

    Right:
        model {
          input x: real[B, 4]
          for width in [8, 8] {
            Linear(width) -> ReLU
          }
          Linear(2)
        }
    """
    advice = {
        "a list": "walk along it with `for`",
        "a stage": f"send a value into it: `x -> {span.text}`",
    }
    return error(f"a scan goes along a tensor, not {what}", span, help=advice.get(what))


@code("NS2141")
def scan_along_batch(span: Span, dims: str) -> Diagnostic:
    """A scan goes along the batch.

    A step sees what the steps before it left in the state. Along the batch this would make a row's
    prediction hang on the rows that happen to stand before it.

    Wrong:
        model {
          input x: real[B, T, 4]
          hs = scan step in x along 0 carry h = zeros(T, 8) {
            h = tanh((step -> Linear(8)) + (h -> Linear(8)))
          }
          hs[:, -1] -> Linear(2)
        }

    Right:
        model {
          input x: real[B, T, 4]
          hs = scan step in x along 1 carry h = zeros(B, 8) {
            h = tanh((step -> Linear(8)) + (h -> Linear(8)))
          }
          hs[:, -1] -> Linear(2)
        }
    """
    return error(
        "the scan goes along the batch",
        span,
        f"`B` of {dims}",
        help="name the dimension of the steps; the batch is dimension 0",
    )


@code("NS2142")
def scan_lengths(span: Span, length: str, first: Span, its: str) -> Diagnostic:
    """The sequences of a scan have different numbers of steps.

    A scan over several sequences takes a piece of each at every step, so all end together.

    Wrong:
        model {
          input x: real[B, 6, 4]
          input gate: real[B, 5, 4]
          total = zeros(B, 4)
          scan step in x, open in gate along 1 carry sum = total {
            sum = sum + step * open
          }
          sum -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 6, 4]
          input gate: real[B, 6, 4]
          total = zeros(B, 4)
          scan step in x, open in gate along 1 carry sum = total {
            sum = sum + step * open
          }
          sum -> Linear(2)
        }
    """
    return error(
        f"the sequences of a scan have {its} steps and {length}",
        span,
        f"{length} here",
        also=(Label(first, f"{its} here"),),
    )


@code("NS2143")
def state_of_no_tensor(span: Span, name: str, what: str, *, start: bool) -> Diagnostic:
    """The state of a scan is no tensor.

    A state has one type from the first step to the last, so it starts as a tensor of the shape that
    the steps give it.

    Wrong:
        model {
          input x: real[B, T, 4]
          scan step in x along 1 carry h = 0 {
            h = tanh((step -> Linear(8)) + (h -> Linear(8)))
          }
          h -> Linear(2)
        }

    Right:
        model {
          input x: real[B, T, 4]
          scan step in x along 1 carry h = zeros(B, 8) {
            h = tanh((step -> Linear(8)) + (h -> Linear(8)))
          }
          h -> Linear(2)
        }
    """
    advice = f"give its shape: `{name} = zeros(B, 20)`"
    if what == "a stage":
        advice = f"send a value into it: `{name} = x -> {span.text}`"
    message = f"the state `{name}` is a tensor, not {what}"
    return error(message, span, help=advice if start else None)


@code("NS2144")
def state_changes(
    span: Span, name: str, after: TensorType, before: TensorType, start: Span
) -> Diagnostic:
    """The state of a scan has another type after a step than before it.

    Every step begins with what the step before it left, so the type stays the same. A state that
    starts as any float may become any other float; its shape does not change.

    Wrong:
        model {
          input x: real[B, T, 4]
          scan step in x along 1 carry h = zeros(B, 8) {
            h = tanh((step -> Linear(16)) + (h -> Linear(16)))
          }
          h -> Linear(2)
        }

    Right:
        model {
          input x: real[B, T, 4]
          scan step in x along 1 carry h = zeros(B, 16) {
            h = tanh((step -> Linear(16)) + (h -> Linear(16)))
          }
          h -> Linear(2)
        }
    """
    return error(
        f"the state `{name}` starts as `{before}` and becomes `{after}`",
        span,
        f"`{after}` after a step",
        also=(Label(start, f"`{before}` before the first"),),
        help="start with the shape that a step gives" if after.shape != before.shape else None,
    )


@code("NS2145")
def state_not_updated(span: Span, name: str) -> Diagnostic:
    """A scan never changes a state.

    `carry h = ...` says that each step hands `h` on to the next, by binding it in the body. What
    stays the same is not carried: the body sees the names around it.

    Wrong:
        model {
          input x: real[B, T, 4]
          first = x[:, 0]
          hs = scan step in x along 1 carry h = first {
            step - h -> Linear(8)
          }
          hs[:, -1]
        }

    Right:
        model {
          input x: real[B, T, 4]
          first = x[:, 0]
          hs = scan step in x along 1 carry h = first {
            h = 0.5 * h + 0.5 * step
            step - h -> Linear(8)
          }
          hs[:, -1]
        }
    """
    return error(
        f"no step changes the state `{name}`",
        span,
        help=f"bind it in the body, `{name} = ...`, or bind it before the scan",
    )


@code("NS2146")
def state_not_read(span: Span, name: str) -> Diagnostic:
    """A scan never reads a state.

    A state that no step looks at carries nothing from one step to the next. The outputs of all
    steps are the value of the scan; the last of them is `hs[:, -1]`.

    Wrong:
        model {
          input x: real[B, T, 4]
          scan step in x along 1 carry h = zeros(B, 8) {
            h = step -> Linear(8) -> Tanh
          }
          h -> Linear(2)
        }

    Right:
        model {
          input x: real[B, T, 4]
          hs = scan step in x along 1 {
            step -> Linear(8) -> Tanh
          }
          hs[:, -1] -> Linear(2)
        }
    """
    return error(
        f"no step reads the state `{name}`",
        span,
        help="use it in the body, or leave it out: the last output is `[:, -1]` of the scan",
    )


@code("NS2147")
def not_carried(span: Span, name: str, scan: Span, *, tensor: bool) -> Diagnostic:
    """A scan binds a name of outside anew.

    What one step hands on to the next, and the last to what follows, is carried: its type is held
    against its start, and `carry` shows it.

    Wrong:
        model {
          input x: real[B, T, 4]
          total = zeros(B, 4)
          scan step in x along 1 {
            total = total + step
          }
          total -> Linear(2)
        }

    Right:
        model {
          input x: real[B, T, 4]
          scan step in x along 1 carry total = zeros(B, 4) {
            total = total + step
          }
          total -> Linear(2)
        }
    """
    return error(
        f"the scan binds `{name}` of outside anew",
        span,
        also=(Label(scan, f"this does not carry `{name}`"),),
        help=f"write `carry {name} = ...` in the scan, or take another name here"
        if tensor
        else "take another name here: only tensors are carried",
    )


@code("NS2148")
def not_stackable(span: Span, dims: str, dim: int, place: Span) -> Diagnostic:
    """The outputs of a scan have too few dimensions to be stacked.

    The outputs of all steps are stacked along the dimension of the scan. A number a row can be
    stacked along dimension 1, but along no later one.

    Wrong:
        model {
          input x: real[B, 4, T]
          scan step in x along 2 {
            step -> Linear(8) -> mean(dim=1)
          }
          -> mean(dim=1)
        }

    Right:
        model {
          input x: real[B, 4, T]
          scan step in x along 2 {
            step -> Linear(8)
          }
          -> mean(dim=1)
        }
    """
    return error(
        f"outputs {dims} of the steps cannot be stacked along dimension {dim}",
        span,
        f"{dims} at each step",
        also=(Label(place, "the dimension of the scan"),),
        help="keep the dimension, or scan along an earlier one",
    )


@code("NS2149")
def stacked_and_carried(span: Span, name: str, carry: Span) -> Diagnostic:
    """A name stands for the outputs of a scan and for its state.

    What stands before `=` is bound to the outputs of all steps, a name behind `carry` to the last
    state. These are two tensors.

    Wrong:
        model {
          input x: real[B, T, 4]
          h = scan step in x along 1 carry h = zeros(B, 8) {
            h = tanh((step -> Linear(8)) + (h -> Linear(8)))
          }
          h -> Linear(2)
        }

    Right:
        model {
          input x: real[B, T, 4]
          hs = scan step in x along 1 carry h = zeros(B, 8) {
            h = tanh((step -> Linear(8)) + (h -> Linear(8)))
          }
          hs -> Linear(2)
        }
    """
    return error(
        f"`{name}` stands for the outputs of all steps and for the last state",
        span,
        also=(Label(carry, "the state"),),
        help=f"give the outputs a name of their own: `{name}s = scan ...`, or none",
    )
