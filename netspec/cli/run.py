"""`netspec run`: train a spec, show how it goes, keep what comes out."""

from __future__ import annotations

from pathlib import Path

import click

from netspec import driver
from netspec.analysis.context import Limits
from netspec.cli.complaints import complain
from netspec.cli.start import Loaded
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
from netspec.program.precision import PRECISIONS

# What a shell gives for a command that Ctrl-C ended, though this one ends in good order.
INTERRUPTED = 130


@click.command(
    cls=Verb,
    epilog="netspec run model.net\nnetspec run model.net --set lr=3e-4 --epochs 5\n"
    "netspec run model.net --synthetic --steps 20",
)
@traceback
@spec_file
@overrides
@allow
@limits
@click.option(
    "--epochs", type=click.IntRange(min=1), metavar="N", help="Train for N epochs instead."
)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    metavar="N",
    help="Train for N steps of the optimizer instead.",
)
@synthetic
@click.option(
    "--device",
    metavar="D",
    help="Where to train, instead of where the spec says: auto, cpu, cuda, mps.",
)
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    help="How many digits to compute with, instead of what the spec says.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    metavar="N",
    help="How many processes decode images, instead of what the spec says.",
)
@click.option("--quiet", is_flag=True, help="Print the result only, not each epoch.")
@no_color
@click.option(
    "--runs",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    show_default=True,
    help="The folder to make the run's own folder in.",
)
@click.option(
    "--resume",
    metavar="RUN",
    type=click.Path(path_type=Path, file_okay=False),
    help="Go on from the last checkpoint in this run's folder, with the same spec and options.",
)
def run(
    file: Path,
    overrides: dict[str, str],
    allow: tuple[str, ...],
    limits: Limits,
    epochs: int | None,
    steps: int | None,
    device: str | None,
    precision: str | None,
    workers: int | None,
    runs: Path,
    resume: Path | None,
    *,
    sizes: dict[str, int] | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Train a spec: shows each epoch, ends with a table, and writes weights and pictures.

    Everything is kept in a new folder, `runs/NAME-NNN`: the spec as it was run, the metrics, the
    weights, the emitted PyTorch, and pictures.
    """
    if epochs is not None and steps is not None:
        raise click.UsageError("give `--epochs` or `--steps`, not both")
    sink = Sink()
    source = driver.read(file, sink)
    program = None
    if source is not None:
        program = driver.check(source, sink, overrides, limits=limits, allow=allow, sizes=sizes)
    fit = program is not None and driver.complete(program, sink, made_up=sizes is not None)
    complain(sink.diagnostics, no_color=no_color)
    if program is None or not fit or sink.failed:
        return 1
    from rich.console import Console

    from netspec.report import print_result, progress

    console = Console(no_color=no_color, highlight=False)
    failures = Sink()
    trained = driver.train(
        program,
        failures,
        epochs=epochs,
        steps=steps,
        device=device,
        precision=precision,
        workers=workers,
        runs=runs,
        resume=resume,
        observer=Loaded(progress(console, quiet=quiet)),
    )
    complain(failures.diagnostics, no_color=no_color)
    if trained is None:
        return 1
    pictures = () if trained.folder is None else sorted(trained.folder.glob("*.png"))
    print_result(console, trained, pictures)
    return INTERRUPTED if trained.ended == "interrupted" else 0
