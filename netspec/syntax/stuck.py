"""A parse that cannot go on: what it knows of the place, and words for what could have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lark import Token

from netspec.syntax.grammar import acceptable, actions, load

ITEMS = ("netspec", "import", "param", "block", "model", "data", "train", "extern", "test")


def _types(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Words that can never be names.
RESERVED = _types("AND ASSERT ELSE FALSE FOR IF IN INPUT NONE NOT OR OUTPUT REPEAT TRUE")
# Words that are part of the language only where it expects them.
SOFT = _types(
    "NETSPEC IMPORT AS PARAM LOG BLOCK MODEL DATA TRAIN TEST EXTERN FROM SCAN ALONG CARRY PHASE "
    "GROUP TIE FREEZE INIT STOP WHEN"
)
BEGINS_VALUE = _types("NAME NUMBER STRING LSQB TRUE FALSE NONE")
# What only goes on with a value that is complete already.
GOES_ON = _types(
    "ARROW PLUS MINUS STAR SLASH FLOOR PERCENT AT POWER IS_EQUAL NOT_EQUAL AT_MOST AT_LEAST LESS "
    "MORE AND OR IF LPAR LSQB DOT"
)
ENDS = {"NEWLINE": "the line", "RBRACE": "the block", "$END": "the file"}
SETTINGS = frozenset({"TRAIN", "DATA", "GROUP", "PHASE"})
WORDS = {
    "STRING": "a string",
    "NUMBER": "a number",
    "NEWLINE": "the end of the line",
    "$END": "the end of the file",
}
MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Stuck:
    """A parse that cannot go on: its tokens, which one it is, where its statement starts.

    `body` is the number of the `{` around it, -1 at the top level; `states` is the parser's stack.
    """

    tokens: Sequence[Token]
    position: int
    start: int
    body: int
    states: tuple[int, ...]

    @property
    def token(self) -> Token:
        """The token that cannot be taken."""
        return self.tokens[self.position]

    @property
    def before(self) -> Token | None:
        """The token before it, if it is not the first of its statement."""
        return self.tokens[self.position - 1] if self.position > self.start else None

    def accepts(self, kind: str) -> bool:
        """Whether the parser could go on with a token of this type."""
        return acceptable(self.states, kind)

    @property
    def expected(self) -> frozenset[str]:
        """The types of all tokens that the parser could go on with."""
        return frozenset(k for k in actions(self.states[-1]) if k.isupper() and self.accepts(k))


def kind(token: Token) -> str:
    """A token's type; a word that may be a name is a name."""
    return "NAME" if token.type in SOFT else token.type


def visible(stuck: Stuck) -> Token:
    """The token to mark: the one before, where the text ends."""
    return stuck.before or stuck.token if stuck.token.type in ENDS else stuck.token


def text(token: Token) -> str:
    """A token as messages show it."""
    return ENDS.get(token.type, str(token)) if token.type != "RBRACE" else "}"


def wanted(expected: frozenset[str]) -> str:
    """What could have come, in words: a value, a bracket, a sign; operators count as none."""
    named: list[str] = []
    rest = set(expected) - SOFT - {"FAULTY"}
    if rest >= BEGINS_VALUE:
        named.append("a value")
        rest -= BEGINS_VALUE | {"LPAR", "LBRACE", "MINUS", "NOT"}
    elif "NAME" in rest:
        named.append("a name")
    if "NAME" in rest:
        rest -= RESERVED - BEGINS_VALUE
    if rest >= {"ARROW", "PLUS"} or rest >= {"PLUS", "STAR"}:
        rest -= GOES_ON
    signs = {terminal.name: f"`{terminal.pattern.value}`" for terminal in load().terminals}
    named += [WORDS.get(one) or signs[one] for one in sorted(rest - {"NAME"})]
    return listed(named[:MOST_NAMED])


def listed(words: list[str]) -> str:
    """`a, b or c`."""
    if len(words) < 2:
        return "".join(words) or "nothing"
    return ", ".join(words[:-1]) + " or " + words[-1]
