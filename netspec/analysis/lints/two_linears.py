"""`Linear` straight behind `Linear`."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.flow import Applied, Flow
from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, Label, code, warning
from netspec.source import Span

# They change nothing that a matrix product could not, dropout at the latest after training.
PASSIVE = frozenset({"Identity", "Dropout"})


@code("NS8001")
def two_linears(first: Span, second: Span) -> Diagnostic:
    """Two linear layers have nothing between them.

    A matrix product of a matrix product is one matrix product: two `Linear` in a row can compute
    nothing that a single one cannot. What is missing is nearly always an activation. Two layers
    with few features between them, fewer than come in and than go out, save parameters and are
    left alone, as are layers that are used twice or whose result is used elsewhere too.

    Silence it with `# netspec: allow[two-linears]`.

    Wrong:

        model {
          input x: real[B, 4]
          Linear(8)
          Linear(2)
        }

    Right:

        model {
          input x: real[B, 4]
          Linear(8) -> ReLU
          Linear(2)
        }
    """
    also = () if first == second else (Label(first, "its input comes straight from here"),)
    return warning(
        "two linear layers with nothing between them",
        second,
        "this computes nothing that one `Linear` could not",
        also=also,
        help="put an activation between them, such as `ReLU`, or leave one out",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """Linear layers that only another linear layer uses."""
    for flow in subject.flows:
        single = {step.key for step in flow.layers("Linear")}
        for first in flow.layers("Linear"):
            second = _next(flow, first)
            if second is not None and second.key in single and not _narrows(flow, first, second):
                yield two_linears(first.span, second.span)


def _next(flow: Flow, step: Applied) -> Applied | None:
    """What takes the result, through what passes it on."""
    user = flow.only_user(step)
    while user is not None and user.layer is not None and user.name in PASSIVE:
        user = flow.only_user(user)
    return user


def _narrows(flow: Flow, first: Applied, second: Applied) -> bool:
    """Whether fewer features lie between the two than before and behind them."""
    into, between, out = (
        flow.types[value].shape[-1].value
        for value in (first.operands[0], first.results[0], second.results[0])
    )
    assert between is not None, "a linear layer has as many outputs as it is told"
    return (into is None or between < into) and (out is None or between < out)
