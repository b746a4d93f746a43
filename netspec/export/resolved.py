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
    wanted = {"epochs": epochs, "steps": steps}
    edits: list[tuple[Span, str]] = []
    for statement in block.body.statements:
        match statement:
            case tree.Bind(targets=(tree.Name(id="epochs" | "steps" as name),)):
                value = wanted.pop(name)
                edits.append(
                    (statement.span, f"# {name} was set by the caller")
                    if value is None
                    else (statement.values[0].span, str(value))
                )
    end = block.body.span.source.span(block.body.span.end - 1, block.body.span.end)
    missing = [f"  {name} = {value}\n" for name, value in wanted.items() if value is not None]
    return [*edits, (end, "\n" + "".join(missing) + "}")] if missing else edits


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
