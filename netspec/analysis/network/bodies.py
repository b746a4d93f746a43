"""Running the statements of a body: binding, flow, compile-time loops and choices.

Takes a body and a frame; every statement moves the frame's current value. Gives the body's values:
those of `output`, else the last statement's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from netspec.analysis import errors
from netspec.analysis.context import Context
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.inputs import bind_dimensions
from netspec.analysis.network.scans import Scans
from netspec.analysis.network.stages import flattened, joined, rebind
from netspec.analysis.network.values import UNKNOWN, Bound, Scope, Unknown, Value, describe
from netspec.analysis.places import header
from netspec.program.graph import Invoke, Ref
from netspec.source import Span
from netspec.syntax import tree

LATER = {tree.Tie: "`tie`", tree.Freeze: "`freeze`", tree.Init: "`init`"}


@dataclass(slots=True)
class _Given:
    """What `output` statements of a body gave."""

    values: tuple[Value, ...] = ()
    names: tuple[str, ...] = ()


class Bodies(Scans):
    """Runs bodies."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.output_names: tuple[str, ...] = ()

    def declared_inputs(self, definition: tree.Definition) -> tuple[tree.Input, ...]:
        """The `input` statements of a block."""
        return tuple(s for s in definition.body.statements if isinstance(s, tree.Input))

    def bind_input(self, declared: tree.Input, tensor: Tensor, frame: Frame, origin: Span) -> bool:
        """Bind an input's name and the names of its dimensions; False when they do not fit."""
        frame.scope.bind(declared.name.id, tensor, declared.name.span, own=True)
        if declared.type is None:
            return True
        return bind_dimensions(self, declared.type, tensor.type, frame, origin)

    def run(self, body: tree.Body, frame: Frame) -> tuple[Value, ...]:
        """Run a body's statements in `frame`; the values that it gives."""
        try:
            return self._run(body, frame) if self.context.enter(body.span) else (UNKNOWN,)
        finally:
            self.context.leave()

    def _run(self, body: tree.Body, frame: Frame) -> tuple[Value, ...]:
        given = _Given()
        for number, statement in enumerate(body.statements):
            if self.context.exhausted:
                return (UNKNOWN,)
            if isinstance(statement, tree.Output):
                self._output(statement, body.statements[number + 1 :], frame, given)
                break
            self._statement(statement, frame)
        self.output_names = given.names
        if given.values:
            return given.values
        if frame.current is None:
            brace = body.span.source.span(body.span.start, body.span.start + 1)
            self.context.report(errors.empty_body(brace))
            return (UNKNOWN,)
        return flattened(frame.current)

    def _output(
        self,
        statement: tree.Output,
        after: Sequence[tree.Statement],
        frame: Frame,
        given: _Given,
    ) -> None:
        if after:
            place = header(after[0].span)
            self.context.report(errors.after_output(place, statement.span))
        values = tuple(self._given(v, self.evaluate(v, frame)) for v in statement.values)
        if frame.graph is not None:
            frame.graph.counted = False
        for expression, value in zip(statement.values, values, strict=True):
            results = flattened(value)
            names = tuple(f"output_{len(given.values) + n}" for n in range(len(results)))
            if isinstance(expression, tree.Name) and len(results) == 1:
                names = (expression.id,)
            given.values += results
            given.names += names

    def _statement(self, statement: tree.Statement, frame: Frame) -> None:
        match statement:
            case tree.Flow(values=(tree.Labelled() as declared,)) if self.is_stored(
                declared, frame
            ):
                # A declaration: what flows goes on as it was.
                self.declare(declared, frame)
            case tree.Flow():
                frame.current = self._flow(statement, frame)
            case tree.Bind(
                targets=(tree.Name() as label,), values=(tree.Call() | tree.Name() as made,)
            ) if self.is_stored(made, frame):
                self.declare_by_equals(label, made)
                self._assign(label, UNKNOWN, frame)
            case tree.Bind():
                self._bind(statement, frame)
            case tree.Input():
                self._input(statement, frame)
            case tree.For():
                self._for(statement, frame)
            case tree.Repeat():
                self._repeat(statement, frame)
            case tree.If():
                self._if(statement, frame)
            case tree.Scan():
                frame.current = value = self.scan(statement, frame)
                if statement.targets:
                    self._assign_all(statement.targets, value, header(statement.span), frame)
            case tree.Tie() | tree.Freeze() | tree.Init():
                place = header(statement.span)
                self.context.report(errors.not_yet(place, LATER[type(statement)]))
            case tree.Output():
                self.context.report(errors.output_inside(statement.span))
                frame.current = UNKNOWN
            case tree.Phase() | tree.Group() | tree.Stop() | tree.Assert():
                raise AssertionError("the parser lets these pass in `train` and `test` only")

    # --- flow and bindings -------------------------------------------------------------------

    def _flow(self, statement: tree.Flow, frame: Frame) -> Value:
        return joined([self._given(value, self._value(value, frame)) for value in statement.values])

    def _given(self, expression: tree.Expr, value: Value) -> Value:
        """What a statement gives to the next: tensors; anything else is reported."""
        for part in flattened(value):
            if not isinstance(part, Tensor | Unknown):
                self.context.report(errors.gives_no_tensor(expression.span, describe(part)))
                return UNKNOWN
        return value

    def _value(self, expression: tree.Expr, frame: Frame) -> Value:
        """The value of a statement's expression: a stage at its head takes the current value."""
        if isinstance(expression, tree.Pipe):
            return self.pipe(expression, frame)
        if self.is_stage(expression, frame):
            if frame.current is None:
                self.context.report(errors.nothing_flows(expression.span))
                return UNKNOWN
            return self.apply(expression, frame.current, frame)
        value = self.evaluate(expression, frame)
        if isinstance(value, Tensor) and frame.graph is not None:
            frame.graph.counted = False
        return value

    def _bind(self, statement: tree.Bind, frame: Frame) -> None:
        values = tuple(self._value(value, frame) for value in statement.values)
        value = joined(values)
        if any(isinstance(part, Tensor) for part in flattened(value)):
            frame.current = value
            if frame.graph is not None:
                frame.graph.counted = False
        elif isinstance(value, Unknown):
            frame.current = UNKNOWN
        self._assign_all(statement.targets, value, statement.values[-1].span, frame)

    def _assign_all(
        self, targets: Sequence[tree.Expr], value: Value, producer: Span, frame: Frame
    ) -> None:
        if len(targets) == 1 and not isinstance(targets[0], tree.TupleDisplay):
            self._assign(targets[0], value, frame)
            return
        flat = _flat_targets(targets)
        if isinstance(value, Unknown):
            for target in flat:
                self._assign(target, UNKNOWN, frame)
            return
        parts = flattened(value)
        if len(parts) != len(flat):
            place = targets[0].span.to(targets[-1].span)
            self.context.report(errors.wrong_unpacking(place, len(flat), len(parts), producer))
            parts = tuple(UNKNOWN for _ in flat)
        for target, part in zip(flat, parts, strict=True):
            self._assign(target, part, frame)

    def _assign(self, target: tree.Expr, value: Value, frame: Frame) -> None:
        match target:
            case tree.Name():
                if isinstance(value, Tensor) and frame.graph is not None:
                    named = frame.graph.rename(value, target.id)
                    if frame.current is value:
                        frame.current = named
                    value = named
                if isinstance(value, tuple) and any(isinstance(v, Tensor) for v in value):
                    self._several_in_one(target, value)
                    value = UNKNOWN
                frame.scope.bind(target.id, value, target.span)
            case tree.Subscript(value=tree.Name() as name):
                self._assign_index(target, name, value, frame)
            case tree.TupleDisplay():
                for part in _flat_targets(target.items):
                    self._assign(part, UNKNOWN, frame)
            case _:
                raise AssertionError("the parser lets no other targets pass")

    def _several_in_one(self, target: tree.Name, value: tuple[Value, ...]) -> None:
        parts = [part for part in flattened(value) if isinstance(part, Tensor)]
        producer = parts[0].slot.span
        self.context.report(errors.wrong_unpacking(target.span, 1, len(parts), producer))

    def _assign_index(
        self, target: tree.Subscript, name: tree.Name, value: Value, frame: Frame
    ) -> None:
        key = self.index(target, frame)
        if key is None:
            return
        if isinstance(value, Tensor) and frame.graph is not None:
            # `skip[-1]` and `part["left half"]` become names that Python has too.
            suffix = re.sub(r"[^A-Za-z0-9]+", "_", "_".join(map(str, key))).strip("_")
            named = frame.graph.rename(value, f"{name.id}_{suffix}")
            if frame.current is value:
                frame.current = named
            value = named
        frame.scope.family(name.id, name.span).items[key] = value

    def _input(self, statement: tree.Input, frame: Frame) -> None:
        """Name the flow; the inputs of a block were bound before its body runs."""
        if statement.name.id in frame.scope.names:
            bound = frame.scope.names[statement.name.id]
            if bound.span == statement.name.span:
                return
        values = flattened(frame.current)
        if len(values) != 1 or not isinstance(values[0], Tensor):
            if not any(isinstance(value, Unknown) for value in values):
                self.context.report(errors.nothing_flows(statement.span))
            frame.scope.bind(statement.name.id, UNKNOWN, statement.name.span, own=True)
            return
        if frame.graph is not None:
            frame.graph.counted = False
        if not self.bind_input(statement, values[0], frame, values[0].slot.span):
            frame.scope.bind(statement.name.id, UNKNOWN, statement.name.span, own=True)
            frame.current = UNKNOWN

    # --- compile-time control ----------------------------------------------------------------

    def _if(self, statement: tree.If, frame: Frame) -> None:
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
            self._statement(inner, frame)

    def _repeat(self, statement: tree.Repeat, frame: Frame) -> None:
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
        self._iterate(statement, [(None, None)] * count, frame)

    def _for(self, statement: tree.For, frame: Frame) -> None:
        items = self._items_of(statement, frame)
        if items is None:
            frame.current = UNKNOWN
            return
        self._iterate(statement, [(statement.variable, item) for item in items], frame)

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
        bindings: Sequence[tuple[tree.Name | None, Value]],
        frame: Frame,
    ) -> None:
        if statement.label is not None:
            self._labelled_loop(statement, statement.label, bindings, frame)
            return
        for variable, value in bindings:
            if variable is not None:
                self._bind_variable(variable, value, frame.scope)
            self._inline(statement.body, frame)
            if self.context.exhausted:
                return

    def _bind_variable(self, variable: tree.Name, value: Value, scope: Scope) -> None:
        scope.names[variable.id] = Bound(value, variable.span, used=True, own=True)

    def _labelled_loop(
        self,
        statement: tree.For | tree.Repeat,
        label: tree.Name,
        bindings: Sequence[tuple[tree.Name | None, Value]],
        frame: Frame,
    ) -> None:
        """A container whose children are the iterations, numbered from 0."""
        if frame.graph is None:
            frame.current = UNKNOWN
            return
        builder = GraphBuilder("", statement.span, frame.graph)
        inside = Frame(Scope(frame.scope), builder, frame.current)
        for number, (variable, value) in enumerate(bindings):
            if self.context.exhausted:
                break
            self._iteration(statement, number, variable, value, inside)
            if isinstance(inside.current, Unknown):
                frame.current = UNKNOWN
                return
        if not builder.parts:
            return
        frame.current = self.close(builder, inside, flattened(inside.current), frame, label, None)

    def _iteration(
        self,
        statement: tree.For | tree.Repeat,
        number: int,
        variable: tree.Name | None,
        value: Value,
        outside: Frame,
    ) -> None:
        assert outside.graph is not None
        builder = GraphBuilder("", statement.span, outside.graph)
        inner = Frame(Scope(outside.scope), builder, outside.current)
        if variable is not None:
            self._bind_variable(variable, value, inner.scope)
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


def _flat_targets(targets: Sequence[tree.Expr]) -> tuple[tree.Expr, ...]:
    found: list[tree.Expr] = []
    for target in targets:
        if isinstance(target, tree.TupleDisplay):
            found.extend(_flat_targets(target.items))
        else:
            found.append(target)
    return tuple(found)
