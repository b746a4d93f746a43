"""Wide & Deep against one written from the paper."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Part
from handwritten.wide_deep import WideDeep
from torch import Tensor


def small() -> WideDeep:
    return WideDeep(width=6, hidden=(24, 12))


def rows(generator: torch.Generator) -> Mapping[str, Tensor]:
    categories = torch.randint(42, (9, 8), generator=generator)
    return {"numbers": torch.randn(9, 5, generator=generator), "categories": categories}


ENTRY = Entry(
    title="Wide & Deep",
    source="Cheng et al., 2016",
    reference="written by hand",
    parameters=928_909,
    small={"width": 6, "hidden": "[24, 12]"},
    parts=(
        Part(
            full=WideDeep,
            small=small,
            inputs=rows,
            call=lambda module, inputs: module(inputs["numbers"], inputs["categories"]),
        ),
    ),
)
