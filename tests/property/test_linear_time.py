"""Ten times the text takes at most about ten times the work, counted in calls, not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from netspec import driver
from netspec.analysis.context import Limits
from netspec.diagnostics import Sink
from netspec.source import Source

SMALL, TIMES, MOST = 60, 10, 12.0
ROOM = Limits(expansions=10**7, layers=10**6, parameters=10**12)

MODEL = "model {{\n  input x: real[B, 4]\n{body}\n}}\n"


def model(line: Callable[[int], str], end: str = "") -> Callable[[int], str]:
    """A model of n lines."""
    return lambda n: MODEL.format(body="\n".join([*(f"  {line(i)}" for i in range(n)), end]))


GROWING: dict[str, Callable[[int], str]] = {
    "a chain": model(lambda i: "Linear(4) -> ReLU"),
    "one long line": lambda n: MODEL.format(body="  x" + " -> Linear(4) -> ReLU" * n),
    "named values": model(lambda i: f"h{i} = {'x' if i == 0 else f'h{i - 1}'} -> Linear(4)"),
    "values used at the end": lambda n: model(
        lambda i: f"h{i} = x -> Linear(4)", f"  cat({', '.join(f'h{i}' for i in range(n))}, dim=1)"
    )(n),
    "labels": model(lambda i: f"x -> l{i}: Linear(4)" if i == 0 else f"-> l{i}: Linear(4)"),
    "a shared label": lambda n: model(lambda i: "x = x -> one", "  x")(n).replace(
        "x -> one", "x -> one: Linear(4)", 1
    ),
    "rebinding": model(lambda i: "x = x + (x -> Linear(4))"),
    "a sum": lambda n: MODEL.format(body="  " + " + ".join(["x"] * n)),
    "a long list": lambda n: MODEL.format(body=f"  sizes = [{', '.join(['4'] * n)}]\n  Linear(4)"),
    "blocks": lambda n: (
        "".join(f"block P{i} {{ Linear(4) }}\n" for i in range(n)) + model(lambda i: f"P{i}")(n)
    ),
    "one block, often": lambda n: "block P { Linear(4) -> ReLU }\n" + model(lambda i: "P")(n),
    "a loop": lambda n: MODEL.format(body=f"  repeat {n} {{ Linear(4) -> ReLU }}"),
    "a counted loop": lambda n: MODEL.format(body=f"  for i in 0..{n} {{ Linear(4 + i) }}"),
    "indexed names": lambda n: MODEL.format(
        body=f"  for i in 0..{n} {{\n    skip[i] = x -> Linear(4)\n    x = skip[i]\n  }}\n  x"
    ),
    "labels with an index": lambda n: MODEL.format(
        body=f"  for i in 0..{n} {{ fc[i]: Linear(4) -> ReLU }}\n"
        f"  for i in 0..{n} {{ fc[i] -> Tanh }}"
    ),
    "functions of lists": lambda n: MODEL.format(
        body=f"  sizes = [4] * {n}\n"
        f"  for i, c in enumerate(zip(sizes, range(len(sizes)))) {{ ReLU }}"
    ),
    "choices": model(lambda i: f"if {i} % 2 == 0 {{ Linear(4) }} else {{ ReLU }}"),
    "slices": model(lambda i: "x = x[:, :4]", "  x"),
    "params": lambda n: (
        "".join(f"param p{i} = {i} in 0..{n}\n" for i in range(n))
        + MODEL.format(body="  Linear(4)")
    ),
    "comments": lambda n: "# a comment\n" * n + MODEL.format(body="  Linear(4)"),
    "blank lines": lambda n: "\n" * n + MODEL.format(body="  Linear(4)"),
    "unknown layers": model(lambda i: f"Liner{i:04}(4)"),
    "unknown names among many": lambda n: model(
        lambda i: f"h{i:04} = x -> Linear(4)\n  y{i} = gone{i:04} -> ReLU", "  x"
    )(n),
    "wrong arguments": model(lambda i: "Linear(out_faetures=4)"),
    "wrong sizes": model(lambda i: f"h{i} = x @ x", "  x"),
    "syntax errors": model(lambda i: "Linear(4) ->) ReLU"),
    "unclosed brackets": lambda n: "model {" * n,
    "stray characters": lambda n: MODEL.format(body="  Linear(4)" + " ?" * n),
}


def calls(text: str) -> int:
    """How many Python calls a check makes."""
    count = 0

    def seen(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += 1

    source = Source("growing.net", text)
    sys.setprofile(seen)
    try:
        driver.check(source, Sink(), limits=ROOM)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", GROWING)
def test_work_grows_with_the_text(name: str) -> None:
    text = GROWING[name]
    calls(text(2))  # the grammar and the catalogue are read once
    calls(text(SMALL))
    few, many = calls(text(SMALL)), calls(text(SMALL * TIMES))
    assert many <= MOST * few, f"{few} calls for {SMALL}, {many} for {SMALL * TIMES}"
