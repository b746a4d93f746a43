"""Transforms of the plan: what each learns from rows, and what it makes of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import (
    Binarizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)

from netspec import data as room
from netspec.data.pixels import Cropping, Floats, Greying, Padding, Pixels
from netspec.data.reading import center_crop, grayscale, stack_categories
from netspec.data.texts import cut_windows
from netspec.program.data import Transform, borders
from netspec.program.graph import Literal

# Every class that learns numbers, by the name it has in a spec: those that give each column back,
# and those that make other columns.
SCALERS: Mapping[str, Callable[..., Any]] = {
    "StandardScaler": StandardScaler,
    "MinMaxScaler": MinMaxScaler,
    "MaxAbsScaler": MaxAbsScaler,
    "RobustScaler": RobustScaler,
    "PowerTransformer": PowerTransformer,
    "QuantileTransformer": QuantileTransformer,
}
WIDENERS: Mapping[str, Callable[..., Any]] = {
    "PolynomialFeatures": PolynomialFeatures,
    "SplineTransformer": SplineTransformer,
    "PCA": PCA,
}
# Those that learn nothing.
UNLEARNED: Mapping[str, Callable[..., Any]] = {"Binarizer": Binarizer, "Normalizer": Normalizer}
LEARNERS = frozenset({"SimpleImputer", *SCALERS, *WIDENERS})


def fit(transform: Transform, value: Any, rows: Any) -> Any:
    """What a fitted transform learns from these rows of a value."""
    arguments = dict(transform.arguments)
    if transform.name == "SimpleImputer":
        table = {transform.columns[0]: value} if transform.flat else value
        return room.tables.fit_imputers(table, rows, **arguments)  # type: ignore[arg-type]  # checked by type
    learned = value[rows].reshape(-1, 1) if transform.flat else value[rows]
    if transform.name == "QuantileTransformer":
        # With fewer rows scikit-learn takes their number, and warns.
        arguments["n_quantiles"] = min(int(arguments.get("n_quantiles", 1000)), len(learned))  # type: ignore[arg-type]  # checked by type
    made = SCALERS.get(transform.name) or WIDENERS[transform.name]
    return made(**arguments).fit(learned)


def apply(transform: Transform, value: Any, learned: Any) -> Any:
    """The transform of a value; `learned` is what `fit` gave, None if it learns nothing."""
    arguments = dict(transform.arguments)
    match transform.name:
        case "SimpleImputer":
            table = {transform.columns[0]: value} if transform.flat else value
            filled = room.tables.impute(table, learned)
            return filled[transform.columns[0]] if transform.flat else filled
        case "OneHotEncoder":
            encoder = OneHotEncoder(
                categories=categories(transform), sparse_output=False, **arguments
            )
            return encoder.fit_transform(matrix(transform, value))
        case "OrdinalEncoder":
            encoder = OrdinalEncoder(categories=categories(transform), dtype=np.int64)
            codes = encoder.fit_transform(matrix(transform, value))
            return codes.ravel() if transform.flat else codes
        case "Normalize":
            mean, std = floats(arguments["mean"]), floats(arguments["std"])
            if isinstance(value, Pixels):
                return value.normalized(mean, std)
            shape = (-1, 1, 1)
            centre = np.asarray(mean, dtype=value.dtype).reshape(shape)
            return (value - centre) / np.asarray(std, dtype=value.dtype).reshape(shape)
        case "windows":
            return cut_windows(value, **arguments)  # type: ignore[arg-type]  # checked by type
        case "CenterCrop":
            side = arguments["size"]
            height, width = side if isinstance(side, tuple) else (side, side)
            assert isinstance(height, int)
            assert isinstance(width, int)
            if isinstance(value, Pixels):
                return value.finished_by(Cropping(size=(height, width)))
            return center_crop(value, (height, width))
        case "Grayscale":
            return value.finished_by(Greying()) if isinstance(value, Pixels) else grayscale(value)
        case "Pad":
            left, top, right, bottom = borders(arguments["padding"])
            fill, mode = arguments.get("fill", 0), str(arguments.get("padding_mode", "constant"))
            assert isinstance(fill, int | float)
            if isinstance(value, Pixels):
                padding = (left, top, right, bottom)
                return value.finished_by(Padding(padding=padding, fill=float(fill), mode=mode))
            around = ((0, 0), (0, 0), (top, bottom), (left, right))
            options: dict[str, Any] = {"constant_values": fill} if mode == "constant" else {}
            return np.pad(value, around, mode, **options)  # type: ignore[call-overload]  # checked names
        case "Resize":
            size = arguments["size"]
            assert isinstance(size, tuple)
            height, width = size
            return value.resized((height, width))
        case _:
            columns = value.reshape(-1, 1) if transform.flat else value
            if transform.name in UNLEARNED:
                made = UNLEARNED[transform.name](**arguments).fit_transform(columns)
            else:
                made = learned.transform(columns)
            return made.ravel() if transform.flat and transform.name not in WIDENERS else made


def categories(transform: Transform) -> list[list[str | int]]:
    """The categories of each column, as scikit-learn takes them."""
    return [list(values) for values in transform.categories]


def matrix(transform: Transform, value: Any) -> Any:
    """What an encoder is applied to: a matrix of objects, (rows, columns)."""
    if transform.flat:
        return value.astype(object).reshape(-1, 1)
    return stack_categories(value, transform.columns)


def floats(value: Literal) -> Floats:
    """One number or several, as a tuple."""
    numbers = value if isinstance(value, tuple) else (value,)
    return tuple(float(n) for n in numbers if isinstance(n, int | float))
