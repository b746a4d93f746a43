"""How a run shows itself while it trains: a live line in a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

REFRESHES_PER_SECOND = 5
# A run of more epochs than this prints about this many lines where there is no terminal.
LINES = 100
BAR_WIDTH = 32


class Position(Protocol):
    """How far a run is; the numbers keep moving while it trains."""

    epoch: int
    epochs: int
    step: int
    steps: int
    interrupted: bool


class Progress(Protocol):
    """What the runner tells while it trains."""

    def begin(self, position: Position) -> None:
        """The run begins."""

    def epoch(self, record: Mapping[str, float]) -> None:
        """An epoch has ended."""

    def end(self) -> None:
        """The run is over, whether or not it failed."""


def progress(console: Console, *, quiet: bool = False) -> Progress:
    """What suits the console: live in a terminal, lines otherwise, nothing when quiet."""
    if quiet:
        return Silence()
    live = console.is_terminal and not console.is_dumb_terminal
    return LiveProgress(console) if live else LineProgress(console)


class Silence:
    """Shows nothing."""

    def begin(self, position: Position) -> None:
        """Show nothing."""

    def epoch(self, record: Mapping[str, float]) -> None:
        """Show nothing."""

    def end(self) -> None:
        """Show nothing."""


class LineProgress:
    """One line an epoch, or about a hundred lines for a long run; the last epoch always."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._epochs = 0
        self._every = 1
        self._unsaid: Mapping[str, float] | None = None

    def begin(self, position: Position) -> None:
        """Decide how often to print."""
        self._epochs = position.epochs
        self._every = math.ceil(position.epochs / LINES)

    def epoch(self, record: Mapping[str, float]) -> None:
        """Print the epoch when it is its turn."""
        at = int(record["epoch"])
        if at == 1 or at == self._epochs or at % self._every == 0:
            self._unsaid = None
            self._say(record)
        else:
            self._unsaid = record

    def end(self) -> None:
        """Print the last epoch of a run that ended early."""
        if self._unsaid is not None:
            self._say(self._unsaid)
            self._unsaid = None

    def _say(self, record: Mapping[str, float]) -> None:
        width = len(str(self._epochs))
        parts = [f"epoch {int(record['epoch']):{width}d}/{self._epochs}"]
        parts += [f"{name} {number(value)}" for name, value in measured(record)]
        self._console.print("  ".join(parts), highlight=False, soft_wrap=True)


class LiveProgress:
    """A bar with the latest values, redrawn a few times a second by a thread of rich's.

    The training loop is never called back: the thread reads the position that the loop writes.
    """

    def __init__(self, console: Console) -> None:
        self._position: Position | None = None
        self._record: Mapping[str, float] = {}
        self._begun = 0.0
        self._live = Live(
            console=console,
            refresh_per_second=REFRESHES_PER_SECOND,
            transient=True,
            get_renderable=self._draw,
        )

    def begin(self, position: Position) -> None:
        """Start drawing."""
        self._position, self._begun = position, time.monotonic()
        self._live.start()

    def epoch(self, record: Mapping[str, float]) -> None:
        """Keep the values; they are drawn at the next redraw."""
        self._record = record

    def end(self) -> None:
        """Take the display away."""
        self._live.stop()

    def _draw(self) -> RenderableType:
        at = self._position
        if at is None:
            return Text()
        done = max(at.epoch - 1, 0) + at.step / max(at.steps, 1)
        line = Table.grid(padding=(0, 1))
        line.add_row(
            Text(f"epoch {at.epoch}/{at.epochs}", style="bold"),
            ProgressBar(total=at.epochs, completed=done, width=BAR_WIDTH),
            Text(f"step {at.step}/{at.steps}", style="dim"),
            Text(_times(time.monotonic() - self._begun, done, at.epochs), style="dim"),
        )
        if at.interrupted:
            return Group(line, Text("stopping after this step", style="yellow"))
        return Group(line, _values(self._record)) if self._record else line


def _values(record: Mapping[str, float]) -> Table:
    """The latest values, a row for each split."""
    rows: dict[str, list[tuple[str, float]]] = {}
    for key, value in measured(record):
        split, _, name = key.partition(".")
        rows.setdefault(split, []).append((name, value))
    table = Table.grid(padding=(0, 2))
    for split, values in rows.items():
        cells = [Text.assemble((f"{name} ", "dim"), number(value)) for name, value in values]
        table.add_row(Text(split, style="cyan"), *cells)
    return table


def _times(passed: float, done: float, whole: float) -> str:
    if not done:
        return clock(passed)
    return f"{clock(passed)}, {clock(passed / done * (whole - done))} left"


def clock(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def measured(record: Mapping[str, float]) -> list[tuple[str, float]]:
    """What was measured on a split, leaving out counters."""
    return [(key, value) for key, value in record.items() if "." in key]


def number(value: float) -> str:
    """A value in four significant digits, so that small losses keep theirs: `0.9931`, `1.2e-05`."""
    if not math.isfinite(value):
        return str(value)
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
        return f"{value:.{max(4 - whole, 0)}f}"
    return f"{value:.3g}"
