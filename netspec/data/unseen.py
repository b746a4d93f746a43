"""Classes that are measured and never trained: what only the rows of a split show."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from netspec.analysis.lints.class_never_seen import class_not_trained
from netspec.data.batches import Split, Stored
from netspec.data.loading import Splits
from netspec.diagnostics import Diagnostic
from netspec.program.data import Field


def unseen_classes(splits: Splits, target: str | None) -> Iterator[Diagnostic]:
    """A warning for the first class of a field that other parts have, and training lacks."""
    field = splits.plan.field(target or "")
    classes = None if field is None or field.type.kind.size is None else field.type.kind.size.value
    if field is None or classes is None or field.type.rank != 1:
        return
    trained = _counted(splits.train, field, classes)
    for name, split in (("val", splits.val), ("test", splits.test)):
        counts = None if split is None else _counted(split, field, classes)
        if trained is None or counts is None:
            continue
        missing = torch.nonzero((trained == 0) & (counts > 0)).flatten().tolist()
        if missing:
            label = str(missing[0])
            if field.class_names:
                label += f" (`{field.class_names[missing[0]]}`)"
            yield class_not_trained(field.span, label, name, int(counts[missing[0]]))
            return


def _counted(split: Split, field: Field, classes: int) -> Tensor | None:
    """How many rows of a part each class has."""
    if field.name not in split.fields:
        return None
    column = split.columns[split.fields.index(field.name)]
    if not isinstance(column, Stored) or column.tensor.is_floating_point():
        return None
    return torch.bincount(column.tensor.flatten(), minlength=classes)
