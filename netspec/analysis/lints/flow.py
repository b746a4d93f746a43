"""A model's values and what is applied to them, nested modules opened up: what rules look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from netspec.program.graph import (
    Compute,
    Graph,
    Invoke,
    Layer,
    Model,
    Module,
    Operand,
    Read,
    Ref,
    Scan,
    SliceOperand,
    Slot,
    Step,
    Stored,
)
from netspec.program.graph import Sequence as OperandSequence
from netspec.program.train import Phase
from netspec.source import Span
from netspec.types import TensorType

# What stands before the keys of a loss's own layers, its criteria.
LOSS = "loss:"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Applied:
    """One application of a layer, or of the function or operator that `what` names.

    Values are numbers. `key` is the layer's full `state_dict` key, empty for a function; a layer
    used twice has two applications with one key. A tensor that is read, of a layer or stored by
    itself, is applied to nothing: it has the key of what it belongs to, and its own name.
    """

    what: Layer | str
    key: str
    span: Span
    operands: tuple[int, ...]
    results: tuple[int, ...]
    # Whether it has parameters, or is one.
    learns: bool = False

    @property
    def layer(self) -> Layer | None:
        """The layer, if it is one."""
        return self.what if isinstance(self.what, Layer) else None

    @property
    def name(self) -> str:
        """The name of the layer or function."""
        return self.what.name if isinstance(self.what, Layer) else self.what


@dataclass(frozen=True, kw_only=True, eq=False)
class Flow:
    """Everything that is computed, in order; `types` by value."""

    applied: tuple[Applied, ...]
    types: Mapping[int, TensorType]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @cached_property
    def _makers(self) -> Mapping[int, Applied]:
        return {value: step for step in self.applied for value in step.results}

    @cached_property
    def _users(self) -> Mapping[int, list[Applied]]:
        users: dict[int, list[Applied]] = {}
        for step in self.applied:
            for value in dict.fromkeys(step.operands):
                users.setdefault(value, []).append(step)
        return users

    @cached_property
    def _times(self) -> Mapping[str, int]:
        times: dict[str, int] = {}
        for step in self.applied:
            times[step.key] = times.get(step.key, 0) + 1
        return times

    def maker(self, value: int) -> Applied | None:
        """What made a value; None for an input."""
        return self._makers.get(value)

    def only_user(self, step: Applied) -> Applied | None:
        """What takes the one result of `step`; None unless that is all that becomes of it."""
        if len(step.results) != 1 or step.results[0] in self.outputs:
            return None
        users = self._users.get(step.results[0], [])
        return users[0] if len(users) == 1 else None

    def layers(self, *names: str) -> Iterator[Applied]:
        """The applications of layers of these names that are used once, in order."""
        for step in self.applied:
            if step.key and step.name in names and self._times[step.key] == 1:
                yield step


def flow_of(model: Model) -> Flow:
    """The flow of a model alone."""
    return _Opened().whole(model, None)


def training_flow(network: Model, phase: Phase, *, held: bool) -> Flow:
    """The flow into a loss, through the models; the outputs are the loss and its terms.

    `held` says that a layer's key begins with its model's name.
    """
    opened = _Opened(held=held)
    return opened.applying(phase) if phase.applied else opened.whole(network, phase)


@dataclass(slots=True)
class _Opened:
    """Opens modules: numbers their values afresh at each use."""

    types: list[TensorType] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    held: bool = False

    def applying(self, phase: Phase) -> Flow:
        """The flow of a loss that applies models."""
        inputs = [self._value(slot.type) for slot in phase.loss.inputs]
        return self._flow(inputs, self._open(phase.loss, inputs, LOSS))

    def whole(self, model: Model, phase: Phase | None) -> Flow:
        """The flow of a model, and of a loss over its outputs."""
        inputs = [self._value(slot.type) for slot in model.graph.inputs]
        outputs = self._open(model.graph, inputs, "")
        if phase is not None:
            given = dict(zip(model.output_names or ("output",), outputs, strict=False))
            fed = []
            for slot in phase.loss.inputs:
                known = given.get(slot.name or "output")
                fed.append(self._value(slot.type) if known is None else known)
            outputs = self._open(phase.loss, fed, LOSS)
        return self._flow(inputs, outputs)

    def _flow(self, inputs: Sequence[int], outputs: Sequence[int]) -> Flow:
        return Flow(
            applied=tuple(self.applied),
            types=dict(enumerate(self.types)),
            inputs=tuple(inputs),
            outputs=tuple(outputs),
        )

    def _value(self, type: TensorType) -> int:
        self.types.append(type)
        return len(self.types) - 1

    def _open(self, graph: Graph, given: Sequence[int], prefix: str) -> list[int]:
        """The outputs of a graph whose inputs are the values `given`."""
        values = {slot.id: value for slot, value in zip(graph.inputs, given, strict=True)}
        modules = {child.key: child.module for child in graph.children}
        self._run(graph.steps, values, modules, prefix)
        return [values[ref.id] for ref in graph.outputs]

    def _run(
        self,
        steps: Sequence[Step],
        values: dict[int, int],
        modules: Mapping[str, Module],
        prefix: str,
    ) -> None:
        """Apply steps to `values`, numbers by the slots they stand in."""
        for step in steps:
            if isinstance(step, Scan):
                self._scan(step, values, modules, prefix)
                continue
            operands = [values[used] for operand in _operands(step) for used in _ids(operand)]
            module = modules[step.child] if isinstance(step, Invoke) else None
            if isinstance(step, Invoke) and isinstance(module, Graph):
                inner = f"{prefix}{step.child}."
                if prefix == LOSS:
                    inner = f"{step.child}." if self.held else ""
                results = self._open(module, operands, inner)
            else:
                results = [self._value(slot.type) for slot in step.results]
                what, key, learns = _applied(step, modules, prefix)
                self.applied.append(
                    Applied(
                        what=what,
                        key=key,
                        span=step.span,
                        operands=tuple(operands),
                        results=tuple(results),
                        learns=learns,
                    )
                )
            values.update((s.id, v) for s, v in zip(step.results, results, strict=True))

    def _scan(
        self,
        scan: Scan,
        values: dict[int, int],
        modules: Mapping[str, Module],
        prefix: str,
    ) -> None:
        """One step stands for all; everything it gives or hands on is in the results."""
        begun = [piece.sequence.id for piece in scan.pieces]
        begun += [carry.initial.id for carry in scan.carries]
        for slot, given in zip(scan.begins, begun, strict=True):
            self._through("scan", scan.span, [values[given]], (slot,), values)
        self._run(scan.steps, values, modules, prefix)
        ends = [*scan.outputs, *(carry.update for carry in scan.carries)]
        through = [values[ref.id] for ref in ends]
        self._through("scan", scan.span, through, scan.results, values)

    def _through(
        self,
        what: str,
        span: Span,
        operands: Sequence[int],
        slots: Sequence[Slot],
        values: dict[int, int],
    ) -> None:
        results = [self._value(slot.type) for slot in slots]
        values.update((slot.id, v) for slot, v in zip(slots, results, strict=True))
        self.applied.append(
            Applied(what=what, key="", span=span, operands=tuple(operands), results=tuple(results))
        )


def _applied(
    step: Invoke | Compute | Read, modules: Mapping[str, Module], prefix: str
) -> tuple[Layer | str, str, bool]:
    """What a step applies, the key of what it belongs to, and whether that has parameters."""
    match step:
        case Invoke():
            layer = modules[step.child]
            assert isinstance(layer, Layer)
            return layer, prefix + step.child, layer.parameters > 0
        case Compute():
            return step.name, "", False
        case Read():
            return _owner(step, modules, prefix)


def _owner(step: Read, modules: Mapping[str, Module], prefix: str) -> tuple[str, str, bool]:
    """The name of a tensor that is read, and the key of the layer it belongs to, or its own."""
    module, keys, path = modules[step.child], [step.child], list(step.path)
    while isinstance(module, Graph):
        keys.append(path.pop(0))
        module = module.child(keys[-1])
    learns = module.weight.learned if isinstance(module, Stored) else module.parameters > 0
    return ".".join((*keys, *path)), prefix + ".".join(keys), learns


def _operands(step: Invoke | Compute | Read) -> Iterator[Operand]:
    yield from step.operands
    if isinstance(step, Compute):
        yield from (value for _, value in step.keywords)


def _ids(operand: Operand) -> Iterator[int]:
    match operand:
        case Ref():
            yield operand.id
        case OperandSequence():
            for item in operand.items:
                yield from _ids(item)
        case SliceOperand():
            for part in (operand.lower, operand.upper, operand.step):
                yield from _ids(part)
        case _:
            return
