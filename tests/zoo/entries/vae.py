"""The VAE, and its bound, against one written by hand."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Objective, Outputs, Part
from handwritten.vae import Decoder, Encoder
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy


def bound(models: Mapping[str, nn.Module], fields: Mapping[str, Tensor]) -> Outputs:
    """The negative lower bound a row, and its two terms (equation 10 of the paper)."""
    x = fields["x"]
    mu, logvar = models["Encoder"](x)
    x_hat = models["Decoder"](torch.randn_like(mu) * (logvar / 2).exp() + mu)
    recon = binary_cross_entropy(x_hat, x, reduction="none").sum(dim=(1, 2, 3)).mean()
    kl = (mu.square() + logvar.exp() - logvar - 1).sum(dim=1).mean() / 2
    return recon + kl, recon, kl


ENTRY = Entry(
    title="VAE",
    source="Kingma and Welling, 2013",
    reference="written by hand",
    parameters=815_824,
    small={"hidden": 16, "latent": 3},
    parts=(
        Part(
            model="Encoder",
            full=Encoder,
            small=lambda: Encoder(hidden=16, latent=3),
            inputs=lambda generator: {"x": torch.rand(4, 1, 28, 28, generator=generator)},
            call=lambda module, inputs: module(inputs["x"]),
        ),
        Part(
            model="Decoder",
            full=Decoder,
            small=lambda: Decoder(hidden=16, latent=3),
            inputs=lambda generator: {"z": torch.randn(4, 3, generator=generator)},
            call=lambda module, inputs: module(inputs["z"]),
        ),
    ),
    losses=(
        Objective(
            fields=lambda generator: {"x": torch.rand(4, 1, 28, 28, generator=generator)},
            call=bound,
        ),
    ),
)
