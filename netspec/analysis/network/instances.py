"""A second use of a labelled stage: the same weights, so the same sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netspec.analysis import errors
from netspec.analysis.errors.labels import written
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.containers import Containers
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.operands import literal
from netspec.analysis.network.refusals import Written
from netspec.analysis.network.sameness import difference
from netspec.analysis.network.stages import Recipe, joined
from netspec.analysis.network.values import UNKNOWN, Instance, Scope, Unknown, Value
from netspec.catalog import Refusal
from netspec.program.graph import Graph, Invoke, Layer, Ref
from netspec.source import Span
from netspec.syntax import tree


class Instances(Containers):
    """Applies instances again."""

    def again(
        self,
        instance: Instance,
        stage: tree.Expr,
        flow: Value,
        frame: Frame,
        label: tree.Name | None,
    ) -> Value:
        """Apply a labelled stage once more."""
        name = written(instance.label.id)
        if label is not None:
            self.context.report(
                errors.label_on_label(label.span, label.id, name, instance.label.span)
            )
            return UNKNOWN
        if isinstance(stage, tree.Call):
            self.context.report(errors.arguments_twice(stage.span, name))
            return UNKNOWN
        if instance.graph is not frame.graph:
            self.context.report(errors.label_elsewhere(stage.span, name, instance.label.span))
            return UNKNOWN
        inputs = self.tensors(flow, stage.span)
        if inputs is None:
            return UNKNOWN
        module = instance.module
        recipe = self.recipes.get((instance.graph, instance.child))
        if recipe is None:
            self.context.report(errors.not_a_stage(stage.span, f"the loop `{name}`"))
            return UNKNOWN
        if isinstance(module, Graph):
            return self._graph_again(instance, module, recipe, stage, inputs, frame)
        assert isinstance(module, Layer)
        assert recipe.entry is not None
        assert recipe.bound is not None
        outcome = recipe.entry.apply(recipe.bound, [tensor.type for tensor in inputs])
        if isinstance(outcome, Refusal):
            self.refuse(outcome, Written(span=stage.span), inputs)
            return UNKNOWN
        arguments = tuple((key, literal(value)) for key, value in outcome.arguments.items())
        second = replace(module, arguments=arguments)
        if not self._same(module, second, name, stage.span, inputs[0].slot.span):
            return UNKNOWN
        instance.graph.counted = False
        operands = [instance.graph.ref(tensor) for tensor in inputs]
        results = instance.graph.invoke(instance.child, operands, outcome.outputs, stage.span)
        return joined(results)

    def _graph_again(
        self,
        instance: Instance,
        module: Graph,
        recipe: Recipe,
        stage: tree.Expr,
        inputs: Sequence[Tensor],
        frame: Frame,
    ) -> Value:
        """Expand the shared block once more in a scratch graph: it must come out the same."""
        scratch = GraphBuilder("", stage.span, frame.graph)
        trial = Frame(Scope(recipe.frame.scope), scratch)
        # It is the same block, so the limits count it once.
        counted = (self.context.layers, self.context.parameters)
        layers = [layer for _, layer in module.layers()]
        stored = [tensor for _, tensor in module.stored()]
        self.context.layers -= len(layers) + len(stored)
        self.context.parameters -= sum(layer.parameters for layer in layers)
        self.context.parameters -= sum(tensor.numbers for tensor in stored)
        value = self.apply(recipe.expression, joined(tuple(inputs)), trial, instance.label)
        self.context.layers, self.context.parameters = counted
        again = next((p.module for p in scratch.parts if p.label == instance.label.id), None)
        if isinstance(value, Unknown) or not isinstance(again, Graph):
            return UNKNOWN
        name = written(instance.label.id)
        if not self._same_layers(module, again, name, stage.span, inputs[0].slot.span):
            return UNKNOWN
        step = scratch.steps[-1]
        assert isinstance(step, Invoke)
        results = self.tensors(value, stage.span) or ()
        if len(step.results) != len(results):
            self.context.report(errors.shared_rebinds(stage.span, name, module.span))
            return UNKNOWN
        if len(again.inputs) != len(module.inputs):
            self.context.report(errors.shared_sees_otherwise(stage.span, name, module.span))
            return UNKNOWN
        place = difference(module, again)
        if place is not None:
            self.context.report(errors.shared_comes_out_otherwise(stage.span, name, place))
            return UNKNOWN
        # What the scratch use took, in its order: the flow and what the body captures.
        outer = dict(zip((slot.id for slot in scratch.inputs), scratch.captured(), strict=True))
        operands = [
            instance.graph.ref(outer[operand.id]) if isinstance(operand, Ref) else operand
            for operand in step.operands
        ]
        types = [tensor.type for tensor in results]
        instance.graph.counted = False
        return joined(instance.graph.invoke(instance.child, operands, types, stage.span))

    def same_module(
        self, first: Graph, second: Graph, name: str, span: Span, producer: Span
    ) -> bool:
        """Whether a second use, at `span`, of what is called `name` comes out the same.

        If not, a report. `producer` is where what flows in was made.
        """
        if not self._same_layers(first, second, name, span, producer):
            return False
        place = difference(first, second)
        if place is not None:
            self.context.report(errors.shared_comes_out_otherwise(span, name, place))
        return place is None

    def _same_layers(
        self, first: Graph, second: Graph, name: str, span: Span, producer: Span
    ) -> bool:
        """Whether the layers of two uses have the same arguments; if not, a report."""
        for (key, one), (known, other) in zip(first.layers(), second.layers(), strict=False):
            if key != known or one.target != other.target:
                break
            if not self._same(one, other, f"{name}.{key}", span, producer):
                return False
        return True

    def _same(self, first: Layer, second: Layer, name: str, span: Span, producer: Span) -> bool:
        """Whether two uses of a layer want the same arguments; if not, a report."""
        for (key, one), (_, other) in zip(first.arguments, second.arguments, strict=True):
            if one != other:
                self.context.report(
                    errors.shared_differs(
                        span, name, key, str(one), str(other), first.span, producer
                    )
                )
                return False
        return True
