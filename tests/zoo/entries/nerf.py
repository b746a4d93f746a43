"""The network of NeRF against one written from the paper."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Part
from handwritten.nerf import NeRF
from torch import Tensor


def rays(generator: torch.Generator) -> Mapping[str, Tensor]:
    points = torch.rand(6, 3, generator=generator) * 2 - 1
    return {"points": points, "views": torch.randn(6, 3, generator=generator)}


ENTRY = Entry(
    title="NeRF",
    source="Mildenhall et al., 2020",
    reference="written by hand",
    parameters=595_844,
    small={"depth": 6, "width": 32},
    parts=(
        Part(
            full=NeRF,
            small=lambda: NeRF(depth=6, width=32),
            inputs=rays,
            call=lambda module, inputs: module(inputs["points"], inputs["views"]),
        ),
    ),
)
