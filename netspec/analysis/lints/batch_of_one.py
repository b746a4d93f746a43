"""Batches of a single row under a batch norm."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.bias_before_norm import NORMS
from netspec.analysis.lints.flow import Applied, Flow
from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, Label, code, warning
from netspec.source import Span


@code("NS8006")
def batch_of_one(place: Span, norm: Span, fact: str, advice: str) -> Diagnostic:
    """A batch norm gets batches of a single row.

    Batch norm subtracts the mean of the batch and divides by its deviation. A single row has no
    deviation: with one number a channel torch stops with "Expected more than 1 value per channel
    when training", and with an image the figures are those of that image, not of the data. The last
    batch of an epoch counts too: 201 rows in batches of 50 leave one.

    Silence it with `# netspec: allow[batch-of-one]`.

    Wrong:

        data { make_moons(n_samples=201) }
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

    Right:

        data { make_moons(n_samples=201) }
        model {
          Linear(16, bias=false) -> BatchNorm1d -> ReLU
          Linear(1) -> Sigmoid
        }
        train {
          loss      = BCELoss
          optimizer = SGD(lr=0.1)
          batch     = 67
          epochs    = 10
        }
    """
    also = () if place == norm else (Label(norm, "this needs several rows at a time"),)
    return warning("a batch norm gets a single row", place, fact, also=also, help=advice)


def find(subject: Subject) -> Iterator[Diagnostic]:
    """Batch norms, where the batch or the last batch of an epoch has one row."""
    plan, rows = subject.plan, subject.train_rows
    flow = next((flow for flow in subject.trainings if _norm(flow)), None)
    if flow is None or plan is None or not flow.inputs:
        return
    norm = _norm(flow)
    if norm is None:
        return
    setting = subject.setting_value("batch")
    place = norm.span if setting is None else setting.span
    if plan.batch == 1 or rows == 1:
        fact = "this is one row" if plan.batch == 1 else "there is one row to train on"
        yield batch_of_one(place, norm.span, fact, "take larger batches, or `LayerNorm` instead")
        return
    if plan.batch is None or rows is None or rows % plan.batch != 1:
        return
    batches = rows // plan.batch + 1
    most = subject.most_steps
    single = next((step for step in flow.applied if _one_number(flow, step)), None)
    if single is not None and most is not None and most * plan.accumulate >= batches:
        fact = f"of {rows} rows, the last batch of an epoch gets 1"
        yield batch_of_one(place, single.span, fact, f"take another size than {plan.batch}")


def _norm(flow: Flow) -> Applied | None:
    """The first batch norm."""
    return next((step for step in flow.applied if step.layer and step.name in NORMS), None)


def _one_number(flow: Flow, step: Applied) -> bool:
    """Whether it is a batch norm with one number a row and channel: torch refuses one row."""
    if step.layer is None or step.name not in NORMS:
        return False
    shape = flow.types[step.operands[0]].shape
    rows = flow.types[flow.inputs[0]].shape[0]
    return shape[0] == rows and all(dim.value == 1 for dim in shape[2:])
