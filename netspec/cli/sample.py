"""`netspec sample`: what a finished run has learned to make: a text, or a sheet of pictures."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import click

from netspec import sampling
from netspec.cli.complaints import complain
from netspec.cli.verb import Verb, allow, no_color, traceback
from netspec.diagnostics import Sink

SPEC = "spec.net"
TOKENS, TEMPERATURE = 500, 1.0


def _finite(context: click.Context, option: click.Parameter, given: float | None) -> float | None:
    if given is not None and not math.isfinite(given):
        raise click.BadParameter(f"`{given}` is no finite number", context, option)
    return given


@click.command(
    cls=Verb,
    epilog='netspec sample runs/shakespeare-001 --prompt "ROMEO:" --temperature 0.8\n'
    "netspec sample runs/mnist_vae-001 --seed 7",
)
@traceback
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--prompt", metavar="TEXT", help="What a language model is to go on with.")
@click.option(
    "--tokens",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"How many tokens to go on for: characters, or words; {TOKENS} unless given.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    callback=_finite,
    metavar="T",
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
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The picture to write, a PNG file; `samples-SEED.png` in the run unless given.",
)
@click.option("--device", metavar="D", help="Where to compute: auto, cpu, cuda, mps.")
@allow
@no_color
def sample(
    run: Path,
    prompt: str | None,
    tokens: int | None,
    temperature: float | None,
    top_k: int | None,
    seed: int,
    output: Path | None,
    device: str | None,
    allow: tuple[str, ...],
    *,
    no_color: bool,
) -> int:
    """Sample from a RUN: text after a prompt, or pictures.

    The weights and the spec are those in the folder of the run.

    With a prompt, a language model goes on with the text. Without one, a run whose spec has
    `samples` draws a new sheet of pictures.
    """
    of_texts = {"--tokens": tokens, "--temperature": temperature, "--top-k": top_k}
    _check_usage(prompt, [name for name, given in of_texts.items() if given is not None], output)
    sink = Sink()
    folder = run.parent if run.name == SPEC else run
    program = sampling.open_run(folder, sink, allow=allow)
    done = False
    if program is not None and prompt is None:
        path = sampling.draw(program, sink, folder, seed=seed, device=device, output=output)
        done = path is not None
        if done:
            click.echo(f"wrote {path}")
    elif program is not None and prompt is not None:
        said = sampling.say(
            program,
            sink,
            folder,
            prompt,
            tokens=TOKENS if tokens is None else tokens,
            temperature=TEMPERATURE if temperature is None else temperature,
            top_k=top_k,
            seed=seed,
            device=device,
            heard=_heard,
        )
        done = said is True
        if done:
            click.echo()
    complain(sink.diagnostics, no_color=no_color)
    return 0 if done else 1


def _check_usage(prompt: str | None, of_texts: list[str], output: Path | None) -> None:
    """Refuse options of a text without a prompt, and those of a picture with one."""
    if prompt is None and of_texts:
        raise click.UsageError(f"`{of_texts[0]}` goes with `--prompt`")
    if prompt is not None and output is not None:
        raise click.UsageError("`--output` is for a picture, and `--prompt` asks for a text")
    if output is not None and output.suffix.lower() != ".png":
        raise click.UsageError(f"`{output}` is to be a PNG file: let its name end in `.png`")


def _heard(text: str) -> None:
    """Write a piece of a text as soon as it is there; on a terminal, nothing that steers it."""
    if sys.stdout.isatty():
        text = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
    click.echo(text, nl=False)
