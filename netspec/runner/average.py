"""`ema`: an exponential moving average of the weights, beside those that the optimizer moves."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

# torch leaves it untyped.
new_update: Any = get_ema_multi_avg_fn


class Average:
    """A copy of a module whose parameters are the average of the module's after each step.

    It is what `torch.optim.swa_utils.AveragedModel` gives, to the bit: after the first step the
    average is the module, after each later one `decay` of it stays. Buffers are not averaged but
    are the module's own: half a mask or a rounded index means nothing. `AveragedModel` counts its
    steps on the host and waits for the device with each; nothing here does.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.module = copy.deepcopy(module)
        self.begun = False
        self._update = new_update(decay)
        self._buffers = list(zip(self.module.buffers(), module.buffers(), strict=True))
        # The function wants tensors of one dtype and device at a time.
        self._groups: dict[Any, tuple[list[Tensor], list[Tensor]]] = {}
        for mine, its in zip(self.module.parameters(), module.parameters(), strict=True):
            group = self._groups.setdefault((mine.dtype, mine.device), ([], []))
            group[0].append(mine.detach())
            group[1].append(its.detach())

    @torch.no_grad()
    def update(self) -> None:
        """Take in what the step just done left."""
        for mine, its in self._groups.values():
            if self.begun:
                self._update(mine, its, None)
            else:
                torch._foreach_copy_(mine, its)
        self.begun = True

    def state(self) -> dict[str, Any]:
        """What `restore` needs to go on from here."""
        return {"begun": self.begun, "weights": dict(self.module.state_dict())}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from an earlier state."""
        self.begun = state["begun"]
        self.module.load_state_dict(state["weights"])

    @torch.no_grad()
    def settled(self) -> nn.Module:
        """The averaged module, with the buffers as they are now."""
        for mine, its in self._buffers:
            mine.copy_(its)
        return self.module
