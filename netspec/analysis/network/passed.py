"""Stages that came as an argument: `act`, `norm(64)`, `conv` made of `Conv2d(bias=false)`."""

from __future__ import annotations

from dataclasses import replace

from netspec.analysis import errors
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.stages import Stages
from netspec.analysis.network.values import UNKNOWN, Scope, Stage, Value
from netspec.syntax import tree


class Passed(Stages):
    """Applies stages that were written elsewhere."""

    def passed(
        self, passed: Stage, stage: tree.Expr, flow: Value, frame: Frame, label: tree.Name | None
    ) -> Value:
        """Apply a stage that came as an argument.

        It is what it was where it was written: blocks that are being expanded since then are not
        around it.
        """
        context = self.context
        try:
            if not context.enter(stage.span):
                return UNKNOWN
            context.aside.append(range(passed.depth, len(context.calls)))
            return self._apply(passed, stage, flow, frame, label)
        finally:
            del context.aside[-1:]
            context.leave()

    def _apply(
        self, passed: Stage, stage: tree.Expr, flow: Value, frame: Frame, label: tree.Name | None
    ) -> Value:
        inner = Frame(Scope(passed.scope), frame.graph, flow)
        written = passed.expression
        if not isinstance(stage, tree.Call):
            value = self.apply(written, flow, inner, label)
        elif isinstance(written, tree.Name):
            return self.apply_target(self.evaluate(written, inner), stage, flow, frame, label)
        elif isinstance(written, tree.Call):
            target = self.evaluate(written.func, inner)
            inner = Frame(Scope(frame.scope), frame.graph, flow)
            whole = self._completed(passed, written, stage, frame, inner.scope)
            if whole is None:
                return UNKNOWN
            value = self.apply_target(target, whole, flow, inner, label)
        else:
            self.context.report(errors.arguments_twice(stage.span, stage.func.span.text))
            return UNKNOWN
        if label is not None and label.id in inner.scope.names:
            frame.scope.names[label.id] = inner.scope.names[label.id]
        return value

    def _completed(
        self, passed: Stage, written: tree.Call, stage: tree.Call, frame: Frame, scope: Scope
    ) -> tree.Call | None:
        """One call with the arguments of both, each evaluated where it was written.

        Its arguments are names in `scope` that no text can have; None when both give the same.
        """
        name = stage.func.span.text
        given = {keyword.name.id for keyword in written.keywords}
        again = [keyword for keyword in stage.keywords if keyword.name.id in given]
        if (written.args and stage.args) or again:
            span = again[0].span if again else stage.span
            self.context.report(errors.arguments_twice(span, name))
            return None
        there = Frame(passed.scope)

        def held(argument: tree.Expr, around: Frame) -> tree.Name:
            holder = f"argument {len(scope.names)}"
            scope.bind(holder, self.evaluate(argument, around), argument.span, own=True)
            return tree.Name(span=argument.span, id=holder)

        args = (*((arg, there) for arg in written.args), *((arg, frame) for arg in stage.args))
        keywords = (
            *((keyword, there) for keyword in written.keywords),
            *((keyword, frame) for keyword in stage.keywords),
        )
        return tree.Call(
            span=stage.span,
            func=written.func,
            args=tuple(held(argument, around) for argument, around in args),
            keywords=tuple(
                replace(keyword, value=held(keyword.value, around)) for keyword, around in keywords
            ),
        )
