"""Llama 3.2, written by hand (Grattafiori et al., 2024)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-b, a], dim=-1) * sin


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, kv_heads: int) -> None:
        super().__init__()
        self.head = width // heads
        self.q_proj = nn.Linear(width, heads * self.head, bias=False)
        self.k_proj = nn.Linear(width, kv_heads * self.head, bias=False)
        self.v_proj = nn.Linear(width, kv_heads * self.head, bias=False)
        self.o_proj = nn.Linear(heads * self.head, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, width = x.shape
        q = self.q_proj(x).view(batch, length, -1, self.head).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, -1, self.head).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, -1, self.head).transpose(1, 2)
        q = rotated(q, cos, sin)
        k = rotated(k, cos, sin)
        x = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        x = x.transpose(1, 2).reshape(batch, length, width)
        out: Tensor = self.o_proj(x)
        return out


class Layer(nn.Module):
    def __init__(self, width: int, hidden: int, heads: int, kv_heads: int) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(width, eps=1e-5)
        self.self_attn = Attention(width, heads, kv_heads)
        self.post_attention_layernorm = nn.RMSNorm(width, eps=1e-5)
        self.gate_proj = nn.Linear(width, hidden, bias=False)
        self.up_proj = nn.Linear(width, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        h = self.post_attention_layernorm(x)
        out: Tensor = x + self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h))
        return out


class Llama(nn.Module):
    inv_freq: Tensor

    def __init__(
        self,
        vocab: int = 128256,
        width: int = 2048,
        hidden: int = 8192,
        heads: int = 32,
        kv_heads: int = 8,
        depth: int = 16,
        theta: float = 500000.0,
        trained: int = 8192,
    ) -> None:
        super().__init__()
        head = width // heads
        speed = theta ** (-torch.arange(0, head, 2) / head)
        kept = ((trained * speed / (2 * math.pi) - 1) / 3).clamp(0, 1)
        self.register_buffer("inv_freq", speed * (kept + (1 - kept) / 32), persistent=False)
        self.embed_tokens = nn.Embedding(vocab, width)
        self.layers = nn.ModuleList(Layer(width, hidden, heads, kv_heads) for _ in range(depth))
        self.norm = nn.RMSNorm(width, eps=1e-5)
        self.lm_head = nn.Linear(width, vocab, bias=False)
        self.lm_head.weight = self.embed_tokens.weight
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        places = torch.arange(x.shape[1], device=x.device)
        angles = torch.outer(places, self.inv_freq).tile(1, 2)
        cos, sin = angles.cos(), angles.sin()
        x = self.embed_tokens(x)
        for layer in self.layers:
            x = layer(x, cos, sin)
        logits: Tensor = self.lm_head(self.norm(x))
        return logits
