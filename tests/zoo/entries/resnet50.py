"""ResNet-50 against transformers'."""

from __future__ import annotations

from collections.abc import Sequence

from entry import Entry, Part
from handwritten.resnet50 import ResNet50
from images import images, logits
from torch import nn
from transformers import ResNetConfig, ResNetForImageClassification


def reference(
    classes: int = 1000, width: int = 64, depths: Sequence[int] = (3, 4, 6, 3)
) -> nn.Module:
    config = ResNetConfig(
        embedding_size=width,
        hidden_sizes=[width * times for times in (4, 8, 16, 32)],
        depths=list(depths),
        layer_type="bottleneck",
        downsample_in_bottleneck=False,
        num_labels=classes,
    )
    module: nn.Module = ResNetForImageClassification(config)
    return module


ENTRY = Entry(
    title="ResNet-50",
    source="He et al., 2015",
    reference="transformers",
    parameters=25_557_032,
    small={"classes": 10, "width": 8, "depths": [2, 1, 2, 1], "side": 32},
    parts=(
        Part(
            full=reference,
            inputs=images(64, 96),
            call=logits,
            names="resnet50",
            by_hand=ResNet50,
        ),
    ),
)
