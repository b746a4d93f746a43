"""The column that is to be predicted, among the inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, Label, code, warning
from netspec.program.data import DataPlan, Keep, Length, Matrix, Pick, Transform, Use
from netspec.source import Span

# A step of the plan, and a column of the table that it makes.
Source = tuple[int, str]


@code("NS8012")
def target_in_inputs(given: Span, target: Span, column: str) -> Diagnostic:
    """The target is among the inputs.

    A model that is given the very column it is to predict learns to copy it: it does well on every
    split, and knows nothing about a row whose answer is not known yet. A model that is to give back
    all that it was given, an autoencoder, is left alone.

    Silence it with `# netspec: allow[target-in-inputs]`.

    Wrong:

        data {
          rows = load_iris()
          x    = cat(rows.x, rows.y -> unsqueeze(1), dim=1)
          y    = rows.y
        }
        model { Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:

        data {
          rows = load_iris()
          x    = rows.x
          y    = rows.y
        }
        model { Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    return warning(
        f"the inputs hold `{column}`, which is to be predicted",
        given,
        also=(Label(target, "the target"),),
        help=f"leave it out: `rows -> except({column})`",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """Columns that an input and a target of the loss are both made of."""
    data, model, plan = subject.program.data, subject.program.model, subject.plan
    if data is None or model is None or plan is None or plan.models:
        return
    inputs = {slot.name for slot in model.graph.inputs}
    unseen = {slot.name for slot in plan.operands} - inputs
    # Of several fields that the loss alone looks at, others may weigh rows: `y` is the target.
    targets = unseen & {"y"} if "y" in unseen else unseen
    if len(targets & {field.name for field in data.fields}) > 1:
        return
    for target in data.fields:
        if target.name not in targets:
            continue
        wanted = set(columns(data, target.step))
        for field in data.fields:
            given = set(columns(data, field.step))
            shared = sorted(wanted & given)
            # An autoencoder is to give back just what it was given, and means it.
            if field.name in inputs and shared and given != wanted:
                yield target_in_inputs(field.span, target.span, shared[0][1])


def columns(data: DataPlan, step: int) -> Iterator[Source]:
    """Every column of a source that the value of a step is made of."""
    yield from _within(data, data.steps[step].value)


def _within(data: DataPlan, part: object) -> Iterator[Source]:
    match part:
        case Use():
            yield from columns(data, part.step)
        case Pick():
            yield from ((step, part.column) for step in _tables(data, part.table))
        case Matrix():
            yield from (
                (step, column) for step in _tables(data, part.table) for column in part.columns
            )
        case Transform() if part.columns and not part.flat:
            yield from (
                (step, column) for step in _tables(data, part.value) for column in part.columns
            )
        case Length():
            return  # how many rows there are tells nothing of what they hold
        case Keep():
            yield from _within(data, part.value)  # the mask chooses rows, and gives no value
        case tuple():
            for item in part:
                yield from _within(data, item)
        case _ if is_dataclass(part) and not isinstance(part, Span):
            for field in fields(part):
                yield from _within(data, getattr(part, field.name))


def _tables(data: DataPlan, table: object) -> Iterator[int]:
    """The steps that load the table which an expression chooses from."""
    while not isinstance(table, Use):
        inner = getattr(table, "table", None) or getattr(table, "value", None)
        if inner is None:
            return
        table = inner
    value = data.steps[table.step].value
    below = list(_tables(data, value)) if not isinstance(value, Use) else [value.step]
    yield from below or [table.step]
