"""What keeps `netspec sample` from beginning: folder, prompt, model (NS008x, NS708x)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, code, error, near

# How much of a prompt or a vocabulary is shown.
MOST_SHOWN = 8
MOST_CHARACTERS = 120


@code("NS0080")
def no_run(path: str, reason: str, runs: Sequence[str] = ()) -> Diagnostic:
    """A folder holds no run to sample from.

    `netspec sample` takes the folder that `netspec run` made, with the spec and the weights in it.
    A run that was broken off before its first checkpoint has no weights yet.

        netspec sample runs/shakespeare-001 --prompt "ROMEO:"
    """
    advice = "give the folder that `netspec run` names at its end"
    if runs:
        advice = "did you mean " + " or ".join(f"`{run}`" for run in runs) + "?"
    return error(f"`{path}` is no run: {reason}", None, help=advice)


@code("NS0081")
def unknown_tokens(tokens: Sequence[str], vocabulary: Sequence[str], words: bool) -> Diagnostic:
    """A prompt holds characters, or words, that the run's text does not have.

    A language model knows the characters or the words of the text that it was trained on, and
    nothing else: there is no score for any other, and none is put in its place. They are kept with
    the run, in `vocabulary.json`.

        netspec sample runs/shakespeare-001 --prompt "ROMEO:"
    """
    what = "word" if words else "character"
    shown = ", ".join(_shown(token) for token in tokens[:MOST_SHOWN])
    shown += ", ..." if len(tokens) > MOST_SHOWN else ""
    notes = (f"the text has {len(vocabulary):,} {what}s",)
    advice = f"use {what}s of the text"
    if words:
        close = [other for token in tokens[:MOST_SHOWN] for other in near(token, vocabulary)]
        if close:
            advice = "did you mean " + " or ".join(map(_shown, close[:MOST_SHOWN])) + "?"
    elif len(vocabulary) <= MOST_CHARACTERS:
        letters = "".join(token for token in vocabulary if _seen(token))
        blanks = [repr(token) for token in vocabulary if not _seen(token)]
        notes = (f"the text has these: {' '.join([letters, *blanks])}",)
    plural = "" if len(tokens) == 1 else "s"
    return error(
        f"the prompt has the {what}{plural} {shown}, and the run's text has not",
        None,
        notes=notes,
        help=advice,
    )


@code("NS0082")
def no_prompt() -> Diagnostic:
    """A language model is given nothing to go on with.

    What is generated goes on with a prompt, which is a character or a word at the least.

        netspec sample runs/shakespeare-001 --prompt "ROMEO:"
    """
    return error(
        "there is no prompt to go on with",
        None,
        help='give the beginning of a text: `--prompt "..."`',
    )


@code("NS0083")
def no_longer_checks(path: str) -> Diagnostic:
    """The spec that a run has kept does not check any more.

    A run keeps its spec, which is checked again when the run is sampled from. One of an earlier
    netspec may use what has changed since; files of data and of weights that the spec names are
    looked for in the run's folder, then where `NETSPEC_DATA` points. What is wrong is reported
    first.

        netspec check runs/moons-001/spec.net
    """
    return error(
        f"the spec of the run in `{path}` does not check any more",
        None,
        notes=("what is wrong in it is reported too",),
        help="train the spec again with this netspec, or set `NETSPEC_DATA` if a file is missing",
    )


@code("NS7080")
def no_language_model(path: str, reason: str, *, draws: bool) -> Diagnostic:
    """A text is asked of a run that is no language model.

    A language model takes tokens of a text, `index(V)[B, T]`, as `chars("play.txt") -> windows(T)`
    gives them, and gives a score for each token at each place: `[B, T, V]`, or `[B, V, T]`. A run
    with the setting `samples` draws its pictures when it is given no prompt.

        netspec sample runs/shakespeare-001 --prompt "ROMEO:"
    """
    return error(
        f"the run in `{path}` is no language model",
        None,
        notes=(reason,),
        help="leave `--prompt` out, and its sheet of samples is drawn" if draws else None,
    )


@code("NS7084")
def nothing_to_sample(path: str) -> Diagnostic:
    """A run has nothing that could be sampled.

    A run draws a sheet of pictures where its spec says `samples = randn(64, 20) -> Decoder` in
    `train`, and goes on with a text where it trained a language model. Of other models there is
    nothing to draw.

        netspec sample runs/mnist_vae-001
    """
    return error(
        f"the run in `{path}` has nothing to sample",
        None,
        notes=("its spec has no `samples`, and its model is no language model",),
        help="say in `train` what is drawn: `samples = randn(64, 20) -> Decoder`",
    )


def _shown(token: str) -> str:
    """A token in a message; what cannot be seen as Python writes it."""
    return f"`{token}`" if _seen(token) else repr(token)


def _seen(token: str) -> bool:
    """Whether a token leaves a mark on the page."""
    return token.isprintable() and bool(token.strip())
