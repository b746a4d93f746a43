"""Patterns over the names of parameters, `"*.bias"`: what matches, and what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

WILD = frozenset("*?[")


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """The names that a pattern matches, in their order."""
    if WILD.isdisjoint(pattern):
        return [name for name in names if name == pattern]
    return [name for name in names if fnmatchcase(name, pattern)]


def near_patterns(names: Sequence[str]) -> tuple[str, ...]:
    """The patterns that may have been meant: a whole name, one layer's, all of one kind."""
    parted = [name.rpartition(".") for name in names]
    layers = {f"{layer}.*" for layer, _, _ in parted if layer}
    outer = {f"{name.partition('.')[0]}.*" for name in names if "." in name}
    kinds = {f"*.{kind}" for _, _, kind in parted}
    return (*names, *sorted(layers | outer | kinds))
