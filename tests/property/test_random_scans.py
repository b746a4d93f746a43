"""Random scans, one in another too, against a walk through the same lines in Python.

What is at stake is which name stands for which value: states that trade places, that are read after
they were bound anew, that go by the names of what is around them.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from netspec import codegen, driver
from netspec.diagnostics import Sink
from netspec.program.graph import Model
from netspec.source import Source

# As many as there are random nets, in their share: `make fuzz` runs more of both.
SCANS = int(os.environ.get("NETSPEC_PROGRAMS", "5000")) * 3 // 100
NAMES = ("h", "c", "x", "out", "outputs", "a", "step")
# Refused for good reasons that a random text has now and then: what is bound is not used, a state
# is not bound anew or not read, a name of outside is bound anew.
REFUSALS = {"NS2012", "NS2145", "NS2146", "NS2147", "NS2004", "NS2149"}

Values = dict[str, Tensor]


@dataclass
class Body:
    """Statements as text, and what runs them on values by name."""

    draw: random.Random
    depth: int
    lines: list[str] = field(default_factory=list)
    steps: list[Callable[[Values], Values]] = field(default_factory=list)

    def bind(self, names: list[str]) -> None:
        """A statement that binds a name, or two."""
        a, b, c, d = (self.draw.choice(names) for _ in range(4))
        first, second = self.draw.sample(NAMES, 2)
        text, run = self.draw.choice(
            [
                (f"{first} = tanh({a} + {b})", lambda v: {first: torch.tanh(v[a] + v[b])}),
                (f"{first} = {a} - 0.5 * {b}", lambda v: {first: v[a] - 0.5 * v[b]}),
                (f"{first} = {a}", lambda v: {first: v[a]}),
                (f"{first}, {second} = {a}, {b}", lambda v: {first: v[a], second: v[b]}),
                (f"{first} = {a} -> tanh -> abs", lambda v: {first: v[a].tanh().abs()}),
                (
                    f"{first}, {second} = {a} + {b}, {c} * {d}",
                    lambda v: {first: v[a] + v[b], second: v[c] * v[d]},
                ),
            ]
        )
        self.lines.append(text)
        self.steps.append(run)
        names.extend(name for name in text.partition(" =")[0].split(", ") if name not in names)

    def scan(self, names: list[str]) -> None:
        """A scan over `rows` with one or two states, and its value under a name."""
        draw = self.draw
        states = draw.sample(NAMES, draw.choice([1, 1, 2]))
        starts = [draw.choice(names) for _ in states]
        piece = draw.choice(("piece", *NAMES))
        target = draw.choice(NAMES)
        inner = Body(draw, self.depth + 1)
        visible = list(dict.fromkeys([*names, piece, *states]))
        for _ in range(draw.randint(1, 4)):
            inner.bind(visible)
        if self.depth == 0 and draw.random() < 0.3:
            inner.scan(visible)
        state = draw.choice(states)
        inner.lines.append(f"{state} = {state} * 0.5 + {draw.choice(visible)}")
        read = inner.lines[-1].rpartition(" ")[2]
        inner.steps.append(lambda v: {state: v[state] * 0.5 + v[read]})
        given = draw.choice(visible)
        inner.lines.append(f"output {given} * 2")
        carried = ", ".join(f"{s} = {start}" for s, start in zip(states, starts, strict=True))
        self.lines.append(f"{target} = scan {piece} in rows along 1 carry {carried} {{")
        self.lines.extend(f"  {line}" for line in inner.lines)
        self.lines.append("} -> mean(dim=1)")

        def run(values: Values) -> Values:
            kept = {s: values[start] for s, start in zip(states, starts, strict=True)}
            seen = []
            for row in values["rows"].unbind(1):
                around = {**values, piece: row, **kept}
                inner.run(around)
                kept = {s: around[s] for s in states}
                seen.append(around[given] * 2)
            return {**kept, target: torch.stack(seen, dim=1).mean(dim=1)}

        self.steps.append(run)
        names.extend(name for name in (target, *states) if name not in names)

    def total(self, names: list[str]) -> None:
        """The sum of everything, in order."""
        self.lines.append(" + ".join(names))
        first, *others = names

        def run(values: Values) -> Values:
            result = values[first]
            for name in others:
                result = result + values[name]
            return {"result": result}

        self.steps.append(run)

    def run(self, values: Values) -> None:
        for step in self.steps:
            values.update(step(values))


def drawn(seed: int) -> Iterator[Body]:
    """Models until one is accepted."""
    draw = random.Random(seed)
    while True:
        body = Body(draw, 0)
        names = ["x"]
        for _ in range(draw.randint(0, 2)):
            body.bind(names)
        body.scan(names)
        if draw.random() < 0.3:
            body.scan(names)
        body.total(names)
        yield body


def checked(body: Body) -> tuple[Body, str, Model] | None:
    """The text and the model of a body; None where it is refused."""
    lines = "\n".join(f"  {line}" for line in body.lines)
    text = f"model {{\n  input x: real[B, 3]\n  input rows: real[B, T, 3]\n{lines}\n}}\n"
    sink = Sink()
    program = driver.check(Source("scan.net", text), sink)
    if program is not None and program.model is not None:
        return body, text, program.model
    assert {diagnostic.code for diagnostic in sink.diagnostics} <= REFUSALS, text
    return None


@pytest.mark.parametrize("seed", range(SCANS))
def test_a_scan_does_what_its_lines_do(seed: int) -> None:
    body, text, model = next(found for found in map(checked, drawn(seed)) if found is not None)
    torch.manual_seed(seed)
    values = {"x": torch.randn(2, 3), "rows": torch.randn(2, 4, 3)}
    made = codegen.build_model(model, "scan.net")(values["x"], values["rows"])
    body.run(values)
    torch.testing.assert_close(made, values["result"], rtol=0, atol=0, msg=text)
