"""Words for a syntax error: from the parser's state and the token it cannot take.

First the examples of `grammar/malformed.toml` are asked: a snippet that gets stuck at the same spot
has the message for this text too. Else what could have come next tells what kind of mistake it is.
"""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, did_you_mean
from netspec.syntax import errors
from netspec.syntax.examples import by_example, foreign_word
from netspec.syntax.faults import Faults
from netspec.syntax.stuck import (
    BEGINS_VALUE,
    ENDS,
    GOES_ON,
    ITEMS,
    RESERVED,
    SETTINGS,
    Stuck,
    kind,
    listed,
    text,
    visible,
    wanted,
)


def explain(stuck: Stuck, faults: Faults) -> Diagnostic:
    """The diagnostic for a parse that got stuck."""
    return (
        _slashes(stuck, faults)
        or _from_import(stuck, faults)
        or foreign_word(stuck, faults)
        or by_example(stuck, faults)
        or _reserved(stuck, faults)
        or _arrow(stuck, faults)
        or _stops_short(stuck, faults)
        or _top_level(stuck, faults)
        or _second_statement(stuck, faults)
        or _unexpected(stuck, faults)
    )


def _slashes(stuck: Stuck, faults: Faults) -> Diagnostic | None:
    """`//` before words that do not parse, as comments of other languages begin."""
    for position in range(stuck.start, stuck.position + 1):
        following = stuck.tokens[min(position + 1, stuck.position)]
        first = position == stuck.start
        if stuck.tokens[position].type == "FLOOR" and (first or kind(following) != "NUMBER"):
            return errors.foreign(
                faults.span(stuck.tokens[position]),
                "`//` divides, and begins no comment",
                "begin a comment with `#`",
            )
    return None


def _from_import(stuck: Stuck, faults: Faults) -> Diagnostic | None:
    """`from "blocks.net" import Residual`, as Python writes it."""
    first, *after = stuck.tokens[stuck.start : stuck.start + 3]
    if first.type != "FROM" or "IMPORT" not in [token.type for token in after]:
        return None
    return errors.foreign(
        faults.span(first),
        "an import takes a whole file",
        'write `import "blocks.net" as lib`, and `lib.Residual` where it is used',
    )


def _reserved(stuck: Stuck, faults: Faults) -> Diagnostic | None:
    token, before = stuck.token, stuck.before
    if token.type in RESERVED and "NAME" in stuck.expected:
        return errors.reserved_word(faults.span(token))
    bound = token.type in ("EQUAL", "COMMA", "ARROW", "DOT", "RPAR", "COLON")
    if bound and before is not None and before.type in RESERVED - {"TRUE", "FALSE", "NONE"}:
        return errors.reserved_word(faults.span(before))
    return None


def _arrow(stuck: Stuck, faults: Faults) -> Diagnostic | None:
    token, before = stuck.token, stuck.before
    if before is not None and before.type == "ARROW":
        what = f"`{token}`" if token.type not in ENDS else "nothing"
        return errors.dangling_arrow(
            faults.span(before),
            f"{what} stands behind the arrow",
            "behind `->` stands a layer, a function or a block",
        )
    if token.type == "ARROW" and "NAME" in stuck.expected:
        return errors.dangling_arrow(
            faults.span(token),
            "nothing stands before the arrow",
            "write what goes through it, or remove it",
        )
    return None


def _stops_short(stuck: Stuck, faults: Faults) -> Diagnostic | None:
    token, before = stuck.token, stuck.before
    if token.type not in ENDS or before is None:
        return None
    advice = f"{wanted(stuck.expected)} should follow"
    if before.type in GOES_ON or before.type in ("EQUAL", "COMMA"):
        advice += "; what is too long for a line goes into parentheses"
    return errors.incomplete(
        faults.span(before), f"{ENDS[token.type]} ends after `{text(before)}`", advice
    )


def _top_level(stuck: Stuck, faults: Faults) -> Diagnostic | None:
    if stuck.body != -1 or stuck.before is not None:
        return None
    token = stuck.token
    following = stuck.tokens[min(stuck.position + 1, len(stuck.tokens) - 1)]
    close = did_you_mean(str(token), ITEMS) if token.type == "NAME" else None
    if close is not None and following.type not in ("ARROW", "EQUAL"):
        return errors.unknown_item(faults.span(token), close)
    if following.type == "EQUAL":
        return errors.unknown_item(
            faults.span(token),
            f"write `param {token} = ...`, or move it into the block it belongs to",
        )
    if token.type in BEGINS_VALUE or following.type in ("ARROW", "LPAR"):
        return errors.unknown_item(faults.span(token), "layers stand in a `model { ... }`")
    return errors.unknown_item(faults.span(token), f"it holds {listed([f'`{i}`' for i in ITEMS])}")


def _second_statement(stuck: Stuck, faults: Faults) -> Diagnostic | None:
    token, before = stuck.token, stuck.before
    if before is None or not stuck.accepts("NEWLINE") or token.type in ("EQUAL", "COMMA", "COLON"):
        return None
    span = faults.span(token)
    if stuck.body == -1:
        return errors.second_statement(span, "begin a new line here")
    if _settings(stuck) and stuck.position == stuck.start + 1:
        return errors.not_a_binding(
            span, f"`=` is missing after `{before}`", f"write `{before} = {text(token)}`"
        )
    if _settings(stuck):
        return errors.second_statement(span, "begin a new line here")
    if before.type == "NAME" and token.type in ("NUMBER", "STRING"):
        return errors.second_statement(
            span, f"arguments stand in parentheses: `{before}({text(token)})`"
        )
    return errors.second_statement(span, "join the two by `->`, or begin a new line here")


def _unexpected(stuck: Stuck, faults: Faults) -> Diagnostic:
    expected, token = stuck.expected, stuck.token
    found = text(token)
    if "COMMA" in expected and token.type not in RESERVED and kind(token) in BEGINS_VALUE:
        return errors.unexpected(
            faults.span(token), f"a comma is missing before `{found}`", f"write `, {found}`"
        )
    return errors.unexpected(
        faults.span(visible(stuck)),
        f"`{found}` cannot stand here",
        f"expected {wanted(expected)}",
    )


def _settings(stuck: Stuck) -> bool:
    """Whether the statement stands in a block of settings."""
    at = stuck.body
    while at > 0 and stuck.tokens[at].type not in ("NEWLINE", "RBRACE"):
        at -= 1
        if stuck.tokens[at].type in SETTINGS:
            return True
    return False
