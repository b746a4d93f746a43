"""Subscripts: of indexed names and lists by the compiler, of tensors as steps of the graph."""

from __future__ import annotations

from typing import Any

from netspec.analysis import errors
from netspec.analysis.network.builder import Tensor
from netspec.analysis.network.evaluate import Expressions, Frame
from netspec.analysis.network.refusals import Written
from netspec.analysis.network.values import (
    UNKNOWN,
    Indexed,
    Inner,
    Instance,
    Unknown,
    Value,
    describe,
)
from netspec.catalog import Refusal, subscripts
from netspec.program.graph import EllipsisOperand, Operand, SliceOperand
from netspec.syntax import tree
from netspec.types import Dim


class Subscripts(Expressions):
    """Evaluates subscripts."""

    def subscript(self, expression: tree.Subscript, frame: Frame) -> Value:
        """The value of `value[items]`."""
        if isinstance(expression.value, tree.Name):
            bound = frame.scope.find(expression.value.id)
            if bound is not None and isinstance(bound.value, Indexed):
                key = self.index(expression, frame)
                if key is None:
                    return UNKNOWN
                family = bound.value.holder(key)
                if family is None:
                    known = [", ".join(map(str, k)) for k in bound.value.indices()]
                    name = expression.value.id
                    self.context.report(errors.unknown_index(expression.span, name, key, known))
                    return UNKNOWN
                return family.items[key]
        value = self.evaluate(expression.value, frame)
        if isinstance(value, Tensor):
            return self._tensor_subscript(expression, value, frame)
        if isinstance(value, Instance | Inner):
            return self.part_of(value, expression, frame)
        if isinstance(value, tuple):
            number = (
                self.integer(expression.items[0], frame, "an index")
                if len(expression.items) == 1
                and not isinstance(expression.items[0], tree.Slice | tree.Dots)
                else None
            )
            if number is None:
                return UNKNOWN
            if not -len(value) <= number < len(value):
                self.context.report(errors.index_out_of_range(expression.span, number, len(value)))
                return UNKNOWN
            return value[number]
        if not isinstance(value, Unknown):
            self.context.report(errors.not_indexable(expression.span, describe(value)))
        return UNKNOWN

    def index(self, expression: tree.Subscript, frame: Frame) -> tuple[int | str, ...] | None:
        """The compile-time indices of an indexed name."""
        key: list[int | str] = []
        for item in expression.items:
            if isinstance(item, tree.Slice | tree.Dots):
                self.context.report(errors.not_constant(item.span, "a slice"))
                return None
            value = self.constant(item, frame)
            if isinstance(value, Dim):
                value = value.value if value.value is not None else UNKNOWN
            if isinstance(value, bool) or not isinstance(value, int | str):
                if not isinstance(value, Unknown):
                    what = describe(value)
                    self.context.report(errors.not_integer(item.span, "an index", what))
                return None
            key.append(value)
        return tuple(key)

    def _tensor_subscript(self, expression: tree.Subscript, value: Tensor, frame: Frame) -> Value:
        graph = self.graph_of(frame, expression.span)
        if graph is None:
            return UNKNOWN
        items: list[Operand] = []
        for item in expression.items:
            made = self._subscript_item(item, frame)
            if isinstance(made, Unknown):
                return UNKNOWN
            items.append(made)
        outcome = subscripts.subscript(value.type, [_item(item) for item in items])
        if isinstance(outcome, Refusal):
            self.refuse(outcome, Written(span=expression.span), (value,))
            return UNKNOWN
        self.require(outcome.requirements, expression.span)
        operands = (graph.ref(value), *items)
        return graph.compute("getitem", operands, (outcome.type,), expression.span)[0]

    def _subscript_item(
        self, item: tree.Expr | tree.Slice | tree.Dots, frame: Frame
    ) -> Operand | Unknown:
        match item:
            case tree.Dots():
                return EllipsisOperand()
            case tree.Slice():
                bounds: list[int | Dim | None] = []
                for part in (item.lower, item.upper, item.step):
                    value = None if part is None else self.constant(part, frame)
                    if isinstance(value, Unknown):
                        return UNKNOWN
                    if isinstance(value, bool) or not isinstance(value, int | Dim | None):
                        self.context.report(
                            errors.not_integer(item.span, "a bound", describe(value))
                        )
                        return UNKNOWN
                    bounds.append(value)
                return SliceOperand(*bounds)
            case _:
                value = self.constant(item, frame)
                if isinstance(value, Unknown):
                    return UNKNOWN
                if isinstance(value, bool) or not isinstance(value, int | Dim | None):
                    self.context.report(errors.not_integer(item.span, "an index", describe(value)))
                    return UNKNOWN
                return value


def _item(operand: Operand) -> Any:
    """What the catalogue sees of a subscript: Python's own slices and dots."""
    match operand:
        case SliceOperand():
            return slice(operand.lower, operand.upper, operand.step)
        case EllipsisOperand():
            return ...
        case _:
            return operand
