"""ViT-B/16 against transformers'."""

from __future__ import annotations

from entry import Entry, Part
from handwritten.vit_b_16 import ViT
from images import images, logits
from torch import nn
from transformers import ViTConfig, ViTForImageClassification


def reference(
    classes: int = 1000,
    image: int = 224,
    patch: int = 16,
    width: int = 768,
    heads: int = 12,
    depth: int = 12,
) -> nn.Module:
    config = ViTConfig(
        hidden_size=width,
        num_hidden_layers=depth,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        image_size=image,
        patch_size=patch,
        num_labels=classes,
        layer_norm_eps=1e-6,
        attn_implementation="eager",
    )
    module: nn.Module = ViTForImageClassification(config)
    return module


ENTRY = Entry(
    title="ViT-B/16",
    source="Dosovitskiy et al., 2020",
    reference="transformers",
    parameters=86_567_656,
    small={"classes": 10, "image": 32, "patch": 8, "width": 32, "heads": 4, "depth": 2},
    parts=(
        Part(
            full=reference,
            inputs=images(32, 32),
            call=logits,
            names="vit_b_16",
            by_hand=ViT,
        ),
    ),
)
