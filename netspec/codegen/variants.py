"""Uses of one block that are one class, though not all of them have everything.

A part that some uses lack is optional, where what flows in goes on as it is without it; so are
steps in a row that make a value anew (`guards`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netspec.codegen.guards import Guard, guard
from netspec.codegen.names import parted
from netspec.codegen.plans import Body, Hole
from netspec.program.graph import Invoke, Ref, every_step


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A use as one of a class, the optional parts it lacks, and whether it skips guarded steps."""

    body: Body
    lacks: frozenset[str] = frozenset()
    guard: Guard | None = None
    skips: bool = False

    @property
    def is_full(self) -> bool:
        """Whether it has everything."""
        return not self.lacks and not self.skips

    def written(self) -> Body:
        """The use as its class is written."""
        return self.body if self.guard is None or self.skips else self.guard.wrapped(self.body)

    def holes(self, full: Body) -> Iterator[Hole]:
        """The holes of the use, its steps numbered as those of the fullest use, as written."""
        body = self.written()
        if self.guard is not None and self.skips:
            return body.holes(self.guard.numbers(len(body.graph.steps)))
        numbers = [
            at
            for at, step in enumerate(full.graph.steps)
            if not (isinstance(step, Invoke) and step.child in self.lacks)
        ]
        return body.holes(numbers)


def merged(bodies: Sequence[Body]) -> list[list[Variant]]:
    """The uses by class, in the order of their first use; the fullest use of each comes first."""
    alike: dict[object, list[Body]] = {}
    for body in bodies:
        alike.setdefault(body.structure(), []).append(body)
    fullest = sorted(alike, key=lambda structure: _size(alike[structure][0]), reverse=True)
    classes: list[list[Variant]] = []
    while fullest:
        full = alike[fullest.pop(0)]
        variants = [Variant(body) for body in full]
        for structure in list(fullest):
            less = alike[structure]
            lacks = _lacking(full[0], less[0])
            if lacks and full[0].structure(lacks) == structure:
                variants.extend(Variant(body, lacks) for body in less)
                fullest.remove(structure)
        if len(variants) == len(full):
            variants = _guarded(full, alike, fullest)
        classes.append(variants)
    order = {id(body): at for at, body in enumerate(bodies)}
    for variants in classes:
        variants.sort(key=lambda variant: (not variant.is_full, order[id(variant.body)]))
    return sorted(classes, key=lambda variants: min(order[id(v.body)] for v in variants))


def _size(body: Body) -> tuple[int, int]:
    return len(body.parts), len(body.graph.steps)


def _guarded(
    full: Sequence[Body], alike: dict[object, list[Body]], left: list[object]
) -> list[Variant]:
    """The full uses, with those of a structure of `left` that lack steps in a row."""
    for structure in left:
        found = guard(full[0], alike[structure][0])
        if found is not None:
            left.remove(structure)
            lacking = (Variant(body, found.parts, found, skips=True) for body in alike[structure])
            return [*(Variant(body, guard=found) for body in full), *lacking]
    return [Variant(body) for body in full]


def _lacking(full: Body, less: Body) -> frozenset[str]:
    """The parts that `less` lacks, if each could be replaced by `nn.Identity`."""
    lacks = full.parts.keys() - less.parts.keys()
    if any(parted(key)[1] is not None for key in lacks):
        return frozenset()
    if full.is_chain or not less.parts.keys() < full.parts.keys():
        return frozenset()
    calls = [s for s in full.graph.steps if isinstance(s, Invoke) and s.child in lacks]
    # A part that a scan calls stays: only the steps around it are numbered without the optional.
    everywhere = (s for s in every_step(full.graph.steps) if isinstance(s, Invoke))
    if sum(step.child in lacks for step in everywhere) != len(calls):
        return frozenset()
    plain = all(
        len(step.results) == 1 and len(step.operands) == 1 and isinstance(step.operands[0], Ref)
        for step in calls
    )
    return frozenset(lacks) if plain and len(calls) == len(lacks) else frozenset()
