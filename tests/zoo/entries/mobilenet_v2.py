"""MobileNetV2 against transformers'."""

from __future__ import annotations

from entry import Entry, Part
from handwritten.mobilenet_v2 import MobileNetV2
from images import begun, images, logits
from torch import nn
from transformers import MobileNetV2Config, MobileNetV2ForImageClassification


def reference(classes: int = 1000, width: float = 1.0) -> nn.Module:
    config = MobileNetV2Config(
        depth_multiplier=width,
        tf_padding=False,
        layer_norm_eps=1e-5,
        classifier_dropout_prob=0.2,
        num_labels=classes,
    )
    return begun(MobileNetV2ForImageClassification(config))


ENTRY = Entry(
    title="MobileNetV2",
    source="Sandler et al., 2018",
    reference="transformers",
    parameters=3_504_872,
    small={"classes": 10, "width": 0.35, "side": 32},
    parts=(
        Part(
            full=reference,
            inputs=images(64, 96),
            call=logits,
            names="mobilenet_v2",
            by_hand=MobileNetV2,
        ),
    ),
)
