"""Long lines of emitted Python, broken as a formatter would: one item of a bracket a line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

WIDTH = 100


def wrap(line: str, width: int = WIDTH) -> Iterator[str]:
    """The line, broken inside its longest outermost bracket when it is longer than `width`."""
    found = _bracket(line) if len(line) > width else None
    if found is None:
        yield line
        return
    start, end, commas = found
    indent = line[: len(line) - len(line.lstrip())]
    yield line[: start + 1]
    places = [start, *commas, end]
    for left, right in pairwise(places):
        item = line[left + 1 : right].strip()
        if item:
            yield from wrap(f"{indent}    {item},", width)
    yield indent + line[end:]


def _bracket(line: str) -> tuple[int, int, list[int]] | None:
    """Where the longest outermost bracket opens and closes, and its own commas; texts are skipped.

    A comprehension has no items to put on lines of their own.
    """
    stack: list[tuple[int, list[int]]] = []
    found: tuple[int, int, list[int]] | None = None
    quote = ""
    escaped = False
    loops = -1
    for place, character in enumerate(line):
        if quote:
            quote = "" if character == quote and not escaped else quote
            escaped = character == "\\" and not escaped
        elif character in "\"'":
            quote = character
        elif character in "([{":
            stack.append((place, []))
        elif character in ")]}" and stack:
            start, commas = stack.pop()
            longest = 8 if found is None else found[1] - found[0]
            if not stack and place - start > longest and not loops > start:
                found = (start, place, commas)
        elif line.startswith(" for ", place):
            loops = place
        elif character == "," and stack:
            stack[-1][1].append(place)
    return found
