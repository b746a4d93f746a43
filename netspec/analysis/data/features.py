"""scikit-learn's transforms of numbers: scalers, what makes features of features, PCA."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import comb

from netspec.analysis.data import errors
from netspec.analysis.data.applying import Use
from netspec.analysis.data.arrays import as_float, check_numbers
from netspec.analysis.data.block import Block
from netspec.analysis.data.tables import as_matrix
from netspec.analysis.data.values import REAL, Array, Table, Value
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.program.data import Arguments
from netspec.types import Kind

# A layer on more features than this would not fit into memory.
MOST_FEATURES = 100_000
# What these draw, they draw alike in every run.
UNSEEDED: Mapping[str, Arguments] = {
    "QuantileTransformer": (("random_state", 0),),
    "PCA": (("random_state", 0),),
}


def _numbers(block: Block, use: Use, value: Value) -> Array | Unknown:
    """The column or matrix of numbers that a transform is applied to, as floating numbers."""
    if isinstance(value, Table):
        value = as_matrix(block, value, use.before)
        if isinstance(value, Unknown):
            return UNKNOWN
    if not isinstance(value, Array) or value.rows is None:
        return use.refuse(block, value, f"`{use.name}` takes columns or matrices of numbers")
    if value.pixels or len(value.dims) > 1:
        return use.refuse(block, value, "images are scaled by `Normalize(mean, std)`")
    if not check_numbers(block, value, use.before):
        return UNKNOWN
    return block.hoist(replace(value, expression=as_float(value, use.span)), use.before)


def _fitted(block: Block, use: Use, value: Array, more: Arguments = ()) -> Array:
    """The value that a transform makes which learns from the training rows."""
    assert value.rows is not None
    block.fits.append((use.name, use.span, value.rows))
    more = (*UNSEEDED.get(use.name, ()), *more)
    made = use.node(value.expression, fitted=True, flat=not value.dims, more=more)
    return replace(value, expression=made, kind=REAL, fitted=True, values=None, info=None)


def scaled(block: Block, use: Use, value: Value) -> Value:
    """`StandardScaler` and its kin: the same shape, real."""
    numbers = _numbers(block, use, value)
    if isinstance(numbers, Unknown):
        return UNKNOWN
    low, high = _pair(use.bound.values.get("quantile_range"))
    if low > high:
        message = f"`quantile_range` of `{use.name}` falls from {low} to {high}"
        advice = "write the smaller one first, e.g. `quantile_range=(25.0, 75.0)`"
        return block.fail(errors.arguments_refused(use.span, message, advice))
    return _fitted(block, use, numbers)


def _pair(value: object) -> tuple[float, float]:
    if isinstance(value, tuple):
        low, high = value
        if isinstance(low, int | float) and isinstance(high, int | float):
            return low, high
    return 0, 0


@dataclass(frozen=True, slots=True)
class Options:
    """The arguments that tell how many features there will be."""

    values: Mapping[str, object]

    def number(self, name: str) -> int:
        """A whole number."""
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def __contains__(self, name: str) -> bool:
        return bool(self.values[name])


def _polynomials(options: Options, columns: int) -> int:
    """The products of at most `degree` of the columns, each as often as it likes, or once."""
    degree = options.number("degree")
    if "interaction_only" in options:
        width = sum(comb(columns, size) for size in range(min(degree, columns) + 1))
    else:
        width = comb(columns + degree, degree)
    return width - ("include_bias" not in options)


def _splines(options: Options, columns: int) -> int:
    """The basis functions of each column: one for each knot, and `degree - 1` more."""
    functions = options.number("n_knots") + options.number("degree") - 1
    return columns * (functions - ("include_bias" not in options))


def _components(options: Options, columns: int) -> int:
    return columns if options.values["n_components"] is None else options.number("n_components")


WIDTHS: Mapping[str, Callable[[Options, int], int]] = {
    "PolynomialFeatures": _polynomials,
    "SplineTransformer": _splines,
    "PCA": _components,
}


def widened(block: Block, use: Use, value: Value) -> Value:
    """A matrix of other columns, as many as the arguments tell."""
    numbers = _numbers(block, use, value)
    if isinstance(numbers, Unknown):
        return UNKNOWN
    columns = numbers.dims[0] if numbers.dims else 1
    assert columns is not None
    width = WIDTHS[use.name](Options(use.bound.values), columns)
    if width > MOST_FEATURES:
        what = f"what `{use.name}` makes of {columns} columns"
        return block.fail(errors.too_large(use.span, what, f"{MOST_FEATURES:,} columns"))
    if width < 1:
        message = f"`{use.name}` makes no column with these arguments"
        advice = "keep the column of ones, or raise `degree`"
        return block.fail(errors.arguments_refused(use.span, message, advice))
    more: Arguments = ()
    if use.name == "PCA":
        if width > columns:
            message = f"`PCA` makes {width} columns of {columns}"
            advice = f"`n_components` is at most {columns} here"
            return block.fail(errors.arguments_refused(use.span, message, advice))
        # Where rows are fewer than columns, scikit-learn would silently make fewer.
        more = (("n_components", width),) if "n_components" not in use.bound.given else ()
    return replace(_fitted(block, use, numbers, more), dims=(width,))


def binarized(block: Block, use: Use, value: Value) -> Value:
    """`Binarizer`: 1 above the threshold, else 0; a column of them is two classes."""
    numbers = _numbers(block, use, value)
    if isinstance(numbers, Unknown):
        return UNKNOWN
    made = use.node(numbers.expression, fitted=numbers.fitted, flat=not numbers.dims)
    kind, values = (Kind("unit"), None) if numbers.dims else (REAL, frozenset({0, 1}))
    return replace(numbers, expression=made, kind=kind, values=values, info=None)


def normed(block: Block, use: Use, value: Value) -> Value:
    """`Normalizer`: each row over its own length."""
    numbers = _numbers(block, use, value)
    if isinstance(numbers, Unknown):
        return UNKNOWN
    if not numbers.dims:
        return use.refuse(block, value, "a row of one number is 1 or -1 over its own length")
    made = use.node(numbers.expression, fitted=numbers.fitted, flat=False)
    return replace(numbers, expression=made, kind=REAL, values=None, info=None)


HANDLERS: Mapping[str, Callable[[Block, Use, Value], Value]] = {
    "StandardScaler": scaled,
    "MinMaxScaler": scaled,
    "MaxAbsScaler": scaled,
    "RobustScaler": scaled,
    "PowerTransformer": scaled,
    "QuantileTransformer": scaled,
    **dict.fromkeys(WIDTHS, widened),
    "Binarizer": binarized,
    "Normalizer": normed,
}
