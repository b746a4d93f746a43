"""ResNet-18 against transformers'."""

from __future__ import annotations

from entry import Entry, Part
from handwritten.resnet18 import ResNet18
from images import images, logits
from torch import nn
from transformers import ResNetConfig, ResNetForImageClassification


def reference(classes: int = 1000, width: int = 64) -> nn.Module:
    config = ResNetConfig(
        embedding_size=width,
        hidden_sizes=[width * times for times in (1, 2, 4, 8)],
        depths=[2, 2, 2, 2],
        layer_type="basic",
        num_labels=classes,
    )
    module: nn.Module = ResNetForImageClassification(config)
    return module


ENTRY = Entry(
    title="ResNet-18",
    source="He et al., 2015",
    reference="transformers",
    parameters=11_689_512,
    small={"classes": 10, "width": 8, "side": 32},
    parts=(
        Part(
            full=reference,
            inputs=images(64, 96),
            call=logits,
            names="resnet18",
            by_hand=ResNet18,
        ),
    ),
)
