"""Walking a tree: the children of a node, and all nodes below it."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.syntax.tree import Node


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below, field by field."""
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (part for part in value if isinstance(part, Node))


def descend(node: Node) -> Iterator[Node]:
    """The node and all nodes below it, parents before children, in the order of the text."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(tuple(children(current))))
