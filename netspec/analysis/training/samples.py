"""`samples = randn(64, 20) -> Decoder`: the pictures that a run draws from what it has learned."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from netspec.analysis.errors import samples as errors
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.builder import Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.values import UNKNOWN, Block, Scope, Unknown, Value, describe
from netspec.analysis.training.applied import AppliedModels
from netspec.analysis.training.loss_values import Losses
from netspec.analysis.training.ranges import known_range
from netspec.analysis.training.terms import Term
from netspec.program.data import DataPlan
from netspec.program.graph import Graph, Model
from netspec.program.operands import refs
from netspec.program.train import Sheet
from netspec.syntax import tree

CHANNELS = (1, 3)
# A sheet of so many numbers is as large as any screen can show.
MOST_NUMBERS = 2**24


class Samples(Losses):
    """Evaluates `samples`, as a loss is evaluated: it applies the models that are trained."""

    def block(
        self, block: Block, stage: tree.Expr, flow: Value, frame: Frame, label: tree.Name | None
    ) -> Value:
        """Apply a model; one that no loss trains has nothing to show."""
        is_model = block.definition.keyword == "model"
        if is_model and self.models.known(block) is None:
            names = self.models.names
            self.context.report(errors.samples_of_nothing(stage.span, names, block.name))
            return UNKNOWN
        return super().block(block, stage, flow, frame, label)


def analyse_samples(
    binding: tree.Bind,
    terms: Sequence[Term],
    model: Model | None,
    applied: AppliedModels,
    data: DataPlan,
    bodies: Bodies,
    scope: Scope,
) -> Sheet | None:
    """The sheet that `samples = ...` asks for; None with a report. `terms` are names it may use.

    What is trained are the models of `applied`, or else `model`, by its name.
    """
    expression = binding.values[0]
    samples = Samples(bodies, None, _trained(model, applied, scope), data, scope, binding.span)
    for term in terms:
        samples.bind(term.statement)
    value = samples.evaluate(expression, samples.frame)
    if isinstance(value, Unknown) or bodies.context.sink.failed:
        return None
    report = bodies.context.report
    if not isinstance(value, Tensor):
        report(errors.not_images(expression.span, describe(value)))
        return None
    graph = samples.graph.finish((value,))
    used = {ref for step in graph.steps for ref in refs(step)} | {ref.id for ref in graph.outputs}
    for slot in (slot for slot in graph.inputs if slot.id in used):
        report(errors.samples_of_fields(expression.span, slot.name or "", slot.span))
        return None
    if not any(isinstance(child.module, Graph) for child in graph.children):
        report(errors.samples_of_nothing(expression.span, samples.models.names))
        return None
    sizes = [dim.value for dim in value.type.shape]
    known = [size for size in sizes if size is not None]
    images = len(sizes) == 3 or (len(sizes) == 4 and sizes[1] in CHANNELS)
    if not images or len(known) < len(sizes) or 0 in known or not value.type.kind.is_float:
        report(errors.not_images(expression.span, str(value.type)))
        return None
    if prod(known) > MOST_NUMBERS:
        report(errors.too_many(expression.span, prod(known), MOST_NUMBERS))
        return None
    limits = known_range(graph, graph.outputs[0])
    if limits is None or limits[0] >= limits[1]:
        report(errors.no_known_range(expression.span, str(value.type), limits))
        return None
    return Sheet(span=binding.span, graph=graph, low=limits[0], high=limits[1])


def _trained(model: Model | None, applied: AppliedModels, scope: Scope) -> AppliedModels:
    """The models that may be applied, each with the weights that it is trained with."""
    if model is None or not model.name:
        return applied
    bound = scope.find(model.name)
    if bound is None or not isinstance(bound.value, Block):
        return applied
    return AppliedModels(applied.bodies, (bound.value,), made={model.name: model})
