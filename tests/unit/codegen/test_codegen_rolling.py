"""Loops that the compiler unrolls are loops again in the text, and compute the same."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # as emitted text has it
from torch import Tensor, nn

import netspec
from netspec import codegen


def forward(text: str) -> list[str]:
    """The statements of the model's `forward`, without the shapes behind them."""
    python = codegen.emit_models(netspec.parse(text).program.models)
    body = python.split("def forward")[-1].splitlines()[1:]
    return [line[8:].split("  #")[0] for line in body]


def built(text: str) -> nn.Module:
    torch.manual_seed(3)
    return netspec.parse(text).build()


def items(model: nn.Module, name: str) -> list[nn.Module]:
    listed = model.get_submodule(name)
    assert isinstance(listed, nn.ModuleList)
    return list(listed)


def drawn(*sizes: int) -> Tensor:
    return torch.randn(*sizes, generator=torch.Generator().manual_seed(4))


def test_a_round_takes_the_state_of_the_round_before() -> None:
    text = """
        block Part {
          input x: real[B, 6]
          a = x -> Linear(6)
          b = x -> Linear(3)
          output a, b
        }
        model {
          input x: real[B, 6]
          h = x -> tanh
          total = 0
          for i in 0..4 {
            h, more = h -> parts[i]: Part
            total = total + more * 0.5
          }
          total + h[:, :3]
        }
        """
    assert forward(text) == [
        "h = torch.tanh(x)",
        "total = 0",
        "for part in self.parts:",
        "    h, more = part(h)",
        "    total = total + more * 0.5",
        "return total + h[:, :3]",
    ]
    model, x = built(text), drawn(5, 6)
    h, total = torch.tanh(x), torch.zeros(5, 3)
    for part in items(model, "parts"):
        h, more = part(h)
        total = total + more * 0.5
    assert torch.equal(model(x), total + h[:, :3])


def test_the_first_state_lives_on_where_it_is_used_later() -> None:
    text = """
        model {
          input x: real[B, 6]
          h = x
          for i in 0..3 { h = relu(h -> layers[i]: Linear(6)) + x }
          h - x
        }
        """
    assert forward(text) == [
        "h = x",
        "for layer in self.layers:",
        "    h = F.relu(layer(h)) + x",
        "return h - x",
    ]
    model, x = built(text), drawn(5, 6)
    h = x
    for layer in items(model, "layers"):
        h = F.relu(layer(h)) + x
    assert torch.equal(model(x), h - x)


def test_numbers_that_differ_are_counted_or_walked_over() -> None:
    text = """
        model {
          input x: real[B, 4]
          h = zeros(B, 5)
          for i in 0..4 { h = h + x[:, i:i + 1] * (h -> a[i]: Linear(5)) }
          for i, s in enumerate([0.5, 2.0, 0.25]) { h = (h -> b[i]: Linear(5)) * s + i + 1 }
          h
        }
        """
    assert forward(text)[:-1] == [
        "h = torch.zeros(x.shape[0], 5, device=x.device)",
        "for i, layer in enumerate(self.a):",
        "    h = h + x[:, i : i + 1] * layer(h)",
        "for i, layer, value in zip(range(3), self.b, (0.5, 2.0, 0.25), strict=True):",
        "    h = layer(h) * value + i + 1",
    ]
    model, x = built(text), drawn(5, 4)
    h = torch.zeros(5, 5)
    for i, layer in enumerate(items(model, "a")):
        h = h + x[:, i : i + 1] * layer(h)
    for i, (layer, s) in enumerate(zip(items(model, "b"), (0.5, 2.0, 0.25), strict=True)):
        h = layer(h) * s + i + 1
    assert torch.equal(model(x), h)


def test_lists_are_walked_over_together() -> None:
    text = """
        model {
          input x: real[B, 4]
          for i in 0..3 { x = (x -> values[i]: Linear(4)) * sigmoid(x -> gates[i]: Linear(4)) }
          x
        }
        """
    assert forward(text) == [
        "for value, gate in zip(self.values, self.gates, strict=True):",
        "    x = value(x) * torch.sigmoid(gate(x))",
        "return x",
    ]
    model, x = built(text), drawn(5, 4)
    wanted = x
    for value, gate in zip(items(model, "values"), items(model, "gates"), strict=True):
        wanted = value(wanted) * torch.sigmoid(gate(wanted))
    assert torch.equal(model(x), wanted)


