"""The spec of a run as text that can be run again: params and overrides written in."""

from __future__ import annotations

from netspec.diagnostics import Sink
from netspec.program import Program
from netspec.program.graph import Literal
from netspec.source import Span
from netspec.syntax import parse, tree


def resolved_spec(program: Program) -> str:
    """The program's text with the params and the length of the run as they are."""
    file = parse(program.source, Sink())
    values = dict(program.params)
    edits: list[tuple[Span, str]] = []
    for item in file.items:
        if isinstance(item, tree.Param) and item.name.id in values:
            edits.append((item.default.span, written(values[item.name.id])))
        if isinstance(item, tree.Train) and program.train is not None:
            edits.extend(_length(item, program.train.epochs, program.train.steps))
    text = program.source.text
    for span, replacement in sorted(edits, key=lambda edit: edit[0].start, reverse=True):
        text = text[: span.start] + replacement + text[span.end :]
    return text


def _length(block: tree.Train, epochs: int | None, steps: int | None) -> list[tuple[Span, str]]:
    """Edits that make `epochs` and `steps` what they are, where the text says otherwise."""
    said = {
        statement.targets[0].id: statement
        for statement in block.body.statements
        if isinstance(statement, tree.Bind)
        and isinstance(statement.targets[0], tree.Name)
        and statement.targets[0].id in {"epochs", "steps"}
    }
    lines = {"epochs": epochs, "steps": steps}
    wanted = {name: f"{name} = {value}" for name, value in lines.items() if value is not None}
    edits: list[tuple[Span, str]] = []
    for name, statement in said.items():
        if name in wanted:
            edits.append((statement.values[0].span, str(lines[name])))
            continue
        # The caller gave the other length instead: it stands here, unless it stands elsewhere.
        other = next((n for n in wanted if n not in said), None)
        edits.append((statement.span, "" if other is None else wanted[other]))
    return edits


def written(value: Literal) -> str:
    """A constant as the language writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "none"
        case str():
            return f'"{value}"'
        case tuple():
            return "[" + ", ".join(written(item) for item in value) + "]"
        case _:
            return repr(value)
