"""Operands as Python: what is put together of others, whatever these are."""

from __future__ import annotations

from collections.abc import Callable

from netspec.codegen import layout
from netspec.codegen.layout import Expr
from netspec.codegen.plans import Path
from netspec.program.graph import EllipsisOperand, Operand, Ref, SliceOperand
from netspec.program.graph import Sequence as OperandSequence
from netspec.types import Dim

# A value, a size, or a number, which stands for itself.
Single = Ref | Dim | int | float


def operand(given: Operand, path: Path, single: Callable[[Single, Path], Expr]) -> Expr:
    """An operand at `path`; `single` writes what is not put together of others."""
    match given:
        case OperandSequence():
            items = [operand(item, (*path, at), single) for at, item in enumerate(given.items)]
            return layout.display("[", items, "]")
        case SliceOperand():
            lower, upper, step = (
                None if end is None else operand(end, (*path, at), single)
                for at, end in enumerate((given.lower, given.upper, given.step))
            )
            return layout.bounds(lower, upper, step)
        case EllipsisOperand():
            return Expr("...")
        case str() | None:
            return layout.literal(given)
        case _:
            return single(given, path)
