"""The data part of an exported script: a plan as plain Python that makes the same tensors.

The script reads, divides and transforms with NumPy, Polars, scikit-learn and Pillow. Readers are
the text of the functions that `netspec run` itself calls, so that both give the same bits.
"""

from __future__ import annotations

import builtins
import inspect
import keyword
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netspec.analysis.data.values import parts, uses
from netspec.data import (
    array_files,
    colors,
    frames,
    geometry,
    hub_files,
    probabilities,
    reading,
    sheets,
    tables,
    texts,
    vision_sets,
)
from netspec.export import data_functions
from netspec.export.data_expressions import Printer, literal
from netspec.export.data_sources import source_lines
from netspec.export.wrapping import WIDTH, wrap
from netspec.program.data import DataPlan, Draw, Field, Load, Operand, Transform, Use
from netspec.program.externs import Extern

HELPERS: Mapping[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        data_functions.find_file,
        tables.read_csv,
        frames.read_parquet,
        frames.read_json,
        frames.json_frame,
        frames.frame_columns,
        data_functions.find_folder,
        array_files.read_npz,
        hub_files.hub_columns,
        vision_sets.read_parts,
        reading.read_idx,
        data_functions.list_images,
        reading.decode_image,
        reading.decode_images,
        reading.resize_images,
        reading.stack_columns,
        reading.stack_categories,
        tables.fit_imputers,
        tables.impute,
        data_functions.flatten_rows,
        data_functions.scale_pixels,
        data_functions.normalize,
        texts.read_chars,
        texts.read_words,
        texts.cut_windows,
        probabilities.softmax,
        probabilities.log_softmax,
        reading.center_crop,
        reading.grayscale,
        geometry.crop_middle,
        geometry.pad_images,
        geometry.random_crop,
        geometry.random_flip,
        geometry.chosen_box,
        geometry.resizing,
        geometry.random_resized_crop,
        geometry.random_affine,
        geometry.random_erase,
        colors.normalize_images,
        colors.gray,
        colors.random_gray,
        colors.random_invert,
        colors.turn_hue,
        colors.change_color,
        colors.color_jitter,
        colors.gaussian_blur,
        reading.split_rows,
        reading.split_groups,
        sheets.lay_out,
        sheets.save_sheet,
    )
}
# What the text of a helper needs, by the name it uses.
MODULES: Mapping[str, str] = {
    "gzip": "import gzip",
    "math": "import math",
    "os": "import os",
    "re": "import re",
    "struct": "import struct",
    "BytesIO": "from io import BytesIO",
    "Mapping": "from collections.abc import Mapping",
    "Sequence": "from collections.abc import Sequence",
    "Any": "from typing import Any",
    "permutations": "from itertools import permutations",
    "ThreadPoolExecutor": "from concurrent.futures import ThreadPoolExecutor",
    "Path": "from pathlib import Path",
    "np": "import numpy as np",
    "npt": "import numpy.typing as npt",
    "pl": "import polars as pl",
    "torch": "import torch",
    "Image": "from PIL import Image",
    "SimpleImputer": "from sklearn.impute import SimpleImputer",
}
ALIASES: Mapping[str, str] = {
    "Columns": "Columns = dict[str, Array]",
    "Array": "Array = npt.NDArray[np.generic]",
    "Floats": "Floats = npt.NDArray[np.float64]",
}
SCALERS = frozenset(
    {"StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "PowerTransformer"}
    | {"QuantileTransformer", "PolynomialFeatures", "SplineTransformer", "PCA"}
    | {"Binarizer", "Normalizer", "OneHotEncoder", "OrdinalEncoder"}
)
# Names that the lines, and those around them, use for themselves, beside those of the steps.
LOCALS = frozenset(
    {
        "frames",
        "parts",
        "random",
        "train_rows",
        "val_rows",
        "test_rows",
        "part",
        "columns",
        "train",
        "val",
        "test",
    }
    | {"files", "labels", "test_files", "test_labels", "test_images", "own_test"}
    | {"DEVICE", "Rows", "splits"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """Python text: import lines, functions, and lines that bind `train`, `val` and `test`.

    Each is a dict of tensors by field; one without rows is not bound (`present` tells which are).
    The lines belong into a function of their own: they bind other names too.
    """

    imports: tuple[str, ...]
    user_code: tuple[Extern, ...]
    functions: str
    body: str


def emit_data(
    plan: DataPlan,
    *,
    seed: int,
    names: Sequence[str] | None = None,
    helpers: Sequence[str] = (),
) -> DataSource:
    """The data part of a script; `seed` is the run's, `names` the fields that are wanted.

    `helpers` are functions that the rest of the script calls.
    """
    fields = [f for f in plan.fields if names is None or f.name in names]
    seed = plan.seed if plan.seed is not None else seed
    needed = _needed(plan, fields)
    printer = Printer(plan, _variables(plan), seed, helpers=dict.fromkeys(helpers))
    body = [
        *_random(plan, needed, seed),
        *_steps(plan, printer, needed, fitted=False),
        *_split(plan, printer, seed),
        *_steps(plan, printer, needed, fitted=True),
        *_parts(plan, printer, fields),
    ]
    # The body will stand in a function, four columns in.
    text_of_body = "\n".join(broken for line in body for broken in wrap(line, WIDTH - 4))
    texts = [inspect.getsource(HELPERS[name]).rstrip() for name in _helpers(printer)]
    text = "\n\n\n".join(texts) + "\n" * bool(texts)
    for name, alias in ALIASES.items():
        if name in _words(text):
            gap = "\n" if text.startswith(tuple(f"{other} =" for other in ALIASES)) else "\n\n\n"
            text = f"{alias}{gap}{text}"
    words = _words(text) | _words(text_of_body)
    imports = [line for name, line in MODULES.items() if name in words]
    imports += [f"from {module} import {name}" for module, name in printer.imports]
    return DataSource(
        imports=tuple(_joined(imports)),
        user_code=tuple(e for e in _user_code(plan) if (e.module, e.attribute) in printer.imports),
        functions=text,
        body=text_of_body + "\n",
    )


def _user_code(plan: DataPlan) -> tuple[Extern, ...]:
    """What of the user's the plan calls: sources and transforms."""

    def within(expression: Operand) -> Iterator[Extern]:
        if isinstance(expression, Load | Transform) and expression.extern is not None:
            yield expression.extern
        for part in parts(expression):
            yield from within(part)

    return tuple(extern for step in plan.steps for extern in within(step.value))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", text))


def _joined(imports: Sequence[str]) -> Iterator[str]:
    """Import lines, the names of one module on one line."""
    by_module: dict[str, list[str]] = {}
    for line in dict.fromkeys(imports):
        match = re.fullmatch(r"from (\S+) import (\w+)", line)
        by_module.setdefault(match[1] if match else line, []).extend([match[2]] if match else [])
    for module, names in by_module.items():
        yield f"from {module} import {', '.join(sorted(names))}" if names else module


def _helpers(printer: Printer) -> list[str]:
    """The helpers that the text calls and those they call, in the order of the table."""
    wanted = set(printer.helpers)
    while True:
        words = {word for name in wanted for word in _words(inspect.getsource(HELPERS[name]))}
        more = (words & HELPERS.keys()) - wanted
        if not more:
            return [name for name in HELPERS if name in wanted]
        wanted |= more


# --- steps -----------------------------------------------------------------------------------


def _variables(plan: DataPlan) -> dict[int, str]:
    """A Python name for each step: its own, unless that means something else there."""
    taken = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
    taken |= {*MODULES, *HELPERS, *ALIASES, *LOCALS, *SCALERS}
    loads = [step.value for step in plan.steps if isinstance(step.value, Load)]
    taken |= {load.source for load in loads}
    taken |= {extern.attribute for extern in _user_code(plan)}
    names: dict[int, str] = {}
    for number, step in enumerate(plan.steps):
        name = step.name
        while name in taken:
            name += "_"
        taken.add(name)
        names[number] = name
    return names


def _random(plan: DataPlan, needed: set[int], seed: int) -> Iterator[str]:
    """The stream of random numbers, if anything draws."""
    if any(_draws(plan.steps[number].value) for number in needed):
        yield f"random = np.random.RandomState({seed})"


def _draws(expression: Operand) -> bool:
    match expression:
        case int() | float() | str():
            return False
        case Draw():
            return True
        case Load():
            return expression.seeded
        case _:
            return any(_draws(part) for part in parts(expression))


def _needed(plan: DataPlan, fields: Sequence[Field]) -> set[int]:
    """The steps the fields hang on, and all that draw: a draw moves the stream on."""
    waiting = [field.step for field in fields] + list(uses(plan.count))
    waiting += [number for number, step in enumerate(plan.steps) if _draws(step.value)]
    if plan.split is not None:
        divided = (plan.split.stratify, plan.split.by)
        waiting.extend(step for step in divided if step is not None)
    needed: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number not in needed:
            needed.add(number)
            waiting.extend(uses(plan.steps[number].value))
    return needed


def _steps(plan: DataPlan, printer: Printer, needed: set[int], *, fitted: bool) -> Iterator[str]:
    """The lines of one phase: those before the split, or those after."""
    for number, step in enumerate(plan.steps):
        if number not in needed or step.fitted != fitted:
            continue
        name = printer.names[number]
        if isinstance(step.value, Load):
            yield from source_lines(printer, name, step.value)
            continue
        printer.target = name
        text = printer.text(step.value)
        yield from printer.lines
        printer.lines.clear()
        yield f"{name} = {text}"


# --- rows ------------------------------------------------------------------------------------


def _split(plan: DataPlan, printer: Printer, seed: int) -> Iterator[str]:
    """The row numbers of each part."""
    yield ""
    count = printer.text(plan.count)
    free = f"{count} - own_test" if plan.own_test else count
    split = plan.split
    if split is None:
        yield f"train_rows = np.arange({free})"
    else:
        fractions = (split.train, split.val, split.test)
        seeded = split.order_seed(seed)
        classes = ""
        if split.stratify is not None:
            rest = f"[: {free}]" if plan.own_test else ""
            classes = f", {printer.text(Use(split.stratify))}{rest}"
        if split.by is None:
            gap = f", gap={split.gap}" if split.gap else ""
            options = f"{seeded}{classes}{gap}"
            made = f"{printer.helper('split_rows')}({free}, {fractions!r}, {options})"
        else:
            rest = f"[: {free}]" if plan.own_test else ""
            groups = f"{printer.text(Use(split.by))}{rest}"
            made = f"{printer.helper('split_groups')}({groups}, {fractions!r}, {seeded})"
        names = ("train_rows", "val_rows", "test_rows")
        bound = ", ".join(n if f else "_" for n, f in zip(names, fractions, strict=True))
        yield f"{bound} = {made}"
    if plan.own_test:
        yield f"test_rows = np.arange({free}, {count})"


def _parts(plan: DataPlan, printer: Printer, fields: Sequence[Field]) -> Iterator[str]:
    """The tensors of each part."""
    yield ""
    pixels = [field.step for field in fields if printer.is_pixels(Use(field.step))]
    for step in pixels:
        yield f"{printer.names[step]} = {printer.pixels(Use(step))}"
    if pixels:
        yield ""
    yield "def part(rows: np.ndarray) -> dict[str, torch.Tensor]:"
    if plan.windows:
        yield "    # Windows follow one another and share their memory: a slice copies nothing."
        yield "    rows = slice(rows[0], rows[-1] + 1)"
    yield "    return {"
    for field in fields:
        tensor = f"torch.from_numpy({printer.names[field.step]}[rows])"
        yield f"        {literal(field.name)}: {tensor}.to(torch.{field.stored}),"
    yield "    }"
    yield ""
    for name in present(plan):
        yield f"{name} = part({name}_rows)"


def present(plan: DataPlan) -> tuple[str, ...]:
    """The parts that have rows: `train`, perhaps `val` and `test`."""
    split = plan.split
    val = split is not None and split.val > 0
    test = plan.own_test or (split is not None and split.test > 0)
    return ("train", *("val",) * val, *("test",) * test)
