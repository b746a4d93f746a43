"""Arguments of optimizers and schedules: what torch refuses the catalogue does, and the reverse."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import torch
from sampling import entry
from torch import Tensor, nn

from netspec import catalog
from netspec.catalog import Argument, Refusal

CATALOG = catalog.load()
NUMBERS = (-1.0, -0.1, 0, 0.0, 0.3, 1, 1.0, 1.5, 2, 3.7, 100)
OF_TYPE: dict[str, tuple[Any, ...]] = {
    "int": (-3, -1, 0, 1, 2, 50),
    "float": NUMBERS,
    "bool": (True, False),
    "none": (None,),
    "float_pair": tuple((a, b) for a in (-0.1, 0.0, 0.5, 1.0) for b in (-0.1, 0.9, 1.0, 2.0)),
    "optional_float_pair": ((None, 0.1), (0.1, 0.1), (-0.1, 0.1), (0.1, -0.1), (None, 0.0)),
    "float_triple": ((0.1, 0.2, 0.3), (3.4, -4.7, 2.0)),
    "string": ("nonsense", "min", "abs", "linear", "triangular", "cycle", "strong_wolfe"),
    "ints": ((1,), (3, 1), (1, 2, 5), ()),
}
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
# What torch lets pass though it means nothing: counts below what can be counted, weights of a mean
# below 0, rates below 0, and a mode that no code of torch knows.
STRICTER = {
    ("ASGD", "alpha"),
    ("Muon", "eps"),
    ("Muon", "ns_steps"),
    ("StepLR", "step_size"),
    ("ConstantLR", "total_iters"),
    ("LinearLR", "total_iters"),
    ("PolynomialLR", "total_iters"),
    ("CosineAnnealingLR", "T_max"),
    ("ReduceLROnPlateau", "patience"),
    ("CyclicLR", "step_size_up"),
    ("CyclicLR", "scale_mode"),
    ("OneCycleLR", "div_factor"),
    ("OneCycleLR", "final_div_factor"),
}
# Lengths are held against the run's own, which is not known here.
OF_THE_RUN = {("OneCycleLR", "total_steps")}


def cases() -> Iterator[tuple[str, str, str]]:
    for kind in ("optimizer", "schedule"):
        for name in CATALOG.names(kind):
            if name not in OF_OTHERS:
                for argument in entry(kind, name).arguments:
                    yield kind, name, argument.name


def samples(argument: Argument) -> Iterator[Any]:
    for of in argument.types:
        yield from OF_TYPE[of]


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


@pytest.mark.parametrize(("kind", "name", "argument"), list(cases()))
def test_both_refuse_the_same(kind: str, name: str, argument: str) -> None:
    declared = entry(kind, name)
    found = declared.argument(argument)
    assert found is not None
    if (name, argument) in OF_THE_RUN:
        return
    for value in samples(found):
        given = {**NEEDED.get(name, {}), argument: value}
        bound = declared.bind((), given)
        if isinstance(bound, Refusal):
            theirs = stepped(kind, name, given)
            assert theirs is not None or (name, argument) in STRICTER, f"torch takes {value!r}"
        else:
            theirs = stepped(kind, name, bound.values)
            assert theirs is None, f"torch refuses {value!r}: {theirs}"


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
