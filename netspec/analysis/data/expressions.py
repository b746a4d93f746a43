"""Expressions of a data block to values: what each is, and the plan's expression that makes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

from netspec.analysis.data import errors
from netspec.analysis.data.arrays import combine, keep_rows, negate
from netspec.analysis.data.block import Block
from netspec.analysis.data.tables import as_matrix, by_position, chosen, picked, subscript_array
from netspec.analysis.data.values import Array, Augmented, Pending, Size, Table, Value, describe
from netspec.analysis.data.vision_sources import PACKAGE
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.catalog import Entry
from netspec.program.data import Apply, Use
from netspec.program.graph import Literal
from netspec.source import Span
from netspec.syntax import tree
from netspec.syntax.operators import ARITHMETIC, COMPARISONS
from netspec.types import Dim

OPERATORS = {**ARITHMETIC, **COMPARISONS}


class Expressions(ABC):
    """Evaluates expressions of one data block; calls and stages are left to the subclass."""

    def __init__(self, block: Block) -> None:
        self.block = block

    @abstractmethod
    def call(self, name: tree.Name, call: tree.Call | None) -> Value:
        """The value of `name(...)`, or of a bare source's name."""

    @abstractmethod
    def of_package(self, name: tree.Attribute, call: tree.Call | None) -> Value:
        """The value of `torchvision.CIFAR10(...)`."""

    @abstractmethod
    def of_file(self, entry: Entry, name: tree.Expr, call: tree.Call | None) -> Value:
        """The value of `lib.name(...)`, or of a bare source's name, of an imported file."""

    @abstractmethod
    def stage(self, value: Value, stage: tree.Expr, before: Span) -> Value:
        """`value -> stage`; `before` is the span of what the value was written as."""

    @abstractmethod
    def is_callable(self, name: str) -> bool:
        """Whether a source, function or transform is called that."""

    @abstractmethod
    def callables(self) -> tuple[str, ...]:
        """Every source, function and transform."""

    def evaluate(self, expression: tree.Expr) -> Value:
        """The value of any expression; mistakes are reported and become unknown."""
        match expression:
            case tree.Number() | tree.Text() | tree.Constant():
                return expression.value
            case tree.Name():
                return self._name(expression)
            case tree.ListDisplay() | tree.TupleDisplay():
                return self._list(expression)
            case tree.Call(func=tree.Name() as func):
                return self.call(func, expression)
            case tree.Attribute():
                return self._attribute(expression)
            case tree.Subscript():
                return self._subscript(expression)
            case tree.Unary():
                return self._unary(expression)
            case tree.Binary():
                return self._binary(expression)
            case tree.Conditional():
                return self._conditional(expression)
            case tree.Pipe():
                value = self.evaluate(expression.stages[0])
                before = expression.stages[0].span
                for stage in expression.stages[1:]:
                    value = self.stage(value, stage, before)
                    before = before.to(stage.span)
                return value
            case tree.Labelled():
                advice = "labels name layers, which belong to the model"
                return self.block.fail(errors.not_for_data(expression.span, "a label", advice))
            case tree.Inline():
                return self.block.fail(errors.not_for_data(expression.span, "a block `{ }`"))
            case tree.Call(func=tree.Attribute() as func) if self.is_of_file(func):
                return self._of_file(func, expression)
            case tree.Call(func=tree.Attribute(value=tree.Name(id=package)) as func) if (
                package == PACKAGE
            ):
                return self.of_package(func, expression)
            case tree.Call(func=tree.Attribute(value=tree.Name() as before)) if isinstance(
                self.evaluate(before), Unknown
            ):
                return UNKNOWN
            case tree.Call():
                return self.block.fail(errors.not_for_data(expression.func.span, "this call"))

    def array(self, expression: tree.Expr, what: str) -> Array | Unknown:
        """The value of an expression that has to be a column or a matrix."""
        value = self.evaluate(expression)
        if isinstance(value, Array | Unknown):
            return value
        return self.block.fail(
            errors.wrong_value(expression.span, what, "a column or a matrix", describe(value))
        )

    # --- names and displays ------------------------------------------------------------------

    def _name(self, name: tree.Name) -> Value:
        named = self.block.names.get(name.id)
        if named is not None:
            named.used = True
            if named.step is None:
                return named.value
            return as_use(named.value, named.step)
        value = self.block.constant(name)
        if isinstance(value, Unknown):
            self.block.failed = True  # its mistake was reported
        if value is not None:
            return value
        if self.is_callable(name.id):
            return self.call(name, None)
        if self.block.nameless:
            return UNKNOWN
        candidates = (*self.block.names, *self.callables())
        advice = self.block.column_elsewhere(name.id)
        return self.block.fail(errors.unknown_name(name.span, name.id, candidates, advice))

    def _list(self, display: tree.ListDisplay | tree.TupleDisplay) -> Value:
        items: list[Literal] = []
        for item in display.items:
            value = self.evaluate(item)
            if isinstance(value, Unknown):
                return UNKNOWN
            if isinstance(value, Table | Array | Augmented | Size | Pending):
                advice = "join columns with `stack(a, b, dim=1)`, rows with `cat(a, b)`"
                given = describe(value)
                return self.block.fail(
                    errors.wrong_value(item.span, "a list", "numbers", given, advice)
                )
            items.append(value)
        return tuple(items)

    def _conditional(self, expression: tree.Conditional) -> Value:
        test = self.evaluate(expression.test)
        if isinstance(test, bool):
            return self.evaluate(expression.then if test else expression.otherwise)
        if isinstance(test, Unknown):
            return UNKNOWN
        advice = "use `where(condition, a, b)` to choose row by row"
        return self.block.fail(
            errors.wrong_value(
                expression.test.span, "`if`", "a condition on params", describe(test), advice
            )
        )

    # --- operators ---------------------------------------------------------------------------

    def _unary(self, expression: tree.Unary) -> Value:
        value = self.evaluate(expression.operand)
        if isinstance(value, Unknown):
            return UNKNOWN
        if isinstance(value, Augmented):
            return self.block.fail(errors.after_chance(expression.span, f"`{expression.op}`"))
        if isinstance(value, Array):
            return negate(self.block, expression, value)
        if isinstance(value, Pending):
            made = Apply(span=expression.span, function="neg", operands=(value.expression,))
            return Pending(expression=made, span=value.span)
        if expression.op == "not" and isinstance(value, bool):
            return not value
        if expression.op == "-" and isinstance(value, int | float) and not isinstance(value, bool):
            return -value
        return self.block.fail(
            errors.wrong_value(
                expression.operand.span, f"`{expression.op}`", "numbers", describe(value)
            )
        )

    def _binary(self, expression: tree.Binary) -> Value:
        left = self.evaluate(expression.left)
        right = self.evaluate(expression.right)
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return UNKNOWN
        if isinstance(left, Augmented) or isinstance(right, Augmented):
            return self.block.fail(errors.after_chance(expression.span, f"`{expression.op}`"))
        if isinstance(left, Table) or isinstance(right, Table):
            # The columns of a table side by side are a matrix: what is calculated with.
            sides = ((expression.left, left), (expression.right, right))
            left, right = (
                as_matrix(self.block, value, side.span) if isinstance(value, Table) else value
                for side, value in sides
            )
            if isinstance(left, Unknown) or isinstance(right, Unknown):
                return UNKNOWN
        if isinstance(left, Array | Pending) or isinstance(right, Array | Pending):
            return combine(self.block, expression, left, right)
        if isinstance(left, Size) or isinstance(right, Size):
            return self._size(expression, left, right)
        return self._constants(expression, left, right)

    def _size(self, expression: tree.Binary, left: Value, right: Value) -> Value:
        """Arithmetic on numbers of rows: `len(a) + 1`."""
        sides = []
        for side, value in ((expression.left, left), (expression.right, right)):
            if isinstance(value, int) and not isinstance(value, bool):
                sides.append(Size(expression=value, dim=Dim.of(value)))
            elif isinstance(value, Size):
                sides.append(value)
            else:
                return self.block.fail(
                    errors.wrong_value(
                        side.span, f"`{expression.op}`", "whole numbers", describe(value)
                    )
                )
        a, b = sides
        match expression.op:
            case "+" | "-" | "*" as op:
                dim = OPERATORS[op](a.dim, b.dim)
            case "//" if b.dim.value is not None and b.dim.value > 0:
                dim = a.dim // b.dim.value
            case _:
                advice = "numbers of rows can be added, subtracted and multiplied"
                given = f"`{expression.op}`"
                return self.block.fail(
                    errors.wrong_value(
                        expression.span, "a number of rows", "whole numbers", given, advice
                    )
                )
        made = Apply(
            span=expression.span,
            function=expression.op,
            operands=(a.expression, b.expression),
        )
        return Size(expression=made, dim=dim)

    def _constants(self, expression: tree.Binary, left: Value, right: Value) -> Value:
        """Arithmetic the compiler does itself."""
        op = expression.op
        if op in {"and", "or"} and isinstance(left, bool) and isinstance(right, bool):
            return (left and right) if op == "and" else (left or right)
        equality = op in {"==", "!="}
        for side, value in ((expression.left, left), (expression.right, right)):
            plain = isinstance(value, int | float) and not isinstance(value, bool)
            if op not in OPERATORS or not (plain or (equality and isinstance(value, str | bool))):
                return self.block.fail(
                    errors.wrong_value(side.span, f"`{op}`", "numbers", describe(value))
                )
        if op == "**" and (abs(left) > 10**6 or abs(right) > 64):  # type: ignore[arg-type]  # numbers
            limit = "what the compiler calculates (10**6 to the power of 64)"
            return self.block.fail(errors.too_large(expression.span, "this power", limit))
        try:
            result: Value = OPERATORS[op](left, right)
        except ArithmeticError:
            return self.block.fail(
                errors.wrong_value(
                    expression.span, f"`{op}`", "numbers it is defined for", describe(right)
                )
            )
        return result if isinstance(result, int | float) else UNKNOWN

    # --- parts of tables and arrays ----------------------------------------------------------

    def _attribute(self, expression: tree.Attribute) -> Value:
        if self.is_of_file(expression):
            return self._of_file(expression, None)
        if (
            isinstance(expression.value, tree.Name)
            and expression.value.id == PACKAGE
            and PACKAGE not in self.block.names
        ):
            return self.of_package(expression, None)
        value = self.evaluate(expression.value)
        if isinstance(value, Table):
            return picked(self.block, value, expression.name.id, expression.name.span)
        if isinstance(value, Unknown):
            return UNKNOWN
        what = f"`.{expression.name.id}`"
        return self.block.fail(
            errors.wrong_value(expression.value.span, what, "a table", describe(value))
        )

    def is_of_file(self, expression: tree.Attribute) -> bool:
        """Whether `lib.name` is looked for in an imported file, which no name here hides."""
        head: tree.Expr = expression
        while isinstance(head, tree.Attribute):
            head = head.value
        hidden = not isinstance(head, tree.Name) or head.id in self.block.names
        return not hidden and self.block.file(expression.value) is not None

    def declared_there(self, expression: tree.Attribute) -> Entry | None:
        """What an imported file declares under this name: a source, a transform, or another."""
        file = self.block.file(expression.value)
        found = file.externs.get(expression.name.id) if file is not None else None
        return found.entry if found is not None else None

    def is_missing(self, expression: tree.Attribute) -> bool:
        """Whether an imported file has nothing under this name, which is reported."""
        file = self.block.file(expression.value)
        if file is None or file.has(expression.name.id):
            return False
        self.block.constant(expression)
        self.block.failed = True
        return True

    def _of_file(self, expression: tree.Attribute, call: tree.Call | None) -> Value:
        """`lib.width` or `lib.spirals(300)`, a param or a source of an imported file."""
        entry = self.declared_there(expression)
        if entry is not None:
            return self.of_file(entry, expression, call)
        if self.is_missing(expression):
            return UNKNOWN
        if call is not None:
            return self.block.fail(errors.not_for_data(call.func.span, "this call"))
        return self.block.constant(expression)

    def _subscript(self, expression: tree.Subscript) -> Value:
        value = self.evaluate(expression.value)
        if isinstance(value, Augmented):
            return self.block.fail(errors.after_chance(expression.span, "`[...]`"))
        if isinstance(value, Unknown):
            return UNKNOWN
        if not isinstance(value, Table | Array):
            given = describe(value)
            return self.block.fail(
                errors.wrong_value(
                    expression.value.span, "a subscript", "a table, a column or a matrix", given
                )
            )
        items: list[Literal | slice | Array] = []
        for item in expression.items:
            made = self._item(item)
            if isinstance(made, Unknown):
                return UNKNOWN
            items.append(made)
        if len(items) == 1 and isinstance(items[0], Array):
            return keep_rows(self.block, expression, value, items[0])
        if isinstance(value, Array):
            return subscript_array(self.block, expression, value, items)
        match items:
            case [str() as name]:
                return picked(self.block, value, name, expression.items[0].span)
            case [int() | slice() as position]:
                return by_position(self.block, value, position, expression)
            case [tuple() as names] if all(isinstance(name, str) for name in names):
                return chosen(self.block, value, [str(name) for name in names], expression.span)
        return self.block.fail(
            errors.wrong_value(
                expression.span,
                "a table's subscript",
                'a name (`rows["age"]`), a position (`rows[0]`, `rows[:8]`) or a condition',
                "something else",
            )
        )

    def _item(self, item: tree.Expr | tree.Slice | tree.Dots) -> Literal | slice | Array | Unknown:
        """One item of a subscript: a mask, a constant, or a slice with constant ends."""
        match item:
            case tree.Dots():
                return self.block.fail(errors.not_for_data(item.span, "`...`"))
            case tree.Slice():
                ends: list[int | None] = []
                for part in (item.lower, item.upper, item.step):
                    end = None if part is None else self.evaluate(part)
                    if isinstance(end, Unknown):
                        return UNKNOWN
                    if end is not None and (isinstance(end, bool) or not isinstance(end, int)):
                        given = describe(end)
                        return self.block.fail(
                            errors.wrong_value(item.span, "a slice", "whole numbers", given)
                        )
                    ends.append(end)
                return slice(*ends)
            case _:
                value = self.evaluate(item)
                if isinstance(value, Table | Augmented | Size | Pending):
                    given = describe(value)
                    return self.block.fail(
                        errors.wrong_value(
                            item.span, "a subscript", "a condition, a name or a position", given
                        )
                    )
                return value


def as_use(value: Value, step: int) -> Value:
    """A bound value as later expressions see it: by the step that makes it."""
    if isinstance(value, Table | Array):
        return replace(value, expression=Use(step))
    if isinstance(value, Augmented):
        return replace(value, array=replace(value.array, expression=Use(step)))
    return value
