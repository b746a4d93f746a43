"""Whether a program is a language model: tokens of a text in, scores of what follows them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal as OneOf

from netspec.program import Program
from netspec.program.data import DataPlan, Load, Transform
from netspec.program.graph import Compute, Graph, Invoke, Model, Ref, Slot
from netspec.program.train import TrainPlan, compared
from netspec.types import Dim, TensorType

# Where the scores of the tokens stand: `[B, T, V]`, or `[B, V, T]` as torch's losses want them.
Layout = OneOf["last", "second"]
# Functions that look for classes in dimension 1, as the losses of their names do.
LOSSES = frozenset({"cross_entropy", "nll_loss"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel:
    """What it takes to go on with a text.

    `vocabulary` are the tokens by their numbers, `words` rather than characters; `context` is how
    many the model takes at once. The scores are the model's output number `output`, of the kind
    `kind`.
    """

    vocabulary: tuple[str, ...]
    words: bool
    context: int
    output: int
    layout: Layout
    kind: str


def language_model(program: Program) -> LanguageModel | str:
    """The language model that a program trains; where it is none, why, in words."""
    data, plan, model = program.data, program.train, program.network
    if data is None or plan is None or model is None:
        return "it trains no model"
    if len(plan.models) > 1:
        return f"it trains {len(plan.models)} models side by side"
    if len(model.graph.inputs) != 1:
        return f"its model takes {len(model.graph.inputs)} inputs, and a text is one"
    (slot,) = model.graph.inputs
    text = _text(slot, data)
    if isinstance(text, str):
        return text
    context = slot.type.shape[1].value or 0
    found = _scores(model, plan, len(text.vocabulary), context)
    if found is None:
        given = ", ".join(str(given) for given in model.graph.output_types)
        wanted = f"[B, {context}, {len(text.vocabulary)}]"
        return f"its model gives {given}, not a score for each token at each place, {wanted}"
    output, layout = found
    return LanguageModel(
        vocabulary=text.vocabulary,
        words=text.source == "text",
        context=context,
        output=output,
        layout=layout,
        kind=model.graph.output_types[output].kind.name,
    )


def _text(slot: Slot, data: DataPlan) -> Load | str:
    """The text whose windows flow into a model; where there is none, why."""
    name = slot.name or "x"
    field = data.field(name)
    names = field.class_names if field is not None else ()
    loads = [load for load in _loads(data) if load.vocabulary]
    text = next((load for load in loads if load.vocabulary == names), None)
    if text is None:
        return f"its input `{name}` is {slot.type}, and not tokens of a text"
    if not data.windows or slot.type.rank != 2 or slot.type.shape[1].value is None:
        return f"its input `{name}` is {slot.type}, and not windows of a text"
    return text


def _loads(data: DataPlan) -> Iterator[Load]:
    """The sources of a plan, through what is done to them."""
    for step in data.steps:
        value = step.value
        while isinstance(value, Transform):
            value = value.value
        if isinstance(value, Load):
            yield value


def _scores(model: Model, plan: TrainPlan, size: int, context: int) -> tuple[int, Layout] | None:
    """Which output holds scores of the tokens, and where; what the loss compares comes first."""
    types, names = model.graph.output_types, model.output_names
    inputs = [slot.name or "x" for slot in model.graph.inputs]
    judged = None if plan.models else compared(plan.judged.loss, names, inputs)[0]
    order = sorted(range(len(types)), key=lambda at: names[at] != judged)
    # Where windows are as long as the vocabulary, the loss tells the two apart.
    layouts: tuple[Layout, ...] = ("last", "second")
    if _held_as_it_is(plan.judged.loss, names):
        layouts = ("second", "last")
    for at in order:
        for layout in layouts:
            if _is_scores(types[at], size, context, layout):
                return at, layout
    return None


def _held_as_it_is(loss: Graph, outputs: Sequence[str]) -> bool:
    """Whether a loss is given an output of the model with nothing done to it."""
    models = {child.key for child in loss.children if isinstance(child.module, Graph)}
    raw = {slot.id for slot in loss.inputs if (slot.name or "output") in outputs}
    for step in loss.steps:
        if isinstance(step, Invoke) and step.child in models:
            raw.update(slot.id for slot in step.results)
            continue
        if isinstance(step, Compute) and step.function not in LOSSES:
            continue
        if isinstance(step, Invoke | Compute):
            operands = [operand for operand in step.operands if isinstance(operand, Ref)]
            if any(operand.id in raw for operand in operands):
                return True
    return False


def _is_scores(given: TensorType, size: int, context: int, layout: Layout) -> bool:
    sizes = (context, size) if layout == "last" else (size, context)
    wanted = (Dim.symbol("B"), *map(Dim.of, sizes))
    return given.shape == wanted and given.kind.name in {"real", "prob", "logprob"}
