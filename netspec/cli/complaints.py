"""Writes diagnostics to the error stream. What draws them is loaded when there is one to draw."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable

import click

from netspec.diagnostics import Diagnostic


def complain(diagnostics: Iterable[Diagnostic], *, no_color: bool = False) -> None:
    """Draw each diagnostic on the error stream, a blank line between two."""
    found = tuple(diagnostics)
    if not found:
        return
    from netspec.diagnostics.render import render_terminal

    color = sys.stderr.isatty() and not no_color and not os.environ.get("NO_COLOR")
    width = shutil.get_terminal_size((100, 24)).columns
    click.echo(render_terminal(found, color=color, width=width), err=True, nl=False, color=color)
