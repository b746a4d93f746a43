"""`netspec export`: the whole training as a script that does not need netspec."""

from __future__ import annotations

from pathlib import Path

import click

from netspec import driver
from netspec.analysis.context import Limits
from netspec.cli.complaints import complain
from netspec.cli.verb import (
    Verb,
    allow,
    limits,
    no_color,
    overrides,
    spec_file,
    synthetic,
    traceback,
)
from netspec.diagnostics import Sink


@click.command(cls=Verb, epilog="netspec export model.net --to python -o model.py\npython model.py")
@traceback
@spec_file
@click.option(
    "--to",
    "target",
    type=click.Choice(["python"]),
    default="python",
    show_default=True,
    help="What to write: a Python script with data, model, training loop and evaluation.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write, replacing what it held; without it, the script is printed.",
)
@overrides
@allow
@limits
@synthetic
@no_color
def export(
    file: Path,
    target: str,
    output: Path | None,
    overrides: dict[str, str],
    allow: tuple[str, ...],
    limits: Limits,
    *,
    sizes: dict[str, int] | None,
    no_color: bool,
) -> int:
    """Write a spec out as plain PyTorch, to read, to keep, or to carry on from.

    Run by itself, the script prints the losses that `netspec run` prints. Of a spec without `data`
    or `train` the model is written.
    """
    sink = Sink()
    source = driver.read(file, sink)
    program = None
    if source is not None:
        program = driver.check(source, sink, overrides, limits=limits, allow=allow, sizes=sizes)
    script = None
    if program is not None and not sink.failed:
        script = driver.export(program, sink)
    complain(sink.diagnostics, no_color=no_color)
    if script is None or sink.failed:
        return 1
    if output is None:
        click.echo(script, nl=False)
        return 0
    try:
        output.write_text(script, encoding="utf-8", newline="\n")
    except OSError as refused:
        raise click.ClickException(f"cannot write `{output}`: {refused.strerror}") from None
    click.echo(f"wrote {output}")
    return 0
