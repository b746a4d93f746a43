"""Specs that were made to do harm end with a code, after little work.

Work is counted in calls, not in seconds; whoever goes on for longer than is allowed is stopped.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from netspec import driver
from netspec.analysis.context import Limits
from netspec.diagnostics import Sink
from netspec.diagnostics.render import render_terminal
from netspec.source import Source

# A hundredth of what is allowed, so that the tests are quick; what a limit keeps out is far more.
SMALL = Limits(evaluations=10_000, expansions=1_000)
CALLS = 2_000_000


def body(*lines: str, x: str = "real[B, 4]") -> str:
    return "\n".join(["model {", f"  input x: {x}", *(f"  {line}" for line in lines), "}", ""])


def checked(text: str, limits: Limits) -> Sink:
    """What a check says, unless it makes too many calls."""
    left = CALLS

    def counted(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        left -= event == "call"
        if left < 0:
            raise RecursionError("the check goes on and on")

    source, sink = Source("hostile.net", text), Sink()
    sys.setprofile(counted)
    try:
        driver.check(source, sink, limits=limits)
    finally:
        sys.setprofile(None)
    return sink


def codes(text: str, limits: Limits) -> list[str]:
    return [d.code for d in checked(text, limits).diagnostics if d.severity == "error"]


# Each is short, and would take a loop of ten thousand million rounds, or as much memory.
HOSTILE = {
    "much arithmetic in each round": (
        body("for i in 0..999 {", *(f"a{n} = i" for n in range(90)), "}", "ReLU"),
        "NS0101",
    ),
    "loops of no round": (
        body("repeat 999 {", *("repeat 0 { ReLU }" for _ in range(90)), "}", "ReLU"),
        "NS0101",
    ),
    "a list made anew": (
        body("for i in 0..999 { a = [" + "i, " * 500 + "1] }", "ReLU"),
        "NS0101",
    ),
    "lists joined": (
        body("a = [" + "1, " * 500 + "1]", "for i in 0..999 { b = a + [i] }", "ReLU"),
        "NS0101",
    ),
    "texts joined": (
        body(f'a = "{"a" * 900}"', 'for i in 0..999 { s[i] = a + "b" }', "ReLU"),
        "NS0101",
    ),
    "a long formula": (
        body(
            f"n = {' + '.join(f'A{i}' for i in range(60))}",
            "for i in 0..999 { k = n * 3 + i }",
            "x -> Identity",
            x=f"real[B, {', '.join(f'A{i}' for i in range(60))}]",
        ),
        "NS0101",
    ),
    "a stage made anew": (
        body("for i in 0..999 { f = [" + " -> ".join(["ReLU"] * 90) + "] }", "x -> f[0]"),
        "NS0101",
    ),
    "functions": (body("for i in 0..999 {", *["x = relu(x)"] * 9, "}", "x"), "NS0101"),
    "operators": (body("for i in 0..999 {", *["x = x * 2"] * 9, "}", "x"), "NS0101"),
    "subscripts": (body("for i in 0..999 {", *["x = x[:, :]"] * 9, "}", "x"), "NS0101"),
    "many pieces": (
        body("for i in 0..99 { a = stack(split(zeros(900), 1)) }", "x"),
        "NS0101",
    ),
    "empty lists in lists": (body("e = []", "for i in 0..60 { e = [e, e] }", "ReLU"), "NS3115"),
    "a deep list": (body("e = [1]", "for i in 0..900 { e = [e] }", "ReLU"), "NS3115"),
    "many dimensions": (body("for i in 0..900 { x = unsqueeze(x, -1) }", "x"), "NS4001"),
    "many dimensions by subscripts": (body("for i in 0..900 { x = x[none] }", "x"), "NS4001"),
    "many dimensions of an input": (
        body("x -> Identity", x=f"real[B{', 1' * 900}]"),
        "NS4001",
    ),
    "defaults of a block": (
        "block P(" + ", ".join(f"a{n}=a{n - 1} + 1" if n else "a0=1" for n in range(900)) + ") "
        "{ ReLU }\n" + body("P"),
        "NS0101",
    ),
    "patterns over many names": (
        body(*(f'l{n}: Linear(4)\n  freeze "l{n}.*"' for n in range(300))),
        "NS0101",
    ),
    "blocks that double": (
        "".join(f"block P{n} {{ P{n + 1} -> P{n + 1} }}\n" for n in range(60))
        + "block P60 { ReLU }\n"
        + body("P0"),
        "NS0101",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_spec_ends_with_a_code(name: str) -> None:
    text, code = HOSTILE[name]
    assert codes(text, SMALL if code == "NS0101" else Limits()) == [code]


# Without a limit the blocks would double for longer than there is time.
ENDING = [n for n, (_, code) in HOSTILE.items() if code == "NS0101" and n != "blocks that double"]


@pytest.mark.parametrize("name", ENDING)
def test_a_limit_is_what_ends_it(name: str) -> None:
    text, _ = HOSTILE[name]
    sink = Sink()
    raised = Limits(evaluations=10**7, expansions=10**6)
    driver.check(Source("hostile.net", text), sink, limits=raised)
    assert "NS0101" not in {diagnostic.code for diagnostic in sink.diagnostics}


def test_reports_are_short_however_long_a_line_is() -> None:
    text = body("x" + " -> Liner(4)" * 300 + " -> " + "L" * 100_000)
    sink = checked(text, Limits())
    assert len(sink.diagnostics) > 1
    assert len(render_terminal(sink.diagnostics)) < 3_000 * len(sink.diagnostics)
