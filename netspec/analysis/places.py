"""Smaller places within a construct: where a finger would point."""

from __future__ import annotations

from netspec.source import Span


def header(span: Span) -> Span:
    """A construct without its body: what stands before the first `{`, on the first line."""
    text, start = span.source.text, span.start
    ends = (text.find(mark, start, span.end) for mark in ("{", "\n"))
    end = min((at for at in ends if at >= 0), default=span.end)
    return span.source.span(start, start + len(text[start:end].rstrip()))


def word_in(span: Span, word: str) -> Span:
    """The first occurrence of `word` within a span; the span itself when it does not occur."""
    at = span.text.find(word)
    if at < 0:
        return span
    return span.source.span(span.start + at, span.start + at + len(word))
