"""Labels that are none (NS1020)."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, code, error
from netspec.source import Span
from netspec.syntax import errors


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
