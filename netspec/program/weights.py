"""Weights to start from: which tensor of which file becomes which of the model, and what does not.

Nothing is read here. The analysis asks with what a file's header says, the runner with the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from netspec.program.graph import Model
from netspec.program.state import other_names, state
from netspec.source import Span

# What a batch norm counts was added to it late: torch itself loads weights that lack it.
COUNTER = "num_batches_tracked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A file of weights to start from.

    Its keys that begin with `source` are read, and stand for the model's keys that begin with
    `into` instead. Keys of the model that match a pattern of `leave` (`fnmatch`) are left as they
    are, whatever the file holds.
    """

    span: Span
    file: str
    source: str = ""
    into: str = ""
    leave: tuple[str, ...] = ()

    def takes(self, key: str) -> bool:
        """Whether a key of the model is to come from this file."""
        return key.startswith(self.into) and not self.leaves(key)

    def leaves(self, key: str) -> bool:
        """Whether a key of the model stays as it is on purpose."""
        return any(fnmatchcase(key, pattern) for pattern in self.leave)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedTensor:
    """A tensor as the header of a file tells it; `dtype` is safetensors' name, `F32`."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def is_float(self) -> bool:
        """Whether its numbers are floats, of any width."""
        return self.dtype.startswith(("F", "BF"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A tensor of the model by its key; `span` is the layer that has it.

    `tied` is the key it has first, where it has several; else it is empty.
    """

    key: str
    shape: tuple[int, ...]
    learned: bool
    span: Span
    tied: str = ""

    @property
    def tensor(self) -> str:
        """What all keys of one tensor have in common."""
        return self.tied or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """A key that both sides have, with another shape or another sort of number."""

    wanted: Wanted
    held: SavedTensor

    @property
    def differs_in_shape(self) -> bool:
        """Whether it is the shape, and not the sort of number, that differs."""
        return self.wanted.shape != self.held.shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Which key of the model comes from which of the files, and everything that does not fit.

    `given` holds, for each file, the file's key of each key of the model. `missing` are keys of the
    model that no file gives, `extra` keys of a file (with their key in the model's terms) that the
    model lacks, `twice` keys that two files give.
    """

    given: tuple[Mapping[str, str], ...]
    missing: tuple[Wanted, ...]
    extra: tuple[tuple[str, str], ...]
    misfits: tuple[Misfit, ...]
    twice: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether there is nothing to complain about."""
        return not (self.missing or self.extra or self.misfits or self.twice)


def wanted_tensors(model: Model) -> dict[str, Wanted]:
    """Every tensor of the model's `state_dict` that is known, by key."""
    spans = {key: layer.span for key, layer in model.graph.layers()}
    spans |= {key: stored.span for key, stored in model.graph.stored()}
    others = other_names(state(model.graph))
    found: dict[str, Wanted] = {}
    for key, weight in model.graph.weights():
        if weight.persistent:
            holder = key if key in spans else key.removesuffix(f".{weight.name}")
            span = spans.get(holder, model.span)
            found[key] = Wanted(
                key=key,
                shape=weight.shape,
                learned=weight.learned,
                span=span,
                tied=others.get(key, ""),
            )
    return found


def unweighed(model: Model) -> tuple[str, ...]:
    """What the keys begin with of layers whose weights are not known."""
    return tuple(f"{key}." for key, layer in model.graph.layers() if not layer.weighed)


def pair(
    starts: Sequence[Start],
    files: Sequence[Mapping[str, SavedTensor]],
    wanted: Mapping[str, Wanted],
    unknown: tuple[str, ...] = (),
) -> Pairing:
    """Hold what the files have against what the model wants; takes linear time.

    Keys that begin with one of `unknown` may be there or not. A tied tensor is there under any of
    its keys.
    """
    given: list[dict[str, str]] = []
    extra: list[tuple[str, str]] = []
    misfits: list[Misfit] = []
    twice: list[str] = []
    seen: set[str] = set()
    for start, held in zip(starts, files, strict=True):
        mine: dict[str, str] = {}
        for own, key in _renamed(start, held):
            if start.leaves(key) or (unknown and key.startswith(unknown)):
                continue
            if key not in wanted:
                extra.append((own, key))
                continue
            if not _alike(wanted[key], held[own]):
                misfits.append(Misfit(wanted=wanted[key], held=held[own]))
            if key in seen:
                twice.append(key)
            seen.add(key)
            mine[key] = own
        given.append(mine)
    there = {wanted[key].tensor for key in seen}
    missing = [
        tensor
        for key, tensor in wanted.items()
        if tensor.tensor not in there
        and any(start.takes(key) for start in starts)
        and key.rpartition(".")[2] != COUNTER
    ]
    # As the model has them: a file's own order says nothing.
    place = {key: number for number, key in enumerate(wanted)}
    return Pairing(
        given=tuple(given),
        missing=tuple(missing),
        extra=tuple(sorted(extra)),
        misfits=tuple(sorted(misfits, key=lambda misfit: place[misfit.wanted.key])),
        twice=tuple(sorted(set(twice), key=place.__getitem__)),
    )


def _renamed(start: Start, held: Mapping[str, SavedTensor]) -> Iterator[tuple[str, str]]:
    """The keys of a file that are to be read, each with its key in the model's terms."""
    for own in held:
        if own.startswith(start.source):
            yield own, start.into + own[len(start.source) :]


def _alike(wanted: Wanted, held: SavedTensor) -> bool:
    return wanted.shape == held.shape and (held.is_float or not wanted.learned)
