"""Mistakes with made-up data (NS506x), one constructor a code."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, code, did_you_mean, error
from netspec.source import Span


@code("NS5061")
def size_not_given(span: Span, name: str, input: str) -> Diagnostic:
    """Nothing tells a size of made-up data.

    Without the data, which is not there or not written yet, made-up rows have the sizes that the
    inputs of the models declare. One that has a name only, `H`, might be any: it is not guessed but
    given. Where the model asks something of it, `H % 16 == 0`, that is checked.

        netspec run model.net --synthetic --size H=64 --size W=64
    """
    return error(
        f"nothing tells how large `{name}` of the input `{input}` is",
        span,
        help=f"give it, as in `--size {name}=64`",
    )


@code("NS5064")
def size_refused(span: Span, given: Sequence[tuple[str, int]], wanted: str) -> Diagnostic:
    """A size given for made-up data does not suit the model.

    What a model asks of a size that is not known yet is a requirement: one that halves images four
    times asks for a height that 16 divides. `netspec show` prints the requirements.

        netspec run unet.net --synthetic --size H=64 --size W=96
    """
    sizes = " and ".join(f"`{name}` is {size}" for name, size in given)
    return error(
        f"{sizes}, and the model requires {wanted}",
        span,
        "this requires it",
        help="give another size, as in " + " ".join(f"`--size {name}=...`" for name, _ in given),
    )


@code("NS5062")
def indices_not_told(span: Span, input: str) -> Diagnostic:
    """Nothing tells how many different indices made-up data may hold.

    `index(n)` holds whole numbers from 0 to n-1. Where the data are not there, the type of the
    input says n, or a name for it, whose size is given.

        netspec run model.net --synthetic --size V=1000
    """
    return error(
        f"nothing tells how many different indices the input `{input}` holds",
        span,
        help="write how many, as in `index(1000)`; or a name, `index(V)`, and give `--size V=1000`",
    )


@code("NS5063")
def field_not_told(span: Span, name: str, names: Sequence[str]) -> Diagnostic:
    """Nothing tells what a field of made-up data holds.

    Where the data are not there, a name in a loss that is no output of a model is a field of the
    data, and has the type that is asked for where it stands: `mse_loss(output, y)` asks for numbers
    in the shape of the output, `output - y` does too, `cross_entropy(output, y)` for classes, and
    `x -> Encoder` for what the model `Encoder` declares. A name that stands elsewhere might be
    anything.

        netspec run model.net --synthetic
    """
    return error(
        f"nothing tells what `{name}` holds",
        span,
        notes=("the data are not there, so fields are what models and losses ask for",),
        help=did_you_mean(name, names)
        or f"put the data there, or add `data {{ {name} = normal(size=[...]) }}` with made-up rows",
    )


@code("NS5060")
def size_not_wanted(name: str, names: Sequence[str]) -> Diagnostic:
    """`--size` names a dimension whose size is known, or that no input has.

    The sizes of made-up rows are those of the data, as far as it can be looked at, or those that
    the inputs of the models say. `--size` is for what is left: dimensions with a name and no size.

        netspec run model.net --synthetic --size H=64 --size W=64
    """
    listed = ", ".join(f"`{known}`" for known in names)
    return error(
        f"nothing asks for the size `{name}`",
        None,
        notes=(f"sizes that nothing else tells: {listed}",) if names else (),
        help=(did_you_mean(name, names) if names else None)
        or f"leave `--size {name}=...` away: all that is drawn is known by itself",
    )
