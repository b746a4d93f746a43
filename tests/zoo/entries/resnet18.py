"""ResNet-18 against transformers'."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Part
from torch import Tensor, nn
from transformers import ResNetConfig, ResNetForImageClassification


def reference(classes: int = 1000) -> nn.Module:
    config = ResNetConfig(
        embedding_size=64,
        hidden_sizes=[64, 128, 256, 512],
        depths=[2, 2, 2, 2],
        layer_type="basic",
        num_labels=classes,
    )
    module: nn.Module = ResNetForImageClassification(config)
    return module


def logits(module: nn.Module, inputs: Mapping[str, Tensor]) -> Tensor:
    found: Tensor = module(pixel_values=inputs["x"]).logits
    return found


ENTRY = Entry(
    title="ResNet-18",
    source="He et al., 2015",
    reference="transformers",
    parameters=11_689_512,
    small={"classes": 10},
    parts=(
        Part(
            full=reference,
            small=lambda: reference(classes=10),
            inputs=lambda generator: {"x": torch.randn(2, 3, 64, 96, generator=generator)},
            call=logits,
            names="resnet18",
        ),
    ),
)
