"""`-> windows(n)`: a column cut into rows of n, and what follows each as the target."""

from __future__ import annotations

from netspec.analysis.data import errors
from netspec.analysis.data.applying import Use
from netspec.analysis.data.arrays import check_numbers
from netspec.analysis.data.block import Block
from netspec.analysis.data.values import BOOL, Array, Info, Table, Value, column_of
from netspec.analysis.network.values import UNKNOWN
from netspec.types import Dim


def windowed(block: Block, use: Use, value: Value) -> Value:
    """`windows(n)`: of a column, the table of its windows `x` and what follows each row as `y`."""
    n, stride = use.bound.values["n"], use.bound.values["stride"]
    stride = n if stride is None else stride
    assert isinstance(n, int)
    assert isinstance(stride, int)
    for name, number in (("n", n), ("stride", stride)):
        if number < 1:
            message = f"`{name}` of `windows` cannot be {number}"
            return block.fail(errors.arguments_refused(use.span, message, "it is 1 or more"))
    if isinstance(value, Table) and len(value.columns) == 1:
        value = column_of(value, value.columns[0], use.before)
    advice = "cut up a column of a source"
    if isinstance(value, Table):
        listed = ", ".join(info.name for info in value.columns)
        return use.refuse(block, value, f"{advice}: take one of {listed}")
    if not isinstance(value, Array) or value.rows is None or value.dims:
        return use.refuse(block, value, advice)
    if value.fitted:
        return block.fail(errors.chosen_after_fit(use.span, "cutting up rows"))
    if value.own_test:
        return block.fail(errors.own_test_rows(use.span, "cutting up rows"))
    if value.kind == BOOL:
        return use.refuse(block, value, f"{advice}, numbers or tokens")
    if not check_numbers(block, value, use.before):
        return UNKNOWN
    rows = block.unknown_rows()
    if value.rows.value is not None:
        if value.rows.value <= n:
            return block.fail(errors.windows_too_long(use.span, n, value.rows.value))
        rows = Dim.of((value.rows.value - n - 1) // stride + 1)
    # A window and what follows it take n + 1 rows.
    block.windows[rows] = -(-(n + 1) // stride) - 1
    made = use.node(value.expression, fitted=False, flat=False, columns=("x", "y"))
    place = "" if value.info is None else value.info.place
    columns = tuple(
        Info(
            name=name,
            dtype="int" if value.kind.is_integer else "real",
            kind=value.kind,
            dims=(n,),
            place=place,
            class_names=value.class_names,
        )
        for name in ("x", "y")
    )
    return Table(expression=made, columns=columns, rows=rows)
