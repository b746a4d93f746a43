"""A recurrent network with its cell written out (Elman, 1990)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ElmanNetwork(nn.Module):
    """Predict the next word at every step: [B, T] to [B, T, words]."""

    def __init__(self, words: int = 31, width: int = 150) -> None:
        super().__init__()
        self.words = words
        self.width = width
        self.i2h = nn.Linear(words, width)
        self.h2h = nn.Linear(width, width)
        self.head = nn.Linear(width, words)

    def forward(self, x: Tensor) -> Tensor:
        inputs = F.one_hot(x, self.words).float()
        h = inputs.new_zeros(len(x), self.width)
        states = []
        for step in inputs.unbind(1):
            h = torch.tanh(self.i2h(step) + self.h2h(h))
            states.append(h)
        out: Tensor = self.head(torch.stack(states, dim=1))
        return out
