"""Specs of data alone, planned and loaded in a folder of the test's own."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from netspec import catalog
from netspec.analysis.data import Block, analyse_data
from netspec.data.schema import FolderReader
from netspec.diagnostics import Diagnostic, Sink
from netspec.diagnostics.render import render_terminal
from netspec.program.data import DataPlan
from netspec.source import Source
from netspec.syntax import parse, tree


def analysed(
    text: str, folder: Path, name: str = "data.net"
) -> tuple[DataPlan | None, tuple[Diagnostic, ...]]:
    """The plan of a text that is one data block's inside, and every complaint."""
    sink = Sink()
    source = Source(name, f"data {{\n{text}\n}}\n")
    (block,) = parse(source, sink).items
    assert isinstance(block, tree.Data)
    around = Block(
        sink=sink,
        catalog=catalog.load(),
        schemas=FolderReader(folder),
        constant=lambda _: None,
    )
    plan = analyse_data(block, around)
    return plan, sink.diagnostics


def planned(text: str, folder: Path) -> DataPlan:
    plan, complaints = analysed(text, folder)
    assert plan is not None, render_terminal(complaints)
    return plan


def codes(text: str, folder: Path) -> list[str]:
    _, complaints = analysed(text, folder)
    return [complaint.code for complaint in complaints]


def types(plan: DataPlan) -> dict[str, str]:
    return {field.name: str(field.type) for field in plan.fields}


def write_images(folder: Path, sizes: dict[str, list[tuple[int, int]]], kind: str = "png") -> None:
    """A folder per class; each image has random pixels, and a size (width, height) of its own."""
    random = np.random.RandomState(0)
    for name, listed in sizes.items():
        (folder / name).mkdir(parents=True)
        for number, (width, height) in enumerate(listed):
            pixels: Any = random.randint(0, 256, (height, width, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.{kind}")


def write_idx(path: Path, numbers: Any, packed: bool = False) -> None:
    """An IDX file of unsigned bytes."""
    content = bytes([0, 0, 8, numbers.ndim])
    content += b"".join(size.to_bytes(4, "big") for size in numbers.shape)
    content += numbers.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if packed else content)
