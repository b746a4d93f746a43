"""Functions of a data block that join arrays or change the shape of each row."""

from __future__ import annotations

from dataclasses import replace

from netspec.analysis.data import errors
from netspec.analysis.data.arguments import Arguments, dimension, numbers, wrong
from netspec.analysis.data.arrays import (
    as_float,
    broadcast,
)
from netspec.analysis.data.block import Block
from netspec.analysis.data.values import (
    REAL,
    Array,
    Value,
    describe,
)
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.program.data import Apply
from netspec.types import Dim


def _joined(block: Block, call: Arguments) -> list[Array] | Unknown:
    """The arrays of `cat` and `stack`, which may also stand in a list."""
    arrays: list[Array] = []
    for value, span in call.repeated:
        array = numbers(block, call, value, span)
        if isinstance(array, Unknown):
            return UNKNOWN
        arrays.append(array)
    return arrays


def cat(block: Block, call: Arguments) -> Value:
    """`cat(a, b)` puts rows after one another, `cat(a, b, dim=1)` columns side by side."""
    arrays = _joined(block, call)
    if isinstance(arrays, Unknown):
        return UNKNOWN
    last = len(arrays[0].dims)
    dim = dimension(block, call, arrays[0], last, 0)
    if isinstance(dim, Unknown):
        return UNKNOWN
    operands = tuple(array.expression for array in arrays)
    if any(a.pixels for a in arrays) or (dim and any(a.kind.is_integer for a in arrays)):
        operands = tuple(as_float(array, call.span) for array in arrays)
    made = Apply(span=call.span, function="cat", operands=operands, keywords=(("dim", dim),))
    if dim == 0:
        return _cat_rows(block, call, arrays, made)
    total = 0
    for array in arrays:
        size = array.dims[dim - 1] if len(array.dims) == last else None
        if size is None:
            return block.fail(errors.sizes_differ(call.span, describe(arrays[0]), describe(array)))
        total += size
    flat = [replace(a, dims=(*a.dims[: dim - 1], 1, *a.dims[dim:])) for a in arrays]
    joined = broadcast(block, flat, call.span, "the arguments of `cat`")
    if isinstance(joined, Unknown):
        return UNKNOWN
    dims = (*joined.dims[: dim - 1], total, *joined.dims[dim:])
    return replace(joined, expression=made, dims=dims)


def _cat_rows(block: Block, call: Arguments, arrays: list[Array], made: Apply) -> Value:
    total = Dim.of(0)
    values: frozenset[int] | None = frozenset()
    for array in arrays:
        if array.rows is None or array.fitted:
            return block.fail(errors.chosen_after_fit(call.span, "joining rows"))
        if array.own_test:
            return block.fail(errors.own_test_rows(call.span, "joining rows"))
        if array.rows in block.windows:
            return block.fail(errors.windows_in_order(call.span, "joining windows"))
        if array.dims != arrays[0].dims:
            return block.fail(errors.sizes_differ(call.span, _each(arrays[0]), _each(array)))
        total = total + array.rows
        values = None if values is None or array.values is None else values | array.values
    kind = arrays[0].kind if all(a.kind == arrays[0].kind for a in arrays) else REAL
    return Array(expression=made, kind=kind, dims=arrays[0].dims, rows=total, values=values)


def _each(array: Array) -> str:
    """The shape of one row, in words."""
    if not array.dims:
        return "one number per row"
    return " x ".join("?" if d is None else str(d) for d in array.dims) + " numbers per row"


def stack(block: Block, call: Arguments) -> Value:
    """`stack(a, b, dim=1)`: columns side by side into a matrix."""
    arrays = _joined(block, call)
    if isinstance(arrays, Unknown):
        return UNKNOWN
    dim = dimension(block, call, arrays[0], len(arrays[0].dims) + 1, 0)
    if isinstance(dim, Unknown):
        return UNKNOWN
    joined = broadcast(block, arrays, call.span, "the arguments of `stack`")
    if isinstance(joined, Unknown):
        return UNKNOWN
    if dim == 0 or any(array.dims != joined.dims for array in arrays):
        advice = "columns are stacked with `dim=1`, rows joined with `cat(a, b)`"
        return block.fail(
            errors.wrong_value(call.span, "`stack`", "`dim=1` or more", "`dim=0`", advice)
        )
    made = Apply(
        span=call.span,
        function="stack",
        operands=tuple(as_float(array, call.span) for array in arrays),
        keywords=(("dim", dim),),
    )
    dims = (*joined.dims[: dim - 1], len(arrays), *joined.dims[dim - 1 :])
    return replace(joined, expression=made, dims=dims)


def reshaped(block: Block, call: Arguments) -> Value:
    """`unsqueeze`, `squeeze` and `flatten` of each row."""
    value = numbers(block, call, call.values["x"], call.spans["x"])
    if isinstance(value, Unknown):
        return UNKNOWN
    rank = len(value.dims)
    keywords: tuple[tuple[str, int], ...] = ()
    if call.name == "flatten":
        total = 1
        for size in value.dims:
            if size is None:
                return wrong(block, call, "x", "images of one size")
            total *= size
        dims: tuple[int | None, ...] = (total,)
    else:
        last = rank + 1 if call.name == "unsqueeze" else rank
        dim = dimension(block, call, value, last, 1)
        if isinstance(dim, Unknown):
            return UNKNOWN
        if dim == 0 or (call.name == "squeeze" and value.dims[dim - 1] != 1):
            wanted = "a dimension after the rows" if dim == 0 else "a dimension of size 1"
            return wrong(block, call, "dim", wanted)
        keywords = (("dim", dim),)
        if call.name == "unsqueeze":
            dims = (*value.dims[: dim - 1], 1, *value.dims[dim - 1 :])
        else:
            dims = (*value.dims[: dim - 1], *value.dims[dim:])
    made = Apply(
        span=call.span,
        function=call.name,
        operands=(as_float(value, call.span) if value.pixels else value.expression,),
        keywords=keywords,
    )
    return replace(value, expression=made, dims=dims, info=None)
