"""Weights to start from: read from safetensors files into a fresh module."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from netspec.data.paths import find
from netspec.program.schemas import Unreadable
from netspec.program.weights import Pairing, SavedTensor, Start, Wanted, pair
from netspec.runner.errors import RunError, weights_failed


def load_weights(module: nn.Module, starts: Sequence[Start], root: Path) -> None:
    """Put what the files of `starts` hold in place of the module's fresh weights.

    `root` is the spec's folder. Raises `RunError` when a file is not what it was at `check`.
    """
    if not starts:
        return
    files = [_read(start, root) for start in starts]
    state = module.state_dict()
    # The sorts of numbers were looked at in the headers; torch converts widths.
    shapes = [
        {key: SavedTensor(shape=tuple(tensor.shape), dtype="F32") for key, tensor in held.items()}
        for held in files
    ]
    first = {id(tensor): key for key, tensor in reversed(module.state_dict(keep_vars=True).items())}
    wanted = {
        key: Wanted(
            key=key,
            shape=tuple(tensor.shape),
            learned=True,
            span=starts[0].span,
            tied=first[id(tensor)],
        )
        for key, tensor in module.state_dict(keep_vars=True).items()
    }
    pairing = pair(starts, shapes, wanted)
    if not pairing.fits:
        raise RunError(weights_failed(starts[0].span, file=starts[0].file, reason=_misfit(pairing)))
    found: dict[str, Tensor] = {}
    for start, held, given in zip(starts, files, pairing.given, strict=True):
        found |= {key: held[own] for key, own in given.items()}
        for key in given:
            tied = wanted[key].tensor
            if tied != key and tied in found and not torch.equal(found[tied], found[key]):
                reason = f"`{tied}` and `{key}` are tied, and differ in what is given"
                raise RunError(weights_failed(start.span, file=start.file, reason=reason))
    state |= found
    module.load_state_dict(state)


def _misfit(pairing: Pairing) -> str:
    """The first of what does not fit, of the layers whose weights were not known before."""
    if pairing.missing:
        return f"it lacks `{pairing.missing[0].key}`"
    if pairing.extra:
        return f"the model lacks `{pairing.extra[0][0]}`"
    if pairing.misfits:
        wanted, held = pairing.misfits[0].wanted, pairing.misfits[0].held
        shapes = f"{list(held.shape)} in the file, {list(wanted.shape)} in the model"
        return f"`{wanted.key}` is {shapes}"
    return f"`{pairing.twice[0]}` is given twice"


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
