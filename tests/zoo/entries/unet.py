"""U-Net against the module written by hand."""

from __future__ import annotations

from entry import Entry, Part
from handwritten.unet import UNet
from images import images, scores

ENTRY = Entry(
    title="U-Net",
    source="Ronneberger et al., 2015",
    reference="written by hand",
    parameters=31_037_698,
    small={"base": 8, "depth": 3, "side": 32},
    parts=(
        Part(
            full=UNet,
            inputs=images(32, 48),
            call=scores,
            by_hand=UNet,
        ),
    ),
)
