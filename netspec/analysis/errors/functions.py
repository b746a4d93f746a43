"""Functions that cannot stand where they stand, or nowhere (NS403x)."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, Fix, Label, code, error
from netspec.source import Span


@code("NS4030")
def trained_in_loss(span: Span, name: str) -> Diagnostic:
    """A loss uses a function that does something in training only.

    `dropout` and its like leave numbers out while the model is trained, and pass everything when it
    is measured. A loss is computed in both cases by the same lines, so it would never know which.
    In the model the function does what the layer of its name does.

    Wrong:
        data { make_moons(n_samples=100) }
        model {
          score = Linear(8) -> ReLU -> Linear(1)
          output score
        }
        train {
          loss      = BCEWithLogitsLoss(dropout(score, 0.1), y)
          optimizer = Adam(lr=1e-2)
          epochs    = 5
        }

    Right:
        data { make_moons(n_samples=100) }
        model {
          Linear(8) -> ReLU -> dropout(0.1) -> Linear(1)
        }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = Adam(lr=1e-2)
          epochs    = 5
        }
    """
    return error(
        f"`{name}` does nothing but in training, and a loss is measured too",
        span,
        help="apply it in the model",
    )


@code("NS4031")
def function_left_out(span: Span, name: str, reason: str) -> Diagnostic:
    """A function of torch that the language leaves out.

    Every function has a rule that says the shape and the kind of what it gives, before anything
    runs. Some of torch's have none: how many numbers `nonzero` gives hangs on the numbers it is
    given. Others change a tensor in place, take a Python function, or make complex numbers.

    Wrong:
        model {
          input x: real[B, 8]
          x -> masked_select(x > 0) -> mean
        }

    Right:
        model {
          input x: real[B, 8]
          kept = x > 0
          sum(where(kept, x, 0.0), dim=1) / sum(1.0 * kept, dim=1)
        }
    """
    return error(f"torch's `{name}` is left out: {reason}", span)


@code("NS4032")
def pattern_wrong(
    span: Span,
    message: str,
    *,
    also: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """A pattern of axes cannot be read, or its two sides do not go together.

    In the patterns of `rearrange`, `reduce` and `repeat` axes have names, apart by blanks; those in
    parentheses make up one dimension; `...` stands for any number of them. `rearrange` has the same
    axes on both sides, `reduce` may leave some out on the right, and `repeat` may add some there.
    In `einsum` every dimension is one letter.

    Wrong:
        model {
          input x: real[B, 8, 6]
          x -> rearrange("b t d -> b t")
        }

    Right:
        model {
          input x: real[B, 8, 6]
          x -> reduce("b t d -> b t", "mean")
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS4033")
def axis_differs(
    span: Span,
    message: str,
    *,
    also: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """An axis of a pattern has a size that does not fit the tensor.

    Of the axes in parentheses one may be left to be worked out; the others, given by name, have to
    divide the dimension. An axis has one size wherever it stands.

    Wrong:
        model {
          input x: real[B, 30, 4]
          x -> rearrange("b (h d) t -> b h t d", h=8)
        }

    Right:
        model {
          input x: real[B, 32, 4]
          x -> rearrange("b (h d) t -> b h t d", h=8)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)
