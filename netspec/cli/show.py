"""`netspec show`: a model as a table, one line a layer, with the type of what it gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, assert_never

import click

from netspec import catalog, driver
from netspec.analysis.context import Limits
from netspec.catalog import Argument
from netspec.catalog.stateless import function_of
from netspec.cli.check import size
from netspec.cli.complaints import complain
from netspec.cli.verb import Verb, allow, limits, no_color, overrides, spec_file, traceback
from netspec.diagnostics import Sink
from netspec.export.resolved import written as written_literal
from netspec.program import Program
from netspec.program.externs import ExternArgument
from netspec.program.graph import (
    Compute,
    Graph,
    Invoke,
    Layer,
    Model,
    Read,
    Ref,
    Scan,
    Slot,
    Step,
    Stored,
)
from netspec.program.state import Held, State, learned, state
from netspec.source import Span

WIDE = 10_000
LONGEST = 60


@click.command(cls=Verb, epilog="netspec show model.net\nnetspec show unet.net --set depth=3")
@traceback
@spec_file
@overrides
@allow
@limits
@no_color
def show(
    file: Path, overrides: dict[str, str], allow: tuple[str, ...], limits: Limits, *, no_color: bool
) -> int:
    """Show a spec's models: line, layer, output type, parameters; totals; requirements.

    Nothing is built and torch is not loaded.
    """
    sink = Sink()
    source = driver.read(file, sink)
    program = None
    if source is not None:
        program = driver.check(source, sink, overrides, limits=limits, allow=allow)
    complain(sink.diagnostics, no_color=no_color)
    if program is None or sink.failed:
        return 1
    for number, model in enumerate(program.models):
        if number:
            click.echo()
        _draw(model, program, no_color=no_color)
    if not program.models:
        click.echo(f"{file}: no model, only blocks" if source else "")
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One application of a layer or function.

    `parameters` is None where none are counted, and `?` where only the user's Python knows.
    """

    span: Span
    key: str
    layer: str
    output: str
    parameters: int | Literal["?"] | None


def rows(graph: Graph, prefix: str = "", seen: set[str] | None = None) -> Iterator[Row]:
    """The applications of a graph in the order they run, those inside blocks by their full key.

    A layer that is used again is listed again, its parameters counted once.
    """
    for at in graph.children:
        if isinstance(at.module, Stored):
            yield _stored(prefix + at.key, at.module)
    yield from _rows(graph, graph.steps, prefix, set() if seen is None else seen)


def _rows(graph: Graph, steps: Iterable[Step], prefix: str, seen: set[str]) -> Iterator[Row]:
    for step in steps:
        match step:
            case Invoke():
                key = prefix + step.child
                child = graph.child(step.child)
                if isinstance(child, Graph):
                    yield from rows(child, key + ".", seen)
                    continue
                assert isinstance(child, Layer), "nothing flows into a stored tensor"
                function = _is_function(graph, step.child)
                counted: int | Literal["?"] = child.parameters if child.weighed else "?"
                yield Row(
                    span=step.span,
                    key="" if function else key,
                    layer=described(child),
                    output=_types(step.results),
                    parameters=None if function or key in seen else counted,
                )
                seen.add(key)
            case Read():
                pass
            case Compute():
                yield Row(
                    span=step.span,
                    key="",
                    layer=step.name,
                    output=_types(step.results),
                    parameters=None,
                )
            case Scan():
                yield Row(
                    span=step.span,
                    key="",
                    layer=f"scan along {step.dim}",
                    output=_types(step.results),
                    parameters=None,
                )
                yield from _rows(graph, step.steps, prefix, seen)
            case _:
                assert_never(step)


def _is_function(graph: Graph, key: str) -> bool:
    """Whether a layer is written as a function where it is called, and has no key (`F.relu(x)`)."""
    (child,) = (child for child in graph.children if child.key == key)
    module = child.module
    if child.labelled or key.isdecimal() or not isinstance(module, Layer):
        return False
    return function_of(module.target) is not None


def _stored(key: str, tensor: Stored) -> Row:
    """A parameter or buffer, as it is declared."""
    return Row(
        span=tensor.span,
        key=key,
        layer=" ".join(tensor.span.text.split()),
        output=str(tensor.type),
        parameters=tensor.numbers if tensor.weight.learned else 0,
    )


