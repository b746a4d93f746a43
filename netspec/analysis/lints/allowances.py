"""`# netspec: allow[name, ...]` at the end of a line silences rules on that line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from netspec.diagnostics import Diagnostic, code, did_you_mean, warning
from netspec.source import Source, Span

# What comes first in a line: a text, in which a `#` means nothing, or the comment.
TEXT_OR_COMMENT = re.compile(r'"[^"\n]*"|(?P<comment>#.*)')
ALLOWANCE = re.compile(r"#\s*netspec:\s*allow\s*\[(?P<names>[^\]]*)\]")
NAME = re.compile(r"[^\s,]+")


@dataclass(frozen=True, slots=True)
class Allowed:
    """A name within the brackets of an allowance, with its place."""

    name: str
    span: Span


def allowances(source: Source) -> Iterator[Allowed]:
    """Every name that a comment of the text allows."""
    if "netspec:" not in source.text:
        return
    start = 0
    for line in source.text.split("\n"):
        comment = next((m for m in TEXT_OR_COMMENT.finditer(line) if m["comment"]), None)
        found = ALLOWANCE.search(line, comment.start()) if comment is not None else None
        if found is not None:
            first = found.start("names")
            for name in NAME.finditer(found["names"]):
                at = start + first
                yield Allowed(name[0], source.span(at + name.start(), at + name.end()))
        start += len(line) + 1


def by_line(allowed: Collection[Allowed]) -> Mapping[int, frozenset[str]]:
    """The names allowed on each line, counted from 1."""
    lines: dict[int, frozenset[str]] = {}
    for one in allowed:
        lines[one.span.line] = lines.get(one.span.line, frozenset()) | {one.name}
    return lines


@code("NS8000")
def unknown_lint(span: Span, name: str, names: Collection[str]) -> Diagnostic:
    """A comment allows a lint that there is not.

    `# netspec: allow[name]` at the end of a line silences the lint of that name on that line. A
    name that no lint has silences nothing, so a slip in it would go unnoticed.

    Wrong:

        model {
          input x: real[B, 4]
          Linear(8)
          Linear(2)  # netspec: allow[two-linear, two-linears]
        }

    Right:

        model {
          input x: real[B, 4]
          Linear(8)
          Linear(2)  # netspec: allow[two-linears]
        }
    """
    return warning(
        f"there is no lint `{name}` to allow",
        span,
        help=did_you_mean(name, names) or "the lints are " + ", ".join(sorted(names)),
    )
