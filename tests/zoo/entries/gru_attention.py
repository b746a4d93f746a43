"""The encoder and decoder of Bahdanau et al. against one written from the paper."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Part
from handwritten.gru_attention import RNNSearch
from torch import Tensor


def sentences(generator: torch.Generator) -> Mapping[str, Tensor]:
    source = torch.randint(13, (3, 12), generator=generator)
    return {"source": source, "target": torch.randint(13, (3, 10), generator=generator)}


ENTRY = Entry(
    title="GRU with attention",
    source="Bahdanau et al., 2015",
    reference="written by hand",
    parameters=80_451_000,
    small={"words": 13, "embedding": 8, "width": 12, "maxout": 10},
    parts=(
        Part(
            full=RNNSearch,
            small=lambda: RNNSearch(words=13, d=8, width=12, maxout=10),
            inputs=sentences,
            call=lambda module, inputs: module(inputs["source"], inputs["target"]),
            names="gru_attention",
        ),
    ),
)
