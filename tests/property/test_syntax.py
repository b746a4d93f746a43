"""What holds of every text, right or wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.diagnostics import Sink
from netspec.diagnostics.render import render_json, render_terminal
from netspec.source import Source
from netspec.syntax import parse, tree
from netspec.syntax.grammar import load
from netspec.syntax.walk import children, descend

ROOT = Path(__file__).parents[2]
WORDS = "model block data train test param extern import netspec input output for repeat if else in"
SIGNS = "-> => = == := += + - * / // ** @ % , : ; . .. ... | ( ) [ ] { } # !"
VALUES = (
    'and or not true false none x y Linear ReLU 3 0.5 20% 1_000 0..4 "text" "open \'q\' 3x 1. ☃'
)
PIECES = [piece for written in (WORDS, SIGNS, VALUES) for piece in written.split()]
TOKENS = st.lists(st.sampled_from([*PIECES, "\n", "\n  ", "\t", "# c\n", "/* c */"]), max_size=60)
BRACKETS = st.lists(
    st.sampled_from([*"(){}[]", "{ }", "\n", "\n{", "model {", "x", "->"]), max_size=40
)
SOUP = st.one_of(TOKENS, BRACKETS).map(" ".join)
TEXTS = st.one_of(SOUP, st.text(max_size=80))


def specs() -> list[Path]:
    folders = ("specs", "netspec/prelude", "tests/cases")
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.net"))]
    return [path for path in found if path.is_file()]


def check_tree(file: tree.File) -> None:
    """Spans lie in the text, parents hold their children, and no node is blank at its ends."""
    assert file.span.start == 0
    assert file.span.end == len(file.source.text)
    for node in descend(file):
        for child in children(node):
            assert child.span.source is file.source
            assert node.span.start <= child.span.start <= child.span.end <= node.span.end
        if not isinstance(node, tree.File):
            assert node.span.text == node.span.text.strip(" \t\n\r")
    starts = [item.span.start for item in file.items]
    assert starts == sorted(starts)


@given(TEXTS)
def test_tokens_rejoin_to_the_text(text: str) -> None:
    assert "".join(load().lex(text, dont_ignore=True)) == text


@settings(max_examples=500)
@given(TEXTS)
def test_any_text_gives_a_tree_and_reports(text: str) -> None:
    sink = Sink()
    file = parse(Source("a.net", text), sink)
    check_tree(file)
    for diagnostic in sink.diagnostics:
        assert diagnostic.code in ("NS0004", "NS0005", "NS0006") or diagnostic.code[:3] == "NS1"
        for label in diagnostic.labels:
            assert 0 <= label.span.start <= label.span.end <= len(text)
    render_terminal(sink.diagnostics, width=40)
    render_json(sink.diagnostics)


@pytest.mark.parametrize("path", specs(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_spec_of_ours(path: Path) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    assert "".join(load().lex(text, dont_ignore=True)) == text
    sink = Sink()
    file = parse(Source(path.name, text), sink)
    check_tree(file)
    if "cases" not in path.parts:
        assert not sink.diagnostics, render_terminal(sink.diagnostics)


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*.net")), ids=lambda path: path.name)
def test_a_spec_cut_off_anywhere_is_still_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for end in range(0, len(text), max(7, len(text) // 60)):
        sink = Sink()
        check_tree(parse(Source(path.name, text[:end]), sink))
