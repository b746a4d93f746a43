"""Where diagnostics go: stages report and carry on, the driver asks how it went."""

from __future__ import annotations

from netspec.diagnostics.record import Diagnostic, Severity


class Sink:
    """Collects diagnostics in the order reported, each once."""

    def __init__(self) -> None:
        self._reported: dict[Diagnostic, None] = {}

    def report(self, diagnostic: Diagnostic) -> None:
        """Take one diagnostic; an identical one is kept once (a block checked at two uses)."""
        self._reported.setdefault(diagnostic)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All of them, by place, those without a place first."""
        return tuple(sorted(self._reported, key=_order))

    @property
    def failed(self) -> bool:
        """Whether any error was reported."""
        return self.errors > 0

    @property
    def errors(self) -> int:
        """How many errors were reported."""
        return sum(d.severity is Severity.ERROR for d in self._reported)


def _order(diagnostic: Diagnostic) -> tuple[str, int]:
    if not diagnostic.labels:
        return "", -1
    span = diagnostic.labels[0].span
    return span.source.name, span.start
