"""Wide & Deep (Cheng et al., 2016) for the columns of the census of 1994."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class WideDeep(nn.Module):
    """A linear model of categories and pairs of them beside a perceptron of their embeddings."""

    def __init__(
        self,
        numbers: int = 5,
        counts: Sequence[int] = (9, 16, 7, 15, 6, 5, 2, 42),
        crosses: Sequence[tuple[int, int]] = ((1, 3), (7, 3)),
        width: int = 32,
        hidden: Sequence[int] = (1024, 512, 256),
    ) -> None:
        super().__init__()
        self.counts = counts
        self.crosses = crosses
        self.wide = nn.ModuleList(nn.Embedding(count, 1) for count in counts)
        self.crossed = nn.ModuleList(nn.Embedding(counts[a] * counts[b], 1) for a, b in crosses)
        self.embeddings = nn.ModuleList(nn.Embedding(count, width) for count in counts)
        layers: list[nn.Module] = []
        n = numbers + len(counts) * width
        for size in hidden:
            layers += [nn.Linear(n, size), nn.ReLU()]
            n = size
        self.deep = nn.Sequential(*layers, nn.Linear(n, 1))

    def forward(self, numbers: Tensor, categories: Tensor) -> Tensor:
        columns = [
            column % count for column, count in zip(categories.unbind(1), self.counts, strict=True)
        ]
        score = sum(table(column) for table, column in zip(self.wide, columns, strict=True))
        for (a, b), table in zip(self.crosses, self.crossed, strict=True):
            score = score + table(columns[a] * self.counts[b] + columns[b])
        embedded = [e(column) for e, column in zip(self.embeddings, columns, strict=True)]
        out: Tensor = score + self.deep(torch.cat([numbers, *embedded], dim=1))
        return out.squeeze(1)
