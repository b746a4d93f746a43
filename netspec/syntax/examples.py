"""Syntax messages by example: reads `grammar/malformed.toml` and finds the example that fits."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lark import UnexpectedToken
from lark.parsers.lalr_parser_state import ParserState

from netspec.diagnostics import Diagnostic, Sink
from netspec.source import Source
from netspec.syntax import errors
from netspec.syntax.faults import Faults
from netspec.syntax.grammar import acceptable, load, settled, start_state
from netspec.syntax.lines import statements
from netspec.syntax.slips import mend
from netspec.syntax.stuck import SOFT, Stuck, text, visible

BY_CODE: dict[str, Callable[..., Diagnostic]] = {
    "NS1001": errors.unexpected,
    "NS1007": errors.not_a_binding,
    "NS1008": errors.foreign,
    "NS1009": errors.dangling_arrow,
    "NS1012": errors.incomplete,
}


@dataclass(frozen=True, slots=True)
class Saying:
    """What `malformed.toml` says of a mistake."""

    code: str
    message: str
    help: str


Spot = tuple[int, str, frozenset[str]]
# Whether these could come tells apart the places that share a state of the parser.
TELLING = (
    "NEWLINE",
    "COMMA",
    "RPAR",
    "RSQB",
    "LBRACE",
    "EQUAL",
    "ELSE",
    "IN",
    "ALONG",
    "CARRY",
    "$END",
)


@cache
def examples() -> dict[Spot, Saying]:
    """Where each snippet of `malformed.toml` gets stuck, with what to say there."""
    found: dict[Spot, Saying] = {}
    for entry in _malformed()["example"]:
        saying = Saying(entry["code"], entry["message"], entry["help"])
        for snippet in entry["snippets"]:
            found.setdefault(stuck_at(snippet), saying)
    return found


def stuck_at(snippet: str) -> Spot:
    """Where a text gets stuck; at its end, if nowhere before."""
    faults = Faults(Source("example", snippet), Sink())
    state: ParserState[int] = start_state(None)
    tokens = statements(mend(load().lex(snippet, dont_ignore=True), faults), faults)
    for token in tokens:
        try:
            state.feed_token(token)
        except UnexpectedToken:
            return _spot(state.state_stack, token.type)
    return _spot(state.state_stack, "$END")


def _spot(states: Sequence[int], kind: str) -> Spot:
    """What two texts have in common that deserve the same message."""
    telling = frozenset(t for t in TELLING if acceptable(states, t))
    return settled(states), "NAME" if kind in SOFT else kind, telling


def by_example(stuck: Stuck, faults: Faults) -> Diagnostic | None:
    """What the fitting example says, if there is one."""
    saying = examples().get(_spot(stuck.states, stuck.token.type))
    if saying is None:
        return None
    found, before = text(stuck.token), text(stuck.before or stuck.token)
    span = faults.span(visible(stuck))
    message = saying.message.format(found=found, before=before)
    advice = saying.help.format(found=found, before=before)
    return BY_CODE[saying.code](span, message, advice)


def foreign_word(stuck: Stuck, faults: Faults) -> Diagnostic | None:
    """What to write in place of a word of another language, if one stands here."""
    words: dict[str, str] = _malformed()["words"]
    for token in (stuck.token, stuck.before, stuck.tokens[stuck.start]):
        if token is not None and token.type == "NAME" and token in words:
            return errors.foreign(
                faults.span(token), f"`{token}` is no word of this language", words[token]
            )
    return None


@cache
def _malformed() -> dict[str, Any]:
    text = files("netspec.grammar").joinpath("malformed.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
