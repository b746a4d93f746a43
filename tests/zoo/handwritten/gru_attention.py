"""RNNsearch: translation by a GRU encoder and decoder with attention (Bahdanau et al., 2015)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AdditiveAttention(nn.Module):
    """Weigh a memory by what a small network says of each of its steps and a query."""

    def __init__(self, width: int, memory: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(memory, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)

    def forward(self, h: Tensor, memory: Tensor, keys: Tensor) -> Tensor:
        scores = self.score(torch.tanh(keys + self.query(h).unsqueeze(1)))
        context: Tensor = (scores.softmax(dim=1) * memory).sum(dim=1)
        return context


class RNNSearch(nn.Module):
    def __init__(
        self, words: int = 30_000, d: int = 620, width: int = 1000, maxout: int = 500
    ) -> None:
        super().__init__()
        self.source_embedding = nn.Embedding(words, d)
        self.encoder = nn.GRU(d, width, batch_first=True, bidirectional=True)
        self.start = nn.Linear(width, width)
        self.target_embedding = nn.Embedding(words, d)
        self.attention = AdditiveAttention(width, 2 * width)
        self.cell = nn.GRUCell(d + 2 * width, width)
        self.readout = nn.Linear(width + d + 2 * width, 2 * maxout)
        self.head = nn.Linear(maxout, words)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Scores of the word after each of the target's, [B, T, words]."""
        memory, last = self.encoder(self.source_embedding(source))
        keys = self.attention.key(memory)
        h = torch.tanh(self.start(last[1]))
        steps = []
        for step in self.target_embedding(target).unbind(1):
            context = self.attention(h, memory, keys)
            readout = self.readout(torch.cat([h, step, context], dim=1))
            steps.append(readout.unflatten(1, (-1, 2)).amax(dim=2))
            h = self.cell(torch.cat([step, context], dim=1), h)
        out: Tensor = self.head(torch.stack(steps, dim=1))
        return out
