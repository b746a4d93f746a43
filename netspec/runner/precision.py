"""The precision of a run on its device: torch.autocast, the scaler of gradients, TF32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch.amp.grad_scaler import GradScaler

from netspec.program.precision import AUTOCAST, PRECISIONS, Precision, refused_by_autocast
from netspec.program.train import BY_CLOSURE, TrainPlan
from netspec.runner.errors import RunError, no_precision

# Where nothing is cast. It keeps no state, and can be entered again and again.
AS_IT_IS: AbstractContextManager[object] = nullcontext()
# The first generation of NVIDIA's cards that computes in TF32 and bfloat16: Ampere.
AMPERE = (8, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """How a run computes: forward pass and loss inside `autocast`, backward by `scaler`."""

    precision: Precision = "fp32"
    autocast: AbstractContextManager[object] = AS_IT_IS
    scaler: GradScaler | None = None

    @property
    def low(self) -> bool:
        """Whether there are fewer digits than float32 has."""
        return self.precision in AUTOCAST

    @contextmanager
    def chosen(self) -> Iterator[None]:
        """While open, products of float32 matrices may be computed in TF32 if the run says so."""
        if self.precision != "tf32":
            yield
            return
        before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("high")
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(before)


PLAIN = Arithmetic()


def choose_precision(plan: TrainPlan, device: torch.device, asked: str | None = None) -> Arithmetic:
    """The precision that the command line, else the plan, asks for.

    Raises `RunError` where the device or the loss cannot have it.
    """
    wanted = next((name for name in PRECISIONS if name == (asked or plan.precision)), None)
    if wanted is None:
        known = "there are " + ", ".join(f"`{name}`" for name in PRECISIONS)
        raise RunError(no_precision(None, precision=str(asked), device=str(device), reason=known))
    reason = _missing(wanted, device) or _refused(wanted, plan)
    if reason is not None:
        span = None if asked else plan.span
        raise RunError(no_precision(span, precision=wanted, device=str(device), reason=reason))
    return Arithmetic(
        precision=wanted,
        autocast=autocast(wanted, device),
        scaler=GradScaler(device.type) if wanted == "fp16" else None,
    )


def autocast(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """Where torch chooses each operation's dtype; can be entered again and again."""
    if precision not in AUTOCAST:
        return AS_IT_IS
    dtype: torch.dtype = getattr(torch, AUTOCAST[precision])
    return torch.autocast(device.type, dtype=dtype)


def _missing(precision: Precision, device: torch.device) -> str | None:
    """What the device lacks for a precision, in words."""
    on_card = device.type == "cuda"
    match precision:
        case "tf32" if not on_card:
            return "it needs an NVIDIA card (`cuda`)"
        case "tf32" | "bf16" if on_card and torch.cuda.get_device_capability(device) < AMPERE:
            return "this card is older than Ampere, the first generation that has it"
        case "bf16" | "fp16" if device.type == "mps":
            return "it is for `cpu` and `cuda`"
        case _:
            return None


def _refused(precision: Precision, plan: TrainPlan) -> str | None:
    """What of the plan cannot be computed in few digits, in words."""
    if precision not in AUTOCAST:
        return None
    for phase in plan.phases:
        found = refused_by_autocast(phase.loss)
        if found is not None:
            return f"`{found[0]}` cannot be computed in it: use `BCEWithLogitsLoss`"
        if precision == "fp16" and phase.optimizer.target in BY_CLOSURE:
            name = phase.optimizer.name
            return f"`{name}` evaluates each batch by itself, and gradients are scaled"
    return None
