"""Transforms of the user's own: what a declaration takes, and the type of what it gives."""

from __future__ import annotations

from dataclasses import replace

from netspec.analysis.data.arrays import as_float, check_numbers
from netspec.analysis.data.block import Block
from netspec.analysis.data.tables import as_matrix
from netspec.analysis.data.values import REAL, Array, Table, Value, describe
from netspec.analysis.errors import externs as wrong
from netspec.analysis.network.operands import literal
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.catalog import Bound, Entry, Refusal
from netspec.program.data import Transform
from netspec.program.externs import Extern
from netspec.source import Span
from netspec.types import Dim, TensorType

# Declared kinds that are given whole numbers and masks as they are; others are given floats.
AS_THEY_ARE = frozenset({"int", "index", "bool"})


def user_transformed(
    block: Block, entry: Entry, extern: Extern, bound: Bound, value: Value, place: tuple[Span, Span]
) -> Value:
    """`value -> Clip`, row by row; `place` is where the stage stands, and where the value."""
    span, before = place
    if isinstance(value, Table):
        value = as_matrix(block, value, before)
    if isinstance(value, Unknown):
        return UNKNOWN

    def refuse(message: str, advice: str | None) -> Unknown:
        return block.fail(wrong.transform_takes(span, message, extern.signature, advice))

    if not isinstance(value, Array) or value.rows is None:
        message = f"`{entry.name}` cannot be applied to {describe(value)}"
        return refuse(message, "apply it to columns or arrays of numbers")
    if not check_numbers(block, value, before):
        return UNKNOWN
    sizes = [size for size in value.dims if size is not None]
    if len(sizes) < len(value.dims):
        message = f"`{entry.name}` cannot be applied to images that differ in size"
        return refuse(message, "bring them to one size before: `-> Resize([64, 64])`")
    taken = _row(value, sizes, _as_it_is(entry))
    applied = entry.apply(bound, (taken,))
    if isinstance(applied, Refusal):
        return refuse(*_said(entry, applied, taken))
    given = applied.outputs[0]
    if not _as_it_is(entry):
        value = replace(value, expression=as_float(value, span))
    value = block.hoist(value, before)
    values = bound.values
    made = Transform(
        span=span,
        name=entry.name,
        target=entry.target,
        value=value.expression,
        arguments=tuple((name, literal(values[name])) for name in values if name in bound.given),
        fitted=True,
        flat=False,
        seeded="random_state" in values and values["random_state"] is None,
        extern=extern,
        types=(taken, given),
    )
    assert value.rows is not None
    block.fits.append((entry.name, span, value.rows))
    return Array(
        expression=made,
        kind=given.kind,
        dims=tuple(dim.value for dim in given.shape),
        rows=value.rows,
        fitted=True,
        own_test=value.own_test,
    )


def _said(entry: Entry, refusal: Refusal, taken: TensorType) -> tuple[str, str | None]:
    """A refusal in the words of rows, and what to do."""
    if refusal.input is None:
        return refusal.message, refusal.help
    assert entry.signature is not None
    declared = entry.signature.inputs[0]
    advice = None
    if refusal.reason == "rank" and not taken.shape:
        advice = "a column becomes a matrix by `-> unsqueeze(1)`"
    elif declared.kind is not None and declared.kind.id == "index" and taken.kind == REAL:
        advice = None if taken.shape else "`-> OrdinalEncoder` makes classes of a column"
    wanted = declared.span.text
    return f"`{entry.name}` takes rows of `{wanted}`, and these are `{taken}`", advice


def _as_it_is(entry: Entry) -> bool:
    assert entry.signature is not None
    kind = entry.signature.inputs[0].kind
    return kind is not None and kind.id in AS_THEY_ARE


def _row(value: Array, sizes: list[int], as_it_is: bool) -> TensorType:
    """The type of one row as the transform is given it."""
    kind = REAL if value.kind.is_integer and not as_it_is else value.kind
    return TensorType(kind, tuple(Dim.of(size) for size in sizes))
