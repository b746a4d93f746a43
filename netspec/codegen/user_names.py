"""Names that emitted text imports from modules of the user's, and the lines that import them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from netspec.codegen.names import LOCAL, checked, identifier, local, unused
from netspec.program.externs import Extern
from netspec.program.graph import Compute, Graph, Layer, Stored, every_step


def externs_of(graph: Graph) -> tuple[Extern, ...]:
    """The user's declarations that layers and functions of a graph come from, each once."""
    found = {layer.extern.target: layer.extern for _, layer in graph.layers() if layer.extern}
    for inner in _graphs(graph):
        found.update((extern.target, extern) for extern in functions_of(inner))
    return tuple(found.values())


def criteria_of(loss: Graph) -> tuple[Extern, ...]:
    """The user's declarations that parts of a loss come from, those of its models aside."""
    modules = (child.module for child in loss.children)
    found = {m.extern.target: m.extern for m in modules if isinstance(m, Layer) and m.extern}
    found.update((extern.target, extern) for extern in functions_of(loss))
    return tuple(found.values())


def functions_of(graph: Graph) -> Iterator[Extern]:
    """The user's functions that the steps of a graph call, those of its parts aside."""
    for step in every_step(graph.steps):
        if isinstance(step, Compute) and step.extern is not None:
            yield step.extern


def given_names(*graphs: Graph) -> set[str]:
    """What methods call their inputs: a function of the user's goes by another name."""
    inner = [part for graph in graphs for part in _graphs(graph)]
    if not any(True for part in inner for _ in functions_of(part)):
        return set()
    return {"x", "output"} | {local(s.name) for part in inner for s in part.inputs if s.name}


def _graphs(graph: Graph) -> Iterator[Graph]:
    """A graph, those of its parts, and those that its tensors are made by."""
    yield graph
    for child in graph.children:
        match child.module:
            case Graph():
                yield from _graphs(child.module)
            case Stored():
                yield child.module.value
            case Layer():
                pass


def import_names(
    externs: Iterable[Extern], reserved: Iterable[str] = (), known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What each target is called in the text: as it is declared, unless that would hide a name.

    `known` are targets that have a name in the text already.
    """
    taken = {*LOCAL, *reserved}
    names: dict[str, str] = {}
    for extern in externs:
        if known and extern.target in known:
            names[extern.target] = known[extern.target]
        elif extern.target not in names:
            names[extern.target] = unused(identifier(extern.name), taken)
            taken.add(names[extern.target])
    return names


def user_import_lines(names: Mapping[str, str]) -> list[str]:
    """`from my_layers import Gate, Snake`, a line for each module and each new name, in order."""
    plain: dict[str, list[str]] = {}
    lines: list[tuple[str, str]] = []
    for target, name in names.items():
        dotted, _, attribute = target.partition(":")
        module = ".".join(checked(part) for part in dotted.split("."))
        if checked(attribute) == name:
            plain.setdefault(module, []).append(name)
        else:
            # Linters want each of these on a line of its own.
            lines.append((module.lower(), f"from {module} import {attribute} as {name}"))
    for module, members in plain.items():
        text = f"from {module} import {', '.join(sorted(members, key=_order))}"
        lines.append((module.lower(), text))
    return [text for _, text in sorted(lines, key=lambda line: (line[0], " as " in line[1], line))]


def name_of(layer: Layer, names: Mapping[str, str]) -> str:
    """What a layer's class is called in the text."""
    if layer.extern is not None:
        return names[layer.target]
    return f"nn.{checked(layer.target.rpartition('.')[2])}"


def sections(*groups: Sequence[str]) -> str:
    """Groups of import lines, a blank line between two."""
    return "\n\n".join("\n".join(group) for group in groups if group)


def _order(name: str) -> tuple[int, str]:
    """As linters order names: constants, classes, the rest; then by the alphabet."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name
