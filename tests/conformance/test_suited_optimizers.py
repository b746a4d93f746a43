"""Each optimizer on matrices, biases and sparse gradients: both refuse it, or neither does."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import Tensor, nn

import netspec
from netspec import catalog

MODELS = {
    "matrices": ("Embedding(4) -> Linear(1, bias=false)", False, False),
    "a bias": ("Embedding(4) -> Linear(1)", False, True),
    "sparse": ("Embedding(1, sparse=true)", True, None),
    "sparse and dense": ("Embedding(4, sparse=true) -> Linear(1, bias=false)", True, False),
}
SPEC = """
data {{
  rows = make_moons(n_samples=8)
  x    = rows.y
  y    = rows.y
}}
model {{ {layers} }}
train {{
  loss      = BCEWithLogitsLoss
  optimizer = {optimizer}
  epochs    = 1
  batch     = 4
}}
"""


def takes(name: str, arguments: dict[str, float], sparse: bool, bias: bool | None) -> bool:
    """Whether torch's optimizer takes two steps."""
    layers: list[nn.Module] = [nn.Embedding(2, 1 if bias is None else 4, sparse=sparse)]
    if bias is not None:
        layers.append(nn.Linear(4, 1, bias=bias))
    model = nn.Sequential(*layers)
    try:
        optimizer = getattr(torch.optim, name)(model.parameters(), **arguments)

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss: Tensor = model(torch.tensor([0, 1])).sum()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no types for it
            return loss

        for _ in range(2):
            optimizer.step(closure)
    except (RuntimeError, ValueError):
        return False
    return True


@pytest.mark.parametrize("decay", [None, 0.1])
@pytest.mark.parametrize("layers", MODELS)
@pytest.mark.parametrize("name", sorted(catalog.load().names("optimizer")))
def test_both_take_it_or_neither(name: str, layers: str, decay: float | None) -> None:
    text, sparse, bias = MODELS[layers]
    entry = catalog.load().find("optimizer", name)
    assert entry is not None
    if decay is not None and "weight_decay" not in {a.name for a in entry.arguments}:
        return
    arguments = {"lr": 0.01} | ({} if decay is None else {"weight_decay": decay})
    written = ", ".join(f"{key}={value}" for key, value in arguments.items())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = takes(name, arguments, sparse, bias)
        spec = SPEC.format(layers=text, optimizer=f"{name}({written})")
        if not theirs:
            with pytest.raises(netspec.SpecError, match="NS5024"):
                netspec.parse(spec)
            return
        netspec.parse(spec).train()
