"""Optimizers and schedules of torch, made and stepped; arguments that go together."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from sampling import entry
from torch import Tensor, nn

from netspec.catalog import Refusal

NEEDED: dict[str, dict[str, Any]] = {
    "StepLR": {"step_size": 2},
    "MultiStepLR": {"milestones": (2,)},
    "ExponentialLR": {"gamma": 0.5},
    "CosineAnnealingWarmRestarts": {"T_0": 3},
    "CosineAnnealingLR": {"T_max": 5},
    "PolynomialLR": {"total_iters": 5},
    "CyclicLR": {"base_lr": 0.01, "max_lr": 0.1},
    "OneCycleLR": {"max_lr": 0.1, "total_steps": 10},
}
OF_OTHERS = {"SequentialLR", "ChainedScheduler"}
# Lengths are held against the run's own, which is not known here.
OF_THE_RUN = {("OneCycleLR", "total_steps")}


def stepped(kind: str, name: str, arguments: Mapping[str, Any]) -> str | None:
    """Torch's complaint when the thing is made and goes a few steps, if it has one."""
    weight = nn.Parameter(torch.randn(3, 3))

    def loss() -> Tensor:
        optimizer.zero_grad()
        made = (weight**2).sum()
        made.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        if name == "SparseAdam":
            assert weight.grad is not None
            weight.grad = weight.grad.to_sparse()
        return made

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            home = torch.optim if kind == "optimizer" else torch.optim.lr_scheduler
            make: Callable[..., Any] = getattr(home, name)
            if kind == "optimizer":
                optimizer = make([weight], **arguments)
                for _ in range(3):
                    optimizer.step(loss)
                return None
            optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
            schedule = make(optimizer, **arguments)
            for _ in range(5):
                optimizer.step(loss)
                schedule.step(*((1.0,) if name == "ReduceLROnPlateau" else ()))
    except (ValueError, TypeError, RuntimeError, IndexError, ArithmeticError) as error:
        return str(error) or "refused"
    return None


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("SGD", {"nesterov": True, "momentum": 0.9}),
        ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
        ("SGD", {"nesterov": True, "dampening": 0.1}),
        ("Rprop", {"etas": (0.5, 1.2)}),
        ("Rprop", {"etas": (1.2, 0.5)}),
    ],
)
def test_arguments_that_go_together(name: str, given: dict[str, Any]) -> None:
    bound = entry("optimizer", name).bind((), given)
    assert isinstance(bound, Refusal) == (stepped("optimizer", name, given) is not None)
