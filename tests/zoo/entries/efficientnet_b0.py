"""EfficientNet-B0 against transformers'."""

from __future__ import annotations

from entry import Entry, Part
from handwritten.efficientnet_b0 import EfficientNetB0
from images import begun, images, logits
from torch import nn
from transformers import EfficientNetConfig, EfficientNetForImageClassification


def reference(classes: int = 1000, width: float = 1.0) -> nn.Module:
    config = EfficientNetConfig(
        width_coefficient=width,
        depth_coefficient=1.0,
        depthwise_padding=list(range(16)),  # as much on the left as on the right
        hidden_dim=round(1280 * width),
        batch_norm_eps=1e-5,
        dropout_rate=0.2,
        num_labels=classes,
    )
    module = EfficientNetForImageClassification(config)
    module.efficientnet.embeddings.padding = nn.ZeroPad2d(1)  # no option says it of the stem
    return begun(module)


ENTRY = Entry(
    title="EfficientNet-B0",
    source="Tan and Le, 2019",
    reference="transformers",
    parameters=5_288_548,
    small={"classes": 10, "width": 0.35, "side": 32},
    parts=(
        Part(
            full=reference,
            inputs=images(64, 96),
            call=logits,
            names="efficientnet_b0",
            by_hand=EfficientNetB0,
        ),
    ),
)
