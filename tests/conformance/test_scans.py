"""Recurrences against torch's own recurrent layers, and against cells written by hand.

torch's recurrent layers are not written step by step, so their sums round otherwise: those are
compared closely, and what is written by hand exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from netspec import codegen, driver
from netspec.diagnostics import Sink
from netspec.diagnostics.render import render_terminal
from netspec.program.graph import Model
from netspec.source import Source

WIDTH, FEATURES = 5, 3


def model_of(text: str) -> Model:
    sink = Sink()
    program = driver.check(Source("scan.net", text), sink)
    assert program is not None, "\n" + render_terminal(sink.diagnostics)
    assert program.model is not None
    return program.model


def built(text: str) -> nn.Module:
    torch.manual_seed(1)
    return codegen.build_model(model_of(text), "scan.net")


# --- torch's own layers --------------------------------------------------------------------------

RNN = """
model {
  input x: real[B, T, 3]
  hs = scan step in x along 1 carry h = zeros(B, 5) {
    h = tanh((step -> ih: Linear(5)) + (h -> hh: Linear(5)))
  }
  output hs, h
}
"""
GRU = """
model {
  input x: real[B, T, 3]
  hs = scan step in x along 1 carry h = zeros(B, 5) {
    r, z, n = step -> ih: Linear(15) -> chunk(3, dim=1)
    rh, zh, nh = h -> hh: Linear(15) -> chunk(3, dim=1)
    z = sigmoid(z + zh)
    n = tanh(n + sigmoid(r + rh) * nh)
    h = (1 - z) * n + z * h
  }
  output hs, h
}
"""
LSTM = """
model {
  input x: real[B, T, 3]
  hs = scan step in x along 1 carry h = zeros(B, 5), c = zeros(B, 5) {
    i, f, g, o = (step -> ih: Linear(20)) + (h -> hh: Linear(20)) -> chunk(4, dim=1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    h = sigmoid(o) * tanh(c)
  }
  output hs, h, c
}
"""


@pytest.mark.parametrize(
    ("text", "make"),
    [(RNN, nn.RNN), (GRU, nn.GRU), (LSTM, nn.LSTM)],
    ids=["rnn", "gru", "lstm"],
)
def test_it_computes_what_the_layer_of_torch_computes(
    text: str, make: Callable[..., nn.RNNBase]
) -> None:
    ours = built(text)
    theirs = make(FEATURES, WIDTH, batch_first=True)
    assert list(ours.state_dict()) == ["ih.weight", "ih.bias", "hh.weight", "hh.bias"]
    copied = {
        f"{part}.{kind}": getattr(theirs, f"{kind}_{part}_l0")
        for part in ("ih", "hh")
        for kind in ("weight", "bias")
    }
    ours.load_state_dict(copied, strict=True)
    for length in (1, 7):
        x = torch.randn(4, length, FEATURES)
        everything, last = theirs(x)
        states = last if isinstance(last, tuple) else (last,)
        expected = (everything, *(state[0] for state in states))
        given = ours(x)
        for one, other in zip(given, expected, strict=True):
            torch.testing.assert_close(one, other)
        ours.zero_grad()
        theirs.zero_grad()
        given[0].square().sum().backward()
        everything.square().sum().backward()
        for name, weight in ours.named_parameters():
            torch.testing.assert_close(weight.grad, copied[name].grad)


# --- by hand -------------------------------------------------------------------------------------


class Swapped(nn.Module):
    """Two states that trade places; what they were at the start of a step counts."""

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        a, b = x[:, 0], torch.zeros(x.shape[0], FEATURES)
        both = []
        for t in range(x.shape[1]):
            a, b = b, a + x[:, t]
            both.append(a * 2)
        return torch.stack(both, dim=1), a, b


class Delayed(nn.Module):
    """The step before, and the change of a state within a step."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(FEATURES, FEATURES)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        before = h = torch.zeros(x.shape[0], FEATURES)
        changes, states = [], []
        for t in range(x.shape[1]):
            new = torch.tanh(self.mix(before + h))
            changes.append(new - h)
            states.append(new)
            h, before = new, x[:, t]
        return torch.stack(changes, dim=1), torch.stack(states, dim=1), before


class Masked(nn.Module):
    """Two sequences at once, one of them computed, along the first dimension."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(FEATURES, 4)
        self.mix = nn.Linear(4, 4)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        h = self.embed(x).mean(dim=0)
        for t in range(len(x)):
            new = torch.tanh(self.embed(x)[t] + self.mix(h))
            h = mask[t] * new + (1 - mask[t]) * h
        return (h,)


class Nested(nn.Module):
    """A state that goes through every row, and along each row."""

    def __init__(self) -> None:
        super().__init__()
        self.ih = nn.Linear(FEATURES, 4)
        self.hh = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        h = torch.zeros(x.shape[0], 4)
        means = []
        for row in range(x.shape[1]):
            seen = []
            for column in range(x.shape[3]):
                h = torch.tanh(self.ih(x[:, row, :, column]) + self.hh(h))
                seen.append(h)
            means.append(torch.stack(seen, dim=-1).mean(dim=-1))
        return torch.stack(means, dim=1), h


class Cell(nn.Module):
    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.mix = nn.Linear(inputs + width, width)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.mix(torch.cat([x, h], dim=1)))


class Layer(nn.Module):
    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.cell = Cell(inputs, width)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros(x.shape[0], self.width)
        outputs = []
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
            outputs.append(h)
        return torch.stack(outputs, dim=1)


class Stacked(nn.Module):
    """Blocks with a scan in each, and a second use of one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Layer(FEATURES, 6)
        self.rest = nn.ModuleList([Layer(6, 6), Layer(6, 6)])

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        h = self.first(x) - self.first(-x)
        for layer in self.rest:
            h = layer(h)
        return (h,)


@dataclass(frozen=True)
class Case:
    text: str
    reference: Callable[[], nn.Module]
    shapes: tuple[tuple[int, ...], ...]


CASES = {
    "swapped": Case(
        """
        input x: real[B, T, 3]
        start = x[:, 0]
        both = scan step in x along 1 carry a = start, b = zeros(B, 3) {
          a, b = b, a + step
          a * 2
        }
        output both, a, b
        """,
        Swapped,
        ((2, 6, FEATURES),),
    ),
    "delayed": Case(
        """
        input x: real[B, T, 3]
        changes, states = scan step in x along 1 carry before = zeros(B, 3), h = zeros(B, 3) {
          old = h
          h = tanh(before + h -> mix: Linear(3))
          before = step
          output h - old, h
        }
        output changes, states, before
        """,
        Delayed,
        ((2, 6, FEATURES),),
    ),
    "masked": Case(
        """
        input x: real[T, B, 3]
        input mask: real[T, B, 1]
        embedded = x -> embed: Linear(4)
        scan step in embedded, keep in mask along -3 carry h = embedded -> mean(dim=0) {
          new = tanh(step + (h -> mix: Linear(4)))
          h = keep * new + (1 - keep) * h
        }
        output h
        """,
        Masked,
        ((6, 2, FEATURES), (6, 2, 1)),
    ),
    "nested": Case(
        """
        input x: real[B, H, 3, W]
        means = scan row in x along 1 carry h = zeros(B, 4) {
          scan cell in row along -1 carry h = h {
            h = tanh((cell -> ih: Linear(4)) + (h -> hh: Linear(4)))
          }
          -> mean(dim=-1)
        }
        output means, h
        """,
        Nested,
        ((2, 3, FEATURES, 4),),
    ),
    "stacked": Case(
        """
        input x: real[B, T, 3]
        there = x -> first: Layer(6)
        there - (-x -> first)
        rest: repeat 2 { Layer(6) }
        """,
        Stacked,
        ((2, 6, FEATURES),),
    ),
}
BLOCKS = """
block Cell(width) {
  input step
  input h
  cat(step, h, dim=1) -> mix: Linear(width) -> tanh
}
block Layer(width) {
  input x: real[B, T, D]
  scan step in x along 1 carry h = zeros(B, width) {
    h = (step, h) -> cell: Cell(width)
  }
}
"""


def gradient(outputs: tuple[Tensor, ...], weight: Tensor) -> Tensor:
    total = torch.stack([output.square().sum() for output in outputs]).sum()
    (found,) = torch.autograd.grad(total, weight, retain_graph=True)
    return found


@pytest.mark.parametrize("name", CASES)
def test_it_computes_what_the_loop_by_hand_computes(name: str) -> None:
    case = CASES[name]
    text = f"{BLOCKS}\nmodel {{\n{case.text}}}\n"
    ours, theirs = built(text), case.reference()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict(), strict=True)
    given = [torch.randn(*shape) for shape in case.shapes]
    found = ours(*given)
    found = found if isinstance(found, tuple) else (found,)
    expected = theirs(*given)
    types = model_of(text).graph.output_types
    sizes = dict(zip("BTHW", (2, 6, 3, 4), strict=True))
    for one, other, given_type in zip(found, expected, types, strict=True):
        assert torch.equal(one, other)
        assert tuple(one.shape) == tuple(dim.evaluate(sizes) for dim in given_type.shape)
    weights = zip(ours.parameters(), theirs.parameters(), strict=True)
    for one, other in weights:
        torch.testing.assert_close(gradient(found, one), gradient(expected, other))


def test_a_sequence_of_one_step_and_of_many_run_in_the_same_module() -> None:
    module = built(RNN)
    x = torch.randn(2, 9, FEATURES)
    whole, _ = module(x)
    first, _ = module(x[:, :1])
    torch.testing.assert_close(first, whole[:, :1])
