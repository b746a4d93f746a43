"""Blocks that come to stand in themselves, by way of an argument: `Residual(Residual(Linear(8)))`.

Classes are made from the inside out. A block that may contain itself has a class for each level.
"""

from __future__ import annotations

from collections.abc import Iterator

from netspec.program.graph import Graph


def block_of(graph: Graph) -> str:
    """What tells blocks apart: files may use the same names."""
    return f"{graph.name} of {graph.span.source.name}"


class Levels:
    """How deep each use of such a block stands above the innermost."""

    def __init__(self, graph: Graph) -> None:
        inside: dict[str, set[str]] = {}
        _collect(graph, "", inside)
        self._nested = {name for name in inside if name and name in set(_reached(name, inside))}
        self._levels: dict[int, int] = {}

    def of(self, graph: Graph) -> int:
        """The level of a use: 0 but for a block that has others of such blocks in it."""
        if not graph.name or block_of(graph) not in self._nested:
            return 0
        return self._height(graph) - 1

    def _height(self, graph: Graph) -> int:
        """How many blocks of that sort stand in one another from here."""
        known = self._levels.get(id(graph))
        if known is None:
            inner = (self._height(part) for part in _parts(graph))
            known = max(inner, default=0) + (block_of(graph) in self._nested)
            self._levels[id(graph)] = known
        return known


def _parts(graph: Graph) -> Iterator[Graph]:
    for child in graph.children:
        if isinstance(child.module, Graph):
            yield child.module


def _collect(graph: Graph, around: str, inside: dict[str, set[str]]) -> None:
    """Which blocks stand directly in which; containers are looked through."""
    for part in _parts(graph):
        if part.name:
            inside.setdefault(around, set()).add(block_of(part))
        _collect(part, block_of(part) if part.name else around, inside)


def _reached(name: str, inside: dict[str, set[str]]) -> Iterator[str]:
    """The blocks that stand in a block, however deep."""
    waiting, seen = [name], set[str]()
    while waiting:
        for inner in inside.get(waiting.pop(), ()):
            if inner not in seen:
                seen.add(inner)
                waiting.append(inner)
                yield inner
