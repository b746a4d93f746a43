"""Sources of the user's own: the table that a declaration says a Python function gives."""

from __future__ import annotations

from netspec.analysis.data import errors
from netspec.analysis.data.block import Block
from netspec.analysis.data.values import Info, Table
from netspec.analysis.network.operands import literal
from netspec.analysis.network.values import Unknown
from netspec.catalog import Bound, Entry, Refusal
from netspec.program.data import Column, Load
from netspec.program.externs import Extern
from netspec.source import Span


def user_table(
    block: Block, entry: Entry, extern: Extern, span: Span, bound: Bound
) -> Table | Unknown:
    """The columns that the declaration names, as many rows as come; one `random_state` is drawn."""
    applied = entry.apply(bound, ())
    if isinstance(applied, Refusal):
        return block.fail(errors.arguments_refused(span, applied.message, applied.help))
    columns = tuple(
        Info(
            name=name,
            dtype="int" if output.kind.is_integer else "real",
            kind=output.kind,
            dims=tuple(dim.value for dim in output.shape),
            place=f"column `{name}` of `{entry.name}`",
        )
        for name, output in zip(entry.output_names, applied.outputs, strict=True)
    )
    values = bound.values
    load = Load(
        span=span,
        source=entry.name,
        target=entry.target,
        arguments=tuple((name, literal(values[name])) for name in values if name in bound.given),
        columns=tuple(Column(name=info.name, dtype=info.dtype) for info in columns),
        seeded="random_state" in values and values["random_state"] is None,
        extern=extern,
        types=applied.outputs,
    )
    return Table(expression=load, columns=columns, rows=block.unknown_rows())
