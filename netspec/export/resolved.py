"""The spec of a run as text that can be run again: params and overrides written in.

What the spec imports is kept in a folder of its own beside it, each file once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from netspec.diagnostics import Sink
from netspec.program import Program
from netspec.program.graph import Literal
from netspec.source import Span
from netspec.syntax import parse, tree

# The folder of imported files.
FOLDER = "imports"


def resolved_spec(program: Program) -> str:
    """The program's text with the params and the length of the run as they are."""
    values = dict(program.params)
    leads = _leads(program)
    edits: list[tuple[Span, str]] = []
    items = parse(program.source, Sink()).items
    for item in items:
        if isinstance(item, tree.Param) and item.name.id in values:
            edits.append((item.default.span, written(values[item.name.id])))
        if isinstance(item, tree.Import):
            edits.append(_led(item, f"{FOLDER}/{leads[item.path.span]}"))
        if isinstance(item, tree.Train) and program.train is not None:
            edits.extend(_length(item, program.train.epochs, program.train.steps))
    made_up = program.data.made_up if program.data is not None else ""
    if made_up:
        edits.append(_block_of(items, made_up))
    return _edited(program.source.text, edits)


def _block_of(items: Sequence[tree.Item], text: str) -> tuple[Span, str]:
    """The edit that puts a `data` block in the place of the one there is, else before `train`."""
    data = next((item.span for item in items if isinstance(item, tree.Data)), None)
    if data is not None:
        return data, text
    train = next(item.span for item in items if isinstance(item, tree.Train))
    return Span(train.source, train.start, train.start), f"{text}\n\n"


def resolved_imports(program: Program) -> dict[str, str]:
    """The imported files by their paths from the folder of the run, their params as they are."""
    values = dict(program.params)
    leads = _leads(program)
    files: dict[str, str] = {}
    for library in program.libraries:
        edits: list[tuple[Span, str]] = []
        for item in parse(library.source, Sink()).items:
            if isinstance(item, tree.Param):
                value = values[f"{library.address}.{item.name.id}"]
                edits.append((item.default.span, written(value)))
            if isinstance(item, tree.Import):
                edits.append(_led(item, leads[item.path.span]))
        name = leads[library.uses[0]]
        files[f"{FOLDER}/{name}"] = _edited(library.source.text, edits)
    return files


def _leads(program: Program) -> Mapping[Span, str]:
    """What each import leads to: files by names that are different, all in one folder."""
    leads: dict[Span, str] = {}
    taken: set[str] = set()
    for library in program.libraries:
        stem = (
            re.sub(r"\W+", "_", PurePosixPath(library.source.name).stem, flags=re.ASCII) or "spec"
        )
        name, number = stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name.lower())
        leads.update((use, f"{name}.net") for use in library.uses)
    return leads


def _led(item: tree.Import, path: str) -> tuple[Span, str]:
    """The edit of an import's path; a file that is called otherwise now keeps its name."""
    stem = PurePosixPath(item.path.value).stem
    renamed = item.alias is None and stem != PurePosixPath(path).stem
    return item.path.span, f'"{path}"' + (f" as {stem}" if renamed else "")


def _edited(text: str, edits: list[tuple[Span, str]]) -> str:
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
