"""BERT base with its head for masked tokens, written by hand (Devlin et al., 2018)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.dense = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def split(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        q = self.split(self.query(x))
        k = self.split(self.key(x))
        v = self.split(self.value(x))
        dropout = self.dropout.p if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, dropout_p=dropout)
        y = y.transpose(1, 2).reshape(x.shape)
        out: Tensor = self.dropout(self.dense(y))
        return out


class Layer(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width, heads, dropout)
        self.attention_norm = nn.LayerNorm(width, eps=1e-12)
        self.intermediate = nn.Linear(width, 4 * width)
        self.out = nn.Linear(4 * width, width)
        self.out_norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        x = self.attention_norm(x + self.attention(x, seen))
        y = self.dropout(self.out(F.gelu(self.intermediate(x))))
        out: Tensor = self.out_norm(x + y)
        return out


class BERT(nn.Module):
    def __init__(
        self,
        vocab: int = 30522,
        context: int = 512,
        width: int = 768,
        heads: int = 12,
        depth: int = 12,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab, width, padding_idx=0)
        self.token_type_embeddings = nn.Embedding(2, width)
        self.position_embeddings = nn.Embedding(context, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(width, heads, dropout) for _ in range(depth))
        self.transform = nn.Linear(width, width)
        self.transform_norm = nn.LayerNorm(width, eps=1e-12)
        self.decoder = nn.Linear(width, vocab)
        self.decoder.weight = self.word_embeddings.weight
        self.apply(self.init_weights)

    def init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)

    def forward(self, x: Tensor, segments: Tensor) -> Tensor:
        seen = (x != 0)[:, None, None]
        places = torch.arange(x.shape[1], device=x.device)
        h = self.word_embeddings(x)
        h = h + self.token_type_embeddings(segments)
        h = h + self.position_embeddings(places)
        h = self.dropout(self.norm(h))
        for layer in self.layers:
            h = layer(h, seen)
        h = self.transform_norm(F.gelu(self.transform(h)))
        scores: Tensor = self.decoder(h)
        return scores
