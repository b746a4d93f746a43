"""`netspec test`: look at every assert of the specs' `test` blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from netspec import driver
from netspec.analysis.context import Limits
from netspec.cli.check import counted
from netspec.cli.complaints import complain
from netspec.cli.start import loaded
from netspec.cli.verb import Verb, allow, limits, no_color, overrides, synthetic, traceback
from netspec.diagnostics import Sink
from netspec.program.asserts import Outcome


@click.command(cls=Verb, epilog="netspec test model.net\nnetspec test specs/*.net --set width=64")
@traceback
@click.argument(
    "files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True
)
@overrides
@allow
@limits
@synthetic
@no_color
def test(
    files: tuple[Path, ...],
    overrides: dict[str, str],
    allow: tuple[str, ...],
    limits: Limits,
    *,
    sizes: dict[str, int] | None,
    no_color: bool,
) -> int:
    """Test specs: a line for each `assert` of their `test` blocks, with what was found.

    Types and counts are known without a run, and torch is loaded only for `overfits` and `equal`.
    The exit code is 1 when an assert does not hold, or a file has an error.
    """
    failed = False
    results: list[bool] = []
    for path in files:
        sink = Sink()
        before = len(results)
        for outcome in tested(path, sink, overrides, allow, limits, sizes):
            click.echo(line(outcome))
            results.append(outcome.passed)
        if len(results) == before and not sink.failed:
            click.echo(f"{path}: no asserts")
        complain(sink.diagnostics, no_color=no_color)
        failed |= sink.failed
    if results:
        passed = sum(results)
        missed = len(results) - passed
        click.echo(f"{counted(len(results), 'assert')}: {passed:,} passed, {missed:,} failed")
    return 1 if failed else 0


def tested(
    path: Path,
    sink: Sink,
    overrides: dict[str, str],
    allow: tuple[str, ...],
    limits: Limits,
    sizes: dict[str, int] | None,
) -> Iterator[Outcome]:
    """Each assert of a spec as it is decided; none when the spec has an error."""
    source = driver.read(path, sink)
    program = None
    if source is not None:
        program = driver.check(source, sink, overrides, limits=limits, allow=allow, sizes=sizes)
    if program is not None and not sink.failed:
        loaded()  # an assert may train
        yield from driver.test(program, sink)


def line(outcome: Outcome) -> str:
    """`model.net:12: passed  model.params <= 100  (model.params is 42)`."""
    text = " ".join(outcome.span.text.split())
    found: list[str] = []
    for side in outcome.found:
        part = " ".join(side.span.text.split())
        found.append(side.found if part == text else f"{part} {side.found}")
    shown = f"  ({', '.join(dict.fromkeys(found))})" if found else ""
    place = f"{outcome.span.source.name}:{outcome.span.line}"
    return f"{place}: {'passed' if outcome.passed else 'FAILED'}  {text}{shown}"
