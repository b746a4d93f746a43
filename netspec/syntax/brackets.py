"""Brackets that match: finds those that have no partner, and mends them before parsing.

When the brackets of a text do not add up, no parser can say which of them is at fault; a reader
can, from the indentation. So can this step: a line that is indented no further than the line of an
open `(` ends it; a `}` that begins a line belongs to the line with its indentation; `model`,
`train` and the like at the left edge end everything.
"""

from __future__ import annotations

from dataclasses import dataclass

from lark import Token

from netspec.syntax import errors
from netspec.syntax.faults import Faults, made, place
from netspec.syntax.lines import CLOSING, OPENING

OPENER = {closer: opener for opener, closer in OPENING.items()}
CHARACTER = {"RPAR": ")", "RSQB": "]", "RBRACE": "}"}
ITEMS = frozenset({"BLOCK", "DATA", "EXTERN", "IMPORT", "MODEL", "PARAM", "TEST", "TRAIN"})


def balance(tokens: list[Token], faults: Faults) -> list[Token]:
    """The tokens with every bracket matched; those that were not are reported."""
    if _matched(tokens):
        return tokens
    return _Mending(tokens, faults).result()


def _matched(tokens: list[Token]) -> bool:
    stack: list[str] = []
    for token in tokens:
        if token.type in OPENING:
            stack.append(OPENING[token.type])
        elif token.type in CLOSING and (not stack or stack.pop() != token.type):
            return False
    return not stack


@dataclass(slots=True)
class _Open:
    """An open bracket: the token, its number, the line it stands on and that line's indentation."""

    token: Token
    number: int
    line: int
    indent: int


