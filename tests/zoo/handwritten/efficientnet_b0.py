"""EfficientNet-B0, written by hand (Tan and Le, 2019, table 1)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# expansion, kernel, stride of the first, channels, blocks
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


def rounded(channels: float) -> int:
    """The nearest multiple of 8, and not less than nine tenths of `channels`."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


def conv_bn(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.SiLU(inplace=True),
    )


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        scale = x.mean(dim=(2, 3), keepdim=True)
        scale = self.fc2(F.silu(self.fc1(scale)))
        return x * F.sigmoid(scale)


class MBConv(nn.Module):
    def __init__(
        self, inputs: int, outputs: int, expand: int, kernel: int, stride: int, drop: float
    ) -> None:
        super().__init__()
        hidden = inputs * expand
        layers: list[nn.Module] = []
        if expand != 1:
            layers.append(conv_bn(inputs, hidden, 1))
        layers += [
            conv_bn(hidden, hidden, kernel, stride, groups=hidden),
            SqueezeExcite(hidden, max(1, inputs // 4)),
            nn.Sequential(nn.Conv2d(hidden, outputs, 1, bias=False), nn.BatchNorm2d(outputs)),
        ]
        self.block = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs
        self.drop = drop

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.block(x)
        if not self.residual:
            return y
        # Stochastic depth: in training, some images skip the block.
        kept = F.dropout(torch.ones(len(y), 1, 1, 1, device=y.device), self.drop, self.training)
        return x + kept * y


class EfficientNetB0(nn.Module):
    def __init__(self, classes: int = 1000, width: float = 1.0, depth: float = 1.0) -> None:
        super().__init__()
        channels = rounded(32 * width)
        layers: list[nn.Module] = [conv_bn(3, channels, 3, stride=2)]
        total = sum(math.ceil(blocks * depth) for *_, blocks in STAGES)
        done = 0
        for expand, kernel, first, planes, blocks in STAGES:
            outputs = rounded(planes * width)
            stage: list[nn.Module] = []
            for i in range(math.ceil(blocks * depth)):
                stride = first if i == 0 else 1
                drop = 0.2 * done / total
                stage.append(MBConv(channels, outputs, expand, kernel, stride, drop))
                channels = outputs
                done += 1
            layers.append(nn.Sequential(*stage))
        layers.append(conv_bn(channels, 4 * channels, 1))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(4 * channels, classes))

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x).mean(dim=(2, 3))
        out: Tensor = self.classifier(x)
        return out
