"""A batch larger than all there is."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, code, warning
from netspec.source import Span


@code("NS8007")
def batch_too_large(place: Span, batch: int, rows: int) -> Diagnostic:
    """A batch is larger than the training rows.

    No batch can have more rows than there are, so every epoch is a single step with all of them,
    whatever the number says. Leaving `batch` out says the same plainly; if several steps an epoch
    are meant, the number is too large.

    Silence it with `# netspec: allow[batch-too-large]`.

    Wrong:

        data { load_iris() }
        model {
          Linear(16) -> ReLU
          Linear(3)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          batch     = 256
          epochs    = 10
        }

    Right:

        data { load_iris() }
        model {
          Linear(16) -> ReLU
          Linear(3)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          batch     = 25
          epochs    = 10
        }
    """
    return warning(
        f"a batch of {batch} is more than the {rows} training rows",
        place,
        "every epoch is one step",
        help="take a smaller batch, or leave `batch` out to train on all rows at once",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """The setting `batch`, held against the number of training rows."""
    plan, rows, setting = subject.plan, subject.train_rows, subject.setting_value("batch")
    if plan is None or plan.batch is None or rows is None or setting is None:
        return
    if plan.batch > rows:
        yield batch_too_large(setting.span, plan.batch, rows)
