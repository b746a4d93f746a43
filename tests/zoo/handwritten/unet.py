"""U-Net, written by hand (Ronneberger et al., 2015), padded and with batch normalisation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def double(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    def __init__(self, classes: int = 2, base: int = 64, depth: int = 4) -> None:
        super().__init__()
        widths = [base * 2**i for i in range(depth + 1)]
        self.down = nn.ModuleList(
            double(inputs, outputs)
            for inputs, outputs in zip([3, *widths], widths[:-1], strict=False)
        )
        self.middle = double(widths[-2], widths[-1])
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(2 * width, width, 2, stride=2) for width in widths[:-1]
        )
        self.fuse = nn.ModuleList(double(2 * width, width) for width in widths[:-1])
        self.head = nn.Conv2d(base, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        size = 2 ** len(self.down)
        if x.shape[2] % size or x.shape[3] % size:
            raise ValueError(f"height and width must be multiples of {size}, not {x.shape[2:]}")
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.middle(x)
        for i in reversed(range(len(skips))):
            x = torch.cat((self.up[i](x), skips[i]), dim=1)
            x = self.fuse[i](x)
        out: Tensor = self.head(x)
        return out
