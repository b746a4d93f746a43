"""DDPM and its simplified loss against ones written by hand."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Objective, Part
from handwritten.ddpm import Diffusion, UNet
from torch import Tensor, nn

Fields = Mapping[str, Tensor]
TIMESTEPS = 50


def network() -> nn.Module:
    """The small one; what begins with zeros has numbers here, so that nothing is hidden."""
    made = UNet(widths=[32, 64], side=8, attention=8)
    for parameter in made.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.05)
    return made


def noisy(generator: torch.Generator) -> Fields:
    """Images and their steps."""
    return {
        "x": torch.randn(2, 3, 8, 8, generator=generator),
        "t": torch.randint(TIMESTEPS, (2,), generator=generator),
    }


def simplified(models: Mapping[str, nn.Module], fields: Fields) -> Tensor:
    """Equation 14, with what each step keeps of the image multiplied up one by one."""
    x = fields["x"]
    t = torch.randint(TIMESTEPS, (len(x),))
    noise = torch.randn(x.shape)
    kept, images = 1.0, []
    for step in range(TIMESTEPS):
        kept *= 1 - (1e-4 + (0.02 - 1e-4) * step / (TIMESTEPS - 1))
        images.append(kept**0.5 * x + (1 - kept) ** 0.5 * noise)
    mixed = torch.stack([images[step][row] for row, step in enumerate(t.tolist())])
    guess: Tensor = models["Denoiser"](mixed, t)
    return (noise - guess).square().mean()


ENTRY = Entry(
    title="DDPM",
    source="Ho et al., 2020",
    reference="written by hand",
    parameters=35_746_307,
    small={"timesteps": TIMESTEPS, "widths": "[32,64]", "side": 8, "attention": 8},
    parts=(
        Part(
            model="Diffusion",
            full=Diffusion,
            small=lambda: Diffusion(TIMESTEPS),
            inputs=lambda generator: {
                **noisy(generator),
                "noise": torch.randn(2, 3, 8, 8, generator=generator),
            },
            call=lambda module, inputs: module(inputs["x"], inputs["t"], inputs["noise"]),
            names="ddpm_diffusion",
            learns=False,
        ),
        Part(
            model="Denoiser",
            full=UNet,
            small=network,
            inputs=noisy,
            call=lambda module, inputs: module(inputs["x"], inputs["t"]),
            names="ddpm_denoiser",
        ),
    ),
    losses=(
        Objective(
            fields=lambda generator: {"x": torch.randn(4, 3, 8, 8, generator=generator)},
            call=simplified,
        ),
    ),
)
