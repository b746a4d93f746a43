"""`netspec check`: say what is wrong with specs, before a tensor exists."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from netspec import driver
from netspec.analysis.context import Limits
from netspec.cli.complaints import complain
from netspec.cli.verb import Verb, limits, no_color, overrides, synthetic, traceback
from netspec.diagnostics import Diagnostic, Severity, Sink
from netspec.program import Program
from netspec.program.graph import Model
from netspec.program.state import held, learned, state


@click.command(cls=Verb, epilog="netspec check model.net\nnetspec check specs/*.net --format json")
@traceback
@click.argument(
    "files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True
)
@overrides
@limits
@synthetic
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to write the findings: for people, or one JSON object.",
)
@no_color
def check(
    files: tuple[Path, ...],
    overrides: dict[str, str],
    limits: Limits,
    layout: str,
    *,
    sizes: dict[str, int] | None,
    no_color: bool,
) -> int:
    """Check specs: names, arguments, shapes, kinds, data and training plan.

    Nothing is built, downloaded or written, and torch is not loaded. The exit code is 1 when any
    file has an error.
    """
    findings: list[Diagnostic] = []
    lines: list[str] = []
    failed = False
    for path in files:
        sink = Sink()
        source = driver.read(path, sink)
        program = None
        if source is not None:
            program = driver.check(source, sink, overrides, limits=limits, sizes=sizes)
        failed |= sink.failed
        findings.extend(sink.diagnostics)
        if program is not None and not sink.failed:
            lines.append(f"{path}: {summary(program, sink.diagnostics)}")
    if layout == "json":
        from netspec.diagnostics.render import render_json

        click.echo(render_json(findings), nl=False)
    else:
        complain(findings, no_color=no_color)
        for line in lines:
            click.echo(line)
    return 1 if failed else 0


def summary(program: Program, diagnostics: tuple[Diagnostic, ...]) -> str:
    """`ok (11 layers, 1,041 parameters)`, and the number of warnings where there are any."""
    facts = []
    for model in program.models:
        named = f"{model.name}: " if model.name and len(program.models) > 1 else ""
        facts.append(named + size(model))
    warnings = sum(d.severity is Severity.WARNING for d in diagnostics)
    if warnings:
        facts.append(counted(warnings, "warning"))
    return "ok" + (f" ({'; '.join(facts)})" if facts else "")


def size(model: Model, patterns: Iterable[str] = ()) -> str:
    """`11 layers, 1,041 parameters`, how many are frozen, and whose parameters are not known.

    `patterns` are of parameters that training freezes.
    """
    layers = [layer for _, layer in model.graph.layers()]
    found = state(model.graph)
    total = sum(one.numbers for one in held(found) if one.weight.learned)
    frozen = total - sum(one.numbers for one in learned(found, patterns))
    told = f" ({frozen:,} frozen)" if frozen else ""
    unknown = {layer.name: None for layer in layers if not layer.weighed}
    more = f" and those of {', '.join(f'`{name}`' for name in unknown)}" if unknown else ""
    parameters = counted(total, "parameter")
    return f"{counted(len(layers), 'layer')}, {parameters}{told}{more}"


def counted(number: int, noun: str) -> str:
    """`1 layer`, `1,041 parameters`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
