"""Data plans to tensors and batches.

The names load when first used (PEP 562): `netspec check` enters this room for `schema`, which
reads files without torch, and what only some plans need stays away from the others.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netspec.data import array_files, frames, hub_files, tables, transforms, vision_sets
    from netspec.data.batches import Files, Split, Stored
    from netspec.data.loading import Splits, load
    from netspec.data.problems import DataError
    from netspec.data.unseen import unseen_classes

_HOMES = {
    "DataError": "problems",
    "Files": "batches",
    "Split": "batches",
    "Splits": "loading",
    "Stored": "batches",
    "load": "loading",
    "unseen_classes": "unseen",
}

_MODULES = ("array_files", "frames", "hub_files", "tables", "transforms", "vision_sets")

__all__ = [
    "DataError",
    "Files",
    "Split",
    "Splits",
    "Stored",
    "array_files",
    "frames",
    "hub_files",
    "load",
    "tables",
    "transforms",
    "unseen_classes",
    "vision_sets",
]


def __getattr__(name: str) -> Any:
    """The name, from the module that holds it."""
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
