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
        self._vocabularies = _kept(root / VOCABULARY)

    def text(self, file: str, *, words: bool) -> TextSchema | Unreadable:
        """The tokens that the run knows: the text may have changed since, or be gone."""
        match self._vocabularies:
            case None:
                detail = "it is damaged, and tells no tokens"
                return Unreadable(reason="malformed", file=VOCABULARY, detail=detail)
            case [tokens]:
                return TextSchema(tokens=LONG, vocabulary=tokens)
            case _:
                return super().text(file, words=words)


def _kept(path: Path) -> tuple[tuple[str, ...], ...] | None:
    """The vocabularies of a run's texts; None of a file that is damaged.

    What a text of today holds in its stead would be other tokens by the same numbers.
    """
    if not path.exists():
        return ()
    try:
        listed = list(json.loads(path.read_text(encoding="utf-8")).values())
    except (OSError, ValueError, AttributeError):
        return None
    whole = all(
        isinstance(tokens, list) and tokens and all(isinstance(token, str) for token in tokens)
        for tokens in listed
    )
    return tuple(map(tuple, listed)) if whole else None
