"""How the loss of a batch is computed: through the model's outputs, or by the models it applies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor, nn

from netspec.program.train import Phase
from netspec.runner.job import Batch, Evaluate, Loss, Wiring
from netspec.runner.precision import PLAIN, Arithmetic

Forward = Callable[..., Any]


def evaluation(
    phase: Phase,
    module: nn.Module,
    loss: Loss,
    wiring: Wiring,
    arithmetic: Arithmetic = PLAIN,
    *,
    compiled: bool = False,
) -> Evaluate:
    """The function from a batch to the loss with its terms, and the pool that metrics look in.

    The loss and its terms are float32, however few digits they were computed with. What is
    `compiled` are the models; the modules stay what they are, and so do their keys.
    """
    if phase.applied:
        held = isinstance(module, nn.ModuleDict)
        models = [module.get_submodule(name) if held else module for name in phase.applied]
        compute = _applying(
            phase, [_run(model, compiled=compiled) for model in models], loss, wiring
        )
    else:
        compute = _looking(_run(module, compiled=compiled), loss, wiring)
    if not arithmetic.low:
        return compute

    def in_few_digits(batch: Batch) -> tuple[tuple[Tensor, ...], Batch]:
        with arithmetic.autocast:
            values, pool = compute(batch)
        return tuple(value.float() for value in values), pool

    return in_few_digits


def _run(module: nn.Module, *, compiled: bool) -> Forward:
    """What is called in place of a module."""
    made: Forward = torch.compile(module) if compiled else module
    return made


def _looking(module: Forward, loss: Loss, wiring: Wiring) -> Evaluate:
    """It for a loss that looks at the outputs of the one model."""
    inputs, operands = _picking(wiring.inputs), _picking(wiring.operands)

    def through_outputs(batch: Batch) -> tuple[tuple[Tensor, ...], Batch]:
        output = module(*inputs(batch))
        pool = (*output, *batch) if isinstance(output, tuple) else (output, *batch)
        return loss(*operands(pool)), pool

    return through_outputs


def _picking(places: tuple[int, ...]) -> Callable[[Batch], Batch]:
    """What takes the tensors at these places, in this order; it runs several times a step."""
    if len(places) == 1:
        (only,) = places
        return lambda tensors: (tensors[only],)
    if not places:
        return lambda tensors: ()
    several: Callable[[Batch], Batch] = itemgetter(*places)
    return several


def _applying(phase: Phase, models: Sequence[Forward], loss: Loss, wiring: Wiring) -> Evaluate:
    """The same for a loss that takes the models themselves."""
    operands, count = wiring.operands, 1 + len(phase.terms)

    def through_models(batch: Batch) -> tuple[tuple[Tensor, ...], Batch]:
        values = loss(*models, *[batch[i] for i in operands])
        return values[:count], (*values[count:], *batch)

    return through_models
