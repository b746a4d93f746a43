"""Weights to start from: read from safetensors files into a fresh module."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from netspec.data.paths import find
from netspec.program.data import Unreadable
from netspec.program.graph import Model
from netspec.program.weights import SavedTensor, Start, pair, wanted_tensors
from netspec.runner.errors import RunError, weights_failed


def load_weights(module: nn.Module, network: Model, starts: Sequence[Start], root: Path) -> None:
    """Put what the files of `starts` hold in place of the module's fresh weights.

    `root` is the spec's folder. Raises `RunError` when a file is not what it was at `check`.
    """
    if not starts:
        return
    files = [_read(start, root) for start in starts]
    shapes = [
        {
            # The numbers' sort was looked at in the header; torch converts widths.
            key: SavedTensor(shape=tuple(tensor.shape), dtype="F32")
            for key, tensor in held.items()
        }
        for held in files
    ]
    pairing = pair(starts, shapes, wanted_tensors(network))
    if not pairing.fits:
        reason = "it does not fit the model any more"
        raise RunError(weights_failed(starts[0].span, file=starts[0].file, reason=reason))
    state = module.state_dict()
    for held, given in zip(files, pairing.given, strict=True):
        state.update((key, held[own]) for key, own in given.items())
    module.load_state_dict(state)


def _read(start: Start, root: Path) -> dict[str, Tensor]:
    path = find(start.file, root)
    if isinstance(path, Unreadable):
        reason = "the file is gone"
        raise RunError(weights_failed(start.span, file=start.file, reason=reason))
    try:
        return load_file(path)
    except (OSError, SafetensorError) as failure:
        reason = str(failure).strip().splitlines()[0]
        raise RunError(weights_failed(start.span, file=start.file, reason=reason)) from failure
