"""Layers without state and without a label become the functions they are: `F.relu(x)`.

Only in a body that is written as a class with a `forward`; a chain keeps its modules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from netspec import catalog
from netspec.catalog.stateless import function_of
from netspec.program.graph import Child, Compute, Graph, Invoke, Layer, Literal, Operand, Scan, Step
from netspec.program.graph import Sequence as OperandSequence

# An argument that reads better by its name, even where it stands first.
BY_NAME = frozenset({"approximate", "dim"})


def as_functions(graphs: Sequence[Graph]) -> list[Graph]:
    """The uses of one class, their stateless layers called as functions.

    Uses that differ in which layers those are stay as they are: a layer that is missing in one of
    them is optional only as a module.
    """
    found = [{child.key for child in graph.children if is_function(child)} for graph in graphs]
    if any(keys != found[0] for keys in found):
        return list(graphs)
    return [_rewritten(graph, keys) for graph, keys in zip(graphs, found, strict=True)]


def is_function(child: Child) -> bool:
    """Whether a child is written as a function where it is called; one of a chain has a number."""
    if child.labelled or child.key.isdecimal() or not isinstance(child.module, Layer):
        return False
    return _call(child.module) is not None


def _rewritten(graph: Graph, keys: set[str]) -> Graph:
    if not keys:
        return graph
    layers = {child.key: child.module for child in graph.children if child.key in keys}
    return replace(
        graph,
        children=tuple(child for child in graph.children if child.key not in keys),
        steps=tuple(_steps(graph.steps, {k: m for k, m in layers.items() if isinstance(m, Layer)})),
    )


def _steps(steps: Sequence[Step], layers: dict[str, Layer]) -> Iterator[Step]:
    for step in steps:
        match step:
            case Invoke(child=key) if key in layers:
                called = _call(layers[key])
                assert called is not None
                function, positional, keywords = called
                yield Compute(
                    span=step.span,
                    function=function,
                    operands=(*step.operands, *positional),
                    keywords=keywords,
                    results=step.results,
                )
            case Scan():
                yield replace(step, steps=tuple(_steps(step.steps, layers)))
            case _:
                yield step


Call = tuple[str, tuple[Operand, ...], tuple[tuple[str, Operand], ...]]


def _call(layer: Layer) -> Call | None:
    """The function, and its arguments behind the tensor; None where it cannot say the same."""
    function = function_of(layer.target) if layer.extern is None else None
    entry = catalog.load().find("function", function) if function is not None else None
    if function is None or entry is None:
        return None
    # The tensor stands first, and is no argument of the layer.
    taken = {argument.name: argument for argument in entry.arguments[1:]}
    positional: list[Operand] = []
    keywords: list[tuple[str, Operand]] = []
    declared = catalog.load().find("layer", layer.name)
    defaults = {} if declared is None else {a.name: a.default for a in declared.arguments}
    given = dict(layer.arguments)
    for name in given.keys() - taken.keys():
        if given[name] != defaults.get(name, given[name]):
            return None
    for place, (name, argument) in enumerate(taken.items()):
        if name not in given or (not argument.required and given[name] == argument.default):
            continue
        value = _operand(given[name])
        if place == 0 and name not in BY_NAME:
            positional.append(value)
        else:
            keywords.append((name, value))
    return function, tuple(positional), tuple(keywords)


def _operand(value: Literal) -> Operand:
    if isinstance(value, tuple):
        return OperandSequence(tuple(_operand(item) for item in value))
    return value
