"""Rows of someone else's, made into fields as the training rows were: for `run.predict`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netspec.analysis.data.values import parts
from netspec.data.augmenting import augment
from netspec.data.evaluation import Evaluation, Learned
from netspec.data.pixels import Pixels
from netspec.program.data import (
    Choose,
    Column,
    DataPlan,
    Draw,
    Expression,
    Field,
    Keep,
    Load,
    Operand,
    Statistic,
    Transform,
    Use,
)

DTYPES = {"float32": torch.float32, "int64": torch.int64, "bool": torch.bool}


def prepare(
    plan: DataPlan, root: Path, learned: Learned, raw: Any, names: Sequence[str]
) -> tuple[Tensor, ...]:
    """The fields `names` of new rows; `raw` as `Splits.prepare` takes it."""
    fields = [_field(plan, name) for name in names]
    evaluation = Evaluation(
        plan=plan, root=root, random=np.random.RandomState(0), learned=dict(learned)
    )
    columns = _columns(raw)
    if columns is None and len(fields) == 1:
        columns = {fields[0].name: raw}
    if columns is None:
        listed = ", ".join(f"`{name}`" for name in names)
        raise ValueError(f"give a mapping with {listed}")
    if all(field.name in columns for field in fields):
        for field in fields:
            step = _base(plan, field)
            evaluation.values[step] = _array(plan, step, field, columns[field.name])
    else:
        evaluation.given = _table(plan, fields, columns)
    return tuple(_tensor(field, evaluation.evaluate(Use(field.step))) for field in fields)


def _field(plan: DataPlan, name: str) -> Field:
    field = plan.field(name)
    if field is None:
        raise ValueError(f"the data has no field `{name}`")
    return field


def _columns(raw: Any) -> dict[str, Any] | None:
    """A mapping or a data frame as columns by name."""
    if isinstance(raw, Mapping):
        return dict(raw)
    if hasattr(raw, "columns") and hasattr(raw, "__getitem__"):
        return {str(name): np.asarray(raw[name]) for name in raw.columns}
    return None


def _uses(plan: DataPlan, expression: Operand) -> Iterator[int]:
    """The steps an expression takes its rows from; what was learned has none."""
    if isinstance(expression, Use):
        yield expression.step
    elif not isinstance(expression, Statistic | int | float | str):
        for part in parts(expression):
            yield from _uses(plan, part)


def _base(plan: DataPlan, field: Field) -> int:
    """The step that is a field's rows before any transform, and before anything fitted."""
    step = field.step
    while plan.steps[step].fitted or isinstance(plan.steps[step].value, Transform):
        found = set(_uses(plan, plan.steps[step].value))
        if len(found) != 1:
            raise ValueError(
                f"`{field.name}` is made of several columns; give the source's columns by name"
            )
        step = found.pop()
    if _is_table(plan, plan.steps[step].value):
        raise ValueError(f"`{field.name}` is made of a table; give the source's columns by name")
    return step


def _is_table(plan: DataPlan, expression: Expression) -> bool:
    match expression:
        case Load() | Choose() | Transform(name="windows"):
            return True
        case Use():
            return _is_table(plan, plan.steps[expression.step].value)
        case Keep():
            return _is_table(plan, expression.value)
        case _:
            return False


def _array(plan: DataPlan, step: int, field: Field, given: Any) -> Any:
    """Given rows as the value of a step: float64, or images within 0 to 1."""
    rows = np.asarray(given)
    if _is_images(plan, plan.steps[step].value):
        if rows.dtype != np.uint8:
            rows = (np.asarray(rows, np.float32) * 255).round().astype(np.uint8)
        if rows.ndim == 3:
            rows = rows[:, np.newaxis]
        return Pixels(content=rows, channels=rows.shape[1], size=(rows.shape[2], rows.shape[3]))
    rows = rows.astype(np.float64)
    wanted = field.type.shape[1:]
    if plan.steps[step].value == plan.steps[field.step].value:
        sizes = tuple(dim.value for dim in wanted)
        if rows.shape[1:] != sizes and rows.size % int(np.prod([s or 1 for s in sizes])) == 0:
            rows = rows.reshape(-1, *(s or 1 for s in sizes))
    return rows


def _is_images(plan: DataPlan, expression: Expression) -> bool:
    """Whether a step's value is images not yet turned into numbers."""
    dtypes = {column.name: column.dtype for load in _loads(plan) for column in load.columns}
    column = getattr(expression, "column", None)
    return column is not None and dtypes.get(column) == "pixels"


def _loads(plan: DataPlan) -> Iterator[Load]:
    def within(expression: Operand) -> Iterator[Load]:
        if isinstance(expression, Load):
            yield expression
        elif not isinstance(expression, int | float | str):
            for part in parts(expression):
                yield from within(part)

    for step in plan.steps:
        yield from within(step.value)


def _table(plan: DataPlan, fields: Sequence[Field], columns: Mapping[str, Any]) -> dict[str, Any]:
    """The source's table holding the given columns, as far as the fields need them."""
    loads = list(_loads(plan))
    if len(loads) != 1 or any(_draws(step.value) for step in plan.steps):
        listed = ", ".join(f"`{field.name}`" for field in fields)
        raise ValueError(f"give a mapping with {listed}")
    known = {column.name: column for column in loads[0].columns}
    unknown = next((name for name in columns if name not in known), None)
    if unknown is not None:
        raise ValueError(f"the source has no column `{unknown}`")
    return _Columns({name: _column(known[name], cells) for name, cells in columns.items()})


def _draws(expression: Operand) -> bool:
    if isinstance(expression, int | float | str):
        return False
    return isinstance(expression, Draw) or any(_draws(part) for part in parts(expression))


class _Columns(dict[str, Any]):
    """Columns of which one that is missing is named."""

    def __missing__(self, name: str) -> Any:
        raise ValueError(f"the column `{name}` is wanted too")


def _column(column: Column, cells: Any) -> Any:
    if column.dtype == "text":
        return np.asarray(cells).astype(object)
    return np.asarray(cells).astype(np.int64 if column.dtype == "int" else np.float64)


def _tensor(field: Field, value: Any) -> Tensor:
    if isinstance(value, Pixels):
        value = value.numbers()
    tensor = torch.from_numpy(np.asarray(value)).to(DTYPES[field.stored])
    return augment(tensor, field.augments, None)
