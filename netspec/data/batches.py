"""A split's tensors, and batches of them by indexing: no loader, no Python loop over rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from netspec.analysis.data import errors
from netspec.data.augmenting import augment, count_draws
from netspec.data.pixels import Finish, finished
from netspec.data.problems import DataError
from netspec.data.reading import decode_image
from netspec.program.data import Augment
from netspec.source import Span

# Rows are gathered in pieces of about this many bytes; an epoch of small data is one piece.
PIECE_BYTES = 64 * 2**20
MOST_WORKERS = 8
CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A field in memory: numbers, or images as bytes with what is still to be done to them.

    `augments` are what chance does to images in training.
    """

    tensor: Tensor
    steps: tuple[Finish, ...] = ()
    augments: tuple[Augment, ...] = ()

    def __len__(self) -> int:
        return len(self.tensor)

    @property
    def is_bytes(self) -> bool:
        """Whether it holds images as bytes."""
        return self.tensor.dtype == torch.uint8

    def row_bytes(self) -> int:
        """The size of one row once it is numbers."""
        width = self.tensor[0].numel() if len(self) else 1
        return width * (4 if self.is_bytes else self.tensor.element_size())

    def rows(self, rows: Tensor | slice, draws: Tensor | None = None) -> Tensor:
        """The numbers of these rows; `draws` are the random ones of each, in training."""
        part = self.tensor[rows] if isinstance(rows, slice) else self.tensor.index_select(0, rows)
        numbers = finished(part, self.steps) if self.is_bytes else part
        return augment(numbers, self.augments, draws)

    def to(self, device: torch.device | str) -> Stored:
        """The field on a device."""
        return replace(self, tensor=_moved(self.tensor, torch.device(device)))


def _moved(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor on a device; windows move the rows that they share once."""
    if tensor.dim() != 2 or tensor.stride(0) >= tensor.shape[1] * tensor.stride(1):
        return tensor.to(device)
    last = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    shared = tensor.as_strided((last + 1,), (1,)).to(device)
    return shared.as_strided(tensor.shape, tensor.stride())


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """A field of images on disk, decoded when a batch wants them; `span` is where it is made."""

    span: Span

    paths: tuple[Path | BytesIO, ...]
    channels: int
    size: tuple[int, int] | None
    steps: tuple[Finish, ...]
    augments: tuple[Augment, ...] = ()

    def __len__(self) -> int:
        return len(self.paths)


class _Decoded(Dataset[Tensor]):
    """Batches of images for worker processes: an item is a list of row numbers."""

    def __init__(self, files: Files, batches: Sequence[Sequence[int]]) -> None:
        self.files = files
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, place: int) -> Tensor:
        files = self.files
        images = [
            decode_image(files.paths[row], files.channels, files.size)
            for row in self.batches[place]
        ]
        return torch.from_numpy(np.stack(images))


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Rows to train on or to measure on; `columns` are in the order of `fields`.

    `workers` are the processes that decode images on disk, 0 for the run's own; None for as many as
    the machine has room for. What they give does not hang on how many they are.
    """

    fields: tuple[str, ...]
    columns: tuple[Stored | Files, ...]
    device: torch.device = CPU
    workers: int | None = None

    def __len__(self) -> int:
        return len(self.columns[0])

    def to(self, device: torch.device | str) -> Split:
        """The split on a device; images on disk follow batch by batch."""
        target = torch.device(device)
        columns = tuple(
            column.to(target) if isinstance(column, Stored) else column for column in self.columns
        )
        return replace(self, columns=columns, device=target)

    def tensors(self) -> tuple[Tensor, ...]:
        """Every row of every field."""
        return next(self.batches(None, None))

    def batches(
        self, size: int | None, order: Tensor | None, seed: int | None = None
    ) -> Iterator[tuple[Tensor, ...]]:
        """Batches of `size` rows, the last one perhaps smaller, in the order given.

        `size` None: all rows at once. `order` None: as they are. With `seed` they are to be trained
        on: chance changes images by numbers that hang on the seed and the row alone. Gathers many
        batches at once and gives views of them.
        """
        count = len(self)
        size = count if size is None else max(1, min(size, count))
        draws = self._draws(seed)
        if order is not None:
            order = order.to(self.device)
        pairs = list(zip(self.columns, draws, strict=True))
        memory = [(column, drawn) for column, drawn in pairs if isinstance(column, Stored)]
        disk = [
            _decode(column, size, order, self.device, drawn, self.workers)
            for column, drawn in pairs
            if isinstance(column, Files)
        ]
        for batch in _gathered(memory, size, order, count):
            if not disk:
                yield batch
                continue
            numbers, images = iter(batch), iter(disk)
            yield tuple(
                next(numbers) if isinstance(column, Stored) else next(next(images))
                for column in self.columns
            )

    def _draws(self, seed: int | None) -> Sequence[Tensor | None]:
        """The random numbers of each column, (rows, numbers), None for one that takes none."""
        counts = [count_draws(column.augments) for column in self.columns]
        if seed is None or not any(counts):
            return [None] * len(counts)
        # Drawn on the CPU, so that they are the same on every device.
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.rand(len(self), sum(counts), generator=generator).to(self.device)
        return [part if part.shape[1] else None for part in torch.split(drawn, counts, dim=1)]


def _gathered(
    columns: Sequence[tuple[Stored, Tensor | None]], size: int, order: Tensor | None, count: int
) -> Iterator[tuple[Tensor, ...]]:
    """Batches of the fields in memory, each with its random numbers."""
    if not columns:
        yield from (() for _ in range(0, count, size))
        return
    row = sum(column.row_bytes() for column, _ in columns)
    piece = max(1, PIECE_BYTES // max(1, row * size)) * size
    for start in range(0, count, piece):
        rows: Tensor | slice = slice(start, min(start + piece, count))
        rows = rows if order is None else order[rows]
        gathered = [
            column.rows(rows, None if drawn is None else drawn[rows]) for column, drawn in columns
        ]
        yield from zip(*(torch.split(numbers, size) for numbers in gathered), strict=True)


def _decode(
    files: Files,
    size: int,
    order: Tensor | None,
    device: torch.device,
    draws: Tensor | None,
    workers: int | None,
) -> Iterator[Tensor]:
    """Batches of images on disk, decoded ahead by worker processes."""
    rows = list(range(len(files))) if order is None else order.tolist()
    batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    drawn: Iterator[Tensor | None] = iter([None] * len(batches))
    if draws is not None:
        drawn = iter(torch.split(draws if order is None else draws[order], size))
    most = min(MOST_WORKERS, os.cpu_count() or 1) if workers is None else workers
    # A generator of its own: else each pass would draw from the stream that dropout draws from.
    own = torch.Generator()
    loader = DataLoader(
        _Decoded(files, batches),
        batch_size=None,
        num_workers=min(most, len(batches)),
        generator=own,
    )
    try:
        for images in loader:
            numbers = finished(images.to(device), files.steps)
            yield augment(numbers, files.augments, next(drawn))
    except (OSError, ValueError) as problem:
        # What a worker process raises comes with its traceback; the last line says it.
        detail = str(problem).strip().splitlines()[-1]
        raise DataError(errors.file_malformed(files.span, "images", detail)) from problem
