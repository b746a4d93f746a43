"""WaveNet against one written from the paper."""

from __future__ import annotations

import torch
from entry import Entry, Part
from handwritten.wavenet import WaveNet


def small() -> WaveNet:
    return WaveNet(levels=16, channels=6, skip=10, depth=3, stacks=2)


ENTRY = Entry(
    title="WaveNet",
    source="van den Oord et al., 2016",
    reference="written by hand",
    parameters=557_920,
    small={"levels": 16, "channels": 6, "skip": 10, "depth": 3, "stacks": 2},
    parts=(
        Part(
            full=WaveNet,
            small=small,
            inputs=lambda generator: {"x": torch.randint(16, (2, 1024), generator=generator)},
            call=lambda module, inputs: module(inputs["x"]),
        ),
    ),
)
