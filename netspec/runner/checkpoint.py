"""Checkpoints on disk: a directory each, written whole or not at all, and verified when read.

`step-000400/` holds the weights, the state of the run (numbers as JSON, tensors as safetensors),
the resolved spec, and a manifest with the size and SHA-256 of each. It is written under another
name, brought to the disk, and renamed last, so that a kill at any moment leaves whole checkpoints.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from netspec.runner.tree import packed, unpacked

FORMAT = 1
# The newest and one before it, should the newest be damaged.
KEPT = 2
NAME = re.compile(r"step-(\d{6,})")
WEIGHTS, TENSORS, STATE, SPEC = "weights.safetensors", "state.safetensors", "state.json", "spec.net"
FILES = (WEIGHTS, TENSORS, STATE, SPEC)
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a checkpoint holds."""

    path: Path
    weights: dict[str, Tensor]
    state: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged:
    """A checkpoint that is not what was written, and why."""

    path: Path
    reason: str


def save_checkpoint(
    folder: Path, step: int, *, weights: Mapping[str, Tensor], state: Mapping[str, Any], spec: str
) -> Path:
    """Write `folder/step-NNNNNN`, and only then delete what is older than the one before it."""
    path = folder / f"step-{step:06d}"
    part = folder / f".{path.name}.part"
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed while writing
    part.mkdir()
    tensors: dict[str, Tensor] = {}
    told = json.dumps(packed(dict(state), tensors), allow_nan=False)
    plain = {key: tensor.detach().cpu().clone().contiguous() for key, tensor in weights.items()}
    contents = {
        WEIGHTS: save(plain, {"format": "pt"}),
        TENSORS: save(tensors, {"format": "pt"}),
        STATE: told.encode(),
        SPEC: spec.encode(),
    }
    for name, content in contents.items():
        _write(part / name, content)
    listed = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in contents.items()
    }
    manifest = {"format": FORMAT, "torch": torch.__version__, "step": step, "files": listed}
    _write(part / MANIFEST, json.dumps(manifest, indent=2).encode())
    _sync(part)
    shutil.rmtree(path, ignore_errors=True)  # a damaged one, that the run had to do again
    part.rename(path)
    _sync(folder)
    _prune(folder, step)
    return path


def load_newest(folder: Path) -> tuple[Checkpoint | None, list[Damaged]]:
    """The newest checkpoint that is whole, and the damaged ones that are newer."""
    damaged: list[Damaged] = []
    for _, path in sorted(_checkpoints(folder), reverse=True):
        found = _load(path)
        if isinstance(found, Checkpoint):
            return found, damaged
        damaged.append(found)
    return None, damaged


def _load(path: Path) -> Checkpoint | Damaged:
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        if manifest["format"] != FORMAT:
            return Damaged(path=path, reason=f"it has format {manifest['format']}, not {FORMAT}")
        contents = {name: (path / name).read_bytes() for name in FILES}
        for name, content in contents.items():
            told = manifest["files"][name]
            if len(content) != told["bytes"]:
                reason = f"`{name}` has {len(content)} bytes, not {told['bytes']}"
                return Damaged(path=path, reason=reason)
            if hashlib.sha256(content).hexdigest() != told["sha256"]:
                return Damaged(path=path, reason=f"`{name}` is not what was written")
        state = unpacked(json.loads(contents[STATE]), load(contents[TENSORS]))
        return Checkpoint(path=path, weights=load(contents[WEIGHTS]), state=state)
    except OSError as failure:
        missing = Path(failure.filename or path).name
        return Damaged(path=path, reason=f"`{missing}` cannot be read")
    except (ValueError, KeyError, TypeError, RecursionError, SafetensorError):
        return Damaged(path=path, reason=f"`{MANIFEST}` is not what was written")


def _checkpoints(folder: Path) -> list[tuple[int, Path]]:
    found = [(NAME.fullmatch(path.name), path) for path in folder.iterdir()]
    return [(int(match[1]), path) for match, path in found if match and path.is_dir()]


def _prune(folder: Path, step: int) -> None:
    """Delete what is older than the checkpoints kept, and damaged ones of a future not reached."""
    there = sorted(_checkpoints(folder), reverse=True)
    kept = [path for number, path in there if number <= step][:KEPT]
    for _, path in there:
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """Bring a directory's entries to the disk, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
