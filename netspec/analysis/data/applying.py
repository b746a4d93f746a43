"""A transform as it is applied: the call, its arguments, and the plan's expression it makes."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.analysis.data import errors
from netspec.analysis.data.block import Block
from netspec.analysis.data.sources import plain
from netspec.analysis.data.values import Value, describe
from netspec.analysis.network.values import Unknown
from netspec.catalog import Bound, Entry
from netspec.program.data import Arguments, Expression, Transform
from netspec.program.schemas import Category
from netspec.source import Span


@dataclass(frozen=True, slots=True)
class Use:
    """A transform applied: what it is, its arguments, and where the call and its value stand."""

    entry: Entry
    bound: Bound
    span: Span
    before: Span

    @property
    def name(self) -> str:
        """The transform's name."""
        return self.entry.name

    def refuse(self, block: Block, value: Value, advice: str) -> Unknown:
        """Report that the transform is not meant for this value."""
        return block.fail(errors.transform_refuses(self.span, self.name, describe(value), advice))

    def node(
        self,
        value: Expression,
        *,
        fitted: bool,
        flat: bool,
        columns: tuple[str, ...] = (),
        categories: tuple[tuple[Category, ...], ...] = (),
        more: Arguments = (),
    ) -> Transform:
        """The plan's expression; `more` are arguments that the text does not give."""
        arguments = tuple(
            (name, plain(given))
            for name, given in self.bound.values.items()
            if name in self.bound.given
        )
        return Transform(
            span=self.span,
            name=self.name,
            target=self.entry.target,
            value=value,
            arguments=(*arguments, *more),
            fitted=fitted,
            flat=flat,
            columns=columns,
            categories=categories,
        )
