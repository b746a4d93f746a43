"""The registry of codes: one constructor function a code, whose docstring is its explain page."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ParamSpec

from netspec.diagnostics.record import Diagnostic, Fix, Label, Severity
from netspec.source import Span

P = ParamSpec("P")

CODES: dict[str, Code] = {}

# What the first digit of a code says.
STAGES = {
    "0": "files, overrides and limits",
    "1": "syntax",
    "2": "names",
    "3": "arguments",
    "4": "shapes and kinds",
    "5": "data and training plan",
    "6": "building and exporting",
    "7": "running",
    "8": "lints",
}


@dataclass(frozen=True, slots=True)
class Code:
    """A registered code: its number, its constructor, and the page that explains it."""

    number: str
    constructor: Callable[..., Diagnostic]
    page: str

    @property
    def title(self) -> str:
        """The page's first line."""
        return self.page.splitlines()[0]


def code(number: str) -> Callable[[Callable[P, Diagnostic]], Callable[P, Diagnostic]]:
    """Register the decorated constructor under `number` (`NS4002`)."""

    def register(constructor: Callable[P, Diagnostic]) -> Callable[P, Diagnostic]:
        @functools.wraps(constructor)
        def construct(*args: P.args, **kwargs: P.kwargs) -> Diagnostic:
            return replace(constructor(*args, **kwargs), code=number)

        if number in CODES:
            raise ValueError(f"{number} is registered twice")
        CODES[number] = Code(number, construct, inspect.cleandoc(constructor.__doc__ or ""))
        return construct

    return register


def error(
    message: str,
    span: Span | None,
    label: str = "",
    *,
    also: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """An error at `span`, as constructors make it; the code is filled in by `code`."""
    return Diagnostic(
        code="",
        severity=Severity.ERROR,
        message=message,
        labels=(() if span is None else (Label(span, label),)) + also,
        notes=notes,
        help=help,
        fix=fix,
    )


def warning(
    message: str,
    span: Span | None,
    label: str = "",
    *,
    also: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
    help: str | None = None,
) -> Diagnostic:
    """A warning at `span`; the code is filled in by `code`."""
    made = error(message, span, label, also=also, notes=notes, help=help)
    return replace(made, severity=Severity.WARNING)
