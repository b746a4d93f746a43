"""Subscripts: of indexed names and lists by the compiler, of tensors as steps of the graph."""

from __future__ import annotations

from typing import Any

from netspec.analysis import errors
from netspec.analysis.network.builder import Tensor
from netspec.analysis.network.calls import Calls
from netspec.analysis.network.evaluate import Frame
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
from netspec.program.graph import EllipsisOperand, Operand, Sequence, SliceOperand
from netspec.syntax import tree
from netspec.types import Dim, Kind, TensorType


class Subscripts(Calls):
    """Evaluates subscripts."""

    def subscript(self, expression: tree.Subscript, frame: Frame) -> Value:
        """The value of `value[items]`."""
        if isinstance(expression.value, tree.Name):
            bound = frame.scope.find(expression.value.id)
            if bound is not None and isinstance(bound.value, Indexed):
                if isinstance(expression.items[0], tree.Slice) and not bound.value.labels:
                    name = expression.value.id
                    return self._of_family(expression, name, bound.value, frame)
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
            return self._of_list(expression, value, frame)
        if not isinstance(value, Unknown):
            self.context.report(errors.not_indexable(expression.span, describe(value)))
        return UNKNOWN

    def _of_family(
        self, expression: tree.Subscript, name: str, family: Indexed, frame: Frame
    ) -> Value:
        """Values of an indexed name in the order of their indices, as a list: `e[:]`."""
        indices = family.indices()
        values: list[Value] = []
        for at in range(len(indices)):
            holder = family.holder((at,))
            if holder is None:
                known = [", ".join(map(str, key)) for key in indices]
                self.context.report(errors.family_unordered(expression.span, name, known))
                return UNKNOWN
            values.append(holder.items[at,])
        return self._of_list(expression, tuple(values), frame)

    def _of_list(self, expression: tree.Subscript, value: tuple[Value, ...], frame: Frame) -> Value:
        """An item of a list, or a part of it."""
        item, *others = expression.items
        if others or isinstance(item, tree.Dots):
            span = others[0].span if others else item.span
            self.context.report(errors.list_subscript(span, "a list has one dimension"))
            return UNKNOWN
        if isinstance(item, tree.Slice):
            bounds: list[int | None] = []
            for part in (item.lower, item.upper, item.step):
                bound = None if part is None else self.integer(part, frame, "a bound")
                if part is not None and bound is None:
                    return UNKNOWN
                bounds.append(bound)
            if bounds[2] == 0:
                self.context.report(errors.list_subscript(item.span, "a slice has no step of 0"))
                return UNKNOWN
            return value[slice(*bounds)]
        number = self.integer(item, frame, "an index")
        if number is None:
            return UNKNOWN
        if not -len(value) <= number < len(value):
            self.context.report(errors.index_out_of_range(expression.span, number, len(value)))
            return UNKNOWN
        return value[number]

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
        items: list[Operand | Tensor] = []
        for item in expression.items:
            made = self._subscript_item(item, frame)
            if isinstance(made, Unknown):
                return UNKNOWN
            items.append(made)
        outcome = subscripts.subscript(value.type, [_item(item) for item in items])
        if isinstance(outcome, Refusal):
            self.refuse(outcome, Written(span=expression.span), (value,))
            return UNKNOWN
        if not self.context.expand(expression.span):
            return UNKNOWN
        self.require(outcome.requirements, expression.span)
        written = [graph.ref(item) if isinstance(item, Tensor) else item for item in items]
        operands = (graph.ref(value), *written)
        return graph.compute("getitem", operands, (outcome.type,), expression.span)[0]

    def _subscript_item(
        self, item: tree.Expr | tree.Slice | tree.Dots, frame: Frame
    ) -> Operand | Tensor | Unknown:
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
                value = self.evaluate(item, frame)
                if isinstance(value, Unknown | Tensor):
                    return value
                if isinstance(value, tuple) and value and all(type(part) is int for part in value):
                    return Sequence(tuple(part for part in value if isinstance(part, int)))
                if isinstance(value, bool) or not isinstance(value, int | Dim | None):
                    self.context.report(errors.not_integer(item.span, "an index", describe(value)))
                    return UNKNOWN
                return value


def _item(operand: Operand | Tensor) -> Any:
    """What the catalogue sees of a subscript: types of tensors, Python's own slices and dots.

    A list of places is a tensor of as many, which reaches as far as the one farthest from its end.
    """
    match operand:
        case Tensor():
            return operand.type
        case Sequence():
            places = [place for place in operand.items if isinstance(place, int)]
            reach = max(place + 1 if place >= 0 else -place for place in places)
            return TensorType(Kind("index", Dim.of(reach)), (Dim.of(len(places)),))
        case SliceOperand():
            return slice(operand.lower, operand.upper, operand.step)
        case EllipsisOperand():
            return ...
        case _:
            return operand
