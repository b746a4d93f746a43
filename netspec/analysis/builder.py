"""Builds one `Graph`: children with keys, steps, values captured from the graph around it.

Keys follow the text alone (language reference, "Names of weights"): a label is a key; a body of
unlabelled stages only counts its stages; elsewhere an unlabelled stage is its class in snake case
and its ordinal.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from netspec.analysis.values import Tensor
from netspec.program.graph import (
    Child,
    Compute,
    Graph,
    Invoke,
    Layer,
    Literal,
    Operand,
    Ref,
    Slot,
    Step,
)
from netspec.program.graph import Sequence as OperandSequence
from netspec.source import Span
from netspec.types import TensorType

_ids = itertools.count()


def fresh_slot(type: TensorType, span: Span, name: str | None = None) -> Slot:
    """A slot with an id of its own."""
    return Slot(id=next(_ids), type=type, span=span, name=name)


@dataclass(slots=True, eq=False)
class _Part:
    """A child before keys are given."""

    module: Layer | Graph
    label: str | None


@dataclass(slots=True, eq=False)
class GraphBuilder:
    """A graph under construction; `parent` is the graph whose values it may capture."""

    name: str
    span: Span
    parent: GraphBuilder | None = None
    arguments: tuple[tuple[str, Literal], ...] = ()
    # False once the body holds anything but a chain of unlabelled stages.
    counted: bool = True
    inputs: list[Slot] = field(default_factory=list)
    parts: list[_Part] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    _captured: dict[int, tuple[Tensor, Slot]] = field(default_factory=dict)

    def input(self, type: TensorType, span: Span, name: str) -> Tensor:
        """Add an input."""
        slot = fresh_slot(type, span, name)
        self.inputs.append(slot)
        return Tensor(self, slot)

    def ref(self, tensor: Tensor) -> Ref:
        """Refer to `tensor` from this graph, capturing it as an input when it is an outer one."""
        if tensor.graph is self:
            return Ref(tensor.slot.id)
        known = self._captured.get(tensor.slot.id)
        if known is None:
            slot = fresh_slot(tensor.type, tensor.slot.span, tensor.slot.name)
            self.inputs.append(slot)
            known = self._captured[tensor.slot.id] = (tensor, slot)
        return Ref(known[1].id)

    def captured(self) -> tuple[Tensor, ...]:
        """The outer values that are inputs here, in the order of the inputs."""
        return tuple(tensor for tensor, _ in self._captured.values())

    def add(self, module: Layer | Graph, label: str | None) -> int:
        """Add a child; its number is what `invoke` takes."""
        if label is not None:
            self.counted = False
            self.labels.add(label)
        self.parts.append(_Part(module, label))
        return len(self.parts) - 1

    def invoke(
        self,
        child: int,
        operands: Sequence[Operand],
        types: Sequence[TensorType],
        span: Span,
    ) -> tuple[Tensor, ...]:
        """Apply a child; its key is filled in when the graph is finished."""
        slots = tuple(fresh_slot(given, span) for given in types)
        self.steps.append(
            Invoke(span=span, child=str(child), operands=tuple(operands), results=slots)
        )
        return tuple(Tensor(self, slot) for slot in slots)

    def compute(
        self,
        function: str,
        operands: Sequence[Operand],
        types: Sequence[TensorType],
        span: Span,
        keywords: Sequence[tuple[str, Operand]] = (),
    ) -> tuple[Tensor, ...]:
        """Apply a function or an operator."""
        self.counted = False
        slots = tuple(fresh_slot(given, span) for given in types)
        self.steps.append(
            Compute(
                span=span,
                function=function,
                operands=tuple(operands),
                keywords=tuple(keywords),
                results=slots,
            )
        )
        return tuple(Tensor(self, slot) for slot in slots)

    def rename(self, tensor: Tensor, name: str) -> Tensor:
        """Give the value the name that the text binds it to, if it has none yet."""
        if tensor.graph is not self or tensor.slot.name is not None or not self.steps:
            return tensor
        named = replace(tensor.slot, name=name)
        for at in range(len(self.steps) - 1, -1, -1):
            step = self.steps[at]
            if any(slot.id == named.id for slot in step.results):
                results = tuple(named if slot.id == named.id else slot for slot in step.results)
                self.steps[at] = replace(step, results=results)
                return Tensor(self, named)
        return tensor

    def finish(self, outputs: Sequence[Tensor]) -> Graph:
        """The graph, with keys given."""
        refs = tuple(self.ref(tensor) for tensor in outputs)
        keys = self._keys()
        steps = tuple(
            replace(step, child=keys[int(step.child)]) if isinstance(step, Invoke) else step
            for step in self.steps
        )
        return Graph(
            span=self.span,
            name=self.name,
            arguments=self.arguments,
            children=tuple(
                Child(key=key, module=part.module, labelled=part.label is not None)
                for key, part in zip(keys, self.parts, strict=True)
            ),
            inputs=tuple(self.inputs),
            steps=steps,
            outputs=refs,
            sequential=_is_chain(self.inputs, steps, refs),
        )

    def dead_steps(self, outputs: Sequence[Tensor]) -> tuple[Step, ...]:
        """Steps that no output hangs on."""
        alive = {self.ref(tensor).id for tensor in outputs}
        dead: list[Step] = []
        for step in reversed(self.steps):
            if any(slot.id in alive for slot in step.results):
                keywords = step.keywords if isinstance(step, Compute) else ()
                for operand in (*step.operands, *(value for _, value in keywords)):
                    alive |= _ids_in(operand)
            else:
                dead.append(step)
        return tuple(reversed(dead))

    def _keys(self) -> list[str]:
        if self.counted:
            return [str(number) for number in range(len(self.parts))]
        ordinals: dict[str, int] = {}
        keys: list[str] = []
        for part in self.parts:
            if part.label is not None:
                keys.append(part.label)
                continue
            stem = snake_case(part.module.name or "stage")
            while f"{stem}_{ordinals.get(stem, 0)}" in self.labels:
                ordinals[stem] = ordinals.get(stem, 0) + 1
            keys.append(f"{stem}_{ordinals.get(stem, 0)}")
            ordinals[stem] = ordinals.get(stem, 0) + 1
        return keys


def snake_case(name: str) -> str:
    """`BatchNorm2d` as `batch_norm2d`, `ReLU` as `relu`, `LSTM` as `lstm`."""
    name = re.sub(r"[PR]?ReLU|SiLU", lambda found: found[0].capitalize(), name)
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", parted).lower()


def _is_chain(
    inputs: Sequence[Slot], steps: Sequence[Invoke | Compute], outputs: Sequence[Ref]
) -> bool:
    if len(inputs) != 1 or len(outputs) != 1:
        return False
    current = inputs[0].id
    seen: set[str] = set()
    for step in steps:
        if not isinstance(step, Invoke) or step.child in seen:
            return False
        if step.operands != (Ref(current),) or len(step.results) != 1:
            return False
        seen.add(step.child)
        current = step.results[0].id
    return outputs[0].id == current


def _ids_in(operand: Operand) -> set[int]:
    match operand:
        case Ref():
            return {operand.id}
        case OperandSequence():
            return {found for item in operand.items for found in _ids_in(item)}
        case _:
            return set()
