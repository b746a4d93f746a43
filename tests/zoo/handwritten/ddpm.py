"""DDPM's network for CIFAR-10, and its noise, written by hand (Ho, Jain and Abbeel, 2020)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Diffusion(nn.Module):
    """Equation 4: an image after t steps of noise."""

    alphas_cumprod: Tensor

    def __init__(self, timesteps: int = 1000) -> None:
        super().__init__()
        betas = torch.linspace(1e-4, 0.02, timesteps)
        self.register_buffer("betas", betas)
        self.register_buffer("alphas_cumprod", torch.cumprod(1.0 - betas, dim=0))

    def forward(self, x: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        alpha = self.alphas_cumprod[t].view(-1, 1, 1, 1)
        return alpha.sqrt() * x + (1 - alpha).sqrt() * noise


def timestep_embedding(t: Tensor, dim: int) -> Tensor:
    half = dim // 2
    scale = math.log(10000) / (half - 1)
    frequencies = torch.exp(torch.arange(half, device=t.device) * -scale)
    angles = t[:, None].float() * frequencies[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class AttentionBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(32, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.proj_out.weight)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        q, k, v = self.qkv(self.norm(x)).view(b, 3, c, h * w).unbind(1)
        weights = torch.softmax(q.transpose(1, 2) @ k / math.sqrt(c), dim=-1)
        mixed = v @ weights.transpose(1, 2)
        out: Tensor = x + self.proj_out(mixed.view(b, c, h, w))
        return out


class ResBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, embedding: int, *, attend: bool = False) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(32, inputs)
        self.conv_in = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.emb = nn.Linear(embedding, outputs)
        self.norm2 = nn.GroupNorm(32, outputs)
        self.dropout = nn.Dropout(0.1)
        self.conv_out = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.attn = AttentionBlock(outputs) if attend else nn.Identity()
        nn.init.zeros_(self.conv_out.weight)

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        h = self.conv_in(F.silu(self.norm1(x)))
        h = h + self.emb(F.silu(emb))[:, :, None, None]
        h = self.conv_out(self.dropout(F.silu(self.norm2(h))))
        out: Tensor = self.attn(h + self.shortcut(x))
        return out


class UNet(nn.Module):
    def __init__(
        self,
        widths: Sequence[int] = (128, 256, 256, 256),
        side: int = 32,
        attention: int = 16,
        channels: int = 3,
    ) -> None:
        super().__init__()
        base, levels = widths[0], len(widths)
        self.base = base
        emb = 4 * base
        self.time_mlp = nn.Sequential(nn.Linear(base, emb), nn.SiLU(), nn.Linear(emb, emb))
        self.conv_in = nn.Conv2d(channels, base, 3, padding=1)
        self.down_blocks = nn.ModuleList()
        self.downsamplers = nn.ModuleList()
        skips, current = [base], base
        for level, width in enumerate(widths):
            attend = side >> level == attention
            for _ in range(2):
                self.down_blocks.append(ResBlock(current, width, emb, attend=attend))
                current = width
                skips.append(current)
            if level < levels - 1:
                self.downsamplers.append(nn.Conv2d(width, width, 3, stride=2, padding=1))
                skips.append(current)
        self.middle = nn.ModuleList(
            [ResBlock(current, current, emb, attend=True), ResBlock(current, current, emb)]
        )
        self.up_blocks = nn.ModuleList()
        self.upsamplers = nn.ModuleList()
        for level, width in reversed(list(enumerate(widths))):
            attend = side >> level == attention
            for _ in range(3):
                self.up_blocks.append(ResBlock(current + skips.pop(), width, emb, attend=attend))
                current = width
            if level > 0:
                self.upsamplers.append(nn.Conv2d(width, width, 3, padding=1))
        self.norm_out = nn.GroupNorm(32, base)
        self.conv_out = nn.Conv2d(base, channels, 3, padding=1)
        nn.init.zeros_(self.conv_out.weight)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        emb = self.time_mlp(timestep_embedding(t, self.base))
        x = self.conv_in(x)
        skips = [x]
        for i, block in enumerate(self.down_blocks):
            x = block(x, emb)
            skips.append(x)
            if i % 2 == 1 and i < len(self.down_blocks) - 1:
                x = self.downsamplers[i // 2](x)
                skips.append(x)
        for block in self.middle:
            x = block(x, emb)
        for i, block in enumerate(self.up_blocks):
            x = block(torch.cat([x, skips.pop()], dim=1), emb)
            if i % 3 == 2 and i < len(self.up_blocks) - 1:
                x = F.interpolate(x, scale_factor=2)
                x = self.upsamplers[i // 3](x)
        out: Tensor = self.conv_out(F.silu(self.norm_out(x)))
        return out
