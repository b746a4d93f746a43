"""ConvNeXt-T against transformers'."""

from __future__ import annotations

from collections.abc import Sequence

from entry import Entry, Part
from handwritten.convnext_tiny import ConvNeXtTiny
from images import begun, images, logits
from torch import nn
from transformers import ConvNextConfig, ConvNextForImageClassification


def reference(
    classes: int = 1000,
    dims: Sequence[int] = (96, 192, 384, 768),
    depths: Sequence[int] = (3, 3, 9, 3),
) -> nn.Module:
    config = ConvNextConfig(
        hidden_sizes=list(dims),
        depths=list(depths),
        layer_norm_eps=1e-6,
        layer_scale_init_value=1.0,  # 1e-6 would leave nothing of the blocks to compare
        drop_path_rate=0.1,
        num_labels=classes,
    )
    return begun(ConvNextForImageClassification(config))


ENTRY = Entry(
    title="ConvNeXt-T",
    source="Liu et al., 2022",
    reference="transformers",
    parameters=28_589_128,
    small={"classes": 10, "dims": [8, 16, 24, 32], "depths": [1, 2, 2, 1], "side": 32},
    parts=(
        Part(
            full=reference,
            inputs=images(64, 96),
            call=logits,
            names="convnext_tiny",
            by_hand=ConvNeXtTiny,
        ),
    ),
)
