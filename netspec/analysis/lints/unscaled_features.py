"""Large numbers that go into a layer as they are."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.flow import Applied
from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, Label, code, warning
from netspec.program.schemas import ColumnRange
from netspec.source import Span

# Layers whose first step is a sum of the inputs, each times a weight of about one size.
WEIGHING = frozenset({"Linear", "Bilinear", "Conv1d", "RNN", "LSTM", "GRU"})
# Weights begin, and learn, as if inputs were about 1; beyond a hundred times that they do not.
LARGE = 100
# It finds a scale of its own for every direction.
OF_ANY_SCALE = frozenset({"LBFGS"})


@code("NS8041")
def unscaled_features(
    field: Span, layer: Span, name: str, what: str, found: ColumnRange
) -> Diagnostic:
    """Features are not scaled.

    Weights begin at one size, and an optimizer moves all of them by one rate, as if inputs were
    about 1. A feature that reaches into the hundreds or thousands outweighs the others, makes the
    first steps far too large, and often ends in NaN. A scaler brings each feature to one size,
    learned from the training rows; a normalisation as the first layer does it too.

    Silence it with `# netspec: allow[unscaled-features]`.

    Wrong:

        data {
          load_wine()
          split(train=80%, test=20%, seed=1)
        }
        model { Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:

        data {
          load_wine()
          x = x -> StandardScaler
          split(train=80%, test=20%, seed=1)
        }
        model { Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    largest = max(abs(found.low), abs(found.high))
    return warning(
        f"`{found.column}` reaches {largest:.6g}, and is not scaled",
        field,
        also=(Label(layer, f"`{what}` takes it as it is"),),
        help=f"scale it: `{name} = {name} -> StandardScaler`"
        if found.column == name
        else f"scale it: `{name} = ... -> StandardScaler`",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """The fields that a model takes, held against what takes them first."""
    data, plan = subject.program.data, subject.plan
    if data is None or plan is None or plan.models:
        return
    if any(phase.optimizer.name in OF_ANY_SCALE for phase in plan.phases):
        return
    for model, flow in zip(subject.program.models, subject.flows, strict=True):
        if model != subject.program.model:
            continue
        for slot, value in zip(model.graph.inputs, flow.inputs, strict=True):
            field = data.field(slot.name or "x")
            large = [r for r in field.ranges if max(-r.low, r.high) > LARGE] if field else []
            takers = [step for step in flow.applied if value in step.operands]
            if field is not None and large and takers and all(map(_weighs, takers)):
                worst = max(large, key=lambda found: max(-found.low, found.high))
                first = takers[0]
                yield unscaled_features(field.span, first.span, field.name, first.name, worst)


def _weighs(step: Applied) -> bool:
    return step.layer is not None and step.name in WEIGHING
