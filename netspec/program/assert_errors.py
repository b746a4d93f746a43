"""Asserts that do not hold (NS2049)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label, code, error
from netspec.source import Span


@code("NS2049")
def assert_failed(
    span: Span, found: Sequence[tuple[Span, str]], notes: Sequence[str] = ()
) -> Diagnostic:
    """An assert of a test does not hold.

    `netspec test` looks at every assert of a spec's `test` blocks. What each side of a failed one
    came to is shown below it. `netspec check` sees to it that asserts can be understood, and not
    whether they hold.

        netspec test model.net
    """
    primary, *others = found or [(span, "")]
    text = " ".join(span.text.split())
    return error(
        f"`{text}` does not hold",
        primary[0],
        primary[1],
        also=tuple(Label(place, told) for place, told in others),
        notes=tuple(notes),
    )