class _Mending:
    """One walk over tokens whose brackets do not match."""

    def __init__(self, tokens: list[Token], faults: Faults) -> None:
        self.tokens = tokens
        self.faults = faults
        self.stack: list[_Open] = []
        self.inserted: dict[int, list[Token]] = {}
        self.replaced: dict[int, Token | None] = {}
        self.surplus = {
            closer: sum((t.type == closer) - (t.type == opener) for t in tokens)
            for opener, closer in OPENING.items()
        }
        self.round_at_fault = bool(
            self.surplus["RPAR"] or self.surplus["RSQB"] or not self.surplus["RBRACE"]
        )

    def result(self) -> list[Token]:
        line, indent, first = 0, 0, True
        source = self.faults.source
        for number, token in enumerate(self.tokens):
            if token.type == "NEWLINE":
                first = True
                continue
            if first:
                line, indent = source.position(place(token)[0])
                self.begin_line(number, token, indent)
            if token.type in OPENING:
                self.stack.append(_Open(token, number, line, indent))
            elif token.type == "RBRACE":
                self.close_brace(number, token, indent if first else None)
            elif token.type in CLOSING:
                self.close_round(number, token)
            first = False
        while self.stack:
            self.give_up(self.stack.pop(), len(self.tokens))
        return self.mended()

    def begin_line(self, number: int, token: Token, indent: int) -> None:
        """A line may show by its indentation that something above it was to be closed."""
        if indent == 1 and token.type in ITEMS and self.is_item(number):
            while self.stack and (self.surplus["RBRACE"] < 0 or self.top() != "LBRACE"):
                self.give_up(self.stack.pop(), number)
        while (
            self.round_at_fault
            and self.stack
            and self.top() != "LBRACE"
            and token.type not in CLOSING
            and indent <= self.stack[-1].indent
        ):
            self.give_up(self.stack.pop(), number)

    def is_item(self, number: int) -> bool:
        """Whether the word at the left edge opens an item and is no name of the user's."""
        following = self.tokens[number + 1] if number + 1 < len(self.tokens) else None
        return following is not None and following.type not in ("EQUAL", "ARROW", "DOT", "COMMA")

    def close_brace(self, number: int, token: Token, indent: int | None) -> None:
        """`indent` is that of the line which the brace begins, if it begins one."""
        while self.stack and self.top() != "LBRACE":
            self.give_up(self.stack.pop(), number)
        if self.stack and indent is not None and self.stack[-1].indent != indent:
            owners = [o.indent for o in self.stack if o.token.type == "LBRACE"]
            if self.surplus["RBRACE"] > 0 and indent not in owners:
                self.drop(number, token)
                return
            if indent in owners:
                while self.surplus["RBRACE"] < 0 and self.stack[-1].indent > indent:
                    self.give_up(self.stack.pop(), number)
        if self.stack:
            self.stack.pop()
        else:
            self.drop(number, token)

    def close_round(self, number: int, token: Token) -> None:
        """`)` and `]`, whose partner must be above the innermost `{`."""
        inner: list[str] = []
        for opened in reversed(self.stack):
            if opened.token.type == "LBRACE":
                break
            inner.append(opened.token.type)
        opener = OPENER[token.type]
        if not inner:
            self.drop(number, token)
        elif inner[0] == opener:
            self.stack.pop()
        elif opener in inner and not (
            self.surplus[token.type] > 0 > self.surplus[OPENING[inner[0]]]
        ):
            while self.top() != opener:
                self.give_up(self.stack.pop(), number)
            self.stack.pop()
        else:
            self.exchange(number, token, self.stack.pop())

    def exchange(self, number: int, token: Token, opened: _Open) -> None:
        """Report a closing bracket of the wrong kind, and take it for the right one."""
        closer = OPENING[opened.token.type]
        self.surplus[token.type] -= 1
        self.surplus[closer] += 1
        self.replaced[number] = made(closer, CHARACTER[closer], *place(token))
        span = self.faults.span(token)
        self.faults.report(errors.stray_closer(span, self.faults.span(opened.token)), doubtful=True)

    def top(self) -> str:
        return self.stack[-1].token.type

    def drop(self, number: int, token: Token) -> None:
        """Report a closing bracket that closes nothing, and leave it out."""
        self.surplus[token.type] -= 1
        self.replaced[number] = None
        self.faults.report(errors.stray_closer(self.faults.span(token)), doubtful=True)

    def give_up(self, opened: _Open, number: int) -> None:
        """Report a bracket that is never closed, and close it behind the line before `number`.

        A `(` in the header of a body is closed before the body's `{`.
        """
        closer = OPENING[opened.token.type]
        self.surplus[closer] += 1
        start, _ = place(opened.token)
        if self.faults.doubts(start, start + len(self.faults.source.line_text(opened.line))):
            self.faults.doubt(start)
        else:
            self.faults.report(errors.unclosed(self.faults.span(opened.token)), doubtful=True)
        at = number
        if closer != "RBRACE":
            at = next((i for i in range(opened.number, number) if self.is_header_end(i)), number)
        while self.tokens[at - 1].type == "NEWLINE":
            at -= 1
        _, end = place(self.tokens[at - 1])
        self.inserted.setdefault(at, []).append(made(closer, CHARACTER[closer], end, end))

    def is_header_end(self, number: int) -> bool:
        """A `{` that is the last of its line: it opens a body, so the header ends before it."""
        if self.tokens[number].type != "LBRACE":
            return False
        return number + 1 < len(self.tokens) and self.tokens[number + 1].type == "NEWLINE"

    def mended(self) -> list[Token]:
        tokens: list[Token] = []
        for number, token in enumerate(self.tokens):
            tokens.extend(self.inserted.get(number, ()))
            kept = self.replaced.get(number, token)
            if kept is not None:
                tokens.append(kept)
        tokens.extend(self.inserted.get(len(self.tokens), ()))
        return tokens if _matched(tokens) else _flattened(tokens)


def _flattened(tokens: list[Token]) -> list[Token]:
    """Brackets that match by force, where the guesses above crossed each other."""
    kept: list[Token] = []
    stack: list[str] = []
    for token in tokens:
        if token.type in CLOSING:
            if not stack or stack[-1] != token.type:
                continue
            stack.pop()
        elif token.type in OPENING:
            stack.append(OPENING[token.type])
        kept.append(token)
    end = place(kept[-1])[1] if kept else 0
    kept.extend(made(closer, CHARACTER[closer], end, end) for closer in reversed(stack))
    return kept
