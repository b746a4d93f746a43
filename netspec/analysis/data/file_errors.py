"""Mistakes with files of rows and with the rows chosen from them (NS555), a constructor a code."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Edit, Fix, code, error
from netspec.source import Span

SPOKEN = {"\t": "tabs", ";": "`;`", "|": "`|`", ",": "commas"}


@code("NS5550")
def csv_separator(
    span: Span, file: str, mark: str, given: str, argument: Span | None
) -> Diagnostic:
    r"""A csv file is separated by something else than is said.

    No line of the file has the separator, and each has as many of another mark. Read so, all of it
    would be one column.

    `rows = csv("homes.csv", separator=";")` reads a file whose cells stand between `;`, and
    `separator="\t"` one whose cells stand between tabs. `netspec show homes.net` then prints the
    columns that are used.
    """
    written = "\\t" if mark == "\t" else mark
    edit = Edit(Span(span.source, span.end - 1, span.end - 1), f', separator="{written}"')
    if argument is not None:
        edit = Edit(argument, f'"{written}"')
    return error(
        f"`{file}` is separated by {SPOKEN[mark]}, not by {SPOKEN.get(given, f'`{given}`')}",
        span if argument is None else argument,
        help=f'write `separator="{written}"`',
        fix=Fix((edit,)),
    )


@code("NS5551")
def file_encoding(span: Span, file: str, detail: str, likely: Sequence[str]) -> Diagnostic:
    """A csv file is written in another encoding than is said.

    The bytes of a text file stand for characters by an encoding. Nearly all new files are in UTF-8;
    some programs still write Latin-1, its variant cp1252, or UTF-16.

    `rows = csv("homes.csv", encoding="latin-1")` reads such a file. Any bytes can be read as
    Latin-1, rightly or not: when it is a guess, look at a few names with accents. `netspec check
    homes.net` tells whether the bytes can be read so.
    """
    advice = [f'`encoding="{name}"`' for name in likely]
    return error(
        f"`{file}` cannot be read: {detail}",
        span,
        help=f"is it in another encoding? Then say so, perhaps {advice[0]}"
        if advice
        else "mend the file, or name the right encoding",
    )


@code("NS5552")
def no_rows_left(span: Span) -> Diagnostic:
    """A condition holds for no row.

    `rows[rows.age > 18]` keeps the rows for which the condition holds. When there are none, nothing
    is left to train on. A number in other units than were thought of, or a text with a space too
    many, is the usual reason.

    The rows are read by `netspec run homes.net`, which says this; `netspec check` does not know.
    """
    return error(
        "no row is left",
        span,
        "the condition holds for none",
        help="compare the condition with a few rows of the data",
    )
