"""The LSTM language model against torch.nn.LSTM."""

from __future__ import annotations

import torch
from entry import Entry, Part
from handwritten.lstm_lm import LanguageModel

ENTRY = Entry(
    title="LSTM language model",
    source="Zaremba et al., 2014",
    reference="torch.nn.LSTM",
    parameters=13_280_400,
    small={"words": 200, "width": 16},
    parts=(
        Part(
            full=LanguageModel,
            small=lambda: LanguageModel(words=200, width=16),
            inputs=lambda generator: {"x": torch.randint(200, (3, 35), generator=generator)},
            call=lambda module, inputs: module(inputs["x"]),
        ),
    ),
)
