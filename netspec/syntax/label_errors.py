"""Labels that are none, and loops where a stage is wanted (NS1020, NS1021)."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, code, error
from netspec.source import Span
from netspec.syntax import errors


@code("NS1021")
def loop_inside(span: Span) -> Diagnostic:
    """A loop or a choice stands in the middle of an expression.

    `for`, `repeat` and `if` begin a statement: they go on from the flow of the line above. In
    braces they are a stage like any other.

    Wrong:
        model {
          input x: real[B, 4]
          h = x -> repeat 2 { Linear(4) -> ReLU }
          x + h
        }

    Right:
        model {
          input x: real[B, 4]
          h = x -> { repeat 2 { Linear(4) -> ReLU } }
          x + h
        }
    """
    written = f"{span.text} ... {{ ... }}"
    return error(
        f"`{span.text}` begins a line of its own",
        span,
        help=f"put it in braces, `x -> {{ {written} }}`",
    )


@code("NS1020")
def bad_label(span: Span) -> Diagnostic:
    """What stands before `:` is no label.

    A label is a name, or a name with an index: it is the key of the weights, `fc` or `fc.0`.

    Wrong:
        model {
          input x: real[B, 4]
          "fc": Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          fc: Linear(2)
        }
    """
    return error(
        f"`{errors.short(span)}` is no label",
        span,
        help="a label is a name, `fc: Linear(2)`, or a name with an index, `fc[i]: Linear(2)`",
    )
