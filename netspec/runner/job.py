"""What a training run is made of: the plan, the module, the rows, and how they are wired."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netspec.program.graph import Model
from netspec.program.train import Choice, Phase, TrainPlan, compared
from netspec.runner.average import Average
from netspec.runner.precision import PLAIN, Arithmetic
from netspec.runner.schedule import Rate

Record = dict[str, float]
Loss = Callable[..., tuple[Tensor, ...]]
Batch = tuple[Tensor, ...]
Evaluate = Callable[[Batch], tuple[tuple[Tensor, ...], Batch]]
Built = TypeVar("Built")


class Split(Protocol):
    """Rows of one split; a batch holds one tensor a field, in the order of `fields`."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of a batch's tensors."""

    def __len__(self) -> int: ...

    def to(self, device: torch.device) -> Split:
        """The same rows on a device."""

    def batches(
        self, size: int | None, order: Tensor | None, seed: int | None = None
    ) -> Iterator[tuple[Tensor, ...]]:
        """The rows in this order, `size` at a time; none is all at once, none as they stand.

        With a seed they are to be trained on, and chance may change them as the seed tells.
        """


class Splits(Protocol):
    """The rows to train on, and those set aside."""

    @property
    def train(self) -> Split:
        """Rows to train on."""

    @property
    def val(self) -> Split | None:
        """Rows measured after each epoch."""

    @property
    def test(self) -> Split | None:
        """Rows measured once, at the end."""


class Position:
    """How far a run is: written by the loop, read by whoever shows it, at any moment."""

    __slots__ = ("epoch", "epochs", "interrupted", "step", "steps", "taken")

    def __init__(self, *, epochs: int, steps: int) -> None:
        self.epochs = epochs  # how many epochs the plan allows
        self.steps = steps  # batches in an epoch
        self.epoch = 0  # the epoch in progress, counted from 1
        self.step = 0  # batches done in it
        self.taken = 0  # optimizer steps in the whole run
        self.interrupted = False  # set it to end the run after the step in progress


class Observer(Protocol):
    """Whoever watches a run: a progress line, a test."""

    def begin(self, position: Position) -> None:
        """The run begins; `position` keeps moving."""

    def epoch(self, record: Mapping[str, float]) -> None:
        """An epoch has ended with these values."""

    def end(self) -> None:
        """The run is over, whether or not it failed."""


class Unobserved:
    """The observer that does nothing."""

    def begin(self, position: Position) -> None:
        """Do nothing."""

    def epoch(self, record: Mapping[str, float]) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Which tensor goes where, as indices.

    `inputs` index a batch; `operands`, `prediction` and `target` index the model's outputs followed
    by the batch. A loss that applies models itself gives the prediction as its last value, which
    then stands in the outputs' place.
    """

    inputs: tuple[int, ...]
    operands: tuple[int, ...]
    prediction: int | None
    target: int | None

    @classmethod
    def between(cls, network: Model, phase: Phase, fields: tuple[str, ...]) -> Wiring:
        """Wire by name: fields to inputs, outputs and fields to the loss and to the metrics."""
        operands = tuple(slot.name or "output" for slot in phase.loss.inputs)
        if phase.applied:
            return cls(
                inputs=(),
                operands=tuple(fields.index(name) for name in operands),
                prediction=None if phase.target is None else 0,
                target=None if phase.target is None else 1 + fields.index(phase.target),
            )
        outputs = network.output_names
        pool = outputs + fields
        inputs = tuple(slot.name or "x" for slot in network.graph.inputs)
        prediction, target = compared(phase.loss, outputs, inputs)
        return cls(
            inputs=tuple(fields.index(name) for name in inputs),
            operands=tuple(pool.index(name) for name in operands),
            prediction=None if prediction is None else pool.index(prediction),
            target=None if target is None else pool.index(target),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A phase's turn in a step: how its loss is computed, and what it moves.

    `evaluate` takes a batch and gives the loss with its terms, and the pool that the wiring's
    `prediction` and `target` index. `parameters` are those that the optimizer moves, in the
    module's order (its groups would give another, and the norm that `clip` holds down is a sum,
    whose last bits hang on the order). `into` are those that gradients go into; none for all.
    """

    phase: Phase
    loss: Loss
    evaluate: Evaluate
    wiring: Wiring
    optimizer: Optimizer
    rate: Rate
    parameters: list[nn.Parameter]
    into: list[nn.Parameter] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Everything the loop needs, on one device.

    `turns` are the plan's phases, `judged` the one whose prediction the metrics look at. `metrics`
    are the plan's and those that only a stop condition reads. `batches` is how many make an epoch,
    `measured_rows` how many rows are measured at once. `average` follows the module.
    """

    plan: TrainPlan
    network: Model
    module: nn.Module
    turns: tuple[Turn, ...]
    train: Split
    val: Split | None
    test: Split | None
    metrics: tuple[Choice, ...]
    batches: int
    measured_rows: int | None
    device: torch.device
    average: Average | None = None
    arithmetic: Arithmetic = PLAIN

    @property
    def measured(self) -> nn.Module:
        """The module that is measured and kept: the averaged one where there is one."""
        return self.module if self.average is None else self.average.settled()

    @property
    def judged(self) -> Turn:
        """The turn whose prediction the metrics look at."""
        return next(turn for turn in self.turns if turn.phase is self.plan.judged)

    @property
    def wiring(self) -> Wiring:
        """How that turn is wired."""
        return self.judged.wiring

    @property
    def parameters(self) -> list[nn.Parameter]:
        """Every parameter that takes gradients, in the module's order."""
        return [p for p in self.module.parameters() if p.requires_grad]


def initialise(seed: int, build: Callable[[], Built]) -> Built:
    """Build a module right after torch's random state was set, so that its weights are torch's."""
    torch.manual_seed(seed)
    return build()
