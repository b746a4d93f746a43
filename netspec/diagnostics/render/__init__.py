"""Diagnostics drawn: one module for each format."""

from netspec.diagnostics.render.json import render_json
from netspec.diagnostics.render.terminal import render_terminal

__all__ = ["render_json", "render_terminal"]
