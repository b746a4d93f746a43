"""A siamese network and its contrastive loss against ones written by hand."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Objective, Outputs, Part
from handwritten.siamese import Tower
from torch import Tensor, nn


def pairs(generator: torch.Generator) -> Mapping[str, Tensor]:
    """Six pairs of images, half of them alike."""
    return {
        "left": torch.rand(6, 1, 32, 32, generator=generator),
        "right": torch.rand(6, 1, 32, 32, generator=generator),
        "y": torch.tensor([0, 1, 0, 1, 1, 0]),
    }


def contrastive(models: Mapping[str, nn.Module], fields: Mapping[str, Tensor]) -> Outputs:
    """The mean over the pairs of equation 4, and the parts of it for pairs alike and not.

    The distance is torch's, which adds 1e-6 to each difference.
    """
    tower, margin = models["Tower"], 0.2
    left, right = tower(fields["left"]), tower(fields["right"])
    alike, unlike = torch.zeros(()), torch.zeros(())
    for a, b, label in zip(left, right, fields["y"], strict=True):
        distance = (a - b + 1e-6).norm()
        if label == 0:
            alike = alike + distance.square() / 2 / len(left)
        else:
            unlike = unlike + (margin - distance).clamp(min=0).square() / 2 / len(left)
    return alike + unlike, alike, unlike


ENTRY = Entry(
    title="Siamese network",
    source="Hadsell et al., 2006",
    reference="written by hand",
    parameters=37_097,
    small={"features": 3, "margin": 0.2},
    parts=(
        Part(
            model="Tower",
            full=Tower,
            small=lambda: Tower(features=3),
            inputs=lambda generator: {"x": torch.rand(4, 1, 32, 32, generator=generator)},
            call=lambda module, inputs: module(inputs["x"]),
        ),
    ),
    losses=(Objective(fields=pairs, call=contrastive),),
)
