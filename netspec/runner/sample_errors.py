"""NS708x: what can go wrong while a finished run is sampled from."""

from __future__ import annotations

from netspec.diagnostics.codes import code, error
from netspec.diagnostics.record import Diagnostic


@code("NS7081")
def weights_do_not_fit(*, path: str, reason: str) -> Diagnostic:
    """The weights that a run has kept are not those of its model.

    The file was cut off, or changed, or is that of another spec. Nothing is sampled from a part of
    the weights.

        netspec sample runs/shakespeare-001 --prompt "ROMEO:"
    """
    return error(
        f"the weights in `{path}` do not fit the model",
        None,
        notes=(reason,),
        help="train the spec again",
    )


@code("NS7082")
def looks_ahead(*, path: str) -> Diagnostic:
    """A model cannot go on with a text, since it looks at what comes next.

    The score at a place may hang on the tokens up to it only. A model that sees those behind it
    too, by attention without a mask, a recurrence that runs backwards, or a convolution padded on
    both sides, has learned to copy what follows, and there is nothing to copy at the end of a
    prompt. Both of two texts that begin alike are held against each other before anything is
    generated.

    In attention, `is_causal=true` keeps a place from looking ahead:

        netspec doc scaled_dot_product_attention
    """
    return error(
        f"the model of the run in `{path}` looks ahead",
        None,
        notes=("its scores at a place hang on the tokens behind that place",),
        help="let each place see only what is before it, as with `is_causal=true`, and train again",
    )


@code("NS7083")
def scores_not_finite(*, path: str) -> Diagnostic:
    """A model gives scores that are no finite numbers.

    There is no choosing between tokens then. A run whose loss is finite may still overflow on other
    rows than it was trained on, in few digits above all.

        netspec sample runs/shakespeare-001 --prompt "ROMEO:"
    """
    return error(
        f"the model of the run in `{path}` gives scores that are no finite numbers",
        None,
        help="train it with a lower learning rate, or with `clip = 1.0`",
    )
