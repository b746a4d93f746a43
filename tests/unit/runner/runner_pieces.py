"""Small plans, networks and rows to run the runner with: real records, plain torch inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor, nn

from netspec import catalog
from netspec.program.graph import Child, Graph, Invoke, Layer, Model, Ref, Slot
from netspec.program.train import Choice, Phase, TrainPlan
from netspec.runner import RunError, initialise
from netspec.source import Source, Span
from netspec.types import Dim, Kind, TensorType

SOURCE = Source("small.net", "model {\n  Linear(1)\n}\ntrain {\n  loss = MSELoss\n}\n")
LAYER = Span(SOURCE, 10, 19)
LOSS = Span(SOURCE, 31, 45)
PLAN = Span(SOURCE, 22, 47)
PHASE = frozenset(field.name for field in fields(Phase))


@dataclass(frozen=True, slots=True)
class Rows:
    """A split in memory."""

    fields: tuple[str, ...]
    tensors: tuple[Tensor, ...]

    def __len__(self) -> int:
        return len(self.tensors[0])

    def to(self, device: torch.device) -> Rows:
        return Rows(self.fields, tuple(tensor.to(device) for tensor in self.tensors))

    def batches(
        self, size: int | None, order: Tensor | None, seed: int | None = None
    ) -> Iterator[tuple[Tensor, ...]]:
        tensors = self.tensors
        if order is not None:
            tensors = tuple(tensor.index_select(0, order) for tensor in tensors)
        if size is None:
            yield tensors
        else:
            yield from zip(*(torch.split(tensor, size) for tensor in tensors), strict=True)


@dataclass(frozen=True, slots=True)
class Parts:
    """The splits of a data set."""

    train: Rows
    val: Rows | None = None
    test: Rows | None = None


def rows(x: Tensor, y: Tensor) -> Rows:
    return Rows(("x", "y"), (x, y))


def slot(number: int, name: str, *sizes: int) -> Slot:
    shape = (Dim.symbol("B"), *(Dim.of(size) for size in sizes))
    return Slot(id=number, type=TensorType(Kind("real"), shape), span=PLAN, name=name)


def network(module: nn.Module, inputs: int = 2, outputs: int = 1) -> Model:
    """The record of a module: a layer for each of its parts, all on the same line of the text."""
    layers = tuple(
        Child(
            key=key,
            module=Layer(
                span=LAYER, name=type(part).__name__, target="torch.nn.Module", arguments=()
            ),
            labelled=False,
        )
        for key, part in module.named_children()
    )
    last = Invoke(
        span=LAYER, child=layers[-1].key, operands=(Ref(0),), results=(slot(1, "out", outputs),)
    )
    graph = Graph(
        span=PLAN,
        name="",
        children=layers,
        inputs=(slot(0, "x", inputs),),
        steps=(last,),
        outputs=(Ref(1),),
        sequential=True,
    )
    return Model(span=PLAN, name="", graph=graph, output_names=("output",))


def loss_graph(*names: str) -> Graph:
    slots = tuple(slot(number, name) for number, name in enumerate(names))
    return Graph(
        span=LOSS, name="", children=(), inputs=slots, steps=(), outputs=(Ref(0),), sequential=False
    )


def choice(name: str, target: str = "", **arguments: Any) -> Choice:
    return Choice(span=LOSS, name=name, target=target or name, arguments=tuple(arguments.items()))


def optimizer(name: str, **arguments: Any) -> Choice:
    return choice(name, f"torch.optim.{name}", **arguments)


def schedule(name: str, *parts: Choice, **arguments: Any) -> Choice:
    entry = catalog.load().find("schedule", name)
    assert entry is not None
    made = choice(name, entry.target, **arguments)
    inferred = tuple(argument for argument in entry.inferred if argument not in arguments)
    return replace(made, inferred=inferred, parts=parts)


def plan(**changes: Any) -> TrainPlan:
    """A plan of one phase; `changes` are of the plan or of the phase."""
    settings: dict[str, Any] = {"task": "regression", "classes": None, "epochs": 3, "batch": 4}
    phase: dict[str, Any] = {
        "loss": loss_graph("output", "y"),
        "optimizer": optimizer("SGD", lr=0.1),
    }
    for name, value in changes.items():
        (phase if name in PHASE else settings)[name] = value
    return TrainPlan(span=PLAN, phases=(Phase(span=PLAN, **phase),), **settings)


def squared(output: Tensor, y: Tensor) -> tuple[Tensor, ...]:
    """The loss of most tests: the mean square, with the view that the compiler would insert."""
    return (nn.functional.mse_loss(output.view_as(y), y),)


def cross_entropy(output: Tensor, y: Tensor) -> tuple[Tensor, ...]:
    return (nn.functional.cross_entropy(output, y),)


def small(seed: int = 1, inputs: int = 2, outputs: int = 1) -> nn.Sequential:
    return initialise(
        seed,
        lambda: nn.Sequential(nn.Linear(inputs, 5), nn.Tanh(), nn.Linear(5, outputs)),
    )


def numbers(count: int = 10, seed: int = 0) -> Rows:
    """Rows of two numbers with a target that a small net can learn."""
    x = torch.randn(count, 2, generator=torch.Generator().manual_seed(seed))
    return rows(x, x[:, 0] - 0.5 * x[:, 1])


def quarters(count: int = 40, seed: int = 0) -> Rows:
    """Rows of two numbers in one of three classes."""
    x = torch.randn(count, 2, generator=torch.Generator().manual_seed(seed))
    return rows(x, (x[:, 0] > 0).long() + ((x[:, 0] > 0) & (x[:, 1] > 0)).long())


def code_of(run: Callable[[], object]) -> tuple[str, RunError]:
    """The code of the error that `run` raises."""
    try:
        run()
    except RunError as error:
        return error.diagnostic.code, error
    raise AssertionError("nothing was raised")
