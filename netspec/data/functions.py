"""The functions of data blocks on NumPy arrays, under the names the plan has for them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from netspec.data.pixels import Pixels
from netspec.data.probabilities import log_softmax, softmax
from netspec.program.graph import Literal
from netspec.syntax.operators import ARITHMETIC, COMPARISONS

# A dimension is a NumPy axis; dimension 0 is the rows.
Keywords = Mapping[str, Literal]


def _items(value: Any, keywords: Keywords) -> Any:
    items = keywords["items"]
    assert isinstance(items, tuple)
    return value[tuple(slice(*item) if isinstance(item, tuple) else item for item in items)]


def _pixels(value: Any) -> Any:
    return value.numbers() if isinstance(value, Pixels) else value


OPERATORS: Mapping[str, Callable[..., Any]] = {
    **ARITHMETIC,
    **COMPARISONS,
    "and": operator.and_,
    "or": operator.or_,
    "not": operator.invert,
    "neg": operator.neg,
}

ELEMENTWISE: Mapping[str, Callable[..., Any]] = {
    name: getattr(np, name)
    for name in (
        *("sqrt", "exp", "log", "log1p", "abs", "sign", "square"),
        *("sin", "cos", "tan", "tanh", "floor", "ceil", "round"),
    )
}

REDUCTIONS: Mapping[str, Callable[..., Any]] = {
    "mean": np.mean,
    "sum": np.sum,
    "amin": np.amin,
    "amax": np.amax,
    "norm": np.linalg.norm,
    "std": np.std,
}


def apply(function: str, operands: list[Any], keywords: Keywords) -> Any:
    """A function or operator of the plan applied to arrays and numbers."""
    if function in OPERATORS:
        return OPERATORS[function](*operands)
    if function in ELEMENTWISE:
        return ELEMENTWISE[function](*operands)
    if function in REDUCTIONS:
        return reduce(function, operands[0], keywords["dim"], keywords.get("correction", 1))
    dim: Any = keywords.get("dim")  # an integer, by the plan
    match function:
        case "linspace":
            return np.linspace(*operands)
        case "arange":
            return np.arange(*operands, dtype=np.float64)
        case "zeros":
            return np.zeros(tuple(operands))
        case "ones":
            return np.ones(tuple(operands))
        case "cat":
            return np.concatenate(operands, axis=dim)
        case "stack":
            return np.stack(operands, axis=dim)
        case "clamp":
            return np.clip(*operands)
        case "where":
            return np.where(*operands)
        case "unsqueeze":
            return np.expand_dims(operands[0], dim)
        case "squeeze":
            return np.squeeze(operands[0], dim)
        case "flatten":
            return operands[0].reshape(len(operands[0]), -1)
        case "softmax":
            return softmax(operands[0], dim)
        case "log_softmax":
            return log_softmax(operands[0], dim)
        case "getitem":
            return _items(operands[0], keywords)
        case "float":
            return operands[0].astype(np.float64)
        case "pixels":
            return _pixels(operands[0])
        case _:
            raise ValueError(f"the plan names an unknown function: {function}")


def reduce(function: str, value: Any, dim: Any, correction: Any) -> Any:
    """`mean`, `std`, ... along a dimension; all of them when `dim` is None."""
    if function == "std":
        return np.std(value, axis=dim, ddof=correction)
    return REDUCTIONS[function](value, axis=dim)
