"""T5 small, written by hand (Raffel et al., 2019)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Bias(nn.Module):
    def __init__(self, heads: int, causal: bool, buckets: int = 32, reach: int = 128) -> None:
        super().__init__()
        self.causal = causal
        self.buckets = buckets if causal else buckets // 2
        self.reach = reach
        self.embedding = nn.Embedding(buckets, heads)

    def forward(self, length: int, device: torch.device) -> Tensor:
        places = torch.arange(length, device=device)
        ahead = places - places[:, None]
        distance = (-ahead).clamp(min=0) if self.causal else ahead.abs()
        exact = self.buckets // 2
        scale = (self.buckets - exact) / math.log(self.reach / exact)
        coarse = exact + ((distance.clamp(min=1) / exact).log() * scale).long()
        bucket = torch.where(distance < exact, distance, coarse.clamp(max=self.buckets - 1))
        if not self.causal:
            bucket = bucket + self.buckets * (ahead > 0)
        bias: Tensor = self.embedding(bucket).permute(2, 0, 1)
        if self.causal:
            bias = bias.masked_fill(ahead > 0, -1e9)
        return bias


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width, bias=False)
        self.k = nn.Linear(width, width, bias=False)
        self.v = nn.Linear(width, width, bias=False)
        self.o = nn.Linear(width, width, bias=False)
        self.dropout = nn.Dropout(dropout)

    def split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def forward(self, x: Tensor, memory: Tensor, bias: Tensor | None = None) -> Tensor:
        q = self.split(self.q(x))
        k = self.split(self.k(memory))
        v = self.split(self.v(memory))
        p = self.dropout.p if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, dropout_p=p, scale=1.0)
        out: Tensor = self.dropout(self.o(y.transpose(1, 2).flatten(2)))
        return out


class Encoder(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(width, eps=1e-6)
        self.attention = Attention(width, heads, dropout)
        self.mlp_norm = nn.RMSNorm(width, eps=1e-6)
        self.wi = nn.Linear(width, 4 * width, bias=False)
        self.wo = nn.Linear(4 * width, width, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        h = self.attention_norm(x)
        x = x + self.attention(h, h, bias)
        h = self.dropout(F.relu(self.wi(self.mlp_norm(x))))
        out: Tensor = x + self.dropout(self.wo(h))
        return out


class Decoder(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(width, eps=1e-6)
        self.attention = Attention(width, heads, dropout)
        self.cross_norm = nn.RMSNorm(width, eps=1e-6)
        self.cross = Attention(width, heads, dropout)
        self.mlp_norm = nn.RMSNorm(width, eps=1e-6)
        self.wi = nn.Linear(width, 4 * width, bias=False)
        self.wo = nn.Linear(4 * width, width, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, memory: Tensor, bias: Tensor) -> Tensor:
        h = self.attention_norm(x)
        x = x + self.attention(h, h, bias)
        x = x + self.cross(self.cross_norm(x), memory)
        h = self.dropout(F.relu(self.wi(self.mlp_norm(x))))
        out: Tensor = x + self.dropout(self.wo(h))
        return out


class T5(nn.Module):
    def __init__(
        self,
        vocab: int = 32128,
        width: int = 512,
        heads: int = 8,
        depth: int = 6,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.shared = nn.Embedding(vocab, width)
        self.encoder_bias = Bias(heads, causal=False)
        self.encoder = nn.ModuleList(Encoder(width, heads, dropout) for _ in range(depth))
        self.encoder_norm = nn.RMSNorm(width, eps=1e-6)
        self.decoder_bias = Bias(heads, causal=True)
        self.decoder = nn.ModuleList(Decoder(width, heads, dropout) for _ in range(depth))
        self.decoder_norm = nn.RMSNorm(width, eps=1e-6)
        self.dropout = nn.Dropout(dropout)
        self.lm_head = nn.Linear(width, vocab, bias=False)
        self.lm_head.weight = self.shared.weight

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        x = self.dropout(self.shared(source))
        bias = self.encoder_bias(source.shape[1], source.device)
        for layer in self.encoder:
            x = layer(x, bias)
        memory = self.dropout(self.encoder_norm(x))
        y = self.dropout(self.shared(target))
        bias = self.decoder_bias(target.shape[1], target.device)
        for layer in self.decoder:
            y = layer(y, memory, bias)
        y = self.dropout(self.decoder_norm(y))
        scores: Tensor = self.lm_head(y * y.shape[-1] ** -0.5)
        return scores