def test_a_part_of_a_list_is_counted_through() -> None:
    text = """
        model {
          input x: real[B, 4]
          h = x
          for i in 0..7 {
            h = h -> layers[i]: Linear(4) -> relu
            if i == 3 { h = h + x }
          }
          h
        }
        """
    assert forward(text) == [
        "h = x",
        "for i in range(4):",
        "    h = F.relu(self.layers[i](h))",
        "h = h + x",
        "for i in range(4, 7):",
        "    h = F.relu(self.layers[i](h))",
        "return h",
    ]
    model, x = built(text), drawn(5, 4)
    h = x
    for i, layer in enumerate(items(model, "layers")):
        h = F.relu(layer(h))
        if i == 3:
            h = h + x
    assert torch.equal(model(x), h)


def test_values_that_are_joined_are_listed() -> None:
    text = """
        model {
          input x: real[B, 4]
          input ids: index(9)[B, 3]
          for i in 0..3 { e[i] = ids[:, i] -> tables[i]: Embedding(4) }
          stack(x, e[0], e[1], e[2], dim=1) * 2
        }
        """
    assert forward(text) == [
        "e = [table(ids[:, i]) for i, table in enumerate(self.tables)]",
        "return torch.stack([x, *e], dim=1) * 2",
    ]
    model, x = built(text), drawn(5, 4)
    ids = torch.randint(9, (5, 3), generator=torch.Generator().manual_seed(4))
    made = [table(ids[:, i]) for i, table in enumerate(items(model, "tables"))]
    assert torch.equal(model(x, ids), torch.stack([x, *made], dim=1) * 2)


def test_a_state_may_be_listed_too() -> None:
    text = """
        model {
          input x: real[B, 4]
          h[0] = x
          for i in 0..3 { h[i + 1] = tanh(h[i] -> layers[i]: Linear(4)) }
          cat(h[1], h[2], h[3], dim=1) * sum(h[3])
        }
        """
    assert forward(text) == [
        "h = x",
        "hs = []",
        "for layer in self.layers:",
        "    h = torch.tanh(layer(h))",
        "    hs.append(h)",
        "return torch.cat(hs, dim=1) * h.sum()",
    ]
    model, x = built(text), drawn(5, 4)
    made = [x]
    for layer in items(model, "layers"):
        made.append(torch.tanh(layer(made[-1])))
    assert torch.equal(model(x), torch.cat(made[1:], dim=1) * made[-1].sum())


@pytest.mark.parametrize(
    "loop",
    [
        # A value of the middle is used behind the loop.
        "for i in 0..3 { h[i + 1] = h[i] -> layers[i]: Linear(4) -> relu }\n h[2] + h[3]",
        # Rounds reach back two rounds.
        "h[1] = x * 2\n for i in 0..3 { h[i + 2] = h[i] + relu(h[i + 1] -> layers[i]: Linear(4)) }"
        "\n h[4]",
        # The items are taken in another order.
        "g = x\n for i in 0..3 { g = g + h[0] -> layers[2 - i]: Linear(4) -> relu }\n g",
        # Two rounds are no loop.
        "g = h[0]\n for i in 0..2 { g = g -> layers[i]: Linear(4) -> relu }\n g",
        # Rounds do different things.
        "g = h[0]\n for i, act in enumerate([ReLU, Tanh, GELU]) {"
        " g = g -> layers[i]: Linear(4) -> act }\n g",
    ],
)
def test_what_is_no_loop_is_written_out(loop: str) -> None:
    text = f"model {{\n input x: real[B, 4]\n h[0] = x\n {loop}\n}}"
    spec = netspec.parse(text)
    assert not any(line.startswith("for ") for line in forward(text))
    assert spec.build()(drawn(5, 4)).shape == (5, 4)


def test_a_whole_number_and_a_fraction_are_two_things() -> None:
    text = """
        model {
          input x: real[B, 6]
          input n: index(5)[B]
          for i, v in enumerate([2, 2.0, 2]) {
            n = n * v
            x = (x -> layers[i]: Linear(6)) * unsqueeze(n, 1)
          }
          output x, n
        }
        """
    _, n = built(text)(drawn(3, 6), torch.tensor([1, 2, 3]))
    assert n.dtype == torch.float32


def test_a_loop_over_many_rows_of_numbers_stays_written_out() -> None:
    """It would be harder to read than its rounds."""
    ends = "x[:, 3 * i + 1:3 * i + 5] * (2 ** i + 1)"
    text = f"""model {{
      input x: real[B, 30]
      y = zeros(B, 4)
      for i in 0..4 {{ y = y + ({ends} -> fc[i]: Linear(4)) }}
      y
    }}"""
    assert not any(line.startswith("for ") for line in forward(text))
