"""Labels with an index, and tied parameters by any of their names, against modules by hand."""

from __future__ import annotations

import torch
from test_stored import check_same
from torch import Tensor, nn


def test_labels_with_an_index_are_a_list_of_modules() -> None:
    text = """
    model {
      input x: real[B, 3]
      for i in 0..3 {
        a[2 - i]: Linear(3, bias=false) -> norm[i]: LayerNorm
      }
      for i in 0..3 { a[i] -> Tanh -> out[i]: { fc: Linear(3) -> ReLU } }
      tie a[1].weight = a[0].weight
      init "norm.*.bias" = ones
      freeze "out.1.*"
    }
    """

    class Out(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(self.fc(x))

    class Reference(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.ModuleList([nn.Linear(3, 3, bias=False) for _ in range(3)])
            norms = [nn.LayerNorm(3) for _ in range(3)]
            self.norm = nn.ModuleList(norms)
            self.out = nn.ModuleList([Out() for _ in range(3)])
            self.a[1].weight = self.a[0].weight
            for norm in norms:
                nn.init.ones_(norm.bias)
            self.out[1].requires_grad_(False)

        def forward(self, x: Tensor) -> Tensor:
            for i in range(3):
                x = self.norm[i](self.a[2 - i](x))
            for i in range(3):
                x = self.out[i](torch.tanh(self.a[i](x)))
            return x

    check_same(text, Reference, torch.randn(4, 3))


def test_init_knows_a_tied_parameter_by_any_of_its_names() -> None:
    text = """
    model {
      input x: real[B, 3]
      a: Linear(3) -> Tanh -> b: Linear(3)
      tie b.weight = a.weight
      init "a.*" = ones
      init "b.*" = zeros
    }
    """

    class Reference(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(3, 3), nn.Linear(3, 3)
            self.b.weight = self.a.weight
            nn.init.ones_(self.a.bias)
            nn.init.zeros_(self.b.bias)
            nn.init.zeros_(self.b.weight)

        def forward(self, x: Tensor) -> Tensor:
            made: Tensor = self.b(torch.tanh(self.a(x)))
            return made

    check_same(text, Reference, torch.randn(4, 3))
