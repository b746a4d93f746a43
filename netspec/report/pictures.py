"""Pictures of a run, as PNG files in its folder.

Loading this module loads matplotlib. Figures are made by hand on the Agg canvas: there is no
`pyplot`, no global state, and no display.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

Array = NDArray[Any]

DPI = 110
GRID = 200
# A curve has no more points than a screen could tell apart.
POINTS = 1500
# From this ratio of largest to smallest loss on, a linear axis hides the end of the curve.
LOG_FROM = 50
MOST_COUNTS = 20
# A legend of so few entries fits beside the title.
BESIDE_THE_TITLE = 4

INK, FAINT = "#333333", "#e6e6e6"
SPLITS = {"train": "#2f6fb0", "val": "#d9822b", "test": "#3a9a5b"}
TWO = ("#2f6fb0", "#d9622b")
MANY = (
    "#2f6fb0", "#d9822b", "#3a9a5b", "#c44e52", "#8172b3",
    "#937860", "#da8bc3", "#7f7f7f", "#b5b336", "#4fb3bf",
)  # fmt: skip
SURFACE = LinearSegmentedColormap.from_list("surface", ("#a9c6e3", "#f7f7f7", "#f3c3a4"))
HEAT = LinearSegmentedColormap.from_list("heat", ("#ffffff", "#2f6fb0"))


class Drawn(Protocol):
    """What the pictures show of a run."""

    @property
    def task(self) -> str:
        """What the numbers that the model gives mean."""

    @property
    def history(self) -> Sequence[Mapping[str, float]]:
        """A record for each epoch."""

    @property
    def confusion(self) -> Sequence[Sequence[int]] | None:
        """True classes down, predicted ones across."""

    @property
    def judged_on(self) -> str:
        """The split that `confusion` was counted on."""

    @property
    def class_names(self) -> Sequence[str]:
        """What the classes are called."""

    @property
    def points(self) -> Mapping[str, tuple[Array, Array]]:
        """Inputs of one or two numbers, and targets, by split; empty for other inputs."""

    def respond(self, inputs: Array) -> Array:
        """The model's output for prepared inputs."""


def draw(run: Drawn, folder: Path) -> tuple[Path, ...]:
    """Draw every picture that suits the run, and give their paths."""
    drawn = {"curves": curves(run.history)}
    width = next((x.shape[1] for x, _ in run.points.values()), 0)
    if width == 2 and run.task != "regression":
        drawn["boundary"] = boundary(run)
    if width == 1 and run.task != "classes":
        drawn["line"] = line(run)
    if run.confusion is not None:
        drawn["confusion"] = confusion(run.confusion, run.judged_on, run.class_names)
    paths = []
    for name, figure in drawn.items():
        paths.append(folder / f"{name}.png")
        figure.savefig(paths[-1], dpi=DPI, pil_kwargs={"compress_level": 3})
    return tuple(paths)


def curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """The loss and each metric over the epochs, training and validation together."""
    names = list(dict.fromkeys(key.partition(".")[2] for key in history[-1] if "." in key))
    across = min(len(names), 3)
    down = -(-len(names) // across)
    figure = _figure(4.2 * across + 0.4, 3.1 * down + 0.3)
    figure.subplots_adjust(
        left=0.75 / figure.get_figwidth(),
        right=1 - 0.2 / figure.get_figwidth(),
        top=1 - 0.4 / figure.get_figheight(),
        bottom=0.55 / figure.get_figheight(),
        wspace=0.28,
        hspace=0.42,
    )
    shown = _thinned(history)
    epochs = [record["epoch"] for record in shown]
    few = len(shown) == 1
    for i, name in enumerate(names):
        axes = figure.add_subplot(down, across, i + 1)
        values: list[float] = []
        for split in ("train", "val"):
            if (key := f"{split}.{name}") in history[-1]:
                line = [record[key] for record in shown]
                axes.plot(
                    epochs, line, color=SPLITS[split], label=split, linewidth=1.6,
                    marker="o" if few else None, markersize=4,
                )  # fmt: skip
                values += line
        if (
            name.rpartition(".")[2] == "loss"
            and min(values) > 0
            and max(values) / min(values) > LOG_FROM
        ):
            axes.set_yscale("log")
        _dress(axes, title=name, across="epoch" if i >= len(names) - across else "")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        if len(axes.lines) > 1:
            rises = history[-1][f"train.{name}"] > history[0][f"train.{name}"]
            if rises:
                axes.legend(frameon=False, fontsize=9, loc="lower right")
            else:
                axes.legend(frameon=False, fontsize=9, loc="upper right")
    return figure


def boundary(run: Drawn) -> Figure:
    """What the model says over the plane of its two inputs, with the rows on it."""
    everything = np.concatenate([x for x, _ in run.points.values()])
    low, high = everything.min(0), everything.max(0)
    low, high = low - 0.06 * (high - low) - 1e-6, high + 0.06 * (high - low) + 1e-6
    across = np.linspace(low[0], high[0], GRID, dtype=np.float32)
    up = np.linspace(low[1], high[1], GRID, dtype=np.float32)
    plane = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    output = run.respond(plane)
    extent = (low[0], high[0], low[1], high[1])

    figure = _figure(5.6, 4.8)
    axes = figure.add_axes((0.12, 0.12, 0.84, 0.79))
    if run.task == "classes":
        said = output.argmax(1).reshape(GRID, GRID)
        sides = output.shape[1]
        light = ListedColormap([_lighter(MANY[i % len(MANY)]) for i in range(sides)])
        axes.imshow(
            said, origin="lower", extent=extent, aspect="auto", cmap=light,
            vmin=-0.5, vmax=sides - 0.5, interpolation="nearest",
        )  # fmt: skip
        colours: Sequence[str] = [MANY[i % len(MANY)] for i in range(sides)]
    else:
        chance = _chance(output, run.task).reshape(GRID, GRID)
        axes.imshow(
            chance, origin="lower", extent=extent, aspect="auto", cmap=SURFACE,
            vmin=0, vmax=1, interpolation="bilinear",
        )  # fmt: skip
        if chance.min() < 0.5 < chance.max():
            axes.contour(across, up, chance, levels=[0.5], colors=INK, linewidths=1.2)
        colours = TWO
    _scatter(axes, run, colours)
    axes.set(xlim=extent[:2], ylim=extent[2:])
    _dress(axes, title="decision boundary", across="x[0]", up="x[1]", grid=False)
    if len(axes.get_legend_handles_labels()[0]) <= BESIDE_THE_TITLE:
        axes.legend(
            frameon=False, fontsize=8.5, loc="lower right", bbox_to_anchor=(1.01, 0.985),
            ncols=BESIDE_THE_TITLE, columnspacing=1.0, handletextpad=0.2,
        )  # fmt: skip
    else:
        axes.legend(framealpha=0.85, edgecolor="none", fontsize=8, loc="best")
    return figure


def _scatter(axes: Axes, run: Drawn, colours: Sequence[str]) -> None:
    """The rows, a colour for each class; rows that were not trained on are diamonds."""
    for split, (x, y) in run.points.items():
        trained = split == "train"
        labels = y.reshape(len(y)).astype(np.int64)
        for side, colour in enumerate(colours):
            members = x[labels == side]
            if not len(members):
                continue
            name = run.class_names[side] if side < len(run.class_names) else f"class {side}"
            axes.scatter(
                members[:, 0], members[:, 1], s=16 if trained else 22,
                marker="o" if trained else "D", color=colour, edgecolors="white",
                linewidths=0.5, label=name if trained else None, zorder=3,
            )  # fmt: skip
    if len(run.points) > 1:
        axes.scatter([], [], s=22, marker="D", color="#888888", label="not trained on")


def line(run: Drawn) -> Figure:
    """The model's answer along its one input, with the rows around it."""
    figure = _figure(6.0, 4.0)
    axes = figure.add_axes((0.12, 0.13, 0.85, 0.77))
    everything = np.concatenate([x for x, _ in run.points.values()])
    low, high = everything.min(), everything.max()
    margin = 0.04 * (high - low)
    along = np.linspace(low - margin, high + margin, GRID, dtype=np.float32).reshape(-1, 1)
    for split, (x, y) in run.points.items():
        axes.scatter(
            x[:, 0], y.reshape(len(y)), s=20, color=SPLITS[split], label=split,
            edgecolors="white", linewidths=0.5, zorder=3,
        )  # fmt: skip
    answer = run.respond(along)
    answer = answer if run.task == "regression" else _chance(answer, run.task)
    axes.plot(along[:, 0], answer.reshape(-1), color=INK, linewidth=1.8, label="model", zorder=4)
    title = "fitted line" if run.task == "regression" else "probability of class 1"
    _dress(axes, title=title, across="x", up="y")
    axes.legend(
        frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1.01, 0.985), ncols=4,
        columnspacing=1.2, handletextpad=0.4,
    )  # fmt: skip
    return figure