def described(layer: Layer) -> str:
    """A layer as a spec would have it, inferred arguments included, defaults left out.

    `Conv2d(64, 3, padding=1, in_channels=3)`.
    """
    declared: Mapping[str, Argument | ExternArgument]
    if layer.extern is not None:
        declared = {a.name: a for a in layer.extern.arguments if not a.keyword or not a.required}
    else:
        entry = catalog.load().find("layer", layer.name)
        declared = {} if entry is None else {a.name: a for a in entry.arguments if not a.inferred}
    written: list[str] = []
    for name, value in layer.arguments:
        argument = declared.get(name)
        if argument is None:
            written.append(f"{name}={written_literal(value)}")
        elif argument.required:
            written.append(written_literal(value))
        elif value != argument.default:
            written.append(f"{name}={written_literal(value)}")
    # Positional ones stand first; the catalogue declares them first as well.
    return f"{layer.name}({', '.join(written)})" if written else layer.name


def _line(span: Span, program: Program) -> str:
    """Where a span is: its line, and its file where that is an imported one."""
    line = str(span.line)
    return line if span.source is program.source else f"{span.source.name}:{line}"


def _types(slots: tuple[Slot, ...]) -> str:
    return ", ".join(str(slot.type) for slot in slots)


def _draw(model: Model, program: Program, *, no_color: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    inputs = ", ".join(f"{slot.name or 'x'}: {slot.type}" for slot in model.graph.inputs)
    # A table cut to the terminal would lose keys and types, which are what it is for.
    console = Console(no_color=no_color, highlight=False, width=WIDE)
    console.print(Text(f"{model.name or 'model'}({inputs})", style="bold"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("line", justify="right")
    table.add_column("key", style="dim", no_wrap=True)
    table.add_column("layer", no_wrap=True)
    table.add_column("output", no_wrap=True)
    table.add_column("parameters", justify="right")
    found = state(model.graph)
    train = program.train if model is program.model else None
    patterns = [p for line in train.frozen for p in line.patterns] if train is not None else []
    learning = {id(one) for one in learned(found, patterns)}
    owned = _owned(model.graph, found)
    for row in rows(model.graph):
        line, numbers = _line(row.span, program), _numbers(row, owned, learning)
        table.add_row(line, row.key, _short(row.layer), row.output, numbers)
    console.print(table)
    click.echo(size(model, patterns))
    for key, one in found.items():
        if one.name != key:
            click.echo(f"{key} is {one.name}")
    for requirement in model.requirements:
        click.echo(f"requires {requirement.text} (line {_line(requirement.span, program)})")
    if program.train is not None and model in program.trained[-1:]:
        for phase in program.train.phases:
            what = "the loss"
            if phase.name:
                what = f"the loss of {phase.name}"
                click.echo(f"{phase.name} updates {', '.join(phase.patterns)}")
            for view in inserted_views(phase.loss):
                click.echo(f"{what} sees {view}")


def _owned(graph: Graph, found: State) -> dict[str, list[Held]]:
    """The parameters of each layer, and those stored by themselves, without tied ones' others."""
    keys = {key: [f"{key}.{w.name}" for w in layer.weights] for key, layer in graph.layers()}
    keys |= {key: [key] for key, _ in graph.stored()}
    return {
        key: [found[name] for name in names if found[name].name == name]
        for key, names in keys.items()
    }


def _numbers(row: Row, owned: Mapping[str, list[Held]], learning: set[int]) -> str:
    """How many learned numbers a row has, and which of them are frozen."""
    if not isinstance(row.parameters, int):
        return row.parameters or ""
    own = [one for one in owned[row.key] if one.weight.learned]
    count = sum(one.numbers for one in own)
    frozen = sum(one.numbers for one in own if id(one) not in learning)
    if not frozen:
        return f"{count:,}"
    return f"{count:,} frozen" if frozen == count else f"{count:,}, {frozen:,} frozen"


def inserted_views(loss: Graph) -> Iterator[str]:
    """What a loss sees otherwise than it is given: `output` [B, 1] as [B]."""
    slots = loss.slots()
    for step in loss.steps:
        match step:
            case Compute(function="squeeze" | "unsqueeze", operands=(Ref(given), *_)):
                before = slots[given]
                shape = step.results[0].type.dims()
                yield f"`{before.name or 'a value'}` {before.type.dims()} as {shape}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
