"""`netspec doc`: what the catalogue says of a name, or the list of all names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from netspec import catalog
from netspec.catalog.pages import KINDS, LEFT_OUT, Page, pages
from netspec.cli.verb import Verb, no_color, traceback
from netspec.diagnostics import did_you_mean

# A column of a table of arguments is at most so wide.
WIDEST = 60


@click.command(cls=Verb, epilog="netspec doc Conv2d\nnetspec doc cross_entropy")
@traceback
@click.argument("name", required=False)
@no_color
def doc(name: str | None, *, no_color: bool) -> int:
    """Tell what NAME is: declaration, types, arguments, an example. Without NAME, list all.

    NAME is a layer, a function, a loss, an optimizer, a schedule, a metric, a source or a transform
    of data, or a baseline; or the word for all of a kind, as in `netspec doc layer`.
    """
    known = catalog.load()
    if name is None or name in known.kinds:
        _list(known, known.kinds if name is None else (name,))
        return 0
    found = pages(known, name)
    if not found and name in LEFT_OUT:
        click.echo(f"torch's `{name}` is left out: {LEFT_OUT[name]}")
        return 0
    if not found:
        names = {other for kind in known.kinds for other in known.names(kind)}
        hint = did_you_mean(name, sorted(names))
        raise click.UsageError(
            f"the catalogue has no `{name}`"
            + (f"; {hint}" if hint else "; `netspec doc` lists what it has")
        )
    for number, page in enumerate(found):
        if number:
            click.echo()
        _draw(page, no_color=no_color)
    return 0


def _list(known: catalog.Catalog, kinds: Sequence[str]) -> None:
    for number, kind in enumerate(kinds):
        names = known.names(kind)
        width = max(len(name) for name in names)
        click.echo(f"{chr(10) if number else ''}{KINDS.get(kind, kind)}")
        for name in names:
            entry = known.find(kind, name)
            click.echo(f"  {name:{width}}  {entry.doc if entry is not None else ''}")


def _draw(page: Page, *, no_color: bool) -> None:
    """The page: its name strong, the declaration and the example set apart."""
    from rich.console import Console
    from rich.text import Text

    console = Console(no_color=no_color, highlight=False, soft_wrap=True)
    console.print(Text.assemble((page.name, "bold"), f"  {page.kind}, {page.target}"))
    console.print(Text(page.doc))
    console.print()
    console.print(Text(f"    {page.declaration}", style="cyan"))
    for lines in (_tensors(page), _arguments(page)):
        if lines:
            console.print()
        for line in lines:
            console.print(Text(line))
    if page.example is not None:
        console.print()
        console.print(Text("Example:", style="bold"))
        for line in page.example.splitlines():
            console.print(Text(f"    {line}".rstrip(), style="cyan"))


def _tensors(page: Page) -> list[str]:
    """What goes in, comes out and is kept: a tensor a line, the names of weights in one."""
    labelled = [("takes", of) for of in page.takes] + [("gives", of) for of in page.gives]
    made: list[str] = []
    shown = ""
    for label, (of, words) in labelled:
        made.append(f"{'' if label == shown else label:7}{of}: {words}")
        shown = label
    for label, weights in (("learns", page.learns), ("stores", page.stores)):
        if weights:
            made.append(f"{label:7}{', '.join(weights)}")
    return made


def _arguments(page: Page) -> list[str]:
    """The arguments as a table."""
    if not page.arguments:
        return []
    rows = [("argument", "is", "default")]
    rows += [(line.name, line.types, line.default) for line in page.arguments]
    notes = ["", *("; ".join(line.notes) for line in page.arguments)]
    widths = [min(max(len(row[at]) for row in rows), WIDEST) for at in range(3)]
    return list(_padded(rows, notes, widths))


def _padded(
    rows: Sequence[tuple[str, str, str]], notes: Sequence[str], widths: Sequence[int]
) -> Iterator[str]:
    for row, note in zip(rows, notes, strict=True):
        cells = [f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)]
        yield "  ".join([*cells, note]).rstrip()
