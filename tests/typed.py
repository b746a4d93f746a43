"""Type marks: a comment `# [B, 128]` or `# prob[B, 10]` at the end of a line of a spec.

It is the type of the last value that a statement makes which ends there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.program import Program
from netspec.program.graph import Graph, Scan, Slot, every_step

TYPE = re.compile(r"#\s*([a-z]*(?:\([^)]*\))?\[[^\]]*\])\s*$")


def type_marks(text: str) -> Iterator[tuple[int, str]]:
    """The line and the type of every mark."""
    for number, line in enumerate(text.splitlines(), 1):
        if (mark := TYPE.search(line)) and line[: mark.start()].strip():
            yield number, mark[1]


def types_at(program: Program, marks: dict[tuple[str, int], str]) -> dict[tuple[str, int], str]:
    """The types that the program has at the marks, by file and line, as each mark writes them."""
    shown: dict[tuple[str, int], str] = {}
    for slot in slots(program):
        line = (slot.span.source.name, slot.span.source.position(slot.span.end)[0])
        if line in marks:
            bare = marks[line].startswith("[")
            shown[line] = slot.type.dims() if bare else str(slot.type)
    return shown


def slots(program: Program) -> Iterator[Slot]:
    """Every value of every model, those of a part before what is made from it."""
    for model in program.models:
        yield from values(model.graph)


def values(graph: Graph) -> Iterator[Slot]:
    """Every value of a graph, in the order of the text, those of parts first."""
    for child in graph.children:
        if isinstance(child.module, Graph):
            yield from values(child.module)
    yield from graph.inputs
    for step in every_step(graph.steps):
        if isinstance(step, Scan):
            yield from step.begins
        yield from step.results
