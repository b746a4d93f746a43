"""MLP-Mixer against one written from the paper."""

from __future__ import annotations

import torch
from entry import Entry, Part
from handwritten.mlp_mixer import MlpMixer


def small() -> MlpMixer:
    return MlpMixer(
        size=32, patch=8, width=24, depth=2, token_hidden=20, channel_hidden=48, classes=10
    )


ENTRY = Entry(
    title="MLP-Mixer B/16",
    source="Tolstikhin et al., 2021",
    reference="written by hand",
    parameters=59_880_472,
    small={
        "size": 32,
        "patch": 8,
        "width": 24,
        "depth": 2,
        "token_hidden": 20,
        "channel_hidden": 48,
        "classes": 10,
    },
    parts=(
        Part(
            full=MlpMixer,
            small=small,
            inputs=lambda generator: {"x": torch.randn(2, 3, 32, 32, generator=generator)},
            call=lambda module, inputs: module(inputs["x"]),
        ),
    ),
)
