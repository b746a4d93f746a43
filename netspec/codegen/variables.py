"""Which name stands for which value while the statements of a `forward` are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from netspec.codegen.layout import Expr
from netspec.codegen.names import local, unused
from netspec.program.graph import Graph, Slot
from netspec.program.operands import dims, refs
from netspec.types.measures import Axis, axes, measure


@dataclass(slots=True)
class Variables:
    """Names for the values of a graph; a name is free again when its value is no longer needed.

    `inputs` are the names of the graph's inputs; one without a name is called `unnamed`.
    """

    graph: Graph
    unnamed: str
    inputs: tuple[str, ...] = ()
    slots: dict[int, Slot] = field(default_factory=dict)
    # How often each value is still to be read.
    left: Counter[int] = field(default_factory=Counter)
    # How each size is read off an input.
    sizes: dict[Axis, Expr] = field(default_factory=dict)
    _names: dict[int, str] = field(default_factory=dict)
    _holder: dict[str, int] = field(default_factory=dict)
    # The name that the flow ends in which an unnamed value belongs to.
    _flow: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph = self.graph
        self.slots = graph.slots()
        for slot in graph.inputs:
            self._bind(slot.id, local(slot.name or self.unnamed, self._holder))
        self.inputs = tuple(self._names[slot.id] for slot in graph.inputs)
        for step in graph.steps:
            self.left.update(refs(step))
        self.left.update(ref.id for ref in graph.outputs)
        for step in reversed(graph.steps):
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
        return holder is None or not self.left[holder]

    def _live(self) -> set[str]:
        return {name for name in self._holder if not self._is_free(name)}

    # --- sizes -------------------------------------------------------------------------------

    def _sizes_used(self) -> Mapping[Axis, int | None]:
        """Each size with the number of the only step that uses it, or none, in order of place."""
        types = [slot.type for slot in self.graph.inputs]
        found: dict[Axis, int | None] = {}
        for number, step in enumerate(self.graph.steps):
            for dim in dims(step):
                for axis in axes(measure(dim, types)):
                    found[axis] = None if axis in found else number
        return dict(sorted(found.items(), key=lambda item: (item[0].input, item[0].axis)))

    def _may_be_rebound(self, number: int, *, before: int) -> bool:
        """Whether the input's name may stand for another value before that step."""
        name, slot_id = self.inputs[number], self.graph.inputs[number].id
        if not self.left[slot_id]:
            return True
        for step in self.graph.steps[:before]:
            named = [local(slot.name) for slot in step.results if slot.name is not None]
            # Once it is used, a value without a name may take its name over.
            if name in named or slot_id in refs(step):
                return True
        return False

    def _take_size(self, axis: Axis) -> str:
        written = str(self.graph.inputs[axis.input].type.shape[axis.axis])
        taken = {local(slot.name) for slot in self.slots.values() if slot.name} | set(self._holder)
        name = local(written, taken) if written.isidentifier() else unused("size", taken)
        # No slot has this number, so the name is never given to another value.
        never = -1 - len(self.sizes)
        self._holder[name] = never
        self.left[never] = 1
        self.sizes[axis] = Expr(name)
        return name
