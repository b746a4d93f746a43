"""Rows that no part of the split takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, code, warning
from netspec.source import Span

# Who takes less than this of the rows means to: a first try on a part of many.
MEANT_BELOW = 0.5


@code("NS8040")
def unused_rows(split: Span, left: str, total: str, parts: Sequence[str]) -> Diagnostic:
    """A split leaves rows unused.

    `split(train=80%)` trains on 80% of the rows, and does nothing with the others: a part that is
    not named is empty. Name the part that is to have them, or leave `train` out, which then is the
    rest. A split of less than half of all rows is left alone: so few are surely meant.

    Silence it with `# netspec: allow[unused-rows]`.

    Wrong:

        data {
          load_iris()
          split(train=80%, seed=1)
        }
        model {
          Linear(16) -> ReLU
          Linear(3)
        }

    Right:

        data {
          load_iris()
          split(train=80%, test=20%, seed=1)
        }
        model {
          Linear(16) -> ReLU
          Linear(3)
        }
    """
    return warning(
        f"{left} of the rows are in no part of the split",
        split,
        f"together {total}",
        help="name the part that has them: " + " or ".join(f"`{part}={left}`" for part in parts),
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """The parts of the split, held against the whole."""
    data = subject.program.data
    if data is None or data.split is None:
        return
    split, parts = data.split, ("val",) if data.own_test else ("val", "test")
    total = split.train + split.val + split.test
    if MEANT_BELOW <= total < 1 - 1e-6:
        yield unused_rows(split.span, f"{(1 - total) * 100:.4g}%", f"{total * 100:.4g}%", parts)
