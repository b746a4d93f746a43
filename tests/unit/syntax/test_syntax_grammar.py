from __future__ import annotations

import json
import logging
import re
import tomllib
from collections import defaultdict
from importlib.resources import files
from typing import Any

import lark
import pytest

from netspec.syntax import examples, grammar

TEXT = files("netspec.grammar").joinpath("netspec.lark").read_text(encoding="utf-8")
MALFORMED: dict[str, Any] = tomllib.loads(
    files("netspec.grammar").joinpath("malformed.toml").read_text(encoding="utf-8")
)


def test_the_kept_tables_are_those_of_the_grammar() -> None:
    """When this fails: `from netspec.syntax.grammar import write_tables; write_tables()`."""
    kept = files("netspec.grammar").joinpath("netspec.tables.json").read_text(encoding="utf-8")
    assert json.loads(kept)["key"] == json.loads(grammar.tables_text())["key"]


def test_tables_and_grammar_make_the_same_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def shape(parser: lark.Lark) -> list[frozenset[str]]:
        states: dict[int, dict[str, Any]] = parser.parser.parser._parse_table.states
        return sorted((frozenset(steps) for steps in states.values()), key=sorted)

    kept = grammar.load()
    grammar.load.cache_clear()
    monkeypatch.setattr(grammar, "_key", lambda text: "other")
    made = grammar.load()
    monkeypatch.undo()
    grammar.load.cache_clear()
    assert shape(kept) == shape(made)


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    lark.logger.addHandler(caplog.handler)
    level = lark.logger.level
    try:
        lark.logger.setLevel(logging.DEBUG)
        lark.Lark(TEXT, parser="lalr", lexer="basic", start=grammar.START, debug=True)
    finally:
        lark.logger.setLevel(level)
        lark.logger.removeHandler(caplog.handler)
    assert "onflict" not in caplog.text


def test_every_rule_is_explained() -> None:
    lines = TEXT.splitlines()
    rules = [i for i, line in enumerate(lines) if re.match(r"[?_]?[a-z_]+:", line)]
    assert len(rules) > 50
    assert [lines[i] for i in rules if not lines[i - 1].startswith("//")] == []


@pytest.mark.parametrize("entry", MALFORMED["example"], ids=lambda entry: entry["snippets"][0])
def test_an_example_has_words_that_can_be_said(entry: dict[str, Any]) -> None:
    assert entry["code"] in examples.BY_CODE
    for words in (entry["message"], entry["help"]):
        said = words.format(found="F", before="B")
        assert said[0].islower() or said[0] in "`"
        assert not said.endswith(".")


def test_no_two_examples_contradict_each_other() -> None:
    found = defaultdict(set)
    for entry in MALFORMED["example"]:
        for snippet in entry["snippets"]:
            found[examples.stuck_at(snippet)].add(entry["message"])
    assert [messages for messages in found.values() if len(messages) > 1] == []


def test_every_example_is_needed() -> None:
    spots = [examples.stuck_at(s) for e in MALFORMED["example"] for s in e["snippets"]]
    assert len(spots) == len(set(spots))
