"""PointNet for classification (Qi et al., 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def shared(n: int, width: int) -> nn.Sequential:
    """A layer that is applied to every point alike: [B, n, N] to [B, width, N]."""
    return nn.Sequential(nn.Conv1d(n, width, 1, bias=False), nn.BatchNorm1d(width), nn.ReLU())


def dense(n: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n, width, bias=False), nn.BatchNorm1d(width), nn.ReLU())


class TNet(nn.Module):
    """A transform of k coordinates that hangs on the points; it begins as the identity."""

    def __init__(self, k: int, width: int) -> None:
        super().__init__()
        self.k = k
        self.points = nn.Sequential(
            shared(k, width), shared(width, 2 * width), shared(2 * width, 16 * width)
        )
        self.cloud = nn.Sequential(dense(16 * width, 8 * width), dense(8 * width, 4 * width))
        self.matrix = nn.Linear(4 * width, k * k)
        nn.init.zeros_(self.matrix.weight)
        nn.init.zeros_(self.matrix.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.cloud(self.points(x).amax(dim=2))
        matrix: Tensor = self.matrix(x).view(-1, self.k, self.k)
        return matrix + torch.eye(self.k, device=x.device)


class PointNet(nn.Module):
    def __init__(self, classes: int = 40, width: int = 64, dropout: float = 0.3) -> None:
        super().__init__()
        self.input_net = TNet(3, width)
        self.local = nn.Sequential(shared(3, width), shared(width, width))
        self.feature_net = TNet(width, width)
        self.points = nn.Sequential(
            shared(width, width), shared(width, 2 * width), shared(2 * width, 16 * width)
        )
        self.cloud = nn.Sequential(dense(16 * width, 8 * width), dense(8 * width, 4 * width))
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(4 * width, classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map points [B, 3, N] to scores, and the transform of features, [B, width, width]."""
        x = self.local(self.input_net(x) @ x)
        transform = self.feature_net(x)
        x = self.points(transform @ x).amax(dim=2)
        return self.head(self.drop(self.cloud(x))), transform
