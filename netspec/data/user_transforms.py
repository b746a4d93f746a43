"""Transforms of the user's own: fitted on rows, applied to all, and held against their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from netspec import allowed
from netspec.allowed import UserCodeError
from netspec.program import extern_errors as errors
from netspec.program.data import Transform
from netspec.program.externs import Extern
from netspec.types import TensorType

# What numbers of a kind are within.
BOUNDS: Mapping[str, tuple[float, float]] = {
    "unit": (0, 1),
    "prob": (0, 1),
    "logprob": (-np.inf, 0),
}


def fit(transform: Transform, extern: Extern, rows: Any, seed: int) -> Any:
    """An instance of the user's class, fitted on these rows.

    Raises UserCodeError when it raises.
    """
    made_by = allowed.load(extern)
    assert callable(made_by)
    arguments: dict[str, Any] = dict(transform.arguments)
    if transform.seeded:
        arguments["random_state"] = seed
    with allowed.raised_by_user(extern, "on being made"):
        made: Any = made_by(**arguments)
    with allowed.raised_by_user(extern, "while it was fitted"):
        made.fit(_typed(transform, rows))
    return made


def apply(transform: Transform, extern: Extern, value: Any, learned: Any) -> Any:
    """What the fitted instance makes of a value.

    Raises UserCodeError when it raises, gives otherwise than declared, or changes what it is given.
    """
    given = _typed(transform, value)
    before = given.copy()
    with allowed.raised_by_user(extern, "while it transformed rows"):
        made = learned.transform(given)
    place = allowed.defined_at(type(learned).transform)

    def refuse(message: str, *notes: str) -> UserCodeError:
        return UserCodeError(errors.gives_otherwise(extern, message, notes, place))

    name, wanted = extern.name, transform.types[1]
    if not np.array_equal(before, given, equal_nan=given.dtype.kind == "f"):
        raise refuse(f"`{name}` changes the rows that it is given", "they may be used elsewhere")
    if not isinstance(made, np.ndarray):
        raise refuse(f"`{name}` gives a `{type(made).__name__}`, not an array of numpy")
    sizes = [dim.value for dim in wanted.shape]
    if list(made.shape[1:]) != sizes or not made.ndim:
        each = str(wanted) if sizes else str(wanted.kind)
        shapes = f"of {list(given.shape)} it makes {list(made.shape)}, rows first"
        raise refuse(f"`{name}` does not give `{each}` a row", shapes)
    if len(made) != len(given):
        raise refuse(f"`{name}` gives {len(made)} rows for {len(given)}")
    if made.dtype.kind not in _stored_as(wanted):
        raise refuse(f"`{name}` does not give `{wanted.kind}`", f"its numbers are `{made.dtype}`")
    low, high = _bounds(wanted)
    fits = np.isfinite(made) & (made >= low) & (made <= high)
    if not fits.all():
        row = int(np.flatnonzero(~fits.reshape(len(made), -1).all(axis=1))[0])
        odd = made[row][~fits[row]].flat[0]
        raise refuse(f"`{name}` does not give `{wanted.kind}`", f"it gives {odd} in row {row + 1}")
    return made


def _typed(transform: Transform, rows: Any) -> Any:
    """The rows as declared: those of someone else's come as floats."""
    taken = transform.types[0].kind
    if taken.is_integer:
        return rows.astype(np.int64, copy=False)
    return rows.astype(np.bool_, copy=False) if taken.name == "bool" else rows


def _stored_as(wanted: TensorType) -> str:
    """The kinds of numpy's types that hold such numbers."""
    if wanted.kind.name == "bool":
        return "b"
    return "iu" if wanted.kind.is_integer else "f"


def _bounds(wanted: TensorType) -> tuple[float, float]:
    if wanted.kind.name == "index" and wanted.kind.size is not None:
        last = wanted.kind.size.value
        return 0, np.inf if last is None else last - 1
    return BOUNDS.get(wanted.kind.name, (-np.inf, np.inf))
