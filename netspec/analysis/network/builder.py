"""Builds one `Graph`: children with keys, steps, values captured from the graph around it.

Keys follow the text alone (language reference, "Names of weights"): a label is a key; a body of
unlabelled stages only counts its stages; elsewhere an unlabelled stage is its class in snake case
and its ordinal.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from netspec.analysis.network.steps import dead, is_chain, with_keys
from netspec.program.externs import Extern
from netspec.program.graph import (
    Carry,
    Child,
    Compute,
    Filling,
    Freezing,
    Graph,
    Invoke,
    Layer,
    Literal,
    Module,
    Operand,
    Piece,
    Read,
    Ref,
    Scan,
    Slot,
    Step,
    Stored,
    Tie,
)
from netspec.program.operands import dims, own_slots, refs
from netspec.source import Span
from netspec.types import Dim, TensorType
from netspec.types.measures import is_told

_ids = itertools.count()


def fresh_slot(type: TensorType, span: Span, name: str | None = None) -> Slot:
    """A slot with an id of its own."""
    return Slot(id=next(_ids), type=type, span=span, name=name)


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A value of the network, in the graph it was computed in."""

    graph: GraphBuilder
    slot: Slot

    @property
    def type(self) -> TensorType:
        """Its kind and shape."""
        return self.slot.type

    @property
    def learns(self) -> bool:
        """Whether it hangs on what is learned, so that a gradient flows back through it."""
        return self.slot.id in self.graph.learned


