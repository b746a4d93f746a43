"""The optimizer of a plan: torch's own class, its parameter groups, fused where torch allows."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn, optim
from torch.optim import Optimizer

from netspec.program.graph import Freezing, Literal
from netspec.program.train import FUSED, Choice, ParameterGroup
from netspec.runner.errors import (
    RunError,
    group_matches_nothing,
    near_patterns,
    nothing_to_train,
    optimizer_refuses,
)

# The closed table of what a plan's dotted name may mean.
OPTIMIZERS: dict[str, type[Optimizer]] = {
    f"torch.optim.{kind.__name__}": kind
    for kind in (
        optim.ASGD,
        optim.Adadelta,
        optim.Adafactor,
        optim.Adagrad,
        optim.Adam,
        optim.AdamW,
        optim.Adamax,
        optim.Muon,
        optim.LBFGS,
        optim.NAdam,
        optim.RAdam,
        optim.RMSprop,
        optim.Rprop,
        optim.SGD,
        optim.SparseAdam,
    )
}


def build_optimizer(
    choice: Choice,
    groups: tuple[ParameterGroup, ...],
    module: nn.Module,
    parameters: Mapping[str, nn.Parameter] | None = None,
) -> Optimizer:
    """Make the optimizer of these parameters of a module, or of all that take gradients."""
    named = list((taking_gradients(module) if parameters is None else parameters).items())
    if not named:
        raise RunError(nothing_to_train(choice.span))
    kind = OPTIMIZERS[choice.target]
    settings: dict[str, Any] = dict(choice.arguments)
    if choice.target in FUSED and runs_fused(kind, module):
        settings["fused"] = True
    try:
        return kind(_grouped(named, groups), **settings)
    except (ValueError, TypeError, RuntimeError) as refusal:
        reason = str(refusal)
        raise RunError(optimizer_refuses(choice.span, name=choice.name, reason=reason)) from refusal


def freeze(module: nn.Module, frozen: Sequence[Freezing]) -> None:
    """Let parameters of these names take no gradients; any name of a tied one will do."""
    patterns = [pattern for line in frozen for pattern in line.patterns]
    for name, parameter in module.named_parameters(remove_duplicate=False):
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            parameter.requires_grad_(False)


def taking_gradients(module: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters of a module that take gradients, in the module's order."""
    return {name: p for name, p in module.named_parameters() if p.requires_grad}


def runs_fused(kind: type[Optimizer], module: nn.Module) -> bool:
    """Whether torch has one kernel for a step of this module's parameters, found by trying it."""
    if any(getattr(part, "sparse", False) for part in module.modules()):
        return False  # an embedding with sparse gradients, which no fused kernel takes
    for dtype, device in {(p.dtype, p.device) for p in module.parameters()}:
        trial = torch.zeros(1, dtype=dtype, device=device, requires_grad=True)
        trial.grad = torch.zeros_like(trial)
        make: Any = kind
        try:
            make([trial], fused=True).step()
        except RuntimeError:  # a kernel that does not exist is one too
            return False
    return True


def _grouped(
    named: list[tuple[str, nn.Parameter]], groups: tuple[ParameterGroup, ...]
) -> list[dict[str, Any]]:
    """Group parameters, those that no pattern matches first; a later group's setting wins."""
    names = tuple(name for name, _ in named)
    for group in groups:
        for pattern in group.patterns:
            if not fnmatch.filter(names, pattern):
                close = near_patterns(pattern, names)
                raise RunError(
                    group_matches_nothing(
                        group.span, pattern=pattern, near_misses=close, names=names
                    )
                )
    buckets: dict[tuple[tuple[str, Literal], ...], list[nn.Parameter]] = {(): []}
    for name, parameter in named:
        settings: dict[str, Literal] = {}
        for group in groups:
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in group.patterns):
                settings.update(group.arguments)
        buckets.setdefault(tuple(settings.items()), []).append(parameter)
    return [{"params": members, **dict(key)} for key, members in buckets.items() if members]


def rates(optimizer: Optimizer) -> list[float]:
    """The learning rate of each group now."""
    return [float(group["lr"]) for group in optimizer.param_groups]


def memory(optimizer: Optimizer) -> int:
    """Bytes of the parameters and of what the optimizer remembers about them."""
    held = [p for group in optimizer.param_groups for p in group["params"]]
    for remembered in optimizer.state.values():
        held += [value for value in remembered.values() if isinstance(value, torch.Tensor)]
    return sum(tensor.numel() * tensor.element_size() for tensor in held)
