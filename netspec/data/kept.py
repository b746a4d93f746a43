"""What the data of a finished run says about itself, as far as the run has kept it."""

from __future__ import annotations

import json
from pathlib import Path

from netspec.data.schema import FolderReader
from netspec.program.schemas import TextSchema, Unreadable

VOCABULARY = "vocabulary.json"
# How long the text was is not kept; it was long enough for the run's windows and splits.
LONG = 10**9


class KeptReader(FolderReader):
    """Reads for the spec that a run has kept: its text is the one of the run, there or not.

    Files of other data are looked for as for any spec.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._vocabulary = _only(root / VOCABULARY)

    def text(self, file: str, *, words: bool) -> TextSchema | Unreadable:
        """The tokens that the run knows: the text may have changed since, or be gone."""
        if self._vocabulary is None:
            return super().text(file, words=words)
        return TextSchema(tokens=LONG, vocabulary=self._vocabulary)


def _only(path: Path) -> tuple[str, ...] | None:
    """The vocabulary of a run that has one."""
    try:
        (tokens,) = json.loads(path.read_text(encoding="utf-8")).values()
    except (OSError, ValueError, AttributeError):
        return None
    held = isinstance(tokens, list) and all(isinstance(token, str) for token in tokens)
    return tuple(tokens) if held and tokens else None
