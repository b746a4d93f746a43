"""The network of Elman against torch.nn.RNN."""

from __future__ import annotations

import torch
from entry import Entry, Part
from handwritten.rnn import ElmanNetwork
from torch import Tensor, nn


class Reference(nn.Module):
    """Words by torch.nn.RNN."""

    def __init__(self, words: int = 31, width: int = 150) -> None:
        super().__init__()
        self.words = words
        self.rnn = nn.RNN(words, width, batch_first=True)
        self.head = nn.Linear(width, words)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.rnn(nn.functional.one_hot(x, self.words).float())
        out: Tensor = self.head(states)
        return out


ENTRY = Entry(
    title="Elman network",
    source="Elman, 1990",
    reference="torch.nn.RNN",
    parameters=32_131,
    small={"words": 9, "width": 12},
    parts=(
        Part(
            full=Reference,
            small=lambda: Reference(words=9, width=12),
            inputs=lambda generator: {"x": torch.randint(9, (3, 20), generator=generator)},
            call=lambda module, inputs: module(inputs["x"]),
            names="rnn",
            by_hand=ElmanNetwork,
        ),
    ),
)
