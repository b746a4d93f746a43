"""A run's folder, read again: a module with the weights that the run has kept."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from netspec.program.sample_errors import no_run
from netspec.runner.checkpoint import load_newest
from netspec.runner.errors import RunError
from netspec.runner.sample_errors import weights_do_not_fit

WEIGHTS = "weights.safetensors"


def load_kept(module: nn.Module, folder: Path) -> None:
    """Put the weights of the run in `folder` into a module; raises `RunError` if they do not fit.

    A run that was broken off has those of its newest checkpoint. Of averaged weights and raw ones
    the averaged are taken, which the run was measured with.
    """
    weights, file = _read(folder)
    state = module.state_dict()
    told = str(folder / file)
    for missing in (key for key in state if key not in weights):
        raise RunError(weights_do_not_fit(path=told, reason=f"they lack `{missing}`"))
    for extra in (key for key in weights if key not in state):
        raise RunError(weights_do_not_fit(path=told, reason=f"the model has no `{extra}`"))
    for key, tensor in weights.items():
        if tensor.shape != state[key].shape:
            shapes = f"{list(tensor.shape)} there, {list(state[key].shape)} in the model"
            raise RunError(weights_do_not_fit(path=told, reason=f"`{key}` is {shapes}"))
    module.load_state_dict(weights)


def _read(folder: Path) -> tuple[dict[str, Tensor], str]:
    """The weights by their keys, and the file they are from."""
    if (folder / WEIGHTS).is_file():
        try:
            return load_file(folder / WEIGHTS), WEIGHTS
        except (OSError, SafetensorError) as failure:
            reason = str(failure).strip().splitlines()[0]
            told = str(folder / WEIGHTS)
            raise RunError(weights_do_not_fit(path=told, reason=reason)) from failure
    checkpoint, _ = load_newest(folder)
    if checkpoint is None:
        raise RunError(no_run(str(folder), "it has no weights yet"))
    average = checkpoint.state["average"]
    return checkpoint.weights if average is None else average["weights"], checkpoint.path.name
