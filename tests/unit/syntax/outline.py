"""A tree as one short line, for tests to compare with."""

from __future__ import annotations

from netspec.diagnostics import Sink
from netspec.diagnostics.render import render_terminal
from netspec.source import Source
from netspec.syntax import parse, tree
from netspec.syntax.tree import Node


def parsed(text: str) -> tree.File:
    """The tree of a text that has no mistakes."""
    sink = Sink()
    file = parse(Source("a.net", text), sink)
    assert not sink.diagnostics, render_terminal(sink.diagnostics)
    return file


def statements(text: str) -> tuple[tree.Statement, ...]:
    """The statements of a model's body."""
    (model,) = parsed(f"model {{\n{text}\n}}").items
    assert isinstance(model, tree.Definition)
    return model.body.statements


def outline(node: object) -> str:
    """Node types and plain values in parentheses; spans are left out."""
    match node:
        case tree.Name(id=id):
            return id
        case tree.Number(value=value) | tree.Constant(value=value):
            return repr(value)
        case tree.Text(value=text):
            return repr(text)
        case tree.Dots():
            return "..."
        case Node():
            names = [n for n in node.__dataclass_fields__ if n not in ("span", "source")]
            parts = [outline(getattr(node, name)) for name in names]
            return f"{type(node).__name__}({' '.join(parts)})"
        case tuple():
            return "[" + " ".join(outline(part) for part in node) + "]"
        case _:
            return str(node)