@dataclass(slots=True, eq=False)
class _Part:
    """A child before keys are given."""

    module: Module
    label: str | None

    @property
    def family(self) -> str:
        """The label without its index, `fc` of `fc.0`; empty without one."""
        name, _, number = (self.label or "").partition(".")
        return name if number else ""

    @property
    def number(self) -> int:
        """The index of the label."""
        return int((self.label or "").partition(".")[2])

    @property
    def learns(self) -> bool:
        """Whether any of its weights is learned."""
        match self.module:
            case Layer():
                return any(weight.learned for weight in self.module.weights)
            case Stored():
                return self.module.weight.learned
            case Graph():
                return any(weight.learned for _, weight in self.module.weights())


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
    # Labels, families of those with an index included, with where they stand first.
    labels: dict[str, Span] = field(default_factory=dict)
    # Those that have an index.
    lists: set[str] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    # Slots of floats that hang on what is learned.
    learned: set[int] = field(default_factory=set)
    _captured: dict[int, tuple[Tensor, Slot]] = field(default_factory=dict)
    # What is done once the parts are made.
    ties: list[Tie] = field(default_factory=list)
    fillings: list[Filling] = field(default_factory=list)
    frozen: list[Freezing] = field(default_factory=list)
    # Labels that a `tie` names.
    named: set[str] = field(default_factory=set)
    # Values that parameters and buffers are made of.
    stored_of: set[int] = field(default_factory=set)
    # Tensors of children, which stand before all other steps; each is read once.
    _read: dict[tuple[int, tuple[str, ...]], Tensor] = field(default_factory=dict)
    _reads: list[Step] = field(default_factory=list)

    def input(self, type: TensorType, span: Span, name: str, *, learns: bool = False) -> Tensor:
        """Add an input."""
        slot = fresh_slot(type, span, name)
        self.inputs.append(slot)
        self._teach((slot,), learns=learns)
        return Tensor(self, slot)

    def _teach(self, slots: Sequence[Slot], *, learns: bool) -> None:
        if learns:
            self.learned.update(slot.id for slot in slots if slot.type.kind.is_float)

    def _is_learned_in(self, scan: Scan) -> bool:
        """Whether what a scan gives is learned: its states are, once a step makes them so."""
        own = {slot.id for slot in own_slots(scan)}
        learned = {piece.slot.id for piece in scan.pieces if piece.sequence.id in self.learned}
        learned.update(carry.slot.id for carry in scan.carries if carry.initial.id in self.learned)

        def learns(ref: int) -> bool:
            return ref in (learned if ref in own else self.learned)

        for step in scan.steps:
            match step:
                case Invoke(child=child) if self.parts[int(child)].learns:
                    taught = True
                case Compute(function="detach"):
                    taught = False
                case _:
                    taught = any(learns(ref) for ref in refs(step))
            if taught:
                learned.update(slot.id for slot in step.results if slot.type.kind.is_float)
        given = (*scan.outputs, *(carry.update for carry in scan.carries))
        return any(learns(ref.id) for ref in given)

    def _hangs_on_learned(self, step: Step) -> bool:
        return not self.learned.isdisjoint(refs(step))

    def ref(self, tensor: Tensor) -> Ref:
        """Refer to `tensor` from this graph, capturing it as an input when it is an outer one."""
        if tensor.graph is self:
            return Ref(tensor.slot.id)
        known = self._captured.get(tensor.slot.id)
        if known is None:
            slot = fresh_slot(tensor.type, tensor.slot.span, tensor.slot.name)
            self.inputs.append(slot)
            self._teach((slot,), learns=tensor.learns)
            known = self._captured[tensor.slot.id] = (tensor, slot)
        return Ref(known[1].id)

    def captured(self) -> tuple[Tensor, ...]:
        """The outer values that are inputs here, in the order of the inputs."""
        return tuple(tensor for tensor, _ in self._captured.values())

    @property
    def captures(self) -> set[int]:
        """The inputs that are outer values."""
        return {slot.id for _, slot in self._captured.values()}

    def add(self, module: Module, label: str | None, at: Span | None = None) -> int:
        """Add a child; its number is what `invoke` takes."""
        part = _Part(module, label)
        if label is not None:
            self.counted = False
            self.labels[label] = at or module.span
            if part.family:
                self.labels.setdefault(part.family, at or module.span)
                self.lists.add(part.family)
        self.parts.append(part)
        return len(self.parts) - 1

    def labelled_at(self, label: str) -> Span | None:
        """Where a label stands that leaves no room for this one."""
        family, _, number = label.partition(".")
        if not number or label in self.labels:
            return self.labels.get(label)
        return None if family in self.lists else self.labels.get(family)

    def families(self) -> dict[str, list[int]]:
        """The parts whose labels have an index, by label, in the order of their indices."""
        found: dict[str, list[int]] = {}
        for at, part in enumerate(self.parts):
            if part.family:
                found.setdefault(part.family, []).append(at)
        return {f: sorted(ats, key=lambda at: self.parts[at].number) for f, ats in found.items()}

    def _in_order(self) -> list[int]:
        """The parts as the module has them: a family is one list, made where its first stands."""
        families = self.families()
        order: list[int] = []
        for at, part in enumerate(self.parts):
            order += families.pop(part.family, []) if part.family else [at]
        return order

    def invoke(
        self,
        child: int,
        operands: Sequence[Operand],
        types: Sequence[TensorType],
        span: Span,
        places: Sequence[Span] | None = None,
    ) -> tuple[Tensor, ...]:
        """Apply a child; its key is filled in when the graph is finished.

        The results are said to come from `places`, else from `span`, where the child is applied.
        """
        at = places or [span] * len(types)
        slots = tuple(fresh_slot(given, place) for given, place in zip(types, at, strict=True))
        step = Invoke(span=span, child=str(child), operands=tuple(operands), results=slots)
        self.steps.append(step)
        self._teach(slots, learns=self.parts[child].learns or self._hangs_on_learned(step))
        return tuple(Tensor(self, slot) for slot in slots)

    def read(
        self, child: int, path: tuple[str, ...], type: TensorType, span: Span, name: str
    ) -> Tensor:
        """A tensor of a child, the same value each time; its key is filled in as in `invoke`."""
        known = self._read.get((child, path))
        if known is None:
            self.counted = False
            slot = fresh_slot(type, span, name)
            self._reads.append(Read(span=span, child=str(child), path=path, results=(slot,)))
            self._teach((slot,), learns=self.parts[child].learns)
            known = self._read[child, path] = Tensor(self, slot)
        return known

    @property
    def read_from(self) -> set[int]:
        """The children of which a tensor was read."""
        return {child for child, _ in self._read}

    @property
    def made(self) -> tuple[Step, ...]:
        """Every step so far, what is read of children first."""
        return (*self._reads, *self.steps)

    @property
    def settles(self) -> bool:
        """Whether anything is done once the parts are made."""
        return bool(self.ties or self.fillings or self.frozen)

    def compute(
        self,
        function: str,
        operands: Sequence[Operand],
        types: Sequence[TensorType],
        span: Span,
        keywords: Sequence[tuple[str, Operand]] = (),
        extern: Extern | None = None,
    ) -> tuple[Tensor, ...]:
        """Apply a function or an operator; `extern` is the declaration of a user's function."""
        self.counted = False
        slots = tuple(fresh_slot(given, span) for given in types)
        step = Compute(
            span=span,
            function=function,
            operands=tuple(operands),
            keywords=tuple(keywords),
            results=slots,
            extern=extern,
        )
        self.steps.append(step)
        self._teach(slots, learns=function != "detach" and self._hangs_on_learned(step))
        return tuple(Tensor(self, slot) for slot in slots)

    def scan(
        self,
        dim: int,
        pieces: Sequence[Piece],
        carries: Sequence[Carry],
        steps: Sequence[Step],
        outputs: Sequence[Ref],
        types: Sequence[TensorType],
        span: Span,
    ) -> tuple[Tensor, ...]:
        """Run steps along a dimension; gives the stacked outputs, then the last states."""
        slots = tuple(fresh_slot(given, span) for given in types)
        scan = Scan(
            span=span,
            dim=dim,
            pieces=tuple(pieces),
            carries=tuple(carries),
            steps=tuple(steps),
            outputs=tuple(outputs),
            results=slots,
        )
        self.steps.append(scan)
        self._teach(slots, learns=self._is_learned_in(scan))
        return tuple(Tensor(self, slot) for slot in slots)

    @contextmanager
    def apart(self) -> Iterator[list[Step]]:
        """Keep the steps that are added meanwhile in a list of their own."""
        around, self.steps = self.steps, []
        try:
            yield self.steps
        finally:
            self.steps = around

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
        given = tuple(self.ref(tensor) for tensor in outputs)
        self._leave_out_constants(given)
        self._capture_sizes()
        keys = self._keys()
        steps = with_keys((*self._reads, *self.steps), keys)
        return Graph(
            span=self.span,
            name=self.name,
            arguments=self.arguments,
            children=tuple(
                Child(key=keys[at], module=part.module, labelled=part.label is not None)
                for at, part in ((at, self.parts[at]) for at in self._in_order())
            ),
            inputs=tuple(self.inputs),
            steps=steps,
            outputs=given,
            sequential=is_chain(self.inputs, steps, given),
        )

    def _leave_out_constants(self, outputs: Sequence[Ref]) -> None:
        """Drop the steps that only what is stored is made of: they are done when that is made."""
        if not self.stored_of:
            return
        wanted = [*outputs, *(Ref(slot_id) for slot_id in self.stored_of)]
        without = {id(step) for step in dead(self.steps, outputs)}
        neither = {id(step) for step in dead(self.steps, wanted)}
        self.steps = list(_without(self.steps, without - neither))

    def _capture_sizes(self) -> None:
        """Take in values of outside that tell the sizes the steps use and no input tells."""
        for dim in {dim: None for step in self.steps for dim in dims(step)}:
            for symbol in sorted(dim.symbols):
                if self._is_told(dim):
                    break
                teller = self._teller(Dim.symbol(symbol))
                if teller is not None and not self._is_told(Dim.symbol(symbol)):
                    self.ref(teller)

    def _is_told(self, dim: Dim) -> bool:
        return is_told(dim, [slot.type for slot in self.inputs])

    def _teller(self, dim: Dim) -> Tensor | None:
        """The nearest input of a graph around this one that tells a size."""
        around = self.parent
        while around is not None:
            for slot in around.inputs:
                if is_told(dim, [slot.type]):
                    return Tensor(around, slot)
            around = around.parent
        return None

    def dead_steps(self, outputs: Sequence[Tensor]) -> tuple[Step, ...]:
        """Steps that no output hangs on, and nothing that is stored."""
        stored = [Ref(slot_id) for slot_id in self.stored_of]
        return dead(self.steps, [*(self.ref(tensor) for tensor in outputs), *stored])

    def label_used_besides(self, steps: Sequence[Step]) -> str | None:
        """The label of what the last of some steps applies, if another step applies it too."""
        last, apart = steps[-1], {id(step) for step in steps}
        if not isinstance(last, Invoke):
            return None
        others = (step for step in self.steps if id(step) not in apart)
        if not any(isinstance(step, Invoke) and step.child == last.child for step in others):
            return None
        return self.parts[int(last.child)].label

    def _keys(self) -> list[str]:
        if self.counted:
            return [str(number) for number in range(len(self.parts))]
        ordinals: dict[str, int] = {}
        keys: list[str] = []
        for part in self.parts:
            if part.label is not None:
                keys.append(part.label)
                continue
            stem = snake_case(part.module.name) or "stage"
            while f"{stem}_{ordinals.get(stem, 0)}" in self.labels:
                ordinals[stem] = ordinals.get(stem, 0) + 1
            keys.append(f"{stem}_{ordinals.get(stem, 0)}")
            ordinals[stem] = ordinals.get(stem, 0) + 1
        return keys


def _without(steps: Sequence[Step], dropped: set[int]) -> Iterator[Step]:
    """The steps but for some, by their identities; so within scans."""
    for step in steps:
        if isinstance(step, Scan):
            yield replace(step, steps=tuple(_without(step.steps, dropped)))
        elif id(step) not in dropped:
            yield step


def snake_case(name: str) -> str:
    """`BatchNorm2d` as `batch_norm2d`, `ReLU` as `relu`, `LSTM` as `lstm`.

    Underscores in front are left out: two of them would make the name private in Python.
    """
    name = re.sub(r"[PR]?ReLU|SiLU", lambda found: found[0].capitalize(), name.lstrip("_"))
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", parted).lower()
