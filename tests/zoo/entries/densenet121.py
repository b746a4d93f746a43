"""DenseNet-121 against the module written by hand."""

from __future__ import annotations

from entry import Entry, Part
from handwritten.densenet121 import DenseNet121
from images import images, scores

ENTRY = Entry(
    title="DenseNet-121",
    source="Huang et al., 2016",
    reference="written by hand",
    parameters=7_978_856,
    small={"classes": 10, "growth": 8, "depths": [2, 3, 4, 2], "side": 32},
    parts=(
        Part(
            full=DenseNet121,
            inputs=images(64, 96),
            call=scores,
            by_hand=DenseNet121,
        ),
    ),
)
