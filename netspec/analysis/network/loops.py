"""What is settled while compiling: `if`, `repeat` and `for`, with a label and without.

A loop without a label is its body, written that often. One with a label is a container whose parts
are its rounds, numbered from 0.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence

from netspec.analysis import errors
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.directives import Directives
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.stages import flattened, forget, joined, rebind
from netspec.analysis.network.values import UNKNOWN, Bound, Scope, Unknown, Value, describe
from netspec.analysis.places import header
from netspec.program.graph import Invoke, Ref
from netspec.source import Span
from netspec.syntax import tree

# What the variables of a loop are in one of its rounds.
Round = tuple[tuple[tree.Name, Value], ...]


class Loops(Directives):
    """Runs loops and choices."""

    @abstractmethod
    def statement(self, statement: tree.Statement, frame: Frame) -> None:
        """Run one statement."""

    def choose(self, statement: tree.If, frame: Frame) -> None:
        """Run the first branch whose condition holds."""
        for branch in statement.branches:
            test = self.truth(branch.test, frame)
            if test is None:
                frame.current = UNKNOWN
                return
            if test:
                self._inline(branch.body, frame)
                return
        if statement.otherwise is not None:
            self._inline(statement.otherwise, frame)

    def _inline(self, body: tree.Body, frame: Frame) -> None:
        """Run a body's statements as part of the body around it."""
        for inner in body.statements:
            if self.context.exhausted:
                frame.current = UNKNOWN
                return
            self.statement(inner, frame)

    def go_on(self, statement: tree.Continued, frame: Frame) -> None:
        """Send the value of a loop or choice on through stages."""
        self.statement(statement.loop, frame)
        value = frame.current
        if value is None:
            self.context.report(errors.nothing_flows(statement.stages[0].span))
            value = UNKNOWN
        for stage in statement.stages:
            value = self.apply(stage, value, frame)
        frame.current = value

    def repeat(self, statement: tree.Repeat, frame: Frame) -> None:
        """Run a body a number of times."""
        count = self.integer(statement.count, frame, "the number of repeats")
        if count is None:
            frame.current = UNKNOWN
            return
        if count < 0:
            self.context.report(errors.negative_count(statement.count.span, count))
            return
        if not self._room(statement, count):
            frame.current = UNKNOWN
            return
        self._iterate(statement, [()] * count, frame)

    def walk(self, statement: tree.For, frame: Frame) -> None:
        """Run a body for each number of a range, or each item of a list."""
        items = self._items_of(statement, frame)
        if items is None:
            frame.current = UNKNOWN
            return
        rounds = [
            tuple(self._taken_apart(statement, number, item)) for number, item in enumerate(items)
        ]
        self._iterate(statement, rounds, frame)

    def _items_of(self, statement: tree.For, frame: Frame) -> list[Value] | None:
        if isinstance(statement.iterable, tree.Range):
            start = self.integer(statement.iterable.start, frame, "where the loop starts")
            stop = self.integer(statement.iterable.stop, frame, "where the loop ends")
            if start is None or stop is None or not self._room(statement, stop - start):
                return None
            return list(range(start, stop))
        value = self.evaluate(statement.iterable, frame)
        if isinstance(value, tuple):
            return list(value) if self._room(statement, len(value)) else None
        if not isinstance(value, Unknown):
            self.context.report(errors.not_a_list(statement.iterable.span, describe(value)))
        return None

    def _room(self, statement: tree.For | tree.Repeat, count: int) -> bool:
        """Whether that many more expansions are allowed, asked before the first of them."""
        return self.context.expand(header(statement.span), max(0, count))

    def _iterate(
        self,
        statement: tree.For | tree.Repeat,
        rounds: Sequence[Round],
        frame: Frame,
    ) -> None:
        if statement.label is not None:
            label = self.keyed(statement.label, statement.index, frame)
            if label is None:
                frame.current = UNKNOWN
                return
            self._labelled_loop(statement, label, rounds, frame)
            return
        for variables in rounds:
            self._bind_variables(variables, frame.scope)
            self._inline(statement.body, frame)
            if self.context.exhausted:
                return

    def _bind_variables(self, variables: Round, scope: Scope) -> None:
        for variable, value in variables:
            scope.names[variable.id] = Bound(value, variable.span, used=True, own=True)

    def _taken_apart(
        self, statement: tree.For, number: int, item: Value
    ) -> Iterator[tuple[tree.Name, Value]]:
        """The variables with their values; where the item does not fit, that is reported."""
        targets = statement.variables
        if len(targets) == 1:
            yield from self._parts(targets[0], item, statement, number)
        else:
            place = targets[0].span.to(targets[-1].span)
            yield from self._several(targets, place, item, statement, number)

    def _parts(
        self, target: tree.Expr, item: Value, statement: tree.For, number: int
    ) -> Iterator[tuple[tree.Name, Value]]:
        if isinstance(target, tree.Name):
            yield target, item
        elif isinstance(target, tree.TupleDisplay):
            yield from self._several(target.items, target.span, item, statement, number)

    def _several(
        self,
        targets: Sequence[tree.Expr],
        place: Span,
        item: Value,
        statement: tree.For,
        number: int,
    ) -> Iterator[tuple[tree.Name, Value]]:
        values = item if isinstance(item, tuple) else (item,)
        if len(values) != len(targets):
            written = statement.iterable
            if isinstance(written, tree.ListDisplay | tree.TupleDisplay):
                written = written.items[number]
            if not isinstance(item, Unknown):
                self.context.report(
                    errors.wrong_unpacking(
                        place, len(targets), len(values), written.span, loop=True
                    )
                )
            values = (UNKNOWN,) * len(targets)
        for target, value in zip(targets, values, strict=True):
            yield from self._parts(target, value, statement, number)

    def _labelled_loop(
        self,
        statement: tree.For | tree.Repeat,
        label: tree.Name,
        rounds: Sequence[Round],
        frame: Frame,
    ) -> None:
        """A container whose children are the iterations, numbered from 0."""
        if frame.graph is None:
            frame.current = UNKNOWN
            return
        builder = GraphBuilder("", statement.span, frame.graph)
        inside = Frame(Scope(frame.scope), builder, frame.current)
        for number, variables in enumerate(rounds):
            if self.context.exhausted:
                break
            self._iteration(statement, number, variables, inside)
            if isinstance(inside.current, Unknown):
                forget(inside.scope, frame.scope)
                frame.current = UNKNOWN
                return
        if not builder.parts:
            # Keys hang on the text, which has a label here, and not on how many rounds there are.
            frame.graph.counted = False
            return
        frame.current = self.close(builder, inside, flattened(inside.current), frame, label, None)

    def _iteration(
        self,
        statement: tree.For | tree.Repeat,
        number: int,
        variables: Round,
        outside: Frame,
    ) -> None:
        assert outside.graph is not None
        builder = GraphBuilder("", statement.span, outside.graph)
        inner = Frame(Scope(outside.scope), builder, outside.current)
        self._bind_variables(variables, inner.scope)
        key = tree.Name(span=statement.span, id=str(number))
        values = self.run(statement.body, inner)
        step = builder.steps[0] if len(builder.steps) == 1 else None
        single = (
            isinstance(step, Invoke)
            and len(builder.parts) == 1
            and builder.parts[0].label is None
            and len(values) == 1
            and isinstance(values[0], Tensor)
            and values[0].graph is builder
            and not builder.settles
        )
        if not single or not isinstance(step, Invoke):
            outside.current = self.close(builder, inner, values, outside, key, None)
            return
        # An iteration of a single stage is that stage: no module of its own around it.
        child = outside.graph.add(builder.parts[0].module, str(number))
        captured = {
            slot.id: tensor for slot, tensor in zip(builder.inputs, builder.captured(), strict=True)
        }
        operands = [
            outside.graph.ref(captured[operand.id]) if isinstance(operand, Ref) else operand
            for operand in step.operands
        ]
        types = [slot.type for slot in step.results]
        results = outside.graph.invoke(child, operands, types, step.span)
        given = {slot.id: result for slot, result in zip(step.results, results, strict=True)}
        rebind(inner.scope, given, outside.scope)
        outputs = [given.get(value.slot.id, value) for value in values if isinstance(value, Tensor)]
        outside.current = joined(outputs)
