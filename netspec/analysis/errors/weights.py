"""Weights to start from that cannot be, or do not fit the model (NS505x)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from netspec.diagnostics import Diagnostic, Label, code, error, near
from netspec.program.weights import Misfit, Pairing, Start, Wanted
from netspec.source import Span

# How many keys a report lists of each sort, how many files it names, and how many keys are looked
# through for a similar one.
LISTED = 6
NAMED = 3
SOUGHT = 500


@code("NS5050")
def weights_form(span: Span, given: str) -> Diagnostic:
    """`weights` is neither a file nor a list of files.

    A file is its name as a text, or `load(...)` where only a part of it is meant: the keys below
    `from`, put below `into`, without the keys of the model that match `except`. Several files stand
    in a list.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
          weights   = true
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    return error(
        f"`weights` is a file, or a list of files, not {given}",
        span,
        help='write `"model.safetensors"`, or `load("model.safetensors", into="backbone.")`',
    )


@code("NS5051")
def pickled_weights(span: Span, file: str) -> Diagnostic:
    """A file of weights is a pickle, which netspec does not read.

    What `torch.save` writes can hold any Python code, which runs when it is read. Weights are read
    from safetensors only, a format that holds numbers and nothing else. A file that is trusted is
    written anew once, in Python:

    `safetensors.torch.save_file(torch.load("model.pt", weights_only=True), "model.safetensors")`

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
          weights   = "model.pt"
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    return error(
        f"`{file}` is a pickle: weights are read from safetensors only",
        span,
        notes=("a pickle can hold code, which runs when it is read",),
        help="convert it once, in Python: `safetensors.torch.save_file(torch.load(file, "
        'weights_only=True), "model.safetensors")`',
    )


@code("NS5052")
def weights_mismatch(
    span: Span, files: Sequence[str], pairing: Pairing, total: int, mended: Start | None
) -> Diagnostic:
    """The weights to start from are not those of the model.

    Every tensor of the model has to be in the file under its own key and with its own shape, and
    the file may hold no other. All that is missing, extra or of another shape is counted and named;
    nothing is loaded in part by accident. A part is loaded where the text says so:

    - `load("model.safetensors", from="model.")` reads the keys below `model.`, without that prefix;
    - `load("resnet18.safetensors", into="backbone.")` gives them to the model's `backbone.`;
    - `load("resnet18.safetensors", except="fc.*")` leaves the layer `fc` with fresh weights.

    The keys of a model are those that `netspec show resnet18.net` lists.
    """
    what = " and ".join(f"`{file}`" for file in files[:NAMED])
    shaped = [misfit for misfit in pairing.misfits if misfit.differs_in_shape]
    counts = {
        "missing": len(pairing.missing),
        "extra": len(pairing.extra),
        "of another shape": len(shaped),
        "without floats": len(pairing.misfits) - len(shaped),
    }
    parts = [f"{count} {what}" for what, count in counts.items() if count]
    first = next(count for count in counts.values() if count)
    said = ", ".join(parts).replace(" ", " key " if first == 1 else " keys ", 1)
    verb = "does" if len(files) == 1 else "do"
    shown = pairing.misfits[0].wanted if pairing.misfits else None
    shown = pairing.missing[0] if shown is None and pairing.missing else shown
    also = () if shown is None else (Label(shown.span, f"the model has `{_told(shown)}` here"),)
    advice = None
    if mended is not None:
        reason = "to keep fresh weights there, " if mended.leave else ""
        advice = f"{reason}write `{_load(mended)}`"
    return error(
        f"{what} {verb} not fit the model: {said}",
        span,
        also=also,
        notes=(*_facts(pairing, total), *(_similar(pairing) if advice is None else ())),
        help=advice,
    )


def _told(wanted: Wanted) -> str:
    return f"{wanted.key} {list(wanted.shape)}"


def _facts(pairing: Pairing, total: int) -> Iterator[str]:
    if pairing.missing:
        listed = _listed([f"`{_told(tensor)}`" for tensor in pairing.missing])
        of_all = f", none of the model's {total} keys" if len(pairing.missing) == total else ""
        yield f"the file lacks {listed}{of_all}"
    if pairing.extra:
        yield f"the model lacks {_listed([f'`{own}`' for own, _ in pairing.extra])}"
    if pairing.misfits:
        yield _listed([_differs(misfit) for misfit in pairing.misfits])


def _differs(misfit: Misfit) -> str:
    wanted, held = misfit.wanted, misfit.held
    if not misfit.differs_in_shape:
        return f"`{wanted.key}` holds no floats in the file, but {held.dtype}"
    return f"`{wanted.key}` is {list(held.shape)} in the file, {list(wanted.shape)} in the model"


def _listed(shown: Sequence[str]) -> str:
    rest = len(shown) - LISTED
    return ", ".join(shown[:LISTED]) + (f", and {rest} more" if rest > 0 else "")


def _similar(pairing: Pairing) -> Iterator[str]:
    """Keys of the model and of the file that differ by a slip of the pen."""
    own = {key: name for name, key in pairing.extra[:SOUGHT]}
    found = ((tensor.key, near(tensor.key, own)[:1]) for tensor in pairing.missing[:LISTED])
    close = [f"`{key}` may be `{own[like[0]]}` in the file" for key, like in found if like]
    if close:
        yield _listed(close)


def _load(start: Start) -> str:
    """The call that says this."""
    leave = ", ".join(f'"{pattern}"' for pattern in start.leave)
    given = [f'"{start.file}"']
    given += [f'from="{start.source}"'] if start.source else []
    given += [f'into="{start.into}"'] if start.into else []
    given += [f"except={leave if len(start.leave) == 1 else f'[{leave}]'}"] if leave else []
    return f"load({', '.join(given)})"


@code("NS5053")
def weights_twice(span: Span, keys: Sequence[str]) -> Diagnostic:
    """Two files give the same tensor of the model.

    Each tensor of the model comes from one file. Which of two was meant is not guessed. `except`
    keeps a file from giving what another one gives:

        weights = [
          load("all.safetensors", except="head.*"),
          load("head.safetensors", into="head."),
        ]

    Whether it helped is seen with `netspec check model.net`.
    """
    listed = _listed([f"`{key}`" for key in keys])
    return error(
        f"two files give {listed}",
        span,
        help='keep one of them from it: `load(file, except="head.*")`',
    )


@code("NS5054")
def weights_part(
    span: Span, said: str, part: str, candidates: Sequence[str], keys: Collection[str]
) -> Diagnostic:
    """A part of the weights that is asked for is not there.

    `from="model."` reads the keys of a file that begin with `model.`, `into="backbone."` gives them
    to the keys of the model that begin with `backbone.`, and `except="fc.*"` leaves out the keys of
    the model that match. Where no key does, nothing would happen, which is never what was meant.

    The keys of a model are those that `netspec show resnet18.net` lists.
    """
    close = near(part, candidates[:SOUGHT])
    advice = "did you mean " + " or ".join(f'`"{name}"`' for name in close) + "?" if close else None
    return error(
        f'{said} `"{part}"`',
        span,
        notes=(f"there are {_listed([f'`{key}`' for key in keys])}",),
        help=advice,
    )
