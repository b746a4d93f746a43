"""Swin-T against transformers'."""

from __future__ import annotations

from collections.abc import Sequence

from entry import Entry, Part
from handwritten.swin_t import Swin
from images import images, logits
from torch import nn
from transformers import SwinConfig, SwinForImageClassification


def reference(
    classes: int = 1000,
    image: int = 224,
    width: int = 96,
    depths: Sequence[int] = (2, 2, 6, 2),
    heads: Sequence[int] = (3, 6, 12, 24),
    window: int = 7,
) -> nn.Module:
    config = SwinConfig(
        image_size=image,
        embed_dim=width,
        depths=list(depths),
        num_heads=list(heads),
        window_size=window,
        drop_path_rate=0.0,
        num_labels=classes,
        attn_implementation="eager",
    )
    module: nn.Module = SwinForImageClassification(config)
    return module


ENTRY = Entry(
    title="Swin-T",
    source="Liu et al., 2021",
    reference="transformers",
    parameters=28_288_354,
    small={
        "classes": 10,
        "image": 32,
        "width": 16,
        "depths": [2, 2],
        "heads": [2, 4],
        "window": 4,
    },
    parts=(
        Part(
            full=reference,
            inputs=images(32, 32),
            call=logits,
            names="swin_t",
            by_hand=Swin,
        ),
    ),
)
