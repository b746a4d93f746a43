"""Fewer training rows than classes."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, Label, code, warning
from netspec.program.data import Draw
from netspec.source import Span


@code("NS8011")
def class_never_seen(target: Span, classes: int, rows: int, split: Span | None) -> Diagnostic:
    """A class never occurs in training.

    A model learns a class from rows of that class. When there are fewer training rows than classes
    some class has none, and the model can never name it. That is what can be known before the rows
    are read; a class may be missing from more rows too.

    Classes that the spec draws itself (`randint`) are left alone.

    Silence it with `# netspec: allow[class-never-seen]`.

    Wrong:

        data {
          x = [0.0, 1.0, 2.0, 3.0] -> unsqueeze(1)
          y = [0, 1, 2, 3]
          split(train=50%, test=50%)
        }
        model { Linear(4) }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:

        data {
          x = [0.0, 1.0, 2.0, 3.0] -> unsqueeze(1)
          y = [0, 1, 2, 3]
        }
        model { Linear(4) }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    also = (Label(target, f"there are {classes} classes"),)
    few = f"{rows} {'row' if rows == 1 else 'rows'} to train on"
    return warning(
        "some class never occurs in training",
        target if split is None else split,
        few,
        also=also if split is not None else (),
        help=f"train on {classes} rows or more",
    )


@code("NS8042")
def class_not_trained(target: Span, label: str, part: str, rows: int) -> Diagnostic:
    """A class is measured and never trained.

    The rows were read and divided, and a class has rows to measure on and none to learn from: the
    model can never name it. A rare class is lost so by chance; a split of rows as they stand loses
    the classes that come last. `stratify=y` gives each part its share of each class.

    Silence it with `# netspec: allow[class-never-seen]`. What is read is known to `netspec run
    flowers.net` alone: `check` says of no class that it is missing.
    """
    where = {"val": "to validate on", "test": "to test on"}[part]
    return warning(
        f"class {label} never occurs in training",
        target,
        f"{rows} {'row' if rows == 1 else 'rows'} {where} {'is' if rows == 1 else 'are'} of it",
        help="divide each class alike: `split(..., stratify=y)`",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """The classes of the target, held against the number of training rows."""
    plan, data, rows = subject.plan, subject.program.data, subject.train_rows
    if plan is None or data is None or rows is None or plan.task == "regression":
        return
    target = data.field("y")
    if target is None or target.type.kind.size is None or target.type.rank != 1:
        return
    if isinstance(data.steps[target.step].value, Draw):
        return  # made-up classes teach nothing
    classes = target.type.kind.size.value
    if classes is not None and rows < classes:
        split = data.split.span if data.split is not None else None
        yield class_never_seen(target.span, classes, rows, split)
