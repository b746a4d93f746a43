"""The reference is whole: it shows every construct, and names every setting, error and command.

What each of its snippets says is tested in `test_docs.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from lark import Token, Tree
from lark.grammar import Rule
from test_docs import BLOCKS, REFERENCE

import netspec
from netspec.analysis.lints import RULES
from netspec.analysis.training.statements import PHASE, SETTINGS
from netspec.catalog import Catalog
from netspec.cli import netspec as command
from netspec.cli.explain import all_codes
from netspec.diagnostics import Sink, reference
from netspec.source import Source
from netspec.syntax.brackets import balance
from netspec.syntax.faults import Faults
from netspec.syntax.grammar import load, start_state
from netspec.syntax.lines import statements
from netspec.syntax.slips import mend

ROOT = Path(__file__).parent.parent
GRAMMAR = ROOT / "grammar"
CODES = all_codes()
PAGES = reference.read(GRAMMAR)
TEXT = "".join(PAGES.values())
SPANS = " ".join(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", TEXT, flags=re.M | re.S)))
# What recovery makes of a statement that did not parse: nobody writes it.
UNWRITTEN = {"faulty", "FAULTY"}


class Recorder:
    """A builder of bare trees, which notes the names of the rules."""

    def __init__(self) -> None:
        self.rules: set[str] = set()

    def __getattr__(self, rule: str) -> Callable[[list[object]], Tree[object]]:
        def build(children: list[object]) -> Tree[object]:
            self.rules.add(rule)
            return Tree(rule, list(children))

        return build


def parts(text: str) -> set[str]:
    """The rules of the grammar that a text uses, and the types of its tokens."""
    faults = Faults(Source("snippet.net", text), Sink())
    tokens = mend(load().lex(text, dont_ignore=True), faults)
    lines = list(statements(balance(tokens, faults), faults))
    recorder = Recorder()
    state = start_state(recorder)
    for token in lines:
        state.feed_token(token)
    state.feed_token(Token("$END", ""), is_end=True)
    return recorder.rules | {token.type for token in lines}


def test_every_construct_of_the_grammar_is_shown() -> None:
    rules = {rule.alias or rule.origin.name for rule in load().rules if not inner(rule)}
    tokens = {terminal.name for terminal in load().terminals}
    wanted = {name for name in rules | tokens if not name.startswith("__")} - UNWRITTEN
    wanted -= set(load().lexer_conf.ignore)
    shown: set[str] = set()
    for block in BLOCKS:
        if block.document in REFERENCE and block.words[0] == "net" and "error" not in block.words:
            shown |= parts(block.text)
    assert sorted(wanted - shown) == []


def inner(rule: Rule) -> bool:
    """Whether a rule only chooses between others, and leaves nothing in the tree itself."""
    return rule.alias is None and bool(rule.options.expand1)


def test_the_parts_of_a_text_are_told() -> None:
    assert {"definition", "bind", "number", "MODEL", "EQUAL"} <= parts("model { x = 1 }")
    assert "scan" not in parts("model { x = 1 }")


@pytest.mark.parametrize("setting", sorted({*SETTINGS, *PHASE, "group", "freeze", "stop when"}))
def test_every_setting_has_its_row(setting: str) -> None:
    assert re.search(rf"^\| .*`{setting}\b", PAGES["training.md"], re.M)


@pytest.mark.parametrize("kind", sorted(Catalog().kinds))
def test_every_kind_of_declaration_is_told(kind: str) -> None:
    assert re.search(rf"\b{kind}\b", PAGES["declarations.md"])


def test_every_error_belongs_to_a_section() -> None:
    """Add a code to the comment `<!-- errors: ... -->` of its section; then `make reference`."""
    told = {code for text in PAGES.values() for code in reference.named(text)}
    assert sorted(told - CODES.keys()) == []
    assert sorted(CODES.keys() - told) == []


def test_no_page_names_a_code_that_is_not_there() -> None:
    assert sorted(set(re.findall(r"NS\d{4}", TEXT)) - CODES.keys()) == []


def test_the_errors_are_up_to_date(update_goldens: bool) -> None:
    """`make reference` writes them, and so does `--update-goldens`."""
    if update_goldens:
        reference.write(GRAMMAR, CODES)
    pages = reference.read(GRAMMAR)
    for name, text in pages.items():
        assert text == reference.filled(text, CODES), f"{name}: run `make reference`"
    made = reference.documents(CODES, pages)
    kept = {page.name: page for page in (GRAMMAR / reference.FOLDER).glob("*.md")}
    assert sorted(kept) == sorted(made)
    for name, text in made.items():
        assert kept[name].read_text(encoding="utf-8") == text, f"{name}: run `make reference`"


def test_every_command_and_option_is_told() -> None:
    told = PAGES["commands.md"]
    group = command
    assert isinstance(group, click.Group)
    for name in group.list_commands(click.Context(group)):
        verb = group.get_command(click.Context(group), name)
        assert verb is not None
        assert f"netspec {name}" in told
        options = [o for p in verb.params if isinstance(p, click.Option) for o in p.opts]
        assert [option for option in options if f"`{option}" not in told] == [], name


def test_every_public_name_of_python_is_told() -> None:
    told = PAGES["commands.md"]
    assert [name for name in netspec.__all__ if f"netspec.{name}" not in told] == []
    methods = [name for name in vars(netspec.Spec) if not name.startswith("_")]
    assert [name for name in methods if f"spec.{name}" not in told and name != "program"] == []


def test_every_lint_is_told() -> None:
    assert [name for name in RULES if f"`{name}`" not in TEXT] == []


def test_no_page_is_left_out_of_the_contents() -> None:
    contents = PAGES["README.md"]
    assert [name for name in PAGES if name != "README.md" and f"({name})" not in contents] == []
