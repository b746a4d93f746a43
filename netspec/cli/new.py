"""`netspec new`: write a spec to start from: a commented one of a task, or a model of the zoo."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import click

from netspec import driver
from netspec.cli.verb import Verb, traceback
from netspec.diagnostics import Sink, did_you_mean
from netspec.program.state import parameters
from netspec.source import Source

TASKS = {
    "binary": "two classes from a table",
    "classification": "several classes from a table",
    "curve": "a line or curve through points that the spec makes itself",
    "images": "classes of small pictures, with a convolutional network",
    "regression": "a number from a table",
}
TASK = "classification"
# What a model of the zoo is, and whose: its first comment names the paper.
CITED = re.compile(r"[^(]*\([^()]*?\d{4}")

EXAMPLE = """netspec new iris.net --task classification
netspec new --list
netspec new resnet.net --from resnet18
netspec run resnet.net --synthetic --steps 20"""


@click.command(cls=Verb, epilog=EXAMPLE)
@traceback
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--task",
    type=click.Choice(sorted(TASKS)),
    help="; ".join(f"{name}: {what}" for name, what in TASKS.items()) + f".  [default: {TASK}]",
)
@click.option("--from", "model", metavar="NAME", help="Copy this model of the zoo instead.")
@click.option(
    "--list", "listed", is_flag=True, help="List the zoo: name, parameters, lines, title."
)
def new(file: Path | None, task: str | None, model: str | None, *, listed: bool) -> int:
    """Write a spec to start from: of a task, or of the zoo.

    A task learns from data that scikit-learn brings along, a model of the zoo from a few made-up
    rows. With --from, FILE may be left out: it is then the model's name. An existing file is never
    overwritten.
    """
    if listed:
        if file or task or model:
            raise click.UsageError("`--list` stands alone")
        for one in zoo():
            click.echo(one.line())
        return 0
    if task and model:
        raise click.UsageError("give `--task` or `--from`, not both")
    if model is None and file is None:
        raise click.UsageError("name the file to write, or a model of the zoo with `--from`")
    if model is None:
        assert file is not None
        text = starter(task or TASK, file)
    else:
        known = of_zoo(model)
        text, file = known.text, file or Path(f"{known.name}.net")
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


# --- the zoo ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """A model of the zoo: its name, and its text, which begins with a comment of what it is."""

    name: str
    text: str

    @property
    def title(self) -> str:
        """How the comment begins, up to the year of the paper: `ResNet-18 (He et al., 2015)`."""
        lines = itertools.takewhile(lambda line: line.startswith("# "), self.text.splitlines())
        comment = " ".join(line[2:] for line in lines)
        cited = CITED.match(comment)
        return comment.partition(". ")[0].rstrip(".") if cited is None else f"{cited[0]})"

    def line(self) -> str:
        """What the list says of it; its parameters are counted, all models of it together."""
        program = driver.check(Source(f"{self.name}.net", self.text), Sink())
        models = () if program is None else program.models
        count = sum(parameters(model.graph) for model in models)
        lines = len(self.text.splitlines())
        return f"{self.name:20} {count:>13,} parameters {lines:>3} lines  {self.title}"


def zoo() -> Iterator[Known]:
    """The models of the zoo, by name."""
    found = {Path(file.name) for file in files("netspec.zoo").iterdir()}
    for name in sorted(path.stem for path in found if path.suffix == ".net"):
        text = files("netspec.zoo").joinpath(f"{name}.net").read_text(encoding="utf-8")
        yield Known(name, text)


def of_zoo(name: str) -> Known:
    """A model of the zoo; one that is not there is a wrong use of the command."""
    known = {one.name: one for one in zoo()}
    found = known.get(name.removesuffix(".net"))
    if found is None:
        hint = did_you_mean(name, sorted(known)) or "`netspec new --list` lists it"
        raise click.UsageError(f"the zoo has no `{name}`; {hint}")
    return found
