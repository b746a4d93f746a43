"""Runs the steps of a data plan: those before the split, then those fitted on its training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from netspec import data as room
from netspec.analysis.data import errors
from netspec.data import functions, user_transforms
from netspec.data.problems import DataError
from netspec.data.reading import Array, stack_columns
from netspec.data.sources import load_table
from netspec.program.data import (
    Apply,
    Choose,
    DataPlan,
    Draw,
    Keep,
    Length,
    Load,
    Matrix,
    Numbers,
    Operand,
    Pick,
    Statistic,
    Transform,
    Use,
)
from netspec.program.externs import Extern
from netspec.source import Span

Value = Any
# What each fitted transform and statistic learned; the plan's own records are the keys.
Learned = dict[Transform | Statistic, Any]


@dataclass(slots=True, kw_only=True)
class Evaluation:
    """The values of a plan's steps.

    `train` holds the training rows once they are known; `given` the source's table, when rows of
    someone else's are to be prepared. `seed` is the data's.
    """

    plan: DataPlan
    root: Path
    random: np.random.RandomState
    values: dict[int, Value] = field(default_factory=dict)
    learned: Learned = field(default_factory=dict)
    train: Array | None = None
    own_test: int = 0
    given: Mapping[str, Any] | None = None
    seed: int = 0

    def run(self, *, fitted: bool) -> None:
        """Every step of one phase, in order of the text."""
        for number, step in enumerate(self.plan.steps):
            if step.fitted == fitted:
                self.value(number)

    def value(self, step: int) -> Value:
        """The value of a step."""
        if step not in self.values:
            with np.errstate(all="ignore"):  # what is not finite is reported with its row
                self.values[step] = self.evaluate(self.plan.steps[step].value, missing=True)
        return self.values[step]

    def evaluate(self, expression: Operand, *, missing: bool = False) -> Value:
        """The value of an expression; `missing` lets missing cells pass."""
        value = self._evaluate(expression)
        pick = None if missing else self._pick(expression)
        if pick is not None:
            check_cells({pick.column: value}, (pick.column,), pick.span)
        return value

    def _pick(self, expression: Operand) -> Pick | None:
        """The column of a source that an expression is, perhaps with fewer rows."""
        match expression:
            case Pick():
                return expression
            case Keep():
                return self._pick(expression.value)
            case Use():
                return self._pick(self.plan.steps[expression.step].value)
            case _:
                return None

    def _evaluate(self, expression: Operand) -> Value:
        match expression:
            case int() | float() | str():
                return expression
            case Use():
                return self.value(expression.step)
            case Load():
                return self._load(expression)
            case Numbers():
                return np.array(expression.values, dtype=np.float64)
            case Pick():
                return self.evaluate(expression.table)[expression.column]
            case Choose():
                table = self.evaluate(expression.table)
                return {name: table[name] for name in expression.columns}
            case Matrix():
                table = self.evaluate(expression.table)
                check_cells(table, expression.columns, expression.span)
                return stack_columns(table, expression.columns)
            case Keep():
                value = self.evaluate(expression.value, missing=True)
                if self.given is not None:
                    return value  # rows of someone else's are all wanted
                mask = self.evaluate(expression.mask)
                if isinstance(value, dict):
                    return {name: column[mask] for name, column in value.items()}
                return value[mask]
            case Length():
                return count_rows(self.evaluate(expression.value, missing=True))
            case Draw():
                size = tuple(self.evaluate(part) for part in expression.size)
                first, second = (self.evaluate(argument) for argument in expression.arguments)
                match expression.distribution:
                    case "normal":
                        return self.random.normal(first, second, size)
                    case "randint":
                        return self.random.randint(first, second, size, dtype=np.int64)
                    case _:
                        return self.random.uniform(first, second, size)
            case Apply():
                operands = [self.evaluate(operand) for operand in expression.operands]
                return functions.apply(expression.function, operands, dict(expression.keywords))
            case Statistic():
                return self._statistic(expression)
            case Transform():
                return self._transform(expression)

    def _load(self, load: Load) -> Value:
        if self.given is not None:
            return self.given
        table, own_test = load_table(load, self.root, self.random)
        self.own_test = max(self.own_test, own_test)
        return table

    def _statistic(self, statistic: Statistic) -> Value:
        if statistic not in self.learned:
            value = self.evaluate(statistic.value)
            dim = None if statistic.whole else 0
            self.learned[statistic] = functions.reduce(
                statistic.function, value[self.train], dim, statistic.correction
            )
        return self.learned[statistic]

    def _transform(self, transform: Transform) -> Value:
        imputes = transform.name == "SimpleImputer"
        value = self.evaluate(transform.value, missing=imputes)
        if transform.extern is not None:
            return self._user_transform(transform, transform.extern, value)
        try:
            if transform.name in room.transforms.LEARNERS and transform not in self.learned:
                self.learned[transform] = room.transforms.fit(transform, value, self.train)
            return room.transforms.apply(transform, value, self.learned.get(transform))
        except ValueError as problem:
            raise _refused(transform, problem) from problem

    def _user_transform(self, transform: Transform, extern: Extern, value: Value) -> Value:
        if transform not in self.learned:
            rows = value[self.train]
            self.learned[transform] = user_transforms.fit(transform, extern, rows, self.seed)
        return user_transforms.apply(transform, extern, value, self.learned[transform])


def _refused(transform: Transform, problem: ValueError) -> DataError:
    given = f"these values: {str(problem).splitlines()[0]}"
    return DataError(
        errors.transform_refuses(transform.span, transform.name, given, "look at the values")
    )


def check_cells(table: Mapping[str, Any], names: tuple[str, ...], span: Span) -> None:
    """Raise DataError for the first missing cell of these columns of numbers."""
    for name in names:
        column = table[name]
        if is_float(column) and np.isnan(column).any():
            row = int(np.flatnonzero(np.isnan(column).reshape(len(column), -1).any(axis=1))[0])
            raise DataError(errors.missing_cell(span, name, "a column of the source", row + 1))


def is_float(value: Value) -> TypeGuard[Array]:
    """Whether it is an array of floating numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def count_rows(value: Value) -> int:
    """The rows of a table, an array or images."""
    return len(next(iter(value.values()))) if isinstance(value, dict) else len(value)
