"""What a text file says about itself: its tokens and its vocabulary. Standard library only."""

from __future__ import annotations

import re
from pathlib import Path

from netspec.program.schemas import TextSchema, Unreadable

# A word, or a mark by itself; `netspec.data.texts` numbers the same ones.
TOKEN = re.compile(r"\w+|[^\w\s]")


def read_text_schema(path: Path, file: str, words: bool) -> TextSchema | Unreadable:
    """The tokens of a file, words and marks or characters, and the distinct ones in order."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        detail = f"it is not UTF-8 (byte {problem.start})"
        return Unreadable(reason="malformed", file=file, detail=detail)
    except OSError as problem:
        detail = "it is a folder" if path.is_dir() else (problem.strerror or "no access").lower()
        return Unreadable(reason="malformed", file=file, detail=detail)
    tokens = TOKEN.findall(text) if words else text
    if not tokens:
        return Unreadable(reason="empty", file=file)
    return TextSchema(tokens=len(tokens), vocabulary=tuple(sorted(set(tokens))))
