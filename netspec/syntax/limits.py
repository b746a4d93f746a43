"""Limits on a text, counted before it is parsed, so that no text can exhaust stack or memory."""

from __future__ import annotations

from lark import Token

from netspec.syntax import limit_errors
from netspec.syntax.faults import Faults
from netspec.syntax.lines import CLOSING, OPENING

CHARACTERS = 1_000_000
NESTING = 100
# Operators nest like brackets, `1 + 1 + 1` is `(1 + 1) + 1`, and later stages walk the tree by
# recursion.
OPERATORS = 200
DIGITS = 18

# What makes the tree of one expression deeper, and what begins another expression.
ARITHMETIC = {"PLUS", "MINUS", "STAR", "SLASH", "FLOOR", "PERCENT", "AT", "POWER"}
COMPARING = {"IS_EQUAL", "NOT_EQUAL", "AT_MOST", "AT_LEAST", "LESS", "MORE"}
DEEPENING = ARITHMETIC | COMPARING | {"NOT", "AND", "OR", "IF", "DOT", "LPAR", "LSQB"}
SEPARATING = {"NEWLINE", "COMMA", "ARROW", "EQUAL", "SEMICOLON", "LBRACE", "RBRACE"}


def nests_within_limits(tokens: list[Token], faults: Faults) -> bool:
    """Whether text and nesting are small enough; else the limit passed is reported.

    Brackets may be unbalanced here.
    """
    characters = len(faults.source.text)
    if characters > CHARACTERS:
        faults.report(limit_errors.file_too_large(faults.source.name, characters, CHARACTERS))
        return False
    depth = 0
    for token in tokens:
        if token.type in OPENING:
            depth += 1
        elif token.type in CLOSING:
            depth = max(0, depth - 1)
        if depth > NESTING:
            faults.report(limit_errors.nested_too_deeply(faults.span(token), NESTING))
            return False
    return True


def chains_within_limits(lines: list[Token], faults: Faults) -> bool:
    """Whether no expression has too many operators; one that has is reported.

    Brackets match, and newlines stand between statements only. An operator counts until its
    expression ends, so those in front of a bracket count for what is inside of it too.
    """
    levels = [0]
    total = 0
    for token in lines:
        if token.type in SEPARATING:
            total -= levels[-1]
            levels[-1] = 0
        elif token.type in DEEPENING:
            total += 1
            levels[-1] += 1
        if token.type in OPENING:
            levels.append(0)
        elif token.type in CLOSING:
            total -= levels.pop()
        if total > OPERATORS:
            faults.report(limit_errors.expression_too_long(faults.span(token), OPERATORS))
            return False
    return True
