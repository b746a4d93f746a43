"""Swin-T, written by hand (Liu et al., 2021)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def partition(x: Tensor, window: int) -> Tensor:
    """Cut (B, H, W, C) into windows (B, windows, window * window, C)."""
    batch, height, width, channels = x.shape
    x = x.view(batch, height // window, window, width // window, window, channels)
    return x.transpose(2, 3).reshape(batch, -1, window * window, channels)


def joined(x: Tensor, window: int, height: int, width: int) -> Tensor:
    """Put windows together again."""
    x = x.view(len(x), height // window, width // window, window, window, -1)
    return x.transpose(2, 3).reshape(len(x), height, width, -1)


class Attention(nn.Module):
    index: Tensor
    mask: Tensor

    def __init__(self, width: int, heads: int, size: int, window: int, shift: int) -> None:
        super().__init__()
        self.heads = heads
        self.window = window
        self.shift = shift
        self.table = nn.Parameter(torch.empty((2 * window - 1) ** 2, heads))
        nn.init.trunc_normal_(self.table, std=0.02)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

        places = torch.arange(window)
        places = torch.stack(torch.meshgrid(places, places, indexing="ij")).flatten(1)
        relative = places[:, :, None] - places[:, None, :] + window - 1
        index = relative[0] * (2 * window - 1) + relative[1]
        self.register_buffer("index", index, persistent=False)
        if shift:
            region = torch.zeros(1, size, size, 1)
            slices = (slice(-window), slice(-window, -shift), slice(-shift, None))
            for i, rows in enumerate(slices):
                for j, columns in enumerate(slices):
                    region[:, rows, columns] = 3 * i + j
            region = partition(region, window).view(-1, window * window)
            mask = torch.zeros(len(region), 1, window * window, window * window)
            mask.masked_fill_((region[:, :, None] != region[:, None, :])[:, None], -100.0)
            self.register_buffer("mask", mask, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        height, width, channels = x.shape[1:]
        if self.shift:
            x = x.roll((-self.shift, -self.shift), dims=(1, 2))
        x = partition(x, self.window)
        qkv = self.qkv(x).unflatten(-1, (3, self.heads, channels // self.heads))
        q, k, v = qkv.permute(3, 0, 1, 4, 2, 5)
        bias = self.table[self.index].permute(2, 0, 1)
        if self.shift:
            bias = bias + self.mask
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        x = joined(x.transpose(2, 3).flatten(3), self.window, height, width)
        if self.shift:
            x = x.roll((self.shift, self.shift), dims=(1, 2))
        out: Tensor = self.proj(x)
        return out


class Block(nn.Module):
    def __init__(self, width: int, heads: int, size: int, window: int, shift: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads, size, window, shift)
        self.norm2 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        out: Tensor = x + self.fc2(F.gelu(self.fc1(self.norm2(x))))
        return out


class Merging(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduction = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        parts = [x[:, i::2, j::2] for j in range(2) for i in range(2)]
        out: Tensor = self.reduction(self.norm(torch.cat(parts, dim=-1)))
        return out


class Stage(nn.Module):
    def __init__(
        self, width: int, heads: int, depth: int, size: int, window: int, first: bool
    ) -> None:
        super().__init__()
        if not first:
            self.downsample = Merging(width // 2)
        self.first = first
        shift = window // 2 if size > window else 0
        self.blocks = nn.Sequential(
            *(Block(width, heads, size, window, j % 2 * shift) for j in range(depth))
        )

    def forward(self, x: Tensor) -> Tensor:
        if not self.first:
            x = self.downsample(x)
        out: Tensor = self.blocks(x)
        return out


class Swin(nn.Module):
    def __init__(
        self,
        classes: int = 1000,
        image: int = 224,
        width: int = 96,
        depths: tuple[int, ...] = (2, 2, 6, 2),
        heads: tuple[int, ...] = (3, 6, 12, 24),
        window: int = 7,
    ) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, 4, stride=4)
        self.patch_norm = nn.LayerNorm(width)
        self.layers = nn.Sequential(
            *(
                Stage(width * 2**i, heads[i], depth, image // 2 ** (i + 2), window, first=i == 0)
                for i, depth in enumerate(depths)
            )
        )
        self.norm = nn.LayerNorm(width * 2 ** (len(depths) - 1))
        self.head = nn.Linear(width * 2 ** (len(depths) - 1), classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_norm(self.patch_embed(x).permute(0, 2, 3, 1))
        x = self.norm(self.layers(x))
        out: Tensor = self.head(x.mean(dim=(1, 2)))
        return out
