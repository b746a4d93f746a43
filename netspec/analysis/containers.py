"""Labelled containers: modules of their own that see the names around them."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.analysis.blocks import Blocks
from netspec.analysis.builder import GraphBuilder
from netspec.analysis.evaluate import Frame
from netspec.analysis.stages import Recipe, joined
from netspec.analysis.values import UNKNOWN, Scope, Tensor, Value
from netspec.syntax import tree


class Containers(Blocks):
    """Applies labelled `{ ... }` and `(A -> B)`."""

    def container(
        self, stage: tree.Pipe | tree.Inline, flow: Value, frame: Frame, label: tree.Name
    ) -> Value:
        """A labelled `{ ... }` or `(A -> B)`: a module of its own, seeing the names around it."""
        if frame.graph is None:
            return UNKNOWN
        builder = GraphBuilder("", stage.span, frame.graph)
        inner = Frame(Scope(frame.scope), builder, flow)
        if isinstance(stage, tree.Inline):
            values = self.run(stage.body, inner)
        else:
            value = flow
            for part in stage.stages:
                value = self.apply(part, value, inner)
            values = (value,)
        return self.close(builder, inner, values, frame, label, stage)

    def close(
        self,
        builder: GraphBuilder,
        inner: Frame,
        values: Sequence[Value],
        frame: Frame,
        label: tree.Name,
        stage: tree.Expr | None,
    ) -> Value:
        """Finish a container and apply it; names of outside that it rebound are rebound outside."""
        outputs = self.tensors(tuple(values), builder.span)
        if outputs is None or frame.graph is None:
            return UNKNOWN
        exports = self.exports(inner, outputs)
        everything = (*outputs, *(tensor for _, tensor in exports))
        self.check_used(builder, everything)
        graph = builder.finish(everything)
        child = self.add(graph, frame, label)
        if child is None:
            return UNKNOWN
        if stage is not None:
            self.remember(frame, child, label, Recipe(None, None, stage, frame))
        operands = [frame.graph.ref(tensor) for tensor in builder.captured()]
        results = frame.graph.invoke(child, operands, graph.output_types, builder.span)
        self.rebind(inner, outputs, exports, results, frame)
        return joined(results[: len(outputs)])

    def exports(self, inner: Frame, outputs: Sequence[Tensor]) -> tuple[tuple[str, Tensor], ...]:
        """Outer names rebound inside to values that are not outputs already."""
        found = []
        ids = {tensor.slot.id for tensor in outputs}
        for name, bound in inner.scope.names.items():
            outer = inner.scope.parent.find(name) if inner.scope.parent is not None else None
            value = bound.value
            if (
                outer is None
                or not isinstance(outer.value, Tensor)
                or not isinstance(value, Tensor)
            ):
                continue
            if value.slot.id not in ids:
                found.append((name, value))
        return tuple(found)

    def rebind(
        self,
        inner: Frame,
        outputs: Sequence[Tensor],
        exports: Sequence[tuple[str, Tensor]],
        results: Sequence[Tensor],
        frame: Frame,
    ) -> None:
        """Bind outer names that a container rebound to what it gives for them."""
        given = {tensor.slot.id: result for tensor, result in zip(outputs, results, strict=False)}
        given.update(
            (tensor.slot.id, result)
            for (_, tensor), result in zip(exports, results[len(outputs) :], strict=True)
        )
        for name, bound in inner.scope.names.items():
            outer = inner.scope.parent.find(name) if inner.scope.parent is not None else None
            value = bound.value
            outside = outer is not None and isinstance(outer.value, Tensor)
            if outside and isinstance(value, Tensor) and value.slot.id in given:
                frame.scope.bind(name, given[value.slot.id], bound.span)
