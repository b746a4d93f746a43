"""DLRM against one written from the paper."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Part
from handwritten.dlrm import DLRM
from torch import Tensor


def small() -> DLRM:
    return DLRM(counts=(7, 50, 3, 12), width=6, bottom=(16, 8), top=(16, 8))


def rows(generator: torch.Generator) -> Mapping[str, Tensor]:
    categories = torch.randint(1_000_000, (9, 4), generator=generator)
    return {"numbers": torch.randn(9, 13, generator=generator), "categories": categories}


ENTRY = Entry(
    title="DLRM",
    source="Naumov et al., 2019",
    reference="written by hand",
    parameters=540_677_217,
    small={"counts": "[7, 50, 3, 12]", "width": 6, "bottom": "[16, 8]", "top": "[16, 8]"},
    parts=(
        Part(
            full=DLRM,
            small=small,
            inputs=rows,
            call=lambda module, inputs: module(inputs["numbers"], inputs["categories"]),
        ),
    ),
)
