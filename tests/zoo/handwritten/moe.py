"""A language model with a mixture of experts between two LSTMs (Shazeer et al., 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Expert(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(torch.relu(self.fc1(x)))
        return out


class MixtureOfExperts(nn.Module):
    """The `k` best experts of each token, weighed; all compute, the others with weight 0."""

    def __init__(self, width: int, hidden: int, experts: int, k: int) -> None:
        super().__init__()
        self.k = k
        self.gate = nn.Linear(width, experts, bias=False)
        self.experts = nn.ModuleList(Expert(width, hidden) for _ in range(experts))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        scores = self.gate(x)
        best, which = scores.topk(self.k, dim=-1)
        gates = torch.zeros_like(scores).scatter(-1, which, best.softmax(dim=-1))
        outputs = torch.stack([expert(x) for expert in self.experts], dim=-1)
        return (outputs * gates.unsqueeze(-2)).sum(dim=-1), gates


class LanguageModel(nn.Module):
    def __init__(
        self,
        words: int = 10_000,
        width: int = 512,
        hidden: int = 1024,
        experts: int = 32,
        k: int = 4,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.lstm1 = nn.LSTM(width, width, batch_first=True)
        self.moe = MixtureOfExperts(width, hidden, experts, k)
        self.lstm2 = nn.LSTM(width, width, batch_first=True)
        self.head = nn.Linear(width, words)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of the next words, [B, T, words], and the gates, [B, T, experts]."""
        h = self.drop(self.embedding(x))
        h = h + self.drop(self.lstm1(h)[0])
        mixed, gates = self.moe(h)
        h = h + self.drop(torch.sigmoid(mixed))
        h = h + self.drop(self.lstm2(h)[0])
        return self.head(h), gates
