"""An LSTM language model (Zaremba et al., 2014), with tied weights (Press and Wolf, 2017)."""

from __future__ import annotations

from torch import Tensor, nn


class LanguageModel(nn.Module):
    def __init__(
        self, words: int = 10_000, width: int = 650, layers: int = 2, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(words, width)
        self.rnn = nn.LSTM(width, width, layers, dropout=dropout, batch_first=True)
        self.decoder = nn.Linear(width, words)
        self.decoder.weight = self.encoder.weight
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.05, 0.05)

    def forward(self, x: Tensor) -> Tensor:
        """Map words [B, T] to the scores of the word after each, [B, T, words]."""
        states, _ = self.rnn(self.drop(self.encoder(x)))
        out: Tensor = self.decoder(self.drop(states))
        return out
