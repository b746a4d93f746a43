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
from netspec.analysis.network.builder import Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.inputs import bind_dimensions
from netspec.analysis.network.loops import Loops
from netspec.analysis.network.stages import flattened, joined
from netspec.analysis.network.values import UNKNOWN, Unknown, Value, describe
from netspec.analysis.places import header
from netspec.source import Span
from netspec.syntax import tree


@dataclass(slots=True)
class _Given:
    """What `output` statements of a body gave."""

    values: tuple[Value, ...] = ()
    names: tuple[str, ...] = ()


class Bodies(Loops):
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
            self.statement(statement, frame)
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

    def statement(self, statement: tree.Statement, frame: Frame) -> None:
        """Run one statement."""
        if not self.context.evaluate(statement.span):
            frame.current = UNKNOWN
            return
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
                self.walk(statement, frame)
            case tree.Repeat():
                self.repeat(statement, frame)
            case tree.If():
                self.choose(statement, frame)
            case tree.Continued():
                self.go_on(statement, frame)
            case tree.Scan():
                frame.current = value = self.scan(statement, frame)
                if statement.targets:
                    self._assign_all(statement.targets, value, header(statement.span), frame)
            case tree.Tie() | tree.Freeze() | tree.Init():
                self.direct(statement, frame)
            case tree.Output():
                self.context.report(errors.output_inside(statement.span))
                frame.current = UNKNOWN
            case tree.Phase() | tree.Group() | tree.Stop() | tree.Assert():
                raise AssertionError("the parser lets these pass in `train` and `test` only")

    # --- flow and bindings -------------------------------------------------------------------

    def _flow(self, statement: tree.Flow, frame: Frame) -> Value:
        if len(statement.values) == 1 and self.is_absent(statement.values[0], frame):
            return self.apply(statement.values[0], frame.current, frame)
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
        if len(targets) == 1 and isinstance(targets[0], tree.TupleDisplay):
            targets = targets[0].items
        if isinstance(value, tuple) and len(value) == len(targets):
            # Values that are several as the targets are: `(a, b), c = (x, y), z`.
            for target, part in zip(targets, value, strict=True):
                self._assign_all((target,), part, producer, frame)
            return
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
            for dim in (statement.type.dims if statement.type is not None else None) or ():
                if isinstance(dim, tree.Name) and not frame.scope.has(dim.id):
                    frame.scope.absorb(dim.id, dim.span)
            frame.scope.bind(statement.name.id, UNKNOWN, statement.name.span, own=True)
            frame.current = UNKNOWN


def _flat_targets(targets: Sequence[tree.Expr]) -> tuple[tree.Expr, ...]:
    found: list[tree.Expr] = []
    for target in targets:
        if isinstance(target, tree.TupleDisplay):
            found.extend(_flat_targets(target.items))
        else:
            found.append(target)
    return tuple(found)
