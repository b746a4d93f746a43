"""Slips of spelling that show in a single token: other languages' signs, bad numbers, open strings.

Each is reported once, and the token that was meant is passed on, so that the parser sees no error
there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from lark import Token

from netspec.diagnostics import Diagnostic, Edit, Fix
from netspec.source import Span
from netspec.syntax import errors, limit_errors
from netspec.syntax.expressions import number_value
from netspec.syntax.faults import Faults, made, place
from netspec.syntax.limits import DIGITS

UNSEEN = frozenset({"BLANKS", "COMMENT"})

# The token that was meant, for signs whose meaning is plain.
MEANT = {
    "True": ("TRUE", "true"),
    "False": ("FALSE", "false"),
    "None": ("NONE", "none"),
    "&&": ("AND", "and"),
    "||": ("OR", "or"),
    "!": ("NOT", "not"),
    "\N{MINUS SIGN}": ("MINUS", "-"),
    "\N{EN DASH}": ("MINUS", "-"),
    "\N{MULTIPLICATION SIGN}": ("STAR", "*"),
    ":=": ("EQUAL", "="),
    "=>": ("ARROW", "->"),
    "|>": ("ARROW", "->"),
    "\N{RIGHTWARDS ARROW}": ("ARROW", "->"),
    "\N{RIGHTWARDS DOUBLE ARROW}": ("ARROW", "->"),
}


def mend(tokens: Iterable[Token], faults: Faults) -> list[Token]:
    """The tokens without blanks and comments, each slip reported and replaced by what was meant."""
    mended: list[Token] = []
    for token in tokens:
        if token.type in UNSEEN:
            continue
        if token.type == "NUMBER":
            mended.append(_number(token, faults))
        elif token.type in _SLIPS:
            mended.extend(_SLIPS[token.type](token, faults))
        else:
            mended.append(token)
    return mended


def _number(token: Token, faults: Faults) -> Token:
    start, end = place(token)
    whole = token.replace("_", "")
    if whole.isdigit() and len(whole) > DIGITS:
        faults.report(limit_errors.number_too_long(faults.span(token), DIGITS))
        return made("NUMBER", "1", start, end)
    if not math.isfinite(number_value(token)):
        faults.report(_number_too_large_error(faults.span(token)))
        return made("NUMBER", "1", start, end)
    return token


def _sign(token: Token, faults: Faults) -> list[Token]:
    kind, value = MEANT[str(token)]
    faults.report(_foreign_sign_error(faults.span(token), value))
    return [made(kind, value, *place(token))]


def _compound(token: Token, faults: Faults) -> list[Token]:
    if token == ":=":
        return _sign(token, faults)
    faults.report(_compound_binding_error(faults.span(token)))
    return [made("EQUAL", "=", *place(token))]


def _quoted(token: Token, faults: Faults) -> list[Token]:
    faults.report(_foreign_quotes_error(faults.span(token)))
    return [made("STRING", '"' + token[1:-1] + '"', *place(token))]


def _open_string(token: Token, faults: Faults) -> list[Token]:
    faults.report(errors.open_string(faults.span(token)), doubtful=True)
    return [made("STRING", token + '"', *place(token))]


def _block_comment(token: Token, faults: Faults) -> list[Token]:
    """Nothing is passed on but a line break, if the comment held one."""
    faults.report(_block_comment_error(faults.span(token)))
    start, end = place(token)
    return [made("NEWLINE", "\n", start, end)] if "\n" in token else []


def _bad_number(token: Token, faults: Faults) -> list[Token]:
    faults.report(_number_unreadable_error(faults.span(token)))
    return [made("NUMBER", "1", *place(token))]


def _blanks(token: Token, faults: Faults) -> list[Token]:
    # One without a width may have cut a name in two.
    faults.report(errors.wrong_characters(faults.span(token)), doubtful=not token.isspace())
    return []


def _characters(token: Token, faults: Faults) -> list[Token]:
    faults.report(errors.wrong_characters(faults.span(token)), doubtful=True)
    return []


# --- their words ---------------------------------------------------------------------------------


def _foreign_sign_error(span: Span, meant: str) -> Diagnostic:
    """A sign or constant whose meaning is plain."""
    return errors.foreign(
        span,
        f"`{span.text}` is no sign of this language"
        if not span.text.isalpha()
        else f"`{span.text}` is Python's",
        f"write `{meant}`",
        Fix((Edit(span, f"{meant} " if meant == "not" else meant),), safe=True),
    )


def _foreign_quotes_error(span: Span) -> Diagnostic:
    """A string in other quotes than `"`."""
    meant = f'"{span.text[1:-1]}"'
    return errors.foreign(
        span, "a string has double quotes", f"write `{meant}`", Fix((Edit(span, meant),), safe=True)
    )


def _block_comment_error(span: Span) -> Diagnostic:
    """`/* ... */`."""
    return errors.foreign(
        span, "there are no `/* */` comments", "begin each line of the comment with `#`"
    )


def _compound_binding_error(span: Span) -> Diagnostic:
    """`x += 1`."""
    op = span.text[0]
    return errors.not_a_binding(span, f"there is no `{span.text}`", f"write `x = x {op} ...`")


def _number_unreadable_error(span: Span) -> Diagnostic:
    """`3x`, `1.`, `1__0`."""
    written = span.text
    if written.endswith("."):
        advice = f"write `{written}0` or `{written[:-1]}`"
    elif written.lower().startswith("0x") or written.lower().startswith("0b"):
        advice = "write it in decimal"
    else:
        advice = (
            "numbers look like `64`, `1_000`, `0.5`, `3e-4`, `20%`; no name begins with a digit"
        )
    return errors.bad_number(span, f"`{errors.short(span)}` is no number", advice)


def _number_too_large_error(span: Span) -> Diagnostic:
    """`1e999`."""
    return errors.bad_number(
        span,
        f"`{errors.short(span)}` is larger than any float",
        "the largest float is about 1.8e308",
    )


_SLIPS = {
    "OTHER_CONSTANT": _sign,
    "OTHER_AND": _sign,
    "OTHER_OR": _sign,
    "OTHER_NOT": _sign,
    "OTHER_MINUS": _sign,
    "OTHER_TIMES": _sign,
    "OTHER_ARROW": _sign,
    "OTHER_EQUAL": _compound,
    "OTHER_STRING": _quoted,
    "CURLY_STRING": _quoted,
    "OPEN_STRING": _open_string,
    "BLOCK_COMMENT": _block_comment,
    "BAD_NUMBER": _bad_number,
    "OTHER_BLANKS": _blanks,
    "WRONG_CHARACTERS": _characters,
}
