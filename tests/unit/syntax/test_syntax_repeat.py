"""`repeat` is a word of the language, and the name of a function where it is called."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Sink
from netspec.source import Source
from netspec.syntax import parse, tree


def last_statement(*lines: str) -> tree.Statement:
    sink = Sink()
    text = "\n".join(["model {", *lines, "}"])
    file = parse(Source("a.net", text), sink)
    assert [found.code for found in sink.diagnostics] == []
    (model,) = file.items
    assert isinstance(model, tree.Definition)
    return model.body.statements[-1]


@pytest.mark.parametrize(
    "line",
    [
        "repeat 3 { ReLU }",
        "repeat (3) { ReLU }",
        "repeat(n + 1) * 2 { ReLU }",
        "repeat (a if b else c) { repeat(2) { ReLU } }",
        "h: repeat(3) { ReLU }",
        'repeat (3) { repeat(x, "b -> b 2") }',
    ],
)
def test_what_has_a_body_is_a_loop(line: str) -> None:
    assert isinstance(last_statement(line), tree.Repeat)


@pytest.mark.parametrize(
    "line",
    [
        'repeat(x, "b -> b 2")',
        'x -> repeat("b -> b 2") -> ReLU',
        'x -> repeat("b -> b 2") -> { ReLU }',
        'y = repeat(x, "b -> b k", k=repeat(2))',
        'f(repeat(x, "a"), [repeat(x, "b")])',
        'repeat(x, "b") + repeat(y, "c")',
    ],
)
def test_what_has_none_is_a_call(line: str) -> None:
    statement = last_statement(line, "")
    assert not isinstance(statement, tree.Repeat)


def test_a_loop_may_follow_a_call() -> None:
    assert isinstance(last_statement('repeat(x, "b")', "repeat 2 { ReLU }"), tree.Repeat)
    assert isinstance(last_statement('x = repeat(x, "b")', "repeat (2) { ReLU }"), tree.Repeat)
