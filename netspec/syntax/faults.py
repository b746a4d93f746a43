"""Where the steps of parsing report, and what one step must tell the next about its reports."""

from __future__ import annotations

from bisect import bisect_left

from lark import Token

from netspec.diagnostics import Diagnostic, Sink
from netspec.source import Source, Span


class Faults:
    """The complaints about one text.

    A *doubtful* place is one where a report was made and the tokens passed on are a guess: a
    statement that holds one gets no second report.
    """

    def __init__(self, source: Source, sink: Sink) -> None:
        self.source = source
        self._sink = sink
        self._doubtful: list[int] = []

    def report(self, diagnostic: Diagnostic, *, doubtful: bool = False) -> None:
        """Take a complaint; `doubtful` when its mending was a guess."""
        self._sink.report(diagnostic)
        if doubtful:
            self.doubt(diagnostic.labels[0].span.start)

    def doubt(self, offset: int) -> None:
        """Remember that the text at `offset` was mended by a guess."""
        at = bisect_left(self._doubtful, offset)
        self._doubtful.insert(at, offset)

    def doubts(self, start: int, end: int) -> list[int]:
        """The doubtful places from `start` up to `end`."""
        return self._doubtful[bisect_left(self._doubtful, start) : bisect_left(self._doubtful, end)]

    def span(self, token: Token) -> Span:
        """The place of a token."""
        start, end = place(token)
        return Span(self.source, start, end)


def place(token: Token) -> tuple[int, int]:
    """Where a token starts and ends; every token of ours has both."""
    if token.start_pos is None or token.end_pos is None:
        raise ValueError(f"{token!r} has no place")
    return token.start_pos, token.end_pos


def made(type: str, value: str, start: int, end: int) -> Token:
    """A token that the text does not spell like this: one that was meant, or is missing."""
    return Token(type, value, start_pos=start, end_pos=end)
