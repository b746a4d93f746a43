"""How checking and building grow with a model: chains of 500 and of 5,000 layers.

Ten times the layers may take at most twelve times the time:

    python benchmarks/scale.py
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial

from netspec import driver
from netspec.diagnostics import Sink
from netspec.program import Program
from netspec.source import Source

SMALL = 500
LARGE = 5_000
AT_MOST = 12
ROUNDS = 7


def chain(layers: int) -> Source:
    """A model of that many layers, two a line."""
    lines = "\n".join("  Linear(16) -> ReLU" for _ in range(layers // 2))
    return Source("chain.net", f"model {{\n  input x: real[B, 16]\n{lines}\n}}\n")


def check(source: Source) -> Program:
    """The checked program; the benchmark is worth nothing if there is none."""
    sink = Sink()
    program = driver.check(source, sink, {})
    if program is None or sink.failed:
        raise SystemExit("the generated chain does not check")
    return program


def build(program: Program) -> object:
    """The built module."""
    module = driver.build(program, Sink())
    if module is None:
        raise SystemExit("the generated chain does not build")
    return module


def least(act: Callable[[], object]) -> float:
    """The least seconds of an action, once warm: what it takes when nothing else is in the way."""
    act()
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return min(times)


def report(name: str, small: float, large: float) -> None:
    """Print one line: both times, their ratio, and what was wanted."""
    ratio = large / small
    verdict = "as wanted" if ratio <= AT_MOST else "too slow"
    print(f"{name:<6} {small:7.3f} s -> {large:7.3f} s, {ratio:5.1f}x  <= {AT_MOST}: {verdict}")


def main() -> None:
    """Time checking and building at both sizes."""
    small, large = chain(SMALL), chain(LARGE)
    report("check", least(partial(check, small)), least(partial(check, large)))
    few, many = check(small), check(large)
    report("build", least(partial(build, few)), least(partial(build, many)))


if __name__ == "__main__":
    main()
