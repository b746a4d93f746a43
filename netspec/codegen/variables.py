"""Which name stands for which value while the statements of a `forward` are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from netspec.codegen.layout import Expr
from netspec.codegen.names import local, unused
from netspec.program.graph import Graph, Ref, Scan, Slot, Step, every_step
from netspec.program.operands import dims, held, own_slots, refs
from netspec.types.measures import Axis, axes, measure


@dataclass(slots=True)
class Variables:
    """Names for the values of a graph; a name is free again when its value is no longer needed.

    `inputs` are the names of the graph's inputs; one without a name is called `unnamed`. No value
    takes a `reserved` name.
    """

    graph: Graph
    unnamed: str
    reserved: frozenset[str] = frozenset()
    inputs: tuple[str, ...] = ()
    slots: dict[int, Slot] = field(default_factory=dict)
    # How often each value is still to be read.
    left: Counter[int] = field(default_factory=Counter)
    # How each size is read off an input.
    sizes: dict[Axis, Expr] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _holder: dict[str, int] = field(default_factory=dict)
    # Every value that anything reads.
    _used: frozenset[int] | None = None
    # The name that the flow ends in which an unnamed value belongs to.
    _flow: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph = self.graph
        self.slots = graph.slots()
        for slot in graph.inputs:
            self._bind(slot.id, local(slot.name or self.unnamed, self._holder))
        self.inputs = tuple(self._names[slot.id] for slot in graph.inputs)
        self._count(graph.steps)
        self.left.update(ref.id for ref in graph.outputs)
        for step in reversed(list(every_step(graph.steps))):
            if isinstance(step, Scan):
                self._lead(step)
                continue
            first = next(refs(step), None)
            if len(step.results) == 1 and first is not None and self.left[first] == 1:
                flow = step.results[0].name or self._flow.get(step.results[0].id)
                if flow is not None:
                    self._flow[first] = flow

    def __getitem__(self, slot_id: int) -> str:
        """The name of a value."""
        return self._names[slot_id]

    def __contains__(self, name: object) -> bool:
        """Whether the name stands, or stood, for some value."""
        return name in self._holder

    def take(self, slot: Slot, first: int | None) -> str:
        """Name a value; `first` is the first value it is computed from."""
        name = self._choose(slot, first)
        self._bind(slot.id, name)
        return name

    def reserve(self, wanted: str) -> str:
        """A name for what is no value of the graph, until it is released."""
        name = unused(wanted, self._live())
        self._holder[name] = never = -1 - len(self._holder)
        self.left[never] = 1
        return name

    def release(self, name: str) -> None:
        """Let other values have a name."""
        self.left[self._holder[name]] = 0

    def share(self, slot: Slot, name: str) -> None:
        """Let a value stand under the name that holds it already."""
        self._bind(slot.id, name)

    def read_sizes(self) -> Iterator[tuple[str, str]]:
        """Settle how sizes are read; the variables to set first, with their values.

        A size is read in place when it is used once and its input's name still stands for the
        input, else into a variable at the top.
        """
        kept: dict[int, list[Axis]] = {}
        for axis, number in self._sizes_used().items():
            if number is None or self._may_be_rebound(axis.input, before=number):
                kept.setdefault(axis.input, []).append(axis)
            else:
                self.sizes[axis] = Expr(f"{self.inputs[axis.input]}.shape[{axis.axis}]")
        for number, its in kept.items():
            shape = f"{self.inputs[number]}.shape"
            leading = [axis.axis for axis in its] == list(range(len(its)))
            if len(its) > 1 and leading:
                rank = self.graph.inputs[number].type.rank
                value = shape if len(its) == rank else f"{shape}[:{len(its)}]"
            else:
                value = ", ".join(f"{shape}[{axis.axis}]" for axis in its)
            yield ", ".join([self._take_size(axis) for axis in its]), value

    # --- counting ----------------------------------------------------------------------------

    def _count(self, steps: Sequence[Step]) -> None:
        """Count what steps read; what a scan's steps read stays until the last of them."""
        for step in steps:
            if not isinstance(step, Scan):
                self.left.update(refs(step))
                continue
            self.left.update(piece.sequence.id for piece in step.pieces)
            self.left.update(carry.initial.id for carry in step.carries)
            self._count(step.steps)
            self.left.update(output.id for output in self.listed(step).values())
            self.left.update(carry.update.id for carry in step.carries)
            self.left.update(held(step).keys())

    def listed(self, scan: Scan) -> dict[int, Ref]:
        """The outputs of a scan that are needed, by the number of the result."""
        if self._used is None:
            self._used = _used(self.graph)
        results = enumerate(zip(scan.stacked, scan.outputs, strict=True))
        return {at: output for at, (slot, output) in results if slot.id in self._used}

    def _lead(self, scan: Scan) -> None:
        """Let the start of a state have the name of the state."""
        for carry in scan.carries:
            if self.left[carry.initial.id] == 1 and carry.slot.name is not None:
                self._flow[carry.initial.id] = carry.slot.name

    # --- values ------------------------------------------------------------------------------

    def _choose(self, slot: Slot, first: int | None) -> str:
        if slot.name is not None:
            wanted = local(slot.name)
            return wanted if self._is_free(wanted) else unused(wanted, self._live())
        flow = self._flow.get(slot.id)
        candidates = [] if flow is None else [local(flow)]
        if first is not None:
            # A name that the text gave is left to what it names; `x` and names of ours are not.
            source = self._names[first]
            if source == "x":
                candidates.insert(0, source)
            elif self.slots[first].name is None:
                candidates.append(source)
        for candidate in candidates:
            if self._is_free(candidate):
                return candidate
        return unused("out", self._live())

    def _bind(self, slot_id: int, name: str) -> None:
        self._names[slot_id] = name
        self._holder[name] = slot_id

    def _is_free(self, name: str) -> bool:
        holder = self._holder.get(name)
        return name not in self.reserved and (holder is None or not self.left[holder])

    def _live(self) -> set[str]:
        return {name for name in self._holder if not self._is_free(name)} | self.reserved

    # --- sizes -------------------------------------------------------------------------------

    def _sizes_used(self) -> Mapping[Axis, int | None]:
        """Each size with the number of the only step that uses it, or none, in order of place."""
        types = [slot.type for slot in self.graph.inputs]
        found: dict[Axis, int | None] = {}
        for number, step in enumerate(self.graph.steps):
            for dim in dims(step):
                for axis in axes(measure(dim, types)):
                    once = axis not in found and not isinstance(step, Scan)
                    found[axis] = number if once else None
        return dict(sorted(found.items(), key=lambda item: (item[0].input, item[0].axis)))

    def _may_be_rebound(self, number: int, *, before: int) -> bool:
        """Whether the input's name may stand for another value before that step."""
        name, slot_id = self.inputs[number], self.graph.inputs[number].id
        if not self.left[slot_id]:
            return True
        for step in self.graph.steps[:before]:
            made = (*step.results, *(own_slots(step) if isinstance(step, Scan) else ()))
            named = [local(slot.name) for slot in made if slot.name is not None]
            # Once it is used, a value without a name may take its name over.
            if name in named or slot_id in refs(step):
                return True
        return False

    def _take_size(self, axis: Axis) -> str:
        written = str(self.graph.inputs[axis.input].type.shape[axis.axis])
        taken = {local(slot.name) for slot in self.slots.values() if slot.name} | set(self._holder)
        taken |= self.reserved
        name = local(written, taken) if written.isidentifier() else unused("size", taken)
        # No slot has this number, so the name is never given to another value.
        never = -1 - len(self.sizes)
        self._holder[name] = never
        self.left[never] = 1
        self.sizes[axis] = Expr(name)
        return name


def _used(graph: Graph) -> frozenset[int]:
    """Every value that a step or the output of a graph reads."""
    found = {ref.id for ref in graph.outputs}
    for step in every_step(graph.steps):
        found.update(refs(step))
        if isinstance(step, Scan):
            found.update(output.id for output in step.outputs)
            found.update(carry.update.id for carry in step.carries)
    return frozenset(found)
