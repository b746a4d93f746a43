"""What reading data raises when the data is at fault: a diagnostic for the driver to render."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic


class DataError(Exception):
    """A mistake in data that only reading shows."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic
