"""DLRM (Naumov et al., 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

# How many categories each column of the Criteo set has.
CRITEO = (
    1460,
    583,
    10131227,
    2202608,
    305,
    24,
    12517,
    633,
    3,
    93145,
    5683,
    8351593,
    3194,
    27,
    14992,
    5461306,
    10,
    5652,
    2173,
    4,
    7046547,
    18,
    15,
    286181,
    105,
    142572,
)


def perceptron(widths: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n, width in pairwise(widths):
        layers += [nn.Linear(n, width), nn.ReLU()]
    return nn.Sequential(*layers)


class DLRM(nn.Module):
    """The score of a click, from numbers [B, 13] and hashes of categories [B, tables]."""

    def __init__(
        self,
        counts: Sequence[int] = CRITEO,
        width: int = 16,
        bottom: Sequence[int] = (512, 256, 64),
        top: Sequence[int] = (512, 256),
    ) -> None:
        super().__init__()
        self.counts = counts
        self.bot_l = perceptron([13, *bottom, width])
        self.emb_l = nn.ModuleList(nn.Embedding(count, width) for count in counts)
        pairs = len(counts) * (len(counts) + 1) // 2
        self.top_l = perceptron([width + pairs, *top])
        self.top_l.append(nn.Linear(top[-1], 1))

    def forward(self, numbers: Tensor, categories: Tensor) -> Tensor:
        dense = self.bot_l(numbers)
        features = [dense]
        for i, (table, count) in enumerate(zip(self.emb_l, self.counts, strict=True)):
            features.append(table(categories[:, i] % count))
        x = torch.stack(features, dim=1)
        products = x @ x.transpose(1, 2)
        rows, columns = torch.tril_indices(x.shape[1], x.shape[1], offset=-1, device=x.device)
        out: Tensor = self.top_l(torch.cat([dense, products[:, rows, columns]], dim=1))
        return out.squeeze(1)
