"""The newline filter: keeps the newlines that stand between two statements, drops the others.

It takes tokens without blanks and comments, in which brackets match, and gives those that the
grammar reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lark import Token

from netspec.diagnostics import Diagnostic
from netspec.source import Span
from netspec.syntax import errors
from netspec.syntax.faults import Faults

OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
CLOSING = frozenset(OPENING.values())
# Tokens that end what may stand between `repeat` and its body.
ENDS = frozenset({"NEWLINE", "ARROW", "COMMA", "EQUAL", "COLON"})


def statements(tokens: Iterable[Token], faults: Faults) -> list[Token]:
    """Fold newlines, and drop them inside `( )` and `[ ]`, after `{`, before `}` and before `->`.

    A line break in a wrong place (behind an arrow, before `else`) is reported and then ignored, as
    is a `;` that ends a statement.
    """
    kept: list[Token] = []
    newline: Token | None = None
    for token, inside in _with_bracket(tokens):
        if token.type == "SEMICOLON" and inside in (None, "LBRACE"):
            faults.report(_semicolon(faults.span(token)))
            newline = newline or Token.new_borrow_pos("NEWLINE", "\n", token)
        elif token.type == "NEWLINE":
            if inside in (None, "LBRACE"):
                newline = newline or token
        else:
            if newline is not None and _ends_statement(kept, token, faults):
                kept.append(newline)
            newline = None
            kept.append(token)
    return _named(kept)


def _named(tokens: list[Token]) -> list[Token]:
    """The tokens with `repeat` as a name where it calls einops' function: no `{` follows it.

    From the end on it is known of each bracket that is open whether a `{` is still to come in it
    before its statement, flow or item ends.
    """
    named = list(tokens)
    braced = [False]
    for at in range(len(tokens) - 1, -1, -1):
        token = tokens[at]
        if token.type in CLOSING:
            braced.append(False)
        elif token.type in OPENING:
            if len(braced) > 1:
                braced.pop()
            braced[-1] = token.type == "LBRACE" or braced[-1]
        elif token.type in ENDS:
            braced[-1] = False
        elif token.type == "REPEAT" and not braced[-1] and _is_call(tokens, at):
            named[at] = Token.new_borrow_pos("NAME", token.value, token)
    return named


def _is_call(tokens: list[Token], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1].type == "LPAR"


def _ends_statement(kept: list[Token], following: Token, faults: Faults) -> bool:
    if not kept or kept[-1].type == "LBRACE" or following.type in ("RBRACE", "ARROW"):
        return False
    if kept[-1].type == "ARROW":
        faults.report(_arrow_at_line_end(faults.span(kept[-1])))
        return False
    if following.type == "ELSE" and kept[-1].type == "RBRACE":
        faults.report(_else_on_new_line(faults.span(following)))
        return False
    return True


def _with_bracket(tokens: Iterable[Token]) -> Iterator[tuple[Token, str | None]]:
    """Every token with the kind of bracket it stands in; a bracket stands in what is around it."""
    stack: list[str] = []
    for token in tokens:
        if token.type in CLOSING and stack:
            stack.pop()
        yield token, stack[-1] if stack else None
        if token.type in OPENING:
            stack.append(token.type)


def _semicolon(span: Span) -> Diagnostic:
    """A `;` at the end of a statement."""
    return errors.line_break(
        span, "`;` ends no statement", "take it out: a statement ends with its line"
    )


def _arrow_at_line_end(span: Span) -> Diagnostic:
    """A line that ends with an arrow."""
    return errors.line_break(
        span, "the line ends with an arrow", "put the `->` at the start of the next line"
    )


def _else_on_new_line(span: Span) -> Diagnostic:
    """An `else` that begins a line."""
    return errors.line_break(
        span, "`else` begins a line", "put it on the line of the brace before it: `} else {`"
    )
