"""Limits that protect the compiler; each test fails when its guard is taken out."""

from __future__ import annotations

import sys

import pytest

from netspec.diagnostics import Sink
from netspec.source import Source
from netspec.syntax import parse
from netspec.syntax.limits import CHARACTERS, DIGITS, NESTING, OPERATORS
from netspec.syntax.tree import Node
from netspec.syntax.walk import children


def codes(text: str) -> list[str]:
    sink = Sink()
    parse(Source("a.net", text), sink)
    return [d.code for d in sink.diagnostics]


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")")])
def test_nesting(opening: str, closing: str) -> None:
    fits = NESTING - 1
    within = "model { x -> " + opening * fits + "A" + closing * fits + " }"
    beyond = "model { x -> " + opening * NESTING + "A" + closing * NESTING + " }"
    assert codes(within) == []
    assert codes(beyond) == ["NS0004"]
    assert codes(opening * 5000) == ["NS0004"]


@pytest.mark.parametrize("link", [" + 1", ".a", "[0]", "()", " if a else b"])
def test_operators(link: str) -> None:
    assert codes("param a = b" + link * (OPERATORS - 1)) == []
    assert codes("param a = b" + link * (OPERATORS + 1)) == ["NS0005"]


@pytest.mark.parametrize("sign", ["not ", "- "])
def test_operators_in_front(sign: str) -> None:
    assert codes("param a = " + sign * (OPERATORS + 1) + "b") == ["NS0005"]


def test_a_line_break_in_brackets_ends_no_expression() -> None:
    assert codes("param a = (" + "1 +\n" * (OPERATORS + 1) + "1)") == ["NS0005"]
    assert codes("model {\n" + "1 + 1\n" * (OPERATORS + 1) + "}") == []


def test_operators_around_brackets_add_up() -> None:
    deep = "1 + 1 + 1 + (" * 90 + "1" + ")" * 90
    assert codes(f"param a = {deep}") == ["NS0005"]


def test_what_passes_the_limits_can_be_walked_by_recursion() -> None:
    layers = NESTING - 1
    per_layer = OPERATORS // layers - 1
    text = "param a = " + ("1 + " * per_layer + "(") * layers + "1" + ")" * layers
    sink = Sink()
    file = parse(Source("a.net", text), sink)
    assert not sink.failed

    def depth(node: Node) -> int:
        return 1 + max((depth(child) for child in children(node)), default=0)

    assert depth(file) < sys.getrecursionlimit() // 3


def test_digits() -> None:
    assert codes("param a = " + "9" * DIGITS) == []
    assert codes("param a = " + "9" * (DIGITS + 1)) == ["NS0006"]
    assert codes("param a = " + "9" * 10_000) == ["NS0006"]
    assert codes("param a = 1e400") == ["NS1011"]


def test_characters() -> None:
    assert codes("#" * CHARACTERS) == []
    assert codes("#" * (CHARACTERS + 1)) == ["NS0003"]
