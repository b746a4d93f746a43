"""A story: the model from a spec, the loop by hand.

`spec.build()` gives an ordinary `nn.Module`, so whatever PyTorch can do with one, you can. The text
of a spec may also come from a program: here the number of layers is chosen in Python.
"""

from __future__ import annotations

import torch
from torch import nn

import netspec

TEXT = """
model Tower(depth=2) {
  repeat depth { Linear(32) -> Tanh }
  Linear(1)
}
"""


def main(steps: int = 200) -> tuple[float, float]:
    """Fit a sine with a model from a text; the loss before and after."""
    torch.manual_seed(0)
    spec = netspec.parse(TEXT, x="real[B, 1]")
    model = spec.build()
    print(model)

    x = torch.linspace(-3, 3, 100).unsqueeze(1)
    y = torch.sin(x)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(steps):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch does not type it
        optimizer.step()
        losses.append(loss.item())
    print(f"loss {losses[0]:.4f} -> {losses[-1]:.4f}")
    return losses[0], losses[-1]


def refuse() -> str:
    """A mistake is an exception whose text is the whole finding."""
    try:
        netspec.parse("model { Linera(2) }", x="real[B, 4]")
    except netspec.SpecError as wrong:
        print(wrong)
        return wrong.diagnostics[0].code
    return ""


if __name__ == "__main__":
    main()
    refuse()
