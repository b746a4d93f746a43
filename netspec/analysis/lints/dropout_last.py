"""Dropout between the last layer and the loss."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.endings import endings
from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, Label, code, warning
from netspec.source import Span

DROPOUTS = frozenset(
    {"Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"}
)


@code("NS8003")
def dropout_last(layer: Span, name: str, loss: Span) -> Diagnostic:
    """Dropout is the last layer of a model.

    Dropout sets random numbers to 0. Within a model the layers behind it learn not to lean on any
    single one of them; behind the last layer it wipes out predictions, and the loss then punishes
    the model for what it never said.

    Silence it with `# netspec: allow[dropout-last]`.

    Wrong:

        data { load_iris() }
        model {
          Linear(16) -> ReLU
          Linear(3) -> Dropout(0.2)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:

        data { load_iris() }
        model {
          Linear(16) -> ReLU -> Dropout(0.2)
          Linear(3)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    return warning(
        f"`{name}` drops predictions at random",
        layer,
        also=(Label(loss, "the loss sees 0 where something else was predicted"),),
        help="move it before the last layer with weights",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """Dropout whose result is compared with the data."""
    for ending in (ending for flow in subject.trainings for ending in endings(flow)):
        layer = ending.last.layer
        if layer is not None and layer.name in DROPOUTS and dict(layer.arguments).get("p") != 0:
            yield dropout_last(ending.last.span, layer.name, ending.loss.span)
