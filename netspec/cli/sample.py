"""`netspec sample`: what a finished run has learned to make: a text that goes on with a prompt."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from netspec import driver
from netspec.cli.complaints import complain
from netspec.cli.verb import Verb, allow, no_color, traceback
from netspec.diagnostics import Sink
from netspec.program.sample_errors import no_prompt

SPEC = "spec.net"


@click.command(
    cls=Verb,
    epilog='netspec sample runs/shakespeare-001 --prompt "ROMEO:"\n'
    'netspec sample runs/shakespeare-001 --prompt "ROMEO:" --temperature 0.8 --top-k 20',
)
@traceback
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--prompt", metavar="TEXT", help="What a language model is to go on with.")
@click.option(
    "--tokens",
    type=click.IntRange(min=1),
    metavar="N",
    default=500,
    show_default=True,
    help="How many tokens to go on for: characters, or words.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    metavar="T",
    default=1.0,
    show_default=True,
    help="How daring to be: below 1 likely tokens become likelier, 0 takes the likeliest.",
)
@click.option(
    "--top-k", type=click.IntRange(min=1), metavar="K", help="Draw among the K likeliest only."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**32 - 1),
    metavar="N",
    default=0,
    show_default=True,
    help="Where chance begins: the same seed draws the same.",
)
@click.option("--device", metavar="D", help="Where to compute: auto, cpu, cuda, mps.")
@allow
@no_color
def sample(
    run: Path,
    prompt: str | None,
    tokens: int,
    temperature: float,
    top_k: int | None,
    seed: int,
    device: str | None,
    allow: tuple[str, ...],
    *,
    no_color: bool,
) -> int:
    """Sample from a finished run, with the weights and the spec in its folder RUN.

    A model of language, trained on the characters or the words of a text, goes on with a prompt.
    """
    sink = Sink()
    folder = run.parent if run.name == SPEC else run
    program = driver.open_run(folder, sink, allow=allow)
    done = False
    if program is not None and not prompt:
        sink.report(no_prompt())
    elif program is not None:
        done = (
            driver.say(
                program,
                sink,
                folder,
                prompt or "",
                tokens=tokens,
                temperature=temperature,
                top_k=top_k,
                seed=seed,
                device=device,
                heard=_heard,
            )
            is True
        )
        if done:
            click.echo()
    complain(sink.diagnostics, no_color=no_color)
    return 0 if done else 1


def _heard(text: str) -> None:
    """Write a piece of a text as soon as it is there; on a terminal, nothing that steers it."""
    if sys.stdout.isatty():
        text = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
    click.echo(text, nl=False)
