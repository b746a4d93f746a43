"""Diagnostics for a person: headline, the lines it is about with their marks, notes and help."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

from netspec.diagnostics.record import Diagnostic, Label
from netspec.source import Source

TAB = 4
# What is left of a line that is wider than the terminal starts this far before its mark.
LEAD = 20
# Of a longer message the middle is left out; of a line that is longer still, only what is near its
# mark is looked at.
LONGEST = 1000
# It holds the parts of one emoji together.
ZERO_WIDTH_JOINER = "\u200d"

_COLORS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "headline": "\x1b[1m",
    "gutter": "\x1b[34m",
    "secondary": "\x1b[34m",
    "help": "\x1b[1;32m",
}
_RESET = "\x1b[0m"


def render_terminal(
    diagnostics: Iterable[Diagnostic], *, color: bool = False, width: int = 100
) -> str:
    """All diagnostics as text, a blank line between two; `width` is that of the terminal.

    Only lines of the spec are cut to the width; messages, unless they are very long, are left for
    the terminal to wrap.
    """
    return "\n".join("\n".join(_one(d, color, width)) + "\n" for d in diagnostics)


def _one(diagnostic: Diagnostic, color: bool, width: int) -> Iterator[str]:
    severity = str(diagnostic.severity)
    head = _paint(f"{severity}[{diagnostic.code}]", severity, color)
    yield head + _paint(f": {_shown(_short(diagnostic.message))}", "headline", color)
    last = max((label.span.line for label in diagnostic.labels), default=1)
    margin = len(str(last))
    if diagnostic.labels:
        yield from _snippets(diagnostic, margin, color, width)
    equals = " " * (margin + 1) + _paint("=", "gutter", color)
    indent = "\n" + " " * (margin + 3)
    for note in diagnostic.notes:
        text = _paint("note", "headline", color) + ": " + _short(note)
        yield f"{equals} " + indent.join(_shown(line, color) for line in text.split("\n"))
    if diagnostic.help is not None:
        text = _paint("help", "help", color) + ": " + _short(diagnostic.help)
        yield f"{equals} " + indent.join(_shown(line, color) for line in text.split("\n"))


def _snippets(diagnostic: Diagnostic, margin: int, color: bool, width: int) -> Iterator[str]:
    """The lines that carry a label, those of the primary label's source first."""
    primary = diagnostic.labels[0]
    bar = " " * (margin + 1) + _paint("|", "gutter", color)
    sources: dict[int, list[Label]] = {}
    for label in diagnostic.labels:
        sources.setdefault(id(label.span.source), []).append(label)
    for number, labels in enumerate(sources.values()):
        arrow = " " * margin + _paint("-->" if number == 0 else ":::", "gutter", color)
        yield f"{arrow} {labels[0].span}"
        yield bar
        ordered = sorted(labels, key=lambda label: (label.span.line, label is not primary))
        for line, marked in groupby(ordered, key=lambda label: label.span.line):
            rows = list(marked)
            source = rows[0].span.source
            near = _near(source, line, rows[0])
            shift, shown = _cut(near, rows[0], width - margin - 3)
            yield f"{_paint(f'{line:>{margin}} |', 'gutter', color)} {shown}".rstrip()
            for label in rows:
                mark = _mark(near, label, shift, primary=label is primary)
                style = str(diagnostic.severity) if label is primary else "secondary"
                offset = len(mark) - len(mark.lstrip(" "))
                yield f"{bar} {mark[:offset]}{_paint(mark[offset:].rstrip(), style, color)}"


def _near(source: Source, line: int, label: Label) -> tuple[int, str]:
    """The text of a line, and where in the line that begins; of a long line, what is near a label.

    A file of one line with ten thousand mistakes is shown in its length, not in the square of it.
    """
    column = label.span.column - 1
    if column <= LONGEST and len(text := source.line_text(line)) <= 2 * LONGEST:
        return 0, text
    begin = max(0, column - LEAD)
    at = label.span.start - column
    near = source.text[at + begin : at + begin + LONGEST].partition("\n")[0]
    return begin, near.rstrip("\r\n")


def _cut(near: tuple[int, str], label: Label, width: int) -> tuple[int, str]:
    """A line as shown, and how many of its columns are missing on the left."""
    begin, text = near
    shown = _expanded(text)
    if len(shown) <= width:
        return 0, shown
    start = _columns(text[: label.span.column - 1 - begin])
    shift = max(0, min(start - LEAD, len(shown) - width))
    return shift, shown[shift : shift + width]


def _mark(near: tuple[int, str], label: Label, shift: int, *, primary: bool) -> str:
    """Carets or dashes below what the span covers on its first line, and the label's text."""
    span = label.span
    begin, text = near
    first = min(max(0, span.column - 1 - begin), len(text))
    last = min(first + span.end - span.start, len(text))
    start = _columns(text[:first])
    length = max(1, _columns(text[:last]) - start)
    marks = ("^" if primary else "-") * length
    return " " * max(0, start - shift) + f"{marks} {_shown(_short(label.text))}"


def _expanded(text: str) -> str:
    """Text with tabs as blanks and nothing that would steer a terminal."""
    return "".join(" " * TAB if character == "\t" else _shown(character) for character in text)


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes when shown."""
    total = 0
    for character in text:
        if character == "\t":
            total += TAB
        elif unicodedata.east_asian_width(character) in "WF":
            total += 2
        elif character != ZERO_WIDTH_JOINER and unicodedata.category(character) not in ("Mn", "Me"):
            total += len(_shown(character))
    return total


def _short(text: str) -> str:
    """A text without its middle where that is long: a name may be as long as the file."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"


def _shown(text: str, styled: bool = False) -> str:
    """Text with its control characters spelled out; `styled` text holds colours of ours."""
    return "".join(
        f"\\x{ord(c):02x}" if _steers(c) and not (styled and c == "\x1b") else c for c in text
    )


def _steers(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")
        and character != ZERO_WIDTH_JOINER
    )


def _paint(text: str, style: str, color: bool) -> str:
    return f"{_COLORS[style]}{text}{_RESET}" if color else text
