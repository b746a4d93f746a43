"""CLIP ViT-B/32, written by hand (Radford et al., 2021)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.heads = heads
        self.causal = causal
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        q = self.split(self.q_proj(x))
        k = self.split(self.k_proj(x))
        v = self.split(self.v_proj(x))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        out: Tensor = self.out_proj(y.transpose(1, 2).reshape(x.shape))
        return out


class Layer(nn.Module):
    def __init__(self, width: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.layer_norm1 = nn.LayerNorm(width)
        self.self_attn = Attention(width, heads, causal)
        self.layer_norm2 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        h = self.fc1(self.layer_norm2(x))
        out: Tensor = x + self.fc2(h * torch.sigmoid(1.702 * h))
        return out


class Vision(nn.Module):
    def __init__(
        self, image: int, patch: int, width: int, heads: int, depth: int, space: int
    ) -> None:
        super().__init__()
        places = (image // patch) ** 2 + 1
        self.class_embedding = nn.Parameter(0.02 * torch.randn(width))
        self.position_embedding = nn.Parameter(0.02 * torch.randn(places, width))
        self.patch_embedding = nn.Conv2d(3, width, patch, stride=patch, bias=False)
        self.pre_layernorm = nn.LayerNorm(width)
        self.layers = nn.Sequential(*(Layer(width, heads, causal=False) for _ in range(depth)))
        self.post_layernorm = nn.LayerNorm(width)
        self.projection = nn.Linear(width, space, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embedding(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1), x], dim=1)
        x = self.pre_layernorm(x + self.position_embedding)
        x = self.layers(x)
        out: Tensor = self.projection(self.post_layernorm(x[:, 0]))
        return out


class Text(nn.Module):
    def __init__(
        self, vocab: int, context: int, width: int, heads: int, depth: int, space: int
    ) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocab, width)
        self.position_embedding = nn.Embedding(context, width)
        self.layers = nn.Sequential(*(Layer(width, heads, causal=True) for _ in range(depth)))
        self.final_layer_norm = nn.LayerNorm(width)
        self.projection = nn.Linear(width, space, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.token_embedding(tokens) + self.position_embedding(places)
        x = self.final_layer_norm(self.layers(x))
        rows = torch.arange(tokens.shape[0], device=tokens.device)
        out: Tensor = self.projection(x[rows, tokens.argmax(dim=-1)])
        return out


class CLIP(nn.Module):
    def __init__(
        self,
        vocab: int = 49408,
        context: int = 77,
        image: int = 224,
        patch: int = 32,
        picture_width: int = 768,
        picture_heads: int = 12,
        text_width: int = 512,
        text_heads: int = 8,
        depth: int = 12,
        space: int = 512,
    ) -> None:
        super().__init__()
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.vision = Vision(image, patch, picture_width, picture_heads, depth, space)
        self.text = Text(vocab, context, text_width, text_heads, depth, space)

    def forward(self, x: Tensor, tokens: Tensor) -> Tensor:
        picture = F.normalize(self.vision(x), dim=-1)
        text = F.normalize(self.text(tokens), dim=-1)
        return self.logit_scale.exp() * picture @ text.T
