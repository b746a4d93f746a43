"""Asserts that take a run: learning a few rows by heart, and two models with the same weights."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from netspec.analysis.network.requirements import holds
from netspec.program.asserts import Equal, Overfits
from netspec.program.graph import Model, Requirement
from netspec.program.train import Phase, TrainPlan
from netspec.runner.job import Loss, Split, Splits
from netspec.runner.run import fit
from netspec.types import Dim, TensorType

# What a size that nothing tells is tried as, most of which networks halve a few times.
SIZES = (8, 16, 32, 64, 128, 224, 6, 12, 5, 10, 28, 1, 2, 3, 4, 7, 9)
MOST_TRIED = 20_000


@dataclass(frozen=True, slots=True)
class Held:
    """A few rows, all of them in every batch."""

    fields: tuple[str, ...]
    tensors: tuple[Tensor, ...]

    def __len__(self) -> int:
        return len(self.tensors[0])

    def to(self, device: torch.device) -> Held:
        """The same rows on a device."""
        return Held(self.fields, tuple(tensor.to(device) for tensor in self.tensors))

    def batches(
        self, size: int | None, order: Tensor | None, seed: int | None = None
    ) -> Iterator[tuple[Tensor, ...]]:
        """All rows at once."""
        yield self.tensors


@dataclass(frozen=True, slots=True)
class Few:
    """Rows to train on and none set aside."""

    train: Held
    val: Split | None = None
    test: Split | None = None


def overfit(
    asserted: Overfits,
    plan: TrainPlan,
    phase: Phase,
    network: Model,
    module: nn.Module,
    loss: Loss,
    splits: Splits,
    device: torch.device,
) -> tuple[float, float]:
    """The loss of a phase on a few rows before and after training on them, and in it, alone.

    The rows are drawn with the run's seed; loss and optimizer are the plan's, the rate stays as the
    optimizer has it. Raises `RunError` as a run does.
    """
    generator = torch.Generator().manual_seed(plan.seed)
    order = torch.randperm(len(splits.train), generator=generator)
    batch = next(iter(splits.train.batches(asserted.rows, order)))
    rows = Held(splits.train.fields, tuple(tensor.clone() for tensor in batch))
    alone = replace(
        plan,
        phases=(replace(phase, schedule=None),),
        batch=None,
        accumulate=1,
        epochs=None,
        steps=asserted.steps,
        metrics=(),
        stop=(),
        baseline=None,
        ema=None,
    )
    run = fit(alone, network, module, (loss,), Few(rows), device=device)
    measured = phase.measured[0]
    return run.history[0][f"train.{measured}"], run.metrics["train"][measured]


def difference(asserted: Equal, left: nn.Module, right: nn.Module) -> float | None:
    """By how much the outputs of two models differ; None when no sizes suit their inputs.

    Each difference is relative to the value where that is above 1. `right` takes the weights of
    `left`; random numbers within the models are the same.
    """
    right.load_state_dict(left.state_dict())
    sizes = suited(asserted.left, asserted.right)
    if sizes is None:
        return None
    with torch.no_grad():
        torch.manual_seed(asserted.seed)
        inputs = [draw(slot.type, sizes) for slot in asserted.left.graph.inputs]
        results: list[tuple[Tensor, ...]] = []
        for module in (left, right):
            torch.manual_seed(asserted.seed)
            output = module.eval()(*[given.clone() for given in inputs])
            results.append(output if isinstance(output, tuple) else (output,))
    largest = 0.0
    for one, other in zip(*results, strict=True):
        gap = (one.double() - other.double()).abs() / other.double().abs().clamp(min=1)
        gap[torch.isclose(one.double(), other.double(), rtol=0, atol=0, equal_nan=True)] = 0
        found = gap.max().item() if gap.numel() else 0.0
        largest = math.inf if math.isnan(found) else max(largest, found)
    return largest


def draw(type: TensorType, sizes: Mapping[str, int]) -> Tensor:
    """A random tensor of a type, its dimensions of these sizes."""
    shape = [dim.evaluate(sizes) for dim in type.shape]
    match type.kind.name:
        case "unit":
            return torch.rand(shape)
        case "prob":
            return torch.randn(shape).softmax(-1)
        case "logprob":
            return torch.randn(shape).log_softmax(-1)
        case "index":
            count = 2 if type.kind.size is None else type.kind.size.evaluate(sizes)
            return torch.randint(0, count, shape)
        case "int":
            return torch.randint(0, 10, shape)
        case "bool":
            return torch.rand(shape) > 0.5
        case _:
            return torch.randn(shape)


def suited(left: Model, right: Model) -> dict[str, int] | None:
    """Sizes for the names in the inputs of `left` that suit both models; None if none are found."""
    symbols = sorted({name for dim in _sizes(left) for name in dim.symbols})
    names = {
        name: Dim.symbol(own)
        for ours, theirs in zip(_sizes(left), _sizes(right), strict=True)
        if len(ours.symbols) == len(theirs.symbols) == 1
        for own, name in ((*ours.symbols, *theirs.symbols),)
    }
    facts = [*left.requirements, *(_renamed(fact, names) for fact in right.requirements)]
    alike = (dict.fromkeys(symbols, size) for size in SIZES)
    others = (
        dict(zip(symbols, sizes, strict=True))
        for sizes in itertools.product(SIZES, repeat=len(symbols))
    )
    for sizes in itertools.islice(itertools.chain(alike, others), MOST_TRIED):
        if all(holds(fact, sizes) for fact in facts) and _positive(_sizes(left), sizes):
            return sizes
    return None


def _sizes(model: Model) -> list[Dim]:
    types = [slot.type for slot in model.graph.inputs]
    classes = [given.kind.size for given in types if given.kind.size is not None]
    return [*(dim for given in types for dim in given.shape), *classes]


def _positive(dims: Sequence[Dim], sizes: Mapping[str, int]) -> bool:
    return all(dim.evaluate(sizes) > 0 for dim in dims)


def _renamed(fact: Requirement, names: Mapping[str, Dim]) -> Requirement:
    left, right = fact.left.substitute(names), fact.right.substitute(names)
    return replace(fact, left=left, right=right)
