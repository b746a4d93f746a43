"""`samples` that no sheet of pictures can be made of (NS509x)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label, code, error
from netspec.source import Span


@code("NS5090")
def not_images(span: Span, given: str) -> Diagnostic:
    """`samples` gives something else than pictures.

    A sheet shows pictures side by side: `[N, C, H, W]` with one channel (grey) or three (colours),
    or `[N, H, W]`. How many there are is a number of the text, since no batch of rows goes with
    them.

    Wrong:
        data {
          rows = load_digits()
          x    = rows.images / 16 -> unsqueeze(1)
        }
        model Encoder { Flatten -> Linear(4) }
        model Decoder { Linear(64) -> Sigmoid }
        train {
          loss      = mean((flatten(x, 1) - (x -> Encoder -> Decoder)) ** 2)
          optimizer = Adam(lr=1e-3)
          batch     = 50
          epochs    = 5
          samples   = randn(16, 4) -> Decoder
        }

    Right:
        data {
          rows = load_digits()
          x    = rows.images / 16 -> unsqueeze(1)
        }
        model Encoder { Flatten -> Linear(4) }
        model Decoder { Linear(64) -> Sigmoid }
        train {
          loss      = mean((flatten(x, 1) - (x -> Encoder -> Decoder)) ** 2)
          optimizer = Adam(lr=1e-3)
          batch     = 50
          epochs    = 5
          samples   = randn(16, 4) -> Decoder -> unflatten(1, [8, 8])
        }
    """
    advice = "give `[N, 1, H, W]`, `[N, 3, H, W]` or `[N, H, W]`, of real numbers"
    if "[B" in given:
        advice = "write how many there are to be: `randn(64, 20)`, and no `B`"
    return error(f"`samples` is {given}, not pictures", span, help=advice)


@code("NS5091")
def no_known_range(span: Span, given: str, ends: tuple[float, float] | None = None) -> Diagnostic:
    """It is not known which numbers of `samples` are black and which are white.

    Pictures of kind `unit` are shown from 0, black, to 1, white. Others are shown from the lowest
    number that they may hold to the highest, where what makes them tells: `Tanh` gives numbers from
    -1 to 1, `clamp(x, -2, 2)` from -2 to 2, and arithmetic with numbers moves the two ends along.
    A layer such as `Linear` or `Conv2d` gives any number. Black is below white: a range of one
    number shows nothing, and `clamp(1, 0)` is no range.

    Wrong:
        data {
          rows = load_digits()
          x    = rows.images / 16 -> unsqueeze(1)
        }
        model Encoder { Flatten -> Linear(4) }
        model Decoder { Linear(64) -> Unflatten(1, [1, 8, 8]) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          batch     = 50
          epochs    = 5
          samples   = randn(16, 4) -> Decoder
        }

    Right:
        data {
          rows = load_digits()
          x    = rows.images / 16 -> unsqueeze(1)
        }
        model Encoder { Flatten -> Linear(4) }
        model Decoder { Linear(64) -> Unflatten(1, [1, 8, 8]) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          batch     = 50
          epochs    = 5
          samples   = randn(16, 4) -> Decoder -> clamp(0, 1)
        }
    """
    notes = ("the lowest number is shown black, and the highest white",)
    if ends is not None:
        low, high = (f"{end + 0.0:g}" for end in ends)  # and not `-0`
        return error(
            f"the range of `samples` would begin at {low} and end at {high}",
            span,
            notes=notes,
            help="let it end above where it begins, as with `-> clamp(0, 1)`",
        )
    return error(
        f"the range of `samples` is not known: it is {given}",
        span,
        "this may be any number",
        notes=notes,
        help="end the model with `Sigmoid` or `Tanh`, or say it: `-> clamp(0, 1)`",
    )


@code("NS5092")
def samples_of_nothing(span: Span, names: Sequence[str], given: str | None = None) -> Diagnostic:
    """`samples` shows nothing of what is trained.

    It applies models by their names, as losses do, and these are the models that the losses train.
    A model that has no name cannot be applied.

    Wrong:
        data {
          rows = load_digits()
          x    = rows.images / 16 -> unsqueeze(1)
        }
        model Encoder { Flatten -> Linear(4) }
        model Decoder { Linear(64) -> Sigmoid -> Unflatten(1, [1, 8, 8]) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          batch     = 50
          epochs    = 5
          samples   = rand(16, 1, 8, 8)
        }

    Right:
        data {
          rows = load_digits()
          x    = rows.images / 16 -> unsqueeze(1)
        }
        model Encoder { Flatten -> Linear(4) }
        model Decoder { Linear(64) -> Sigmoid -> Unflatten(1, [1, 8, 8]) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          batch     = 50
          epochs    = 5
          samples   = randn(16, 4) -> Decoder
        }
    """
    message = "`samples` applies no model that is trained"
    if given is not None:
        message = f"`samples` applies the model `{given}`, which no loss trains"
    advice = "give the model a name, `model Name { ... }`, and apply it: `randn(64, 20) -> Name`"
    if names:
        advice = "apply " + " or ".join(f"`{name}`" for name in names)
    return error(message, span, help=advice)


@code("NS5093")
def samples_of_fields(span: Span, name: str, place: Span) -> Diagnostic:
    """`samples` uses a field of the data.

    What is drawn begins with random numbers, or with numbers of the text; there is no batch of rows
    that fields could be of.

    Wrong:
        data {
          rows = load_digits()
          x    = rows.images / 16 -> unsqueeze(1)
        }
        model Encoder { Flatten -> Linear(4) }
        model Decoder { Linear(64) -> Sigmoid -> Unflatten(1, [1, 8, 8]) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          batch     = 50
          epochs    = 5
          samples   = x -> Encoder -> Decoder
        }

    Right:
        data {
          rows = load_digits()
          x    = rows.images / 16 -> unsqueeze(1)
        }
        model Encoder { Flatten -> Linear(4) }
        model Decoder { Linear(64) -> Sigmoid -> Unflatten(1, [1, 8, 8]) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          batch     = 50
          epochs    = 5
          samples   = randn(16, 4) -> Decoder
        }
    """
    return error(
        f"`samples` uses the field `{name}`",
        span,
        also=(Label(place, "a field of the data"),),
        notes=("it is drawn by itself, and no rows go with it",),
        help="begin with random numbers, as in `randn(64, 20)`",
    )


@code("NS5094")
def too_many(span: Span, given: int, most: int) -> Diagnostic:
    """`samples` is too large for a sheet.

    All pictures of a sheet are drawn at once, and a sheet is a picture that somebody looks at.

    Wrong:
        data {
          rows = load_digits()
          x    = rows.images / 16 -> unsqueeze(1)
        }
        model Encoder { Flatten -> Linear(4) }
        model Decoder { Linear(64) -> Sigmoid -> Unflatten(1, [1, 8, 8]) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          batch     = 50
          epochs    = 5
          samples   = randn(1_000_000, 4) -> Decoder
        }

    Right:
        data {
          rows = load_digits()
          x    = rows.images / 16 -> unsqueeze(1)
        }
        model Encoder { Flatten -> Linear(4) }
        model Decoder { Linear(64) -> Sigmoid -> Unflatten(1, [1, 8, 8]) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          batch     = 50
          epochs    = 5
          samples   = randn(100, 4) -> Decoder
        }
    """
    return error(
        f"`samples` is {given:,} numbers, of at most {most:,}", span, help="draw fewer pictures"
    )
