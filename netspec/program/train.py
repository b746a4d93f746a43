"""What a checked `train` block is: everything the runner needs, defaults filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal as OneOf
from typing import cast

from netspec.program.externs import Extern
from netspec.program.graph import (
    Compute,
    Freezing,
    Graph,
    Invoke,
    Layer,
    Literal,
    Model,
    Ref,
    Slot,
    Step,
    every_step,
)
from netspec.program.precision import Precision
from netspec.program.weights import Start
from netspec.source import Span

Task = OneOf["regression", "binary_probability", "binary_score", "classes"]

# Optimizers that torch can run as one fused kernel on the CPU and on CUDA. The kernel's last bits
# differ from the plain loop's, so whoever writes this training out must ask for it too.
FUSED = frozenset(
    {"torch.optim.SGD", "torch.optim.Adam", "torch.optim.AdamW", "torch.optim.Adagrad"}
)

# What leaves numbers as they are, or the order of a row's scores; and what puts two tensors
# together without holding one against the other.
VIEWS = frozenset(
    {"squeeze", "unsqueeze", "flatten", "reshape", "permute", "movedim", "transpose", "float"}
    | {"softmax", "log_softmax"}
)
JOINING = frozenset({"*", "mul", "cat", "stack"})

# Optimizers that evaluate the loss of a batch several times a step, through a closure.
BY_CLOSURE = frozenset({"torch.optim.LBFGS"})

# Schedules that move after every optimizer step, and set the rate by themselves.
PER_STEP = frozenset({"torch.optim.lr_scheduler.OneCycleLR", "torch.optim.lr_scheduler.CyclicLR"})

# Schedules that move by the loss.
BY_LOSS = frozenset({"torch.optim.lr_scheduler.ReduceLROnPlateau"})


# How a loss of the catalogue may be reduced so that it is the mean over rows.
OVER_ROWS = frozenset({"mean", "batchmean"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A thing of the catalogue with the arguments the text gave it, checked: `AdamW(lr=3e-4)`.

    `target` is the dotted name of its class or function. `inferred` are the arguments that the text
    leaves to the length of the run, `parts` the schedules that a schedule is made of. A metric of
    the user's has its declaration as `extern`.
    """

    span: Span
    name: str
    target: str
    arguments: tuple[tuple[str, Literal], ...] = ()
    inferred: tuple[str, ...] = ()
    parts: tuple[Choice, ...] = ()
    extern: Extern | None = None

    @property
    def stretches(self) -> tuple[tuple[int, int | None], ...]:
        """Where each of the parts begins and ends; none for the end of the run."""
        milestones = dict(self.arguments).get("milestones", ())
        if not self.parts or not isinstance(milestones, tuple) or not milestones:
            return ((0, None),) * len(self.parts)
        begins = (0, *cast(tuple[int, ...], milestones))
        return tuple(zip(begins, (*begins[1:], None), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterGroup:
    """Parameters whose names match a pattern (`fnmatch`) get these optimizer arguments."""

    span: Span
    patterns: tuple[str, ...]
    arguments: tuple[tuple[str, Literal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How the learning rate moves: a linear warm-up over `warmup` optimizer steps, then `then`.

    A schedule counted in epochs steps after each epoch, one counted in steps after each step.
    """

    span: Span
    warmup: int
    then: Choice | None
    unit: OneOf["epoch", "step"]

    @property
    def by_loss(self) -> bool:
        """Whether it looks at the loss, which is known at the end of an epoch."""
        return self.then is not None and self.then.target in BY_LOSS

    @property
    def by_step(self) -> bool:
        """Whether it moves after each optimizer step."""
        return self.unit == "step" and not self.by_loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """`train.error`, `val.loss`: a metric or `loss` on a split, read at the end of each epoch."""

    split: OneOf["train", "val"]
    metric: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """`train.error == 0`."""

    span: Span
    measured: Measured
    relation: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """`stalled(val.loss, epochs=5)`: no new best value for that many epochs."""

    span: Span
    measured: Measured
    epochs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """`a or b` (`every` false), `a and b` (`every` true)."""

    conditions: tuple[StopCondition, ...]
    every: bool


StopCondition = Threshold | Stalled | Either


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What takes one step on a batch: a loss, and an optimizer of the parameters that it moves.

    `loss` is a graph whose inputs are named after data fields and, unless it applies models itself,
    after model outputs (the single unnamed output is `output`). Its children are criteria, and the
    models it applies under their names. Its outputs are the loss, each named term of `terms`, and
    the prediction that metrics compare with the field `target`, where it names one. `updates` are
    the full names of the parameters it moves, in the module's order, and `patterns` say the same
    (`D.*` for all of model `D`); none for all there are.
    """

    span: Span
    name: str = ""
    loss: Graph
    terms: tuple[str, ...] = ()
    target: str | None = None
    optimizer: Choice
    groups: tuple[ParameterGroup, ...] = ()
    schedule: Schedule | None = None
    clip: float | None = None
    updates: tuple[str, ...] | None = None
    patterns: tuple[str, ...] = ()

    @property
    def applied(self) -> tuple[str, ...]:
        """The names of the models that the loss applies."""
        return models_of(self.loss)

    @property
    def averages(self) -> bool:
        """Whether its loss is surely the mean of what each row gives, in a batch of any size.

        It is for losses of the catalogue by their names, weighed and added up. A sum over the rows,
        or rows that are held against each other, make another number of a larger batch.
        """
        return all(map(_averages, self.loss.steps)) and not any(
            isinstance(child.module, Layer)
            and dict(child.module.arguments).get("reduction") not in OVER_ROWS
            for child in self.loss.children
        )

    @property
    def measured(self) -> tuple[str, ...]:
        """What its loss and its terms are called in a record, without the split."""
        before = f"{self.name}." if self.name else ""
        return tuple(before + name for name in ("loss", *self.terms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """`samples`: pictures that are drawn from trained models, `[N, C, H, W]` or `[N, H, W]`.

    `graph` has no inputs and one output; its children are the models that it applies, under their
    names. `low` is shown black, `high` white.
    """

    span: Span
    graph: Graph
    low: float
    high: float

    @property
    def applied(self) -> tuple[str, ...]:
        """The names of the models that are applied."""
        return models_of(self.graph)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainPlan:
    """How to train.

    A step goes through `phases` in their order; a plan without `phase` blocks has one, without a
    name. `models` are those that the losses apply, in the order of the text; none when the losses
    look at the outputs of the one model. `epochs` and `steps`: at least one is set, the first
    reached ends the run. `batch` None: all rows at once.
    """

    span: Span
    phases: tuple[Phase, ...]
    models: tuple[str, ...] = ()
    task: Task
    classes: int | None
    metrics: tuple[Choice, ...] = ()
    batch: int | None = None
    epochs: int | None = None
    steps: int | None = None
    seed: int = 0
    accumulate: int = 1
    device: OneOf["auto", "cpu", "cuda", "mps"] = "auto"
    workers: int | None = None
    stop: tuple[StopCondition, ...] = ()
    frozen: tuple[Freezing, ...] = ()
    baseline: Choice | None = None
    weights: tuple[Start, ...] = ()
    ema: float | None = None
    precision: Precision = "fp32"
    compile: bool = False
    checkpoint: int | None = None
    samples: Sheet | None = None

    @property
    def measured(self) -> tuple[str, ...]:
        """What the losses and their terms are called in a record, without the split."""
        return tuple(name for phase in self.phases for name in phase.measured)

    @property
    def operands(self) -> tuple[Slot, ...]:
        """The outputs and fields that the losses look at."""
        return tuple(slot for phase in self.phases for slot in phase.loss.inputs)

    def measured_rows(self, network: Model) -> int | None:
        """How many rows are measured at once; none for all of them, as in training then.

        As many as `batch`, on which a loss may hang; where none does, at most 1,000 rows, or about
        a million numbers of input.
        """
        if self.batch is None or not all(phase.averages for phase in self.phases):
            return self.batch
        return max(self.batch, min(1000, 2**20 // max(self._row_numbers(network), 1)))

    def _row_numbers(self, network: Model) -> int:
        """How many numbers a row holds of what goes in; sizes not known count as one."""
        slots = self.operands if self.models else network.graph.inputs
        shapes = {slot.name: slot.type.shape for slot in slots}.values()
        return sum(prod(dim.value or 1 for dim in shape[1:]) for shape in shapes)

    @property
    def judged(self) -> Phase:
        """The phase whose prediction the metrics look at."""
        return next((phase for phase in self.phases if phase.target is not None), self.phases[0])


def models_of(graph: Graph) -> tuple[str, ...]:
    """The names of the models that a graph of `train` applies."""
    return tuple(child.key for child in graph.children if isinstance(child.module, Graph))


def _averages(step: Step) -> bool:
    """Whether a step of a loss leaves the mean over rows what it is."""
    match step:
        case Invoke() | Compute(function="squeeze" | "unsqueeze" | "+"):
            return True
        case Compute(function="*", operands=operands):
            return not all(isinstance(operand, Ref) for operand in operands)
        case _:
            return False


def compared(
    loss: Graph, outputs: Sequence[str], inputs: Sequence[str]
) -> tuple[str | None, str | None]:
    """The names of what metrics compare: a model output, and a data field.

    The first output that the loss holds against the field `y`, or else against a field that the
    model has not seen, or else against any. Where the loss works on what it compares beforehand,
    the first output that it looks at, against `y` or the first such field.
    """
    operands = [slot.name or "output" for slot in loss.inputs]
    seen = [name for name in operands if name in outputs]
    targets = [name for name in operands if name not in outputs]
    unseen = [name for name in targets if name not in inputs]
    target = "y" if "y" in targets else next(iter(unseen + targets), None)
    held = list(_held_together(loss, outputs))
    wanted = [target] if target == "y" else [*unseen, *targets]
    for field in wanted:
        for output, against in held:
            if against == field:
                return output, field
    return (seen[0] if seen else None), target


def _held_together(loss: Graph, outputs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The outputs and fields that a loss, a function or `-` is given together, in order."""
    names = {slot.id: slot.name or "output" for slot in loss.inputs}
    for step in every_step(loss.steps):
        if not isinstance(step, Invoke | Compute):
            continue
        given = [names[ref.id] for ref in step.operands if isinstance(ref, Ref) and ref.id in names]
        if isinstance(step, Compute) and step.function in VIEWS and given:
            names[step.results[0].id] = given[0]
        elif not (isinstance(step, Compute) and step.function in JOINING):
            mine = [name for name in given if name in outputs]
            theirs = [name for name in given if name not in outputs]
            yield from ((output, field) for output in mine[:1] for field in theirs)
