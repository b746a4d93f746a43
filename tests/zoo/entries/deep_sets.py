"""Deep Sets against one written from the paper."""

from __future__ import annotations

import torch
from entry import Entry, Part
from handwritten.deep_sets import DeepSets

ENTRY = Entry(
    title="Deep Sets",
    source="Zaheer et al., 2017",
    reference="written by hand",
    parameters=340_520,
    small={"classes": 10, "width": 16},
    parts=(
        Part(
            full=DeepSets,
            small=lambda: DeepSets(classes=10, width=16),
            inputs=lambda generator: {"x": torch.randn(2, 100, 3, generator=generator)},
            call=lambda module, inputs: module(inputs["x"]),
        ),
    ),
)
