"""DenseNet-121, written by hand (Huang et al., 2016)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DenseLayer(nn.Module):
    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        new = self.conv1(F.relu(self.norm1(x)))
        new = self.conv2(F.relu(self.norm2(new)))
        return torch.cat((x, new), dim=1)


class Transition(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, channels // 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(self.conv(F.relu(self.norm(x))), 2)


class DenseNet121(nn.Module):
    def __init__(
        self, classes: int = 1000, growth: int = 32, depths: Sequence[int] = (6, 12, 24, 16)
    ) -> None:
        super().__init__()
        channels = 2 * growth
        self.conv0 = nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False)
        self.norm0 = nn.BatchNorm2d(channels)
        self.denseblock = nn.ModuleList()
        self.transition = nn.ModuleList()
        for i, depth in enumerate(depths):
            layers = [DenseLayer(channels + j * growth, growth) for j in range(depth)]
            self.denseblock.append(nn.Sequential(*layers))
            channels += depth * growth
            if i < len(depths) - 1:
                self.transition.append(Transition(channels))
                channels //= 2
        self.norm5 = nn.BatchNorm2d(channels)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm0(self.conv0(x)))
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        for i, block in enumerate(self.denseblock):
            x = block(x)
            if i < len(self.transition):
                x = self.transition[i](x)
        x = F.relu(self.norm5(x)).mean(dim=(2, 3))
        out: Tensor = self.classifier(x)
        return out
