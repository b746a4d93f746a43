"""Between which two numbers a value lies, where the steps that make it tell."""

from __future__ import annotations

import math
from typing import cast

from netspec.program.graph import Compute, Graph, Invoke, Layer, Operand, Ref

Range = tuple[float, float]

# What gives numbers within -1 and 1, by layer and by function.
SIGNED = frozenset({"Tanh", "Softsign", "tanh", "softsign", "sin", "cos"})
# What moves numbers about and leaves them as they are.
ARRANGING = frozenset(
    {"Unflatten", "Flatten", "Identity", "PixelShuffle", "PixelUnshuffle"}
    | {"squeeze", "unsqueeze", "flatten", "unflatten", "reshape", "view", "permute", "movedim"}
    | {"transpose", "rearrange", "getitem", "clone", "contiguous", "float", "detach", "flip"}
    | {"pixel_shuffle", "pixel_unshuffle", "expand", "repeat"}
)
HELD = {"Hardtanh": ("min_val", "max_val"), "hardtanh": ("min_val", "max_val")}
HELD |= {"clamp": ("min", "max"), "clip": ("min", "max")}


def known_range(graph: Graph, ref: Ref) -> Range | None:
    """The lowest and the highest number that a value of a graph may hold, where they are known."""
    if graph.slots()[ref.id].type.kind.name in {"unit", "prob"}:
        return 0.0, 1.0
    for step in graph.steps:
        places = [slot.id for slot in step.results]
        if ref.id not in places:
            continue
        if isinstance(step, Invoke):
            return _of_child(graph, step, places.index(ref.id))
        return _of_function(graph, step) if isinstance(step, Compute) else None
    return None


def _of_child(graph: Graph, step: Invoke, place: int) -> Range | None:
    child = graph.child(step.child)
    if isinstance(child, Graph):
        return known_range(child, child.outputs[place])
    if not isinstance(child, Layer) or child.extern is not None:
        return None
    if child.name in HELD:
        given = dict(child.arguments)
        return _bounds(*(cast("Operand", given.get(name)) for name in HELD[child.name]))
    return _named(graph, child.name, step.operands)


def _of_function(graph: Graph, step: Compute) -> Range | None:
    if step.extern is not None:
        return None
    if step.function in HELD:
        given = dict(step.keywords) | dict(
            zip(HELD[step.function], step.operands[1:], strict=False)
        )
        low, high = HELD[step.function]
        return _bounds(given.get(low), given.get(high))
    if step.function == "neg":
        return _scaled(_operand(graph, step.operands[0]), -1.0)
    if step.function in {"+", "-", "*", "/"}:
        left, right = (_operand(graph, operand) for operand in step.operands)
        return _arithmetic(step.function, left, right)
    return _named(graph, step.function, step.operands)


def _named(graph: Graph, name: str, operands: tuple[Operand, ...]) -> Range | None:
    """The range of what a layer or a function of this name gives."""
    if name in SIGNED:
        return -1.0, 1.0
    first = operands[0] if operands else None
    return known_range(graph, first) if name in ARRANGING and isinstance(first, Ref) else None


def _operand(graph: Graph, operand: Operand) -> Range | None:
    if isinstance(operand, Ref):
        return known_range(graph, operand)
    return _bounds(operand, operand)


def _bounds(low: Operand, high: Operand) -> Range | None:
    """Two numbers as a range, if they are finite ones."""
    for bound in (low, high):
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            return None
    found = float(cast("float", low)), float(cast("float", high))
    return found if all(map(math.isfinite, found)) else None


def _arithmetic(function: str, left: Range | None, right: Range | None) -> Range | None:
    """A range and a number, taken together."""
    if left is None or right is None:
        return None
    match function:
        case "+":
            return left[0] + right[0], left[1] + right[1]
        case "-":
            return left[0] - right[1], left[1] - right[0]
        case "*" if left[0] == left[1]:
            return _scaled(right, left[0])
        case "*" if right[0] == right[1]:
            return _scaled(left, right[0])
        case "/" if right[0] == right[1] != 0:
            return _scaled(left, 1 / right[0])
        case _:
            return None


def _scaled(given: Range | None, factor: float) -> Range | None:
    if given is None:
        return None
    ends = sorted((given[0] * factor, given[1] * factor))
    return ends[0], ends[1]
