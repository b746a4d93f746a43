"""torchvision's data sets as sources: `torchvision.CIFAR10("data", download=true)`.

What a set holds is known without reading it: types from its declaration, rows from the table here,
which the run holds against what is there. Nothing here imports torchvision or asks the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netspec.analysis.data import errors
from netspec.analysis.data.block import Block
from netspec.analysis.data.values import Info, Table
from netspec.analysis.network.operands import literal
from netspec.analysis.network.values import Unknown
from netspec.catalog import Bound, Entry, Refusal
from netspec.program.data import Column, Load
from netspec.source import Span
from netspec.types import Dim, Kind

PACKAGE = "torchvision"
# How many rows a set has, and how many more to test on: those of its authors.
ROWS: Mapping[str, tuple[int, int]] = {
    "MNIST": (60_000, 10_000),
    "FashionMNIST": (60_000, 10_000),
    "KMNIST": (60_000, 10_000),
    "QMNIST": (60_000, 60_000),
    "CIFAR10": (50_000, 10_000),
    "CIFAR100": (50_000, 10_000),
    "SVHN": (73_257, 26_032),
    "STL10": (5_000, 8_000),
    "USPS": (7_291, 2_007),
    "SEMEION": (1_593, 0),
}
# Those of EMNIST's splits, and how many classes each has: `letters` counts from 1.
SPLITS: Mapping[str, tuple[int, int, int]] = {
    "byclass": (697_932, 116_323, 62),
    "bymerge": (697_932, 116_323, 47),
    "balanced": (112_800, 18_800, 47),
    "letters": (124_800, 20_800, 27),
    "digits": (240_000, 40_000, 10),
    "mnist": (60_000, 10_000, 10),
}
NAMES = frozenset({*ROWS, "EMNIST"})
CLASS_NAMES: Mapping[str, tuple[str, ...]] = {
    "FashionMNIST": (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    "KMNIST": ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    "CIFAR10": (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
}


def of_torchvision(entry: Entry) -> bool:
    """Whether a source is one of torchvision's, which are called by its name."""
    return entry.target.startswith(f"{PACKAGE}.")


def vision_table(
    block: Block, entry: Entry, span: Span, bound: Bound, spans: Mapping[str, Span]
) -> Table | Unknown:
    """The images `x` and the classes `y` of a set; its own test rows are the last ones."""
    root, download = str(bound.values["root"]), bound.values["download"] is True
    problem = block.schemas.folder(root)
    if problem is not None and problem.reason == "missing" and not download:
        absent = errors.set_not_there(spans["root"], entry.name, root, None, problem.near)
        return block.fail(absent)
    if problem is not None and problem.reason != "missing":
        return block.fail(errors.unreadable(problem, spans["root"]))
    applied = entry.apply(bound, ())
    if isinstance(applied, Refusal):
        return block.fail(errors.arguments_refused(span, applied.message, applied.help))
    images, labels = applied.outputs
    rows = rows_of(entry.name, bound.values.get("split"))
    classes = labels.kind
    if entry.name == "EMNIST":
        classes = Kind("index", Dim.of(SPLITS[str(bound.values["split"])][2]))
    place = f"`{PACKAGE}.{entry.name}`"
    x = Info(
        name="x",
        dtype="pixels",
        kind=images.kind,
        dims=tuple(dim.value for dim in images.shape),
        place=place,
    )
    names = CLASS_NAMES.get(entry.name, ())
    y = replace(x, name="y", dtype="int", kind=classes, dims=(), class_names=names)
    load = Load(
        span=span,
        source=entry.name,
        target=entry.target,
        arguments=tuple(
            (name, literal(bound.values[name])) for name in bound.values if name in bound.given
        ),
        columns=(Column(name="x", dtype="pixels"), Column(name="y", dtype="int")),
    )
    return Table(expression=load, columns=(x, y), rows=Dim.of(sum(rows)), own_test=rows[1])


def rows_of(name: str, split: object) -> tuple[int, int]:
    """How many rows a set has to train on, and to test on."""
    return SPLITS[str(split)][:2] if name == "EMNIST" else ROWS[name]
