"""Mistakes with the sources of a data block (NS552), one constructor a code."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, code, error
from netspec.source import Span


@code("NS5522")
def source_not_yet(span: Span, source: str, advice: str) -> Diagnostic:
    """A source that the language means to have is not read yet.

    NumPy's `npz` files, the data sets of torchvision and those of the Hugging Face hub are not
    read. What they hold can be written to a parquet file once, with two lines of Python, or read by
    a function of your own, `extern source`, which `--allow` lets run.

    Wrong:
        data {
          rows = npz("moons.npz")
          x    = rows.x
          y    = rows.y
        }

    Right:
        data {
          rows = make_moons()
          x    = rows.x
          y    = rows.y
        }
    """
    return error(f"`{source}` is not supported yet", span, help=advice)
