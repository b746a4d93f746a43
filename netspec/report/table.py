"""The final table of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from netspec.report.progress import number

# With more classes than this, a row for each would bury the rest.
MOST_CLASSES = 20
ENDED = {"epochs": "", "stopped": " (stop condition met)", "interrupted": " (interrupted)"}


class Finished(Protocol):
    """What the table tells of a run."""

    @property
    def metrics(self) -> Mapping[str, Mapping[str, float]]:
        """Values by split."""

    @property
    def baseline(self) -> Mapping[str, Mapping[str, float]]:
        """The baseline's values by split."""

    @property
    def baseline_name(self) -> str | None:
        """The baseline, if there is one."""

    @property
    def per_class(self) -> Sequence[float]:
        """The share of each class's rows that were right."""

    @property
    def judged_on(self) -> str:
        """The split that `per_class` was measured on."""

    @property
    def class_names(self) -> Sequence[str]:
        """What the classes are called."""

    @property
    def parameters(self) -> int:
        """How many numbers are learned."""

    @property
    def epochs(self) -> int:
        """How many epochs were run."""

    @property
    def seconds(self) -> float:
        """How long training took."""

    @property
    def ended(self) -> str:
        """Why the run ended."""

    @property
    def device(self) -> str:
        """What it ran on."""

    @property
    def made_up(self) -> bool:
        """Whether the rows were drawn by chance."""

    @property
    def folder(self) -> Path | None:
        """Where it was written."""


def print_result(console: Console, run: Finished, pictures: Sequence[Path] = ()) -> None:
    """Print what a run came to: values by split, classes, sizes and where everything was put."""
    console.print(result_table(run))
    if classes := class_table(run):
        console.print(classes)
    console.print(_facts(run, pictures))


def result_table(run: Finished) -> Table:
    """A row for each split, and for the baseline's; a column for the loss and each metric."""
    columns = list(dict.fromkeys(name for values in run.metrics.values() for name in values))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right")
    for split, values in run.metrics.items():
        table.add_row(Text(split, style="cyan"), *_cells(values, columns))
    for split, values in run.baseline.items():
        label = Text(f"{run.baseline_name}, {split}")
        table.add_row(label, *_cells(values, columns), style="dim")
    return table


def class_table(run: Finished) -> Table | None:
    """The accuracy of each class, when accuracy was asked for and the classes are few."""
    told = run.metrics.get(run.judged_on, {})
    if "accuracy" not in told or not 2 < len(run.per_class) <= MOST_CLASSES:
        return None
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"class ({run.judged_on})")
    table.add_column("accuracy", justify="right")
    for i, share in enumerate(run.per_class):
        name = run.class_names[i] if i < len(run.class_names) else str(i)
        table.add_row(Text(name), number(share))
    return table


def _cells(values: Mapping[str, float], columns: Sequence[str]) -> list[str]:
    return [number(values[name]) if name in values else "-" for name in columns]


def _facts(run: Finished, pictures: Sequence[Path]) -> Table:
    facts = Table.grid(padding=(0, 2))
    facts.add_row("parameters", f"{run.parameters:,}")
    facts.add_row("epochs", f"{run.epochs:,}{ENDED[run.ended]}")
    facts.add_row("time", f"{run.seconds:.1f} s on {run.device}")
    if run.made_up:
        facts.add_row("data", "made up, so the figures tell nothing of the real ones")
    if run.folder is not None:
        facts.add_row("run", Text(str(run.folder), overflow="fold"))
    for i, picture in enumerate(pictures):
        facts.add_row("" if i else "pictures", Text(str(picture), overflow="fold"))
    return facts
