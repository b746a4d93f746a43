"""Reading a spec from disk."""

from __future__ import annotations

from pathlib import Path

from netspec.diagnostics import Sink
from netspec.source import Source
from netspec.syntax import limit_errors

BYTES = 1_000_000

# How files begin that Windows writes as "Unicode".
UTF16 = (b"\xff\xfe", b"\xfe\xff")
BYTE_ORDER_MARK = "\ufeff"


def read(path: Path, sink: Sink, *, name: str | None = None) -> Source | None:
    """The text of a file, or none when it cannot be read as one; `name` is what messages call it.

    A byte order mark at the start is dropped and every line end becomes a newline, so that places
    are those that an editor shows.
    """
    name = str(path) if name is None else name
    try:
        with path.open("rb") as file:
            found = file.read(BYTES + 1)
    except OSError as problem:
        reason = (problem.strerror or "unreadable").lower()
        sink.report(limit_errors.cannot_read(name, reason, _neighbours(path)))
        return None
    if len(found) > BYTES:
        sink.report(limit_errors.file_too_large(name, path.stat().st_size, BYTES))
        return None
    try:
        text = found.decode("utf-8")
    except UnicodeDecodeError as problem:
        guess = "UTF-16" if found.startswith(UTF16) else None
        line = found.count(b"\n", 0, problem.start) + 1
        sink.report(limit_errors.not_utf8(name, line, guess))
        return None
    text = text.removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n")
    return Source(name, text, path)


def _neighbours(path: Path) -> tuple[str, ...]:
    """The specs in the folder that a path leads to, for a name that may be misspelt."""
    return tuple(other.name for other in path.parent.glob("*.net") if other.is_file())
