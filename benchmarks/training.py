"""What the training loop costs, beside the same training written by hand.

    python benchmarks/training.py [NAME ...] [--repeat 9] [--threads 1]

Three ways to train the same emitted module on the same rows, taking turns in one process:

- netspec: the loop of `netspec.runner`, epochs only: no pictures, no files;
- careful: rows in memory, a permutation an epoch, the fused optimizer, no `.item()` within an
  epoch; it keeps the loss only, where netspec's computes the spec's metric too;
- tutorial: `Dataset` and `DataLoader`, the plain optimizer, `.item()` of the loss at every step,
  and of the number of right answers where that is the metric. For `rings` the dataset looks up
  a row of a table for every item: a pandas frame's where pandas is installed (it is no dependency),
  else a polars frame's.

Printed are the fastest times per epoch and their ratios, netspec's to the others', and the median
of the ratios of each round, which a busy machine disturbs less.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset, TensorDataset

from netspec import codegen, driver
from netspec.diagnostics import Sink
from netspec.program import Program
from netspec.runner.job import Split
from netspec.runner.loop import epochs as netspec_epochs
from netspec.runner.run import prepare_job

SPECS = Path(__file__).parent.parent / "specs"
CPU = torch.device("cpu")

Criterion = Callable[[Tensor, Tensor], Tensor]


def flat_mse(output: Tensor, y: Tensor) -> Tensor:
    """The mean square of a single column of outputs."""
    return functional.mse_loss(output.squeeze(1), y)


def rounded(output: Tensor, y: Tensor) -> Tensor:
    """How many probabilities are on the right side of a half."""
    return (output.squeeze(1).round() == y).sum()


def likeliest(output: Tensor, y: Tensor) -> Tensor:
    """How many classes are right."""
    return (output.argmax(1) == y).sum()


@dataclass(frozen=True, slots=True)
class Case:
    """What is trained: how many epochs a repetition, and the parts that a person would write.

    `right` counts the right answers, where the spec's metric is made of them.
    """

    epochs: int
    loss: Criterion
    optimizer: Callable[..., Optimizer]
    right: Criterion | None = None
    table: bool = False


def sgd(momentum: float, rate: float) -> Callable[..., Optimizer]:
    """SGD as a function of parameters."""
    return lambda parameters, **how: torch.optim.SGD(parameters, lr=rate, momentum=momentum, **how)


def adam(
    rate: float, kind: Callable[..., Optimizer] = torch.optim.Adam
) -> Callable[..., Optimizer]:
    """Adam, or a kind of it, as a function of parameters."""
    return lambda parameters, **how: kind(parameters, lr=rate, **how)


CASES = {
    "two_moons": Case(20, flat_mse, sgd(0.9, 0.1), rounded),
    "rings": Case(20, flat_mse, adam(0.001), rounded, table=True),
    "boston": Case(20, flat_mse, adam(0.001)),
    "mnist": Case(1, functional.cross_entropy, sgd(0.5, 0.01), likeliest),
    "digits": Case(2, functional.cross_entropy, adam(0.002, torch.optim.AdamW), likeliest),
}


@dataclass(frozen=True, slots=True)
class Only:
    """Splits with nothing set aside: every way trains on the same rows and measures no others."""

    train: Split
    val: None = None
    test: None = None


class Frame(Dataset[tuple[Tensor, Tensor]]):
    """A row of a table, looked up for every item, as many first programs do."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        columns = {f"x{i}": x[:, i].numpy() for i in range(x.shape[1])} | {"y": y.numpy()}
        self.names = list(columns)[:-1]
        self.frame, self.library = make_frame(columns)
        self.rows = len(x)

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if self.library == "pandas":
            row = self.frame.iloc[index]
            return torch.tensor(row[self.names].to_numpy()), torch.tensor(row["y"])
        row = self.frame.row(index, named=True)
        return torch.tensor([row[name] for name in self.names]), torch.tensor(row["y"])


def make_frame(columns: dict[str, Any]) -> tuple[Any, str]:
    """A frame of whichever library is there, and its name."""
    if importlib.util.find_spec("pandas") is not None:
        pandas: Any = importlib.import_module("pandas")
        return pandas.DataFrame(columns), "pandas"
    return polars.DataFrame(columns), "polars"


