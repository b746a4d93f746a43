"""ReLU between the last layer and a loss that wants scores."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.endings import endings
from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, Label, code, warning
from netspec.source import Span

RELUS = frozenset({"ReLU", "ReLU6", "relu"})
WANT_SCORES = frozenset(
    {
        "CrossEntropyLoss",
        "BCEWithLogitsLoss",
        "MultiLabelMarginLoss",
        "MultiLabelSoftMarginLoss",
        "MultiMarginLoss",
        "SoftMarginLoss",
        "cross_entropy",
        "binary_cross_entropy_with_logits",
    }
)


@code("NS8004")
def relu_last(layer: Span, name: str, loss_name: str, loss: Span) -> Diagnostic:
    """Scores go through a ReLU before the loss.

    A score says by being negative that a class is unlikely. ReLU makes every negative score 0, and
    where it does, no gradient comes back: the model cannot learn to say no. A regression may well
    end in a ReLU when nothing below 0 is to be predicted, so only losses that want scores are
    looked at.

    Silence it with `# netspec: allow[relu-last]`.

    Wrong:

        data { load_iris() }
        model {
          Linear(16) -> ReLU
          Linear(3) -> ReLU
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:

        data { load_iris() }
        model {
          Linear(16) -> ReLU
          Linear(3)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    return warning(
        f"`{name}` cuts off every score below 0",
        layer,
        also=(Label(loss, f"`{loss_name}` wants scores of either sign"),),
        help=f"leave the last `{name}` out",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """ReLU whose result is taken for scores."""
    for ending in (ending for flow in subject.trainings for ending in endings(flow)):
        if ending.last.name in RELUS and ending.loss.name in WANT_SCORES:
            name, loss = ending.last.name, ending.loss
            yield relu_last(ending.last.span, name, loss.name, loss.span)
