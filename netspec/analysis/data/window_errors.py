"""Mistakes with windows over texts and series (NS552), one constructor a code."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, code, error
from netspec.source import Span


@code("NS5520")
def windows_too_long(span: Span, n: int, rows: int) -> Diagnostic:
    """A window is as long as what it is cut from, or longer.

    A window of n rows takes n + 1: its own, and the one that follows the last of them, which is
    the last of its targets.

    Wrong:
        data {
          times = linspace(0, 99, 100)
          times -> windows(100)
        }

    Right:
        data {
          times = linspace(0, 99, 100)
          times -> windows(10)
        }
    """
    return error(
        f"`windows({n})` needs {n + 1:,} rows, and there are {rows:,}",
        span,
        notes=("a window is followed by one more row, its last target",),
        help=f"write `windows({max(1, rows // 10)})`, say" if rows > 1 else "name a longer text",
    )


@code("NS5521")
def windows_in_order(span: Span, what: str) -> Diagnostic:
    """Windows are mixed, or divided otherwise than in the order they stand in.

    Neighbouring windows of a text or a series overlap, and what follows the one is part of the
    next. So the parts of a split follow one another: the first rows train, the next validate, and
    windows that would reach over a border are left out. A seed, `stratify`, a condition on windows
    and `cat` would put the same rows into training and validation.

    Training takes the windows of its part in an order that is drawn anew for each epoch.

    Wrong:
        data {
          times = linspace(0, 99, 100)
          times -> windows(4)
          split(train=80%, val=20%, seed=1)
        }

    Right:
        data {
          times = linspace(0, 99, 100)
          times -> windows(4)
          split(train=80%, val=20%)
        }
    """
    return error(
        f"{what} would mix windows of training with those of validation",
        span,
        notes=("neighbouring windows overlap, so they are split in the order they stand in",),
        help="take it out; choose and join rows before `-> windows(n)`",
    )
