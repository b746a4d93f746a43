"""A data plan to the splits of a run: read, divide, fit on the training rows, store as tensors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec.analysis.data import errors
from netspec.data.batches import Files, Split, Stored
from netspec.data.evaluation import Evaluation, Learned
from netspec.data.pixels import Pixels, finished
from netspec.data.preparing import prepare
from netspec.data.problems import DataError
from netspec.data.reading import Array, decode_image, split_groups, split_rows
from netspec.program.data import DataPlan, Field, Keep, Use

# Images are turned into float32 at once when that takes less than this, else batch by batch.
NUMBERS_BELOW = 256 * 2**20
# How many bytes of images are kept in memory where the machine does not tell its own size.
IMAGES_BELOW = 2 * 2**30
# Fields are kept as float32: a larger number would become infinite there.
LARGEST = float(np.finfo(np.float32).max)
DTYPES = {"float32": torch.float32, "int64": torch.int64, "bool": torch.bool}


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """The rows of a run, and what was learned from the training rows."""

    plan: DataPlan
    root: Path
    learned: Learned
    train: Split
    val: Split | None = None
    test: Split | None = None

    def decoded_by(self, workers: int | None) -> Splits:
        """The same rows; so many processes decode images on disk, None for as many as fit."""
        val = None if self.val is None else replace(self.val, workers=workers)
        test = None if self.test is None else replace(self.test, workers=workers)
        return replace(self, train=replace(self.train, workers=workers), val=val, test=test)

    def prepare(self, raw: Any, names: Sequence[str] = ("x",)) -> tuple[Tensor, ...]:
        """Rows of someone else's as the fields `names`, transformed as the training rows were.

        `raw` is an array when one field is wanted: its rows before fitted transforms. Else it maps
        field names to such arrays, or the source's column names to columns (a dict, a data frame).
        Raises ValueError when it is neither.
        """
        return prepare(self.plan, self.root, self.learned, raw, names)


def load(
    plan: DataPlan,
    *,
    seed: int,
    root: Path,
    names: Sequence[str] | None = None,
) -> Splits:
    """Read and divide the rows of a plan; `names` leaves out the fields that nothing needs.

    `seed` is the run's, for what the plan does not seed itself. Raises DataError when the data is
    at fault.
    """
    seed = plan.seed if plan.seed is not None else seed
    random = np.random.RandomState(seed)
    evaluation = Evaluation(plan=plan, root=root, random=random, seed=seed)
    evaluation.run(fitted=False)
    rows = divide(plan, evaluation, seed)
    evaluation.train = rows[0]
    fields = [f for f in plan.fields if names is None or f.name in names]
    values = [check_field(field, evaluation.evaluate(Use(field.step))) for field in fields]
    names_of = tuple(field.name for field in fields)
    splits: list[Split | None] = []
    for part in rows:
        if not len(part):
            splits.append(None)
            continue
        chosen = consecutive(part) if plan.windows else part
        columns = tuple(
            store(field, value, chosen) for field, value in zip(fields, values, strict=True)
        )
        splits.append(Split(fields=names_of, columns=columns))
    train, val, test = splits
    assert train is not None
    return Splits(plan=plan, root=root, learned=evaluation.learned, train=train, val=val, test=test)


def divide(plan: DataPlan, evaluation: Evaluation, seed: int) -> list[Array]:
    """The row numbers of train, val and test."""
    total = int(evaluation.evaluate(plan.count))
    free = total - evaluation.own_test
    own = np.arange(free, total)
    split = plan.split
    parts: list[Array]
    chosen = [step.span for step in plan.steps if isinstance(step.value, Keep)]
    if not free and chosen:
        raise DataError(errors.no_rows_left(chosen[-1]))
    if split is None:
        parts = [np.arange(free), own[:0], own]
    else:
        classes = None
        if split.stratify is not None:
            classes = evaluation.evaluate(Use(split.stratify))[:free]
        fractions = (split.train, split.val, split.test)
        groups = None
        if split.by is None:
            parts = split_rows(free, fractions, split.order_seed(seed), classes, split.gap)
        else:
            groups = evaluation.evaluate(Use(split.by))[:free]
            parts = split_groups(groups, fractions, split.order_seed(seed))
        for name, fraction, part in zip(("train", "val", "test"), fractions, parts, strict=True):
            if fraction > 0 and not len(part):
                if groups is not None:
                    count = len(np.unique(groups))
                    raise DataError(errors.too_few_groups(split.place(name), name, count))
                raise DataError(errors.empty_split(split.place(name), name, free))
        if len(own):
            parts[2] = own
    if not len(parts[0]):
        span = plan.span if split is None else split.span
        raise DataError(errors.empty_split(span, "train", free))
    return parts


def check_field(field: Field, value: Any) -> Any:
    """The value, checked to be finite numbers, and its labels to be within their classes."""
    if isinstance(value, Pixels):
        return value
    if value.dtype.kind == "f" and not -LARGEST <= value.min() <= value.max() <= LARGEST:
        odd = ~(np.abs(value) <= LARGEST).reshape(len(value), -1).all(axis=1)
        row = int(np.flatnonzero(odd)[0]) + 1
        raise DataError(errors.not_finite(field.span, field.name, row))
    size = field.type.kind.size
    classes = None if size is None else size.value
    # Looked at as a whole first: windows share their memory, what is made of them would not.
    if classes is not None and (value.min() < 0 or value.max() >= classes):
        outside = ((value < 0) | (value >= classes)).reshape(len(value), -1).any(axis=1)
        row = int(np.flatnonzero(outside)[0])
        label = int(value[row].max() if value[row].max() >= classes else value[row].min())
        raise DataError(
            errors.label_out_of_range(field.span, field.name, field.origin, row + 1, label, classes)
        )
    return value


def consecutive(rows: Array) -> slice:
    """Row numbers that follow one another as a slice, which copies nothing."""
    return slice(int(rows[0]), int(rows[-1]) + 1)


def store(field: Field, value: Any, rows: Array | slice) -> Stored | Files:
    """A field's rows of one split, as they are kept for batches; images have row numbers."""
    if not isinstance(value, Pixels):
        numbers = torch.from_numpy(np.asarray(value[rows])).to(DTYPES[field.stored])
        return Stored(tensor=numbers, augments=field.augments)
    assert not isinstance(rows, slice)
    images = value[rows]
    if isinstance(images.content, tuple):
        shape = decode_image(images.content[0], images.channels, images.size).shape
        if len(images) * int(np.prod(shape)) > memory_for_images():
            size = images.size or (shape[1], shape[2])
            return Files(
                span=field.span,
                paths=images.content,
                channels=images.channels,
                size=size,
                steps=images.steps,
                augments=field.augments,
            )
        images = replace(images, content=decode(field, images))
    tensor = torch.from_numpy(np.ascontiguousarray(images.content))
    if tensor.numel() * 4 <= NUMBERS_BELOW:
        return Stored(tensor=finished(tensor, images.steps), augments=field.augments)
    return Stored(tensor=tensor, steps=images.steps, augments=field.augments)


def decode(field: Field, images: Pixels) -> Array:
    """The bytes of image files; a file that is no image, or of another size, raises DataError."""
    try:
        return images.decoded()
    except ValueError as problem:
        raise DataError(
            errors.image_sizes_differ(field.span, field.name, str(problem))
        ) from problem
    except OSError as problem:
        raise DataError(errors.file_malformed(field.span, "images", str(problem))) from problem


def memory_for_images() -> int:
    """How many bytes of images are kept in memory: a quarter of the machine's."""
    if not hasattr(os, "sysconf"):  # not a POSIX machine
        return IMAGES_BELOW
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4
