"""VGG-11 against the module written by hand."""

from __future__ import annotations

from entry import Entry, Part
from handwritten.vgg11 import VGG11
from images import images, scores

ENTRY = Entry(
    title="VGG-11",
    source="Simonyan and Zisserman, 2014",
    reference="written by hand",
    parameters=132_863_336,
    small={"classes": 10, "width": 8, "hidden": 1024, "side": 32},
    parts=(
        Part(
            full=VGG11,
            inputs=images(64, 32),
            call=scores,
            by_hand=VGG11,
        ),
    ),
)
