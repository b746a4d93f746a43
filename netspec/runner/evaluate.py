"""How the loss of a batch is computed: through the model's outputs, or by the models it applies."""

from __future__ import annotations

from torch import Tensor, nn

from netspec.program.train import Phase
from netspec.runner.job import Batch, Evaluate, Loss, Wiring
from netspec.runner.precision import PLAIN, Arithmetic


def evaluation(
    phase: Phase,
    module: nn.Module,
    loss: Loss,
    wiring: Wiring,
    arithmetic: Arithmetic = PLAIN,
) -> Evaluate:
    """The function from a batch to the loss with its terms, and the pool that metrics look in.

    The loss and its terms are float32, however few digits they were computed with.
    """
    compute = (_applying if phase.applied else _looking)(phase, module, loss, wiring)
    if not arithmetic.low:
        return compute

    def in_few_digits(batch: Batch) -> tuple[tuple[Tensor, ...], Batch]:
        with arithmetic.autocast:
            values, pool = compute(batch)
        return tuple(value.float() for value in values), pool

    return in_few_digits


def _looking(phase: Phase, module: nn.Module, loss: Loss, wiring: Wiring) -> Evaluate:
    """It for a loss that looks at the outputs of the one model."""
    inputs, operands = wiring.inputs, wiring.operands

    def through_outputs(batch: Batch) -> tuple[tuple[Tensor, ...], Batch]:
        output = module(*[batch[i] for i in inputs])
        pool = (*output, *batch) if isinstance(output, tuple) else (output, *batch)
        return loss(*[pool[i] for i in operands]), pool

    return through_outputs


def _applying(phase: Phase, module: nn.Module, loss: Loss, wiring: Wiring) -> Evaluate:
    """The same for a loss that takes the models themselves."""
    held = isinstance(module, nn.ModuleDict)
    models = [module.get_submodule(name) if held else module for name in phase.applied]
    operands, count = wiring.operands, 1 + len(phase.terms)

    def through_models(batch: Batch) -> tuple[tuple[Tensor, ...], Batch]:
        values = loss(*models, *[batch[i] for i in operands])
        return values[:count], (*values[count:], *batch)

    return through_models
