"""A bias that the batch norm behind it takes out again."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.flow import Applied, Flow
from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, Label, code, warning
from netspec.source import Span

BIASED = (
    "Linear",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
)
NORMS = frozenset({"BatchNorm1d", "BatchNorm2d", "BatchNorm3d"})


@code("NS8002")
def bias_before_norm(layer: Span, name: str, norm: Span) -> Diagnostic:
    """A layer's bias is taken out by the batch norm behind it.

    Batch norm subtracts each channel's mean, and a bias only moves that mean: whatever it is, the
    result is the same, so it learns nothing. The batch norm adds a bias of its own. The lint looks
    only at models that are trained here: one that is written to load other people's weights has
    to have the parameters that they have.

    Silence it with `# netspec: allow[bias-before-norm]`.

    Wrong:

        data { make_moons(n_samples=200) }
        model {
          Linear(16) -> BatchNorm1d -> ReLU
          Linear(1) -> Sigmoid
        }
        train {
          loss      = BCELoss
          optimizer = SGD(lr=0.1)
          batch     = 50
          epochs    = 10
        }

    Right:

        data { make_moons(n_samples=200) }
        model {
          Linear(16, bias=false) -> BatchNorm1d -> ReLU
          Linear(1) -> Sigmoid
        }
        train {
          loss      = BCELoss
          optimizer = SGD(lr=0.1)
          batch     = 50
          epochs    = 10
        }
    """
    return warning(
        f"the bias of `{name}` does nothing before a batch norm",
        layer,
        also=(Label(norm, "this subtracts the mean, and the bias with it"),),
        help=f"write `{name}(..., bias=false)`",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """Layers with a bias that only a batch norm uses."""
    for flow in subject.flows if subject.plan is not None else ():
        yield from _in(flow)


def _in(flow: Flow) -> Iterator[Diagnostic]:
    for step in flow.layers(*BIASED):
        norm = flow.only_user(step)
        if norm is None or norm.layer is None or norm.name not in NORMS:
            continue
        if _has_bias(step) and _a_channel_each(flow, step):
            yield bias_before_norm(step.span, step.name, norm.span)


def _has_bias(step: Applied) -> bool:
    return step.layer is not None and any(weight.name == "bias" for weight in step.layer.weights)


def _a_channel_each(flow: Flow, step: Applied) -> bool:
    """Whether the bias has a number for each of dimension 1, which is what batch norm averages."""
    return step.name != "Linear" or flow.types[step.results[0]].rank == 2
