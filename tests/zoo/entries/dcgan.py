"""DCGAN, and the losses of both its sides, against one written by hand."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Objective, Outputs, Part
from handwritten.dcgan import Discriminator, Generator
from torch import Tensor, nn
from torch.nn.functional import softplus

Fields = Mapping[str, Tensor]
Models = Mapping[str, nn.Module]


def pictures(generator: torch.Generator) -> Fields:
    """Pictures of the small size, within -1 and 1."""
    return {"x": 2 * torch.rand(6, 3, 12, 12, generator=generator) - 1}


def noise(rows: int) -> Tensor:
    """What the generator begins with: some numbers within -1 and 1 a picture, here 5."""
    return torch.rand(rows, 5) * 2 - 1


def discriminator(models: Models, fields: Fields) -> Outputs:
    """-log D(x) - log(1 - D(G(z))), and its two terms."""
    x = fields["x"]
    with torch.no_grad():
        made = models["Generator"](noise(len(x)))
    real = softplus(-models["Discriminator"](x)).mean()
    fake = softplus(models["Discriminator"](made)).mean()
    return real + fake, real, fake


def generator(models: Models, fields: Fields) -> Tensor:
    """-log D(G(z))."""
    made = models["Generator"](noise(len(fields["x"])))
    return softplus(-models["Discriminator"](made)).mean()


ENTRY = Entry(
    title="DCGAN",
    source="Radford et al., 2015",
    reference="written by hand",
    parameters=23_694_724,
    small={"latent": 5, "width": 4, "start": 3, "stages": 2},
    parts=(
        Part(
            model="Generator",
            full=Generator,
            small=lambda: Generator(latent=5, width=4, start=3, stages=2),
            inputs=lambda generator: {"z": torch.randn(4, 5, generator=generator)},
            call=lambda module, inputs: module(inputs["z"]),
            names="dcgan_generator",
        ),
        Part(
            model="Discriminator",
            full=Discriminator,
            small=lambda: Discriminator(width=4, start=3, stages=2),
            inputs=pictures,
            call=lambda module, inputs: module(inputs["x"]),
            names="dcgan_discriminator",
        ),
    ),
    losses=(
        Objective(phase="discriminator", fields=pictures, call=discriminator),
        Objective(phase="generator", fields=pictures, call=generator),
    ),
)
