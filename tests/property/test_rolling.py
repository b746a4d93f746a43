"""A loop over labels with an index computes what the same steps do that are written one by one."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec import codegen

# Statements of a round: `{i}` is its number, `a{i}` the label of a layer.
STATEMENTS = (
    "h = tanh(h -> a{i}: Linear(4))",
    "h = h + (g -> b{i}: Linear(4)) * 0.5",
    "g = relu(g + h) - x",
    "g = g + h[:, {i}:{i} + 1] * {c}",
    "h, g = [g, h]",
    "t = tanh(h * g)\n g = t - h\n h = t + x",
    "e[{i}] = sigmoid(g -> c{i}: Linear(4))",
    "f[{i}] = h * {d}",
    "h = tanh((g, h) -> d{i}: Bilinear(4))",
    "s = s + h",
)
ENDS = ("h + g + s", "h * x + g + s", "h[:, :1] * 2 + g + s + x")


def spec(rounds: list[list[int]], numbers: list[int], end: str, *, listed: bool) -> str:
    """The text, with `a[0]` or `a0` as labels."""
    lines = ["input x: real[B, 4]", "h = x", "g = x * 2", "s = 0"]
    uses: list[str] = []
    for i, statements in enumerate(rounds):
        for which in statements:
            text = STATEMENTS[which].replace("{c}", str(numbers[i])).replace("{d}", str(i * 1.5))
            for label in "abcd":
                text = text.replace(
                    f" {label}{{i}}:", f" {label}[{i}]:" if listed else f" {label}{i}:"
                )
            lines += text.replace("{i}", str(i)).split("\n")
    body = "\n".join(lines)
    for name in "ef":
        if f"{name}[0]" in body:
            uses.append(f"sum(stack({name}[:], dim=1), dim=1)")
    return f"model {{\n{body}\n{' + '.join([end, *uses])}\n}}"


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, len(STATEMENTS) - 1), min_size=1, max_size=5, unique=True),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
    st.sampled_from(ENDS),
    st.booleans(),
)
def test_a_loop_computes_what_its_rounds_do(
    body: list[int], numbers: list[int], end: str, odd: bool
) -> None:
    rounds = [list(body) for _ in range(4)]
    if odd:
        rounds[2] = rounds[2][::-1]
    rolled = netspec.parse(spec(rounds, numbers, end, listed=True))
    written = netspec.parse(spec(rounds, numbers, end, listed=False))
    torch.manual_seed(1)
    ours = rolled.build()
    torch.manual_seed(1)
    other = written.build()
    state = {
        key.replace(".", "", 1) if key[1] == "." else key: value
        for key, value in ours.state_dict().items()
    }
    other.load_state_dict(state, strict=True)
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(2))
    assert torch.equal(ours(x), other(x))


def test_the_loops_are_there() -> None:
    rounds = [[0, 3, 6, 9]] * 4
    python = codegen.emit_models(
        netspec.parse(spec(rounds, [0, 2, 1, 3], ENDS[0], listed=True)).program.models
    )
    assert "for i, layer, layer_2, value in zip(range(4), self.a, self.c," in python
    assert "e.append(" in python
