"""A VAE of pictures, written by hand (Kingma and Welling, 2013)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Encoder(nn.Module):
    def __init__(self, hidden: int = 500, latent: int = 20, pixels: int = 28 * 28) -> None:
        super().__init__()
        self.fc = nn.Linear(pixels, hidden)
        self.mean = nn.Linear(hidden, latent)
        self.spread = nn.Linear(hidden, latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.tanh(self.fc(x.flatten(1)))
        return self.mean(h), self.spread(h)


class Decoder(nn.Module):
    def __init__(self, hidden: int = 500, latent: int = 20, side: int = 28) -> None:
        super().__init__()
        self.side = side
        self.fc = nn.Linear(latent, hidden)
        self.out = nn.Linear(hidden, side * side)

    def forward(self, z: Tensor) -> Tensor:
        h = torch.tanh(self.fc(z))
        return torch.sigmoid(self.out(h)).view(-1, 1, self.side, self.side)
