"""`netspec explain`: the page of a diagnostic's code, or the list of all codes."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click

from netspec.cli.verb import Verb, no_color, traceback
from netspec.diagnostics import CODES, STAGES, Code, did_you_mean


@click.command(cls=Verb, epilog="netspec explain NS4002")
@traceback
@click.argument("code", required=False)
@no_color
def explain(code: str | None, *, no_color: bool) -> int:
    """Explain a diagnostic's CODE, with a wrong spec and a right one. Without CODE, list all."""
    if code is None:
        _list()
        return 0
    number = code.strip().upper()
    number = number if number.startswith("NS") else f"NS{number}"
    known = find(number)
    if known is None:
        hint = did_you_mean(number, all_codes())
        raise click.UsageError(
            f"there is no code `{code}`"
            + (f"; {hint}" if hint else "; `netspec explain` lists all")
        )
    _draw(known, no_color=no_color)
    return 0


def find(number: str) -> Code | None:
    """The code of that number, loading no more registries than it takes."""
    for _ in _registries():
        if number in CODES:
            return CODES[number]
    return None


def all_codes() -> dict[str, Code]:
    """Every code by number, sorted."""
    for _ in _registries():
        pass
    return dict(sorted(CODES.items()))


def _registries() -> Iterator[None]:
    """Load the modules that register codes: the front end, then the rest, which may load torch."""
    import_module("netspec.driver")
    yield
    package = Path(__file__).parent.parent
    for path in sorted(package.rglob("*errors.py")):
        import_module(".".join(("netspec", *path.relative_to(package).with_suffix("").parts)))
        yield


def _list() -> None:
    stage = ""
    for number, known in all_codes().items():
        if STAGES[number[2]] != stage:
            stage = STAGES[number[2]]
            click.echo(f"{'' if number[2] == '0' else chr(10)}{stage}")
        click.echo(f"  {number}  {known.title}")


def _draw(known: Code, *, no_color: bool) -> None:
    """The page: its title strong, its specs set apart, everything else as it is written."""
    from rich.console import Console
    from rich.text import Text

    console = Console(no_color=no_color, highlight=False, soft_wrap=True)
    title, *rest = known.page.splitlines()
    console.print(Text.assemble((known.number, "bold red"), " ", (title, "bold")))
    for line in rest:
        style = "cyan" if line.startswith("    ") else "bold" if line.endswith(":") else ""
        console.print(Text(line, style=style))
