"""Deep Sets for classifying point clouds (Zaheer et al., 2017, appendix on point clouds)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Equivariant(nn.Module):
    """A layer that treats the elements of a set alike: [B, N, C] to [B, N, width]."""

    def __init__(self, n: int, width: int) -> None:
        super().__init__()
        self.element = nn.Linear(n, width)
        self.pooled = nn.Linear(n, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.element(x) - self.pooled(x.amax(dim=1, keepdim=True)))


class DeepSets(nn.Module):
    def __init__(
        self, classes: int = 40, features: int = 3, width: int = 256, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.phi = nn.Sequential(
            Equivariant(features, width), Equivariant(width, width), Equivariant(width, width)
        )
        self.rho = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(width, width),
            nn.Tanh(),
            nn.Dropout(dropout),
            nn.Linear(width, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.rho(self.phi(x).amax(dim=1))
        return out
