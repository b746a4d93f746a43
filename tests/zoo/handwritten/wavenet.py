"""WaveNet (van den Oord et al., 2016)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class CausalConv1d(nn.Module):
    """A convolution that sees nothing of what comes later."""

    def __init__(self, in_channels: int, out_channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.dilation = dilation
        self.conv = nn.Conv1d(in_channels, out_channels, 2, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(F.pad(x, (self.dilation, 0)))
        return out


class GatedLayer(nn.Module):
    def __init__(self, channels: int, skip: int, dilation: int) -> None:
        super().__init__()
        self.filter = CausalConv1d(channels, channels, dilation)
        self.gate = CausalConv1d(channels, channels, dilation)
        self.residual = nn.Conv1d(channels, channels, 1)
        self.skip = nn.Conv1d(channels, skip, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.tanh(self.filter(x)) * torch.sigmoid(self.gate(x))
        return x + self.residual(h), self.skip(h)


class WaveNet(nn.Module):
    """Scores of the next sample at each place of a wave: [B, T] to [B, levels, T]."""

    def __init__(
        self,
        levels: int = 256,
        channels: int = 32,
        skip: int = 256,
        depth: int = 10,
        stacks: int = 3,
    ) -> None:
        super().__init__()
        self.levels = levels
        self.causal = CausalConv1d(levels, channels)
        self.layers = nn.ModuleList(
            GatedLayer(channels, skip, 2**i) for _ in range(stacks) for i in range(depth)
        )
        self.head = nn.Sequential(
            nn.ReLU(), nn.Conv1d(skip, skip, 1), nn.ReLU(), nn.Conv1d(skip, levels, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        h = self.causal(F.one_hot(x, self.levels).float().transpose(1, 2))
        skips = []
        for layer in self.layers:
            h, skip = layer(h)
            skips.append(skip)
        out: Tensor = self.head(torch.stack(skips).sum(dim=0))
        return out
