"""The grammar as a Lark object: from the tables that are kept beside it, else made from its text.

Making the tables takes longer than everything else that checking a small spec does, so they are
kept in `grammar/netspec.tables.json` under a key of the grammar's text and Lark's version. A key
that does not fit means tables made anew, in memory; nothing is written while checking. After a
change of the grammar, `write_tables` makes the file anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import lark
from lark.grammar import Rule
from lark.lexer import LexerThread, TerminalDef
from lark.parsers.lalr_parser_state import ParseConf, ParserState

START = "file"
SHIFT, REDUCE = 0, 1
WHOLES = frozenset({"statement", "item"})


@cache
def load() -> lark.Lark:
    """The lexer and the parse tables."""
    folder = files("netspec.grammar")
    text = folder.joinpath("netspec.lark").read_text(encoding="utf-8")
    tables = folder.joinpath("netspec.tables.json")
    if tables.is_file():
        kept = json.loads(tables.read_bytes())
        if kept["key"] == _key(text):
            return _from_tables(kept)
    return _from_text(text)


def start_state(builder: object | None) -> ParserState[int]:
    """A parser before its first token; without a builder of trees it only accepts or refuses."""
    parser = load()
    table = parser.parser.parser._parse_table
    callbacks: dict[Any, Any] = {}
    if builder is not None:
        trees: Any = parser._parse_tree_builder
        callbacks = trees.create_callback(builder)
    return ParserState(ParseConf(table, callbacks, START), LexerThread(parser.parser.lexer, None))


def actions(state: int) -> dict[str, tuple[Any, Any]]:
    """What the parser does in a state, by the type of the next token or the rule just reduced."""
    table: dict[int, dict[str, tuple[Any, Any]]] = load().parser.parser._parse_table.states
    return table[state]


def acceptable(states: Sequence[int], kind: str) -> bool:
    """Whether a parser with this stack of states could take a token of this type."""
    stack = list(states)
    while (step := actions(stack[-1]).get(kind)) is not None:
        if not isinstance(step[1], Rule):
            return True
        _reduce(stack, step[1])
    return False


def settled(states: Sequence[int]) -> int:
    """The state once every reduction is made that the next token has no say in.

    Behind a name, a number or a call the parser so comes to a state that tells what they are part
    of. A statement or item that may be complete keeps the state that tells its kind.
    """
    stack = list(states)
    while True:
        steps = {argument for _, argument in actions(stack[-1]).values()}
        rule = next(iter(steps))
        if len(steps) > 1 or not isinstance(rule, Rule) or rule.origin.name in WHOLES:
            return stack[-1]
        _reduce(stack, rule)


def _reduce(stack: list[int], rule: Rule) -> None:
    if rule.expansion:
        del stack[-len(rule.expansion) :]
    stack.append(actions(stack[-1])[rule.origin.name][1])


def tables_text() -> str:
    """What the file of kept tables must hold for the grammar as it stands."""
    text = files("netspec.grammar").joinpath("netspec.lark").read_text(encoding="utf-8")
    data, memo = _from_text(text).memo_serialize([TerminalDef, Rule])
    data["options"] = {"parser": "lalr", "lexer": "basic", "start": [START], **_OPTIONS}
    table = data["parser"]["parser"]
    table["states"] = [
        [number for token, step in actions.items() for number in (token, _packed(step))]
        for _, actions in sorted(table["states"].items())
    ]
    kept = {"key": _key(text), "data": data, "memo": memo}
    return json.dumps(kept, separators=(",", ":"), sort_keys=True) + "\n"


def write_tables() -> None:
    """Keep the tables for the grammar as it stands."""
    kept = Path(str(files("netspec.grammar").joinpath("netspec.tables.json")))
    kept.write_text(tables_text(), encoding="utf-8")


_OPTIONS: dict[str, bool] = {"maybe_placeholders": False, "keep_all_tokens": True}


def _from_text(text: str) -> lark.Lark:
    return lark.Lark(text, parser="lalr", lexer="basic", start=START, **_OPTIONS)


def _from_tables(kept: dict[str, Any]) -> lark.Lark:
    data = kept["data"]
    table = data["parser"]["parser"]
    table["tokens"] = {int(number): name for number, name in table["tokens"].items()}
    table["states"] = {
        state: {
            token: (SHIFT, step) if step >= 0 else (REDUCE, {"@": -1 - step})
            for token, step in zip(packed[::2], packed[1::2], strict=True)
        }
        for state, packed in enumerate(table["states"])
    }
    memo = {int(number): thing for number, thing in kept["memo"].items()}
    make: Any = lark.Lark
    parser: lark.Lark = make._load_from_dict(data, memo)
    return parser


def _packed(step: tuple[int, Any]) -> int:
    """A shift as the state it leads to, a reduction as minus its rule's number, less one."""
    action, argument = step
    return int(argument) if action == SHIFT else -1 - int(argument["@"])


def _key(text: str) -> str:
    return hashlib.sha256(f"{lark.__version__}\n{text}".encode()).hexdigest()
