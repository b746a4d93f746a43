"""Metrics of the user's own, held against what the loss compares."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from netspec.analysis import errors
from netspec.analysis.context import Context
from netspec.analysis.errors import externs as wrong
from netspec.analysis.network.refusals import Written, refusal_diagnostic
from netspec.catalog import Refusal
from netspec.catalog.kinds import REAL
from netspec.program.data import Field
from netspec.program.train import Choice, Either, Stalled, StopCondition
from netspec.types import TensorType


def check_own(
    metrics: Sequence[Choice],
    stop: Sequence[StopCondition],
    compared: tuple[TensorType | None, Field | None],
    as_real: Collection[str],
    context: Context,
) -> None:
    """Report metrics whose types are not those of the output and the target, as it is stored."""
    output, target = compared
    for metric in metrics:
        if metric.extern is None:
            continue
        entry = context.declarations[metric.extern.head]
        if output is None or target is None:
            what = "an output that the loss compares with no field"
            context.report(errors.metric_task(metric.span, metric.name, what, ()))
            continue
        given = target.type.with_kind(REAL) if target.name in as_real else target.type
        bound = entry.bind((), dict(metric.arguments))
        assert not isinstance(bound, Refusal)
        outcome = entry.apply(bound, (output, given))
        if isinstance(outcome, Refusal):
            made = refusal_diagnostic(outcome, Written(span=metric.span))
            note = f"the model gives {output}, and `{target.name}` is {given}"
            context.report(made.with_note(note))
    own = {metric.name for metric in metrics if metric.extern is not None}
    for stalled in (found for condition in stop for found in _stalls(condition)):
        if stalled.measured.metric in own:
            measured = f"{stalled.measured.split}.{stalled.measured.metric}"
            context.report(wrong.stalled_by_own(stalled.span, measured))


def _stalls(condition: StopCondition) -> Iterator[Stalled]:
    match condition:
        case Stalled():
            yield condition
        case Either(conditions=parts):
            for part in parts:
                yield from _stalls(part)
        case _:
            return
