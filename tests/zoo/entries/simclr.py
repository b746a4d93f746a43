"""SimCLR and its loss against ones written by hand."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Objective, Part
from handwritten.simclr import Encoder, Head
from torch import Tensor, nn


def views(generator: torch.Generator) -> Mapping[str, Tensor]:
    """Two views of five images."""
    one, two = torch.rand(2, 5, 3, 16, 16, generator=generator)
    return {"one": one, "two": two}


def nt_xent(models: Mapping[str, nn.Module], fields: Mapping[str, Tensor]) -> Tensor:
    """Algorithm 1 as it is written, with views of one image side by side."""
    images = torch.stack([fields["one"], fields["two"]], dim=1).flatten(0, 1)
    z = models["Head"](models["Encoder"](images))
    count, temperature = len(z), 0.2
    likeness = (z @ z.T) / (z.norm(dim=1)[:, None] * z.norm(dim=1)) / temperature

    def of_pair(i: int, j: int) -> Tensor:
        others = [likeness[i, k] for k in range(count) if k != i]
        return -torch.log(likeness[i, j].exp() / torch.stack(others).exp().sum())

    each = [of_pair(k, k + 1) + of_pair(k + 1, k) for k in range(0, count, 2)]
    return torch.stack(each).sum() / count


ENTRY = Entry(
    title="SimCLR",
    source="Chen et al., 2020",
    reference="written by hand",
    parameters=11_497_152,
    small={"width": 4, "features": 6, "temperature": 0.2},
    parts=(
        Part(
            model="Encoder",
            full=Encoder,
            small=lambda: Encoder(width=4),
            inputs=lambda generator: {"x": torch.rand(3, 3, 32, 32, generator=generator)},
            call=lambda module, inputs: module(inputs["x"]),
        ),
        Part(
            model="Head",
            full=Head,
            small=lambda: Head(inputs=32, features=6),
            inputs=lambda generator: {"h": torch.randn(3, 32, generator=generator)},
            call=lambda module, inputs: module(inputs["h"]),
        ),
    ),
    losses=(Objective(fields=views, call=nt_xent),),
)
