"""PointNet against one written from the paper."""

from __future__ import annotations

import torch
from entry import Entry, Part
from handwritten.pointnet import PointNet

ENTRY = Entry(
    title="PointNet",
    source="Qi et al., 2017",
    reference="written by hand",
    parameters=3_473_969,
    small={"classes": 10, "width": 8, "points": 32},
    parts=(
        Part(
            full=PointNet,
            small=lambda: PointNet(classes=10, width=8),
            inputs=lambda generator: {"x": torch.randn(2, 3, 32, generator=generator)},
            call=lambda module, inputs: module(inputs["x"]),
        ),
    ),
)
