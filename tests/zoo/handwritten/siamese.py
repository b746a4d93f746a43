"""A tower of a siamese network, written by hand (Hadsell, Chopra and LeCun, 2006)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Tower(nn.Module):
    def __init__(self, features: int = 2) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 15, 6)
        self.c3 = nn.Conv2d(15, 30, 9)
        self.f5 = nn.Linear(30, features)

    def forward(self, x: Tensor) -> Tensor:
        x = F.avg_pool2d(torch.tanh(self.c1(x)), 3)
        x = torch.tanh(self.c3(x)).flatten(1)
        out: Tensor = self.f5(x)
        return out
