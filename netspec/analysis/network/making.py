"""The graph that makes a parameter or buffer: it takes in what made the constants it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.catalog.rules import DRAWN
from netspec.program.graph import Compute, Graph, Read, Ref, Step, Stored
from netspec.program.operands import refs
from netspec.source import Span

LATE = "is computed only then"


@dataclass(slots=True, eq=False)
class Making(GraphBuilder):
    """A graph without inputs, made of constants, of names bound to such, and of buffers of `home`.

    The steps that made a named constant are taken in as they are. What else is named is captured,
    as in any graph.
    """

    home: GraphBuilder | None = None
    _buffers: list[Read] = field(default_factory=list)
    _known: set[int] = field(default_factory=set)

    def ref(self, tensor: Tensor) -> Ref:
        """Refer to `tensor`, and take in what made it."""
        if tensor.graph is not self and tensor.slot.id not in self._known:
            made = [step for _, step in self._behind(tensor)]
            if any(self.late(step, tensor.graph) for step in made):
                # A class with slots is made twice, and a bare `super` knows the first alone.
                return super(Making, self).ref(tensor)
            self._take_in(made, tensor.graph)
            tensor.graph.stored_of.add(tensor.slot.id)
        return Ref(tensor.slot.id)

    def finish(self, outputs: Sequence[Tensor]) -> Graph:
        """The graph; what it reads stands before all else."""
        graph = super(Making, self).finish(outputs)
        return replace(graph, steps=(*self._buffers, *graph.steps))

    def why_late(self, tensor: Tensor) -> str:
        """Why a captured value cannot be a constant, as what follows its name."""
        outer = tensor.graph.captures
        for slot_id, step in self._behind(tensor):
            reason = self.late(step, tensor.graph)
            if reason is not None:
                return "is made of what another body computes" if slot_id in outer else reason
        return LATE

    def origin(self, tensor: Tensor) -> tuple[str | None, Span]:
        """What a captured value is called, and where it, or the part it is read of, is made."""
        for step in tensor.graph.made:
            if isinstance(step, Read) and step.results[0].id == tensor.slot.id:
                part = tensor.graph.parts[int(step.child)]
                return ".".join((part.label or "", *step.path)), part.module.span
        return tensor.slot.name, tensor.slot.span

    def late(self, step: Step | None, around: GraphBuilder) -> str | None:
        """Why what a step of `around` gives is not known beforehand; None if it is."""
        match step:
            case Compute():
                return "is drawn anew each time" if step.function in DRAWN else None
            case Read(path=path):
                module = around.parts[int(step.child)].module
                if path or not isinstance(module, Stored) or module.name != "Buffer":
                    return "changes while the model is trained"
                return None if around is self.home else "belongs to another body"
            case _:
                return LATE

    def _behind(self, tensor: Tensor) -> Iterator[tuple[int, Step | None]]:
        """The values that a value is made of, itself first, each with the step that gives it."""
        makers = {slot.id: step for step in tensor.graph.made for slot in step.results}
        seen: set[int] = set()
        waiting = [tensor.slot.id]
        while waiting:
            slot_id = waiting.pop()
            step = makers.get(slot_id)
            if slot_id in seen:
                continue
            seen.add(slot_id)
            yield slot_id, step
            waiting.extend(refs(step) if step is not None else ())

    def _take_in(self, made: Sequence[Step | None], around: GraphBuilder) -> None:
        """Add steps of `around` that are not here yet, in their order there."""
        wanted = {id(step) for step in made}
        for step in around.made:
            ids = {slot.id for slot in step.results}
            if id(step) not in wanted or not ids.isdisjoint(self._known):
                continue
            self._known |= ids
            if isinstance(step, Read):
                label = around.parts[int(step.child)].label or ""
                self._buffers.append(replace(step, child=label))
            else:
                self.steps.append(step)
