"""`netspec new`: write a commented starter spec that checks and runs as it is."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli.verb import Verb, traceback

TASKS = {
    "binary": "two classes from a table",
    "classification": "several classes from a table",
    "curve": "a line or curve through points that the spec makes itself",
    "images": "classes of small pictures, with a convolutional network",
    "regression": "a number from a table",
}


@click.command(cls=Verb, epilog="netspec new iris.net --task classification\nnetspec run iris.net")
@traceback
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--task",
    type=click.Choice(sorted(TASKS)),
    default="classification",
    show_default=True,
    help="; ".join(f"{name}: {what}" for name, what in TASKS.items()) + ".",
)
def new(file: Path, task: str) -> int:
    """Write a starter spec to FILE. It learns from data that scikit-learn brings along.

    An existing file is never overwritten.
    """
    text = starter(task, file)
    try:
        with file.open("x", encoding="utf-8", newline="\n") as written:
            written.write(text)
    except FileExistsError:
        raise click.ClickException(f"`{file}` exists already, and is left as it is") from None
    except OSError as refused:
        raise click.ClickException(f"cannot write `{file}`: {refused.strerror}") from None
    click.echo(f"wrote {file}; next: netspec run {file}")
    return 0


def starter(task: str, file: Path) -> str:
    """The starter spec of a task; the commands in its comments name `file`."""
    template = Path(__file__).parent / "starters" / f"{task}.net"
    return template.read_text(encoding="utf-8").replace("FILE", str(file))
