"""Lists that are taken apart wrongly (NS215x)."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, code, error
from netspec.source import Span


@code("NS2150")
def list_subscript(span: Span, message: str) -> Diagnostic:
    """A list is subscripted as only tensors are.

    A list has one dimension: `sizes[0]` is an item, `sizes[1:]` a list of the others. An item that
    is a list itself has a subscript of its own, `sizes[0][1]`.

    Wrong:
        param sizes = [[8, 16], [4, 2]]
        model {
          input x: real[B, 4]
          Linear(sizes[0, 1])
        }

    Right:
        param sizes = [[8, 16], [4, 2]]
        model {
          input x: real[B, 4]
          Linear(sizes[0][1])
        }
    """
    return error(message, span, help="write one index or one slice: `[0]`, `[-1]`, `[1:]`")
