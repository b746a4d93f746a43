"""What the entries of models of images share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

Inputs = Mapping[str, Tensor]


def images(height: int, width: int) -> Callable[[torch.Generator], Inputs]:
    """Two random images by the name of `x`."""
    return lambda generator: {"x": torch.randn(2, 3, height, width, generator=generator)}


def scores(module: nn.Module, inputs: Inputs) -> Tensor:
    """What a module written by hand gives."""
    found: Tensor = module(inputs["x"])
    return found


def logits(module: nn.Module, inputs: Inputs) -> Tensor:
    """What a classifier of transformers gives."""
    found: Tensor = module(pixel_values=inputs["x"]).logits
    return found


def begun(module: nn.Module) -> nn.Module:
    """A reference of transformers with weights and averages as torch begins them.

    Its own small weights would leave next to nothing to compare, and some of its batch norms
    average as TensorFlow's do.
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
            part.reset_parameters()
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 0.1
    return module
