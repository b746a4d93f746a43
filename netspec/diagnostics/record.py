"""The diagnostic record: plain data made where the knowledge is, drawn elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from netspec.source import Span


class Severity(StrEnum):
    """How much a diagnostic matters: an error stops the compiler's later stages."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what is to be said of it; the text may be empty."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text under `span`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend a mistake; `safe` when they cannot change a correct meaning."""

    edits: tuple[Edit, ...]
    safe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One mistake: a headline, places (the first is primary), facts, and what to do.

    A diagnostic about something without a text (an override, a missing file) has no labels.
    """

    code: str
    severity: Severity
    message: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fix: Fix | None = None

    def with_label(self, span: Span, text: str) -> Diagnostic:
        """The same diagnostic with one more secondary place."""
        return replace(self, labels=(*self.labels, Label(span, text)))

    def with_note(self, note: str) -> Diagnostic:
        """The same diagnostic with one more fact."""
        return replace(self, notes=(*self.notes, note))