def confusion(counts: Sequence[Sequence[int]], split: str, names: Sequence[str]) -> Figure:
    """How often each class was taken for each other one, coloured by the share of its row."""
    table = np.asarray(counts, dtype=np.float64)
    sides = len(table)
    shares = table / np.maximum(table.sum(1, keepdims=True), 1)
    right = table.trace() / max(table.sum(), 1)
    labels = [names[i] if i < len(names) else str(i) for i in range(sides)]
    longest = max(map(len, labels))
    slant = 45 if longest > 3 else 0
    # Inches: the square, and room for its labels beside and below.
    square, beside = float(np.clip(1.2 + 0.42 * sides, 2.4, 8.0)), 0.5 + 0.075 * longest
    below = 0.5 + (0.055 * longest if slant else 0)
    width, height = beside + square + 0.25, below + square + 0.4
    figure = _figure(width, height)
    axes = figure.add_axes((beside / width, below / height, square / width, square / height))
    axes.imshow(shares, cmap=HEAT, vmin=0, vmax=1, interpolation="nearest")
    if sides <= MOST_COUNTS:
        for (down, across), count in np.ndenumerate(table):
            if count:
                ink = "white" if shares[down, across] > 0.55 else INK
                axes.text(
                    across, down, f"{int(count)}", ha="center", va="center", color=ink,
                    fontsize=10 if sides <= 10 else 7,
                )  # fmt: skip
        side = "right" if slant else "center"
        axes.set_xticks(range(sides), labels, rotation=slant, ha=side, rotation_mode="anchor")
        axes.set_yticks(range(sides), labels)
    _dress(axes, title=f"{split}: {right:.1%} right", across="predicted", up="true", grid=False)
    axes.tick_params(length=0)
    return figure


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _dress(axes: Axes, *, title: str, across: str = "", up: str = "", grid: bool = True) -> None:
    """Give axes their words, and no more lines than they need."""
    # A height of its own spares measuring every tick label, a third of the time of drawing.
    axes.set_title(title, fontsize=11, color=INK, loc="left", y=1.0)
    axes.set_xlabel(across, color=INK, fontsize=9)
    axes.set_ylabel(up, color=INK, fontsize=9)
    axes.tick_params(colors=INK, labelsize=8.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#bbbbbb")
    if grid:
        axes.grid(color=FAINT, linewidth=0.8)
        axes.set_axisbelow(True)


def _chance(output: Array, task: str) -> Array:
    """The probability of class 1; a score goes through the sigmoid."""
    if task != "binary_score":
        return output
    chance: Array = 1 / (1 + np.exp(-output.clip(-60, 60)))
    return chance


def _thinned(history: Sequence[Mapping[str, float]]) -> list[Mapping[str, float]]:
    """At most `POINTS` records, evenly spread, the last among them."""
    every = -(-len(history) // POINTS)
    return list(history[(len(history) - 1) % every :: every])


def _lighter(colour: str) -> tuple[float, ...]:
    """The colour mixed with two parts of white."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(part / 3 + 2 / 3 for part in parts)
