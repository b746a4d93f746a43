"""Texts as sources: `chars("play.txt")` is a table of one column, the tokens by their numbers."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.analysis.data import errors
from netspec.analysis.data.block import Block
from netspec.analysis.data.values import Info, Table
from netspec.analysis.network.values import Unknown
from netspec.catalog import Bound, Entry
from netspec.program.data import Column, Load
from netspec.program.schemas import Unreadable
from netspec.source import Span
from netspec.types import Dim, Kind

COLUMN = "tokens"


def text_table(
    block: Block, entry: Entry, span: Span, bound: Bound, spans: Mapping[str, Span]
) -> Table | Unknown:
    """The tokens of a text, classes 0 to V-1 where V is the size of its vocabulary."""
    file = str(bound.values["file"])
    schema = block.schemas.text(file, words=entry.name == "text")
    if isinstance(schema, Unreadable):
        return block.fail(errors.unreadable(schema, spans["file"]))
    info = Info(
        name=COLUMN,
        dtype="int",
        kind=Kind("index", Dim.of(len(schema.vocabulary))),
        place=file,
        class_names=schema.vocabulary,
    )
    load = Load(
        span=span,
        source=entry.name,
        target=entry.target,
        arguments=(("file", file),),
        columns=(Column(name=COLUMN, dtype="int"),),
        vocabulary=schema.vocabulary,
    )
    return Table(expression=load, columns=(info,), rows=Dim.of(schema.tokens))
