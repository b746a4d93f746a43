"""A sheet of samples: the pictures that trained models draw, written into the run's folder.

They begin with random numbers of their own: the stream that training draws from stands where it
stood, so that every loss is the same, to the bit, with a sheet and without one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netspec.data.sheets import save_sheet
from netspec.program.train import Sheet
from netspec.runner.precision import AS_IT_IS

# A run leaves no more sheets of its epochs than one would leaf through.
MOST_SHEETS = 50
# The sheets of a run begin with other numbers than its weights: with its seed counted from the end.
# (torch's stream on the CPU tells seeds apart by their last 32 bits.)
LAST_SEED = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """What a run draws: `compute` takes the models of `sheet`; `seed` is the run's."""

    sheet: Sheet
    compute: Callable[..., Tensor]
    seed: int

    def draw(
        self,
        module: nn.Module,
        device: torch.device,
        autocast: AbstractContextManager[object] = AS_IT_IS,
        seed: int | None = None,
    ) -> NDArray[Any]:
        """The pictures in evaluation mode; a seed is one of another sheet than the run's own."""
        held, training = isinstance(module, nn.ModuleDict), module.training
        models = [module.get_submodule(n) if held else module for n in self.sheet.applied]
        module.eval()
        try:
            with _own_stream(device, LAST_SEED - self.seed if seed is None else seed), autocast:
                images = self.compute(*models)
        finally:
            module.train(training)
        drawn: NDArray[Any] = images.float().cpu().numpy()
        return drawn

    def write(self, path: Path, images: NDArray[Any]) -> None:
        """Write the pictures as one."""
        path.parent.mkdir(exist_ok=True)
        save_sheet(path, images, self.sheet.low, self.sheet.high)


def is_due(epoch: int, epochs: int) -> bool:
    """Whether a sheet is drawn after an epoch, of a run that has so many at most."""
    return epoch % math.ceil(epochs / MOST_SHEETS) == 0


@contextmanager
def _own_stream(device: torch.device, seed: int) -> Iterator[None]:
    """While open, random numbers come from a stream that begins with the seed, on this device."""
    cards = [device] if device.type == "cuda" else []
    apple = torch.mps.get_rng_state() if device.type == "mps" else None
    with torch.no_grad(), torch.random.fork_rng(devices=cards), device:
        torch.manual_seed(seed)
        try:
            yield
        finally:
            if apple is not None:
                torch.mps.set_rng_state(apple)