def by_netspec(program: Program, case: Case, rows: Split) -> float:
    """Seconds for netspec's own loop."""
    model, plan = program.model, program.train
    assert model is not None
    assert plan is not None
    plan = replace(plan, epochs=case.epochs, steps=None, stop=())
    module = fresh(program)
    losses = [codegen.build_loss(phase, program.source.name) for phase in plan.phases]
    job, position = prepare_job(plan, model, module, losses, Only(rows), CPU)
    begun = time.perf_counter()
    for _ in netspec_epochs(job, position):
        pass
    return time.perf_counter() - begun


def by_hand(program: Program, case: Case, rows: Split) -> float:
    """Seconds for a loop that a careful person writes."""
    assert program.train is not None
    x, y = columns(program, rows)
    model, batch = fresh(program), program.train.batch or len(x)
    optimizer = case.optimizer(model.parameters(), fused=True)
    history = []
    begun = time.perf_counter()
    for _ in range(case.epochs):
        order = torch.randperm(len(x))
        total = torch.zeros(())
        batches = zip(torch.split(x[order], batch), torch.split(y[order], batch), strict=True)
        for xs, ys in batches:
            output = model(xs)
            loss = case.loss(output, ys)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            optimizer.step()
            total += loss.detach() * len(xs)
        history.append(total.item() / len(x))
    return time.perf_counter() - begun


def by_tutorial(program: Program, case: Case, rows: Split) -> float:
    """Seconds for the loop that most tutorials teach."""
    assert program.train is not None
    x, y = columns(program, rows)
    dataset: Dataset[Any] = Frame(x, y) if case.table else TensorDataset(x, y)
    loader = DataLoader(dataset, batch_size=program.train.batch or len(x), shuffle=True)
    model = fresh(program)
    optimizer = case.optimizer(model.parameters())
    history = []
    begun = time.perf_counter()
    for _ in range(case.epochs):
        total, right = 0.0, 0.0
        for xs, ys in loader:
            optimizer.zero_grad()
            output = model(xs)
            loss = case.loss(output, ys)
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            optimizer.step()
            total += loss.item() * len(xs)
            if case.right is not None:
                right += case.right(output, ys).item()
        history.append((total / len(x), right / len(x)))
    return time.perf_counter() - begun


def fresh(program: Program) -> nn.Module:
    """The emitted module with the weights that the spec's seed gives."""
    built = driver.build(program, Sink())
    assert built is not None
    return built


def columns(program: Program, rows: Split) -> tuple[Tensor, Tensor]:
    """All rows of `x` and `y`."""
    (everything,) = rows.batches(None, None)
    named = dict(zip(rows.fields, everything, strict=True))
    return named["x"], named["y"]


def load(name: str) -> tuple[Program, Split]:
    """A spec of specs/ and its training rows."""
    sink = Sink()
    source = driver.read(SPECS / f"{name}.net", sink)
    program = None if source is None else driver.check(source, sink)
    if program is None or sink.failed:
        raise SystemExit("\n".join(diagnostic.message for diagnostic in sink.diagnostics))
    return program, driver.load_data(program).train


def compare(name: str, repeat: int) -> None:
    """Print a line for one spec."""
    case = CASES[name]
    program, rows = load(name)
    ways = (by_netspec, by_hand, by_tutorial)
    for way in ways[:2]:
        way(program, case, rows)  # the first pass pays for what torch sets up once
    times: list[list[float]] = [[], [], []]
    for _ in range(repeat):
        for way, taken in zip(ways, times, strict=True):
            taken.append(way(program, case, rows) / case.epochs)
    mine, careful, tutorial = times
    best = [min(taken) for taken in times]
    print(
        f"{name:10} {best[0] * 1e3:9.2f} {best[1] * 1e3:9.2f} {best[2] * 1e3:9.2f} ms"
        f"   netspec/careful {ratio(mine, careful)}   netspec/tutorial {ratio(mine, tutorial)}"
    )


def ratio(mine: list[float], other: list[float]) -> str:
    """The ratio of the fastest repetitions, and the median of the ratios of each round."""
    rounds = statistics.median(a / b for a, b in zip(mine, other, strict=True))
    return f"{min(mine) / min(other):.3f} (median {rounds:.3f})"


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(CASES), help=", ".join(CASES))
    parser.add_argument("--repeat", type=int, default=9, help="repetitions of each way")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    has_pandas = importlib.util.find_spec("pandas") is not None
    print(f"torch {torch.__version__}, {options.threads} threads; times are per epoch")
    print(f"the tutorial loop of rings takes a {'pandas' if has_pandas else 'polars'} row an item")
    print(f"{'':10} {'netspec':>9} {'careful':>9} {'tutorial':>9}")
    for name in options.names:
        compare(name, options.repeat)


if __name__ == "__main__":
    main()
