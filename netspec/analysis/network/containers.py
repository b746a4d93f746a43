"""Labelled containers: modules of their own that see the names around them."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.analysis.network.blocks import Blocks
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.stages import Recipe, forget, joined, rebind
from netspec.analysis.network.values import UNKNOWN, Indexed, Scope, Value
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
            forget(inner.scope, frame.scope)
            return UNKNOWN
        exports = _exports(builder, inner.scope, outputs)
        everything = (*outputs, *exports)
        self.check_used(builder, everything)
        graph = self.finish(builder, everything)
        child = self.add(graph, frame, label)
        if child is None:
            forget(inner.scope, frame.scope)
            return UNKNOWN
        if stage is not None:
            self.remember(frame, child, label, Recipe(None, None, stage, frame))
        elif not label.id.isdecimal():
            self.bind_label(frame, child, label)
        operands = [frame.graph.ref(tensor) for tensor in builder.captured()]
        results = frame.graph.invoke(child, operands, graph.output_types, builder.span)
        given = {t.slot.id: result for t, result in zip(everything, results, strict=True)}
        rebind(inner.scope, given, frame.scope)
        return joined(results[: len(outputs)])


def _exports(builder: GraphBuilder, inner: Scope, outputs: Sequence[Tensor]) -> list[Tensor]:
    """What names of outside were rebound to in a container and is not among its outputs."""
    known = {tensor.slot.id for tensor in outputs}
    found: list[Tensor] = []
    for _, bound in inner.rebound():
        value = bound.value
        for tensor in value.items.values() if isinstance(value, Indexed) else (value,):
            made_here = isinstance(tensor, Tensor) and tensor.graph is builder
            if made_here and isinstance(tensor, Tensor) and tensor.slot.id not in known:
                known.add(tensor.slot.id)
                found.append(tensor)
    return found
