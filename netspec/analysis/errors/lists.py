"""Lists that are taken apart wrongly (NS2131, NS215x)."""

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


@code("NS2131")
def not_computed(span: Span, message: str, help: str | None) -> Diagnostic:
    """A function that the compiler computes is given what it cannot take.

    `len range enumerate zip reversed min max sum int float round` of lists, texts, numbers and
    known sizes are computed before there is a network, as in Python.

    Wrong:
        model {
          input x: real[B, 4]
          for width, count in zip([8, 16], [1, 2, 3]) {
            repeat count { Linear(width) -> ReLU }
          }
        }

    Right:
        model {
          input x: real[B, 4]
          for width, count in zip([8, 16], [1, 2]) {
            repeat count { Linear(width) -> ReLU }
          }
        }
    """
    return error(message, span, help=help)
