"""Sources of the user's own: their function called, and what it gives held against its types."""

from __future__ import annotations

from typing import Any

import numpy as np

from netspec import allowed
from netspec.allowed import UserCodeError
from netspec.program import extern_errors as errors
from netspec.program.data import Load
from netspec.program.externs import Extern
from netspec.types import TensorType


def user_columns(load: Load, extern: Extern, random: np.random.RandomState) -> dict[str, Any]:
    """The columns of a source of the user's, by name.

    Raises UserCodeError when the function raises, or gives otherwise than declared.
    """
    function = allowed.load(extern)
    assert callable(function)
    arguments: dict[str, Any] = dict(load.arguments)
    if load.seeded:
        arguments["random_state"] = random
    with allowed.raised_by_user(extern, "while it made rows"):
        made = function(**arguments)
    arrays = tuple(made) if isinstance(made, tuple | list) else (made,)
    place = allowed.defined_at(function)

    def refuse(message: str, *notes: str) -> UserCodeError:
        return UserCodeError(errors.gives_otherwise(extern, message, notes, place))

    names = [column.name for column in load.columns]
    if len(arrays) != len(names):
        listed = ", ".join(f"`{name}`" for name in names)
        message = f"`{extern.name}` gives {len(arrays)} values, and is declared to give {listed}"
        raise refuse(message)
    for name, array, wanted in zip(names, arrays, load.types, strict=True):
        if not isinstance(array, np.ndarray):
            kind = type(array).__name__
            raise refuse(f"`{name}` of `{extern.name}` is a `{kind}`, not an array of numpy")
        row = str(wanted) if wanted.shape else str(wanted.kind)
        message = f"`{name}` of `{extern.name}` is not `{row}` a row"
        if list(array.shape[1:]) != [dim.value for dim in wanted.shape] or not array.ndim:
            raise refuse(message, f"it is an array of shape {list(array.shape)}, rows first")
        if array.dtype.kind not in _stored_as(wanted):
            raise refuse(message, f"its numbers are `{array.dtype}`")
    counts = [len(array) for array in arrays]
    if len(set(counts)) > 1:
        listed = ", ".join(f"{n} of `{name}`" for n, name in zip(counts, names, strict=True))
        raise refuse(f"the columns of `{extern.name}` differ in rows", listed)
    return dict(zip(names, arrays, strict=True))


def _stored_as(wanted: TensorType) -> str:
    """The kinds of numpy's types that hold such numbers: whole numbers are numbers too."""
    return "iu" if wanted.kind.is_integer else "fiu"
