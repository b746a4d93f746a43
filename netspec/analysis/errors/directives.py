"""`tie`, `init` and `freeze` (NS2118 to NS2122, NS2125, NS2126)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.analysis.patterns import pattern_advice
from netspec.diagnostics import Diagnostic, Label, code, error
from netspec.source import Span

MOST_SHOWN = 6


@code("NS2118")
def pattern_matches_nothing(
    span: Span,
    pattern: str,
    names: Sequence[str],
    candidates: Sequence[str],
    buffer: str | None = None,
) -> Diagnostic:
    """A pattern of `init` or `freeze` matches no parameter.

    A pattern is held against the names of the parameters of the body it stands in, as its
    `state_dict` has them: in a block they begin with the block's own labels. `*` stands for
    anything, dots included.

    Wrong:
        model {
          input x: real[B, 8]
          fc: Linear(8) -> ReLU -> Linear(2)
          init "fc1.weight" = xavier_uniform
        }

    Right:
        model {
          input x: real[B, 8]
          fc: Linear(8) -> ReLU -> Linear(2)
          init "fc.weight" = xavier_uniform
        }
    """
    shown = ", ".join(f"`{name}`" for name in names[:MOST_SHOWN])
    more = ", ..." if len(names) > MOST_SHOWN else ""
    note = f"the parameters here are {shown}{more}" if names else "there are none here"
    if buffer is not None:
        note = f"`{buffer}` is a buffer, which never learns"
    return error(
        f'`"{pattern}"` matches no parameter',
        span,
        notes=(note,),
        help=pattern_advice(pattern, names, candidates),
    )


@code("NS2119")
def filling_overridden(span: Span, pattern: str, later: Span) -> Diagnostic:
    """A line of `init` has no effect.

    A parameter begins as the last line says whose pattern matches its name. When later lines match
    everything that a line matches, it says nothing.

    Wrong:
        model {
          input x: real[B, 8]
          fc: Linear(8) -> ReLU -> Linear(2)
          init "fc.bias" = zeros
          init "*.bias" = constant(0.1)
        }

    Right:
        model {
          input x: real[B, 8]
          fc: Linear(8) -> ReLU -> Linear(2)
          init "*.bias" = constant(0.1)
          init "fc.bias" = zeros
        }
    """
    return error(
        f'`init "{pattern}"` has no effect: later lines match all that it matches',
        span,
        also=(Label(later, "this line wins"),),
        help="put the wider pattern first, or take the line out",
    )


@code("NS2120")
def tie_sizes(
    span: Span, names: tuple[str, str], shapes: tuple[str, str], places: tuple[Span, Span]
) -> Diagnostic:
    """Two parameters of different shapes are tied.

    `tie` makes one tensor of two, which has one shape. An embedding `[V, D]` fits the weight of the
    `Linear` that scores V tokens from D features, since torch stores that as `[out, in]`.

    Wrong:
        model {
          input tokens: index(100)[B, T]
          wte: Embedding(16) -> lm_head: Linear(50)
          tie lm_head.weight = wte.weight
        }

    Right:
        model {
          input tokens: index(100)[B, T]
          wte: Embedding(16) -> lm_head: Linear(100)
          tie lm_head.weight = wte.weight
        }
    """
    labels = tuple(
        Label(place, f"`{name}` is {shape}")
        for place, name, shape in zip(places, names, shapes, strict=True)
    )
    return error(
        f"`{names[0]}` of {shapes[0]} cannot be `{names[1]}` of {shapes[1]}", span, also=labels
    )


@code("NS2122")
def tie_again(span: Span, name: str, to: str, earlier: Span | None) -> Diagnostic:
    """A parameter is tied to itself, twice, or in a ring.

    `tie a.weight = b.weight` puts the tensor of `b` in the place of that of `a`. Several may follow
    one, `a` and `c` both `b`; but each takes its tensor from one place, which is another.

    Wrong:
        model {
          input x: real[B, 8]
          a: Linear(8) -> ReLU -> b: Linear(8)
          tie a.weight = b.weight
          tie b.weight = a.weight
        }

    Right:
        model {
          input x: real[B, 8]
          a: Linear(8) -> ReLU -> b: Linear(8)
          tie a.weight = b.weight
        }
    """
    also = () if earlier is None else (Label(earlier, "tied here"),)
    return error(f"`{name}` is tied to {to}", span, also=also, help="take this line out")


@code("NS2125")
def tie_of_module(span: Span, name: str, names: Sequence[str]) -> Diagnostic:
    """`tie` names a layer or block, and not one of its tensors.

    What is shared is a tensor. A layer whose tensors are all to be shared is used twice instead, by
    its label.

    Wrong:
        model {
          input x: real[B, 8]
          first: Linear(8) -> ReLU -> last: Linear(8)
          tie last = first
        }

    Right:
        model {
          input x: real[B, 8]
          first: Linear(8) -> ReLU -> last: Linear(8)
          tie last.weight = first.weight
        }
    """
    shown = ", ".join(f"`{name}.{known}`" for known in names[:MOST_SHOWN])
    return error(
        f"`{name}` is no tensor",
        span,
        notes=(f"it has {shown}" if names else "it has no parameters",),
        help=f"write `{name}.{names[0]}`" if names else None,
    )


@code("NS2126")
def tie_of_buffer(span: Span, name: str) -> Diagnostic:
    """`tie` names a buffer.

    Parameters are tied, so that they learn as one. A buffer does not learn; where two places need
    one, the same is used in both.

    Wrong:
        model {
          input x: real[B, 8]
          a: BatchNorm1d -> Tanh -> b: BatchNorm1d
          tie a.running_mean = b.running_mean
        }

    Right:
        model {
          input x: real[B, 8]
          a: BatchNorm1d -> Tanh -> b: BatchNorm1d
          tie a.weight = b.weight
        }
    """
    return error(
        f"`{name}` is a buffer, and only parameters are tied", span, help="take this line out"
    )
