"""The mixture of experts of Shazeer et al. against one written from the paper."""

from __future__ import annotations

import torch
from entry import Entry, Part
from handwritten.moe import LanguageModel


def small() -> LanguageModel:
    return LanguageModel(words=200, width=16, hidden=24, experts=6, k=2)


ENTRY = Entry(
    title="Mixture of experts",
    source="Shazeer et al., 2017",
    reference="written by hand",
    parameters=48_072_464,
    small={"words": 200, "width": 16, "hidden": 24, "experts": 6, "k": 2},
    parts=(
        Part(
            full=LanguageModel,
            small=small,
            inputs=lambda generator: {"x": torch.randint(200, (3, 20), generator=generator)},
            call=lambda module, inputs: module(inputs["x"]),
        ),
    ),
)
