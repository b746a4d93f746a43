"""Patterns over the names of parameters, `"*.bias"`: what matches, and what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from netspec.diagnostics import did_you_mean

WILD = frozenset("*?[")


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """The names that a pattern matches, in their order."""
    if WILD.isdisjoint(pattern):
        return [name for name in names if name == pattern]
    return [name for name in names if fnmatchcase(name, pattern)]


def by_first_names(pattern: str, names: Sequence[str], others: Mapping[str, str]) -> list[str]:
    """Patterns that match what `pattern` means, if by another name of a tied parameter.

    `names` are those that parameters go by, `others` the further names of tied ones with that. What
    is matched by such a name alone is said by the other; of a pattern that means nothing, none.
    """
    meant = dict.fromkeys(matching(pattern, names))
    tied = {others[other] for other in matching(pattern, others)}
    rest = [name for name in names if name in tied and name not in meant]
    return [pattern, *rest] if meant else rest


def near_patterns(names: Sequence[str]) -> tuple[str, ...]:
    """The patterns that may have been meant: a whole name, one layer's, all of one kind."""
    parted = [name.rpartition(".") for name in names]
    layers = {f"{layer}.*" for layer, _, _ in parted if layer}
    outer = {f"{name.partition('.')[0]}.*" for name in names if "." in name}
    kinds = {f"*.{kind}" for _, _, kind in parted}
    return (*names, *sorted(layers | outer | kinds))


def meant_pattern(pattern: str, names: Sequence[str]) -> str | None:
    """The pattern that was surely meant by one that matches nothing: a layer's, or lower case."""
    for meant in (f"{pattern}.*", pattern.lower()):
        if matching(meant, names):
            return meant
    return None


def pattern_advice(pattern: str, names: Sequence[str], candidates: Sequence[str]) -> str | None:
    """What to write for a pattern that matches nothing."""
    meant = meant_pattern(pattern, names)
    return f'write `"{meant}"`' if meant is not None else did_you_mean(pattern, candidates)
