"""Models that `train` applies by their names: each is made for its first use and shared by all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.builder import Tensor
from netspec.analysis.network.models import analyse_model
from netspec.analysis.network.namespaces import block_of, called
from netspec.analysis.network.values import Block, Scope
from netspec.program.graph import Model
from netspec.program.state import parameters
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import TensorType

Types = tuple[TensorType, ...]


@dataclass(slots=True, eq=False)
class AppliedModels:
    """The models that `train` applies; `made` holds those that were applied so far.

    A model takes the types of its inputs from what flows in, held against what it declares. What
    flows in later may have other sizes, as long as the same weights and steps come out.
    """

    bodies: Bodies
    blocks: Sequence[Block]
    made: dict[str, Model] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    # Losses that refused what a model gives, with the place where it is made.
    refused: set[tuple[str, str, Span]] = field(default_factory=set)
    _uses: dict[tuple[str, Types], Types | None] = field(default_factory=dict)

    def known(self, block: Block) -> Block | None:
        """The model that a block is, by the name it goes by here; None if it is none of them."""
        return next((m for m in self.blocks if m.definition is block.definition), None)

    def called(self, expression: tree.Expr, scope: Scope) -> str:
        """The name that a model goes by here, by whichever of its names it is called."""
        block = block_of(expression, scope)
        known = self.known(block) if block is not None else None
        return called(expression) if known is None else known.name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the models, in the order of the text."""
        return tuple(block.name for block in self.blocks)

    @property
    def models(self) -> tuple[Model, ...]:
        """The models that were made, in the order of the text."""
        return tuple(self.made[name] for name in self.names if name in self.made)

    def outputs(self, block: Block, use: Span, inputs: Sequence[Tensor]) -> Types | None:
        """The types of what the model gives for these inputs; None with a report."""
        key = (block.name, tuple(tensor.type for tensor in inputs))
        if key not in self._uses:
            self._uses[key] = self._applied(block, use, inputs)
        return self._uses[key]

    def _applied(self, block: Block, use: Span, inputs: Sequence[Tensor]) -> Types | None:
        if block.name in self.failed or not self.bodies.takes(block, use, inputs):
            self.failed.add(block.name)
            return None
        declared = self.bodies.declared_inputs(block.definition)
        names = [statement.name.id for statement in declared] or ["x"]
        flow = dict(zip(names, ((t.type, t.slot.span) for t in inputs), strict=True))
        context, first = self.bodies.context, self.made.get(block.name)
        counted = (context.layers, context.parameters)
        if first is not None:  # it is the same model, so the limits count it once
            context.layers -= sum(1 for _ in (*first.graph.layers(), *first.graph.stored()))
            context.parameters -= parameters(first.graph)
        context.applied, errors = (block.name, use), context.sink.errors
        model = analyse_model(block, flow.get, (), self.bodies)
        context.applied = None
        # With a mistake in it, what it gives is not what was meant: an `output` may be missing.
        if model is None or context.sink.errors > errors:
            self.failed.add(block.name)
            return None
        if first is None:
            self.made[block.name] = model
            return model.graph.output_types
        context.layers, context.parameters = counted
        origin = inputs[0].slot.span
        if not self.bodies.same_module(first.graph, model.graph, block.name, use, origin):
            return None
        return model.graph.output_types
