"""Lists that are taken apart wrongly (NS2131, NS215x)."""

from __future__ import annotations

from collections.abc import Sequence

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


@code("NS2170")
def family_unordered(span: Span, name: str, known: Sequence[str]) -> Diagnostic:
    """A list is made of an indexed name whose indices do not count from 0.

    `e[:]` is the list of the values that are bound as `e[0]`, `e[1]`, `e[2]` and so on, and `e[1:]`
    a part of it. Another index, or one that is left out, has no place in a list.

    Wrong:
        model {
          input x: real[B, 4]
          for i in 1..4 { e[i] = x -> Linear(8) }
          stack(e[:], dim=1) -> mean(dim=1)
        }

    Right:
        model {
          input x: real[B, 4]
          for i in 0..3 { e[i] = x -> Linear(8) }
          stack(e[:], dim=1) -> mean(dim=1)
        }
    """
    bound = [f"`{name}[{part}]`" for part in known]
    listed = ", ".join(bound[:4]) + (f", ... {bound[-1]}" if len(bound) > 4 else "")
    return error(
        f"`{name}` is no list: its indices do not count from 0",
        span,
        notes=(f"bound are {listed}",),
        help="bind it for 0, 1, 2, ..., or name the values one by one",
    )


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
