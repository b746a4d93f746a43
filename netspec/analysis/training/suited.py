"""Whether an optimizer can move what it is given: Muon's matrices, gradients that are sparse."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from netspec.analysis import errors
from netspec.analysis.network.arithmetic import Report
from netspec.program.graph import Model
from netspec.program.state import Held, learned, state
from netspec.program.train import Phase

# Optimizers that take gradients of `sparse=true`, and those of them that then let nothing decay.
OF_SPARSE = frozenset({"Adagrad", "LBFGS", "SGD", "SparseAdam"})
WITHOUT_DECAY = frozenset({"Adagrad", "SGD"})


def check_suited(phase: Phase, network: Model, frozen: Sequence[str], report: Report) -> None:
    """Report the first parameter of a phase that its optimizer, or its `clip`, cannot handle."""
    moved = [
        one
        for one in learned(state(network.graph), frozen)
        if phase.updates is None or one.name in phase.updates
    ]
    sparse = {
        f"{key}.weight" for key, layer in network.graph.layers() if _is_sparse(layer.arguments)
    }
    optimizer = phase.optimizer
    for one in moved:
        found = _unsuited(phase, one, is_sparse=one.name in sparse)
        if found is not None:
            message, advice = found
            report(errors.optimizer_unsuited(optimizer.span, message, one.name, one.span, advice))
            return


def _unsuited(phase: Phase, one: Held, *, is_sparse: bool) -> tuple[str, str] | None:
    """Why it cannot be moved, and what to do."""
    name = phase.optimizer.name
    rank = len(one.weight.shape)
    if name == "Muon" and rank != 2:
        dimensions = "1 dimension" if rank == 1 else f"{rank} dimensions"
        return (
            f"`Muon` moves matrices, and `{one.name}` has {dimensions}",
            "write `bias=false`, freeze what is no matrix, or take another optimizer",
        )
    if name == "SparseAdam" and not is_sparse:
        return (
            f"`SparseAdam` moves what has sparse gradients, and those of `{one.name}` are not",
            "`Adam` is the same for ordinary gradients",
        )
    if not is_sparse:
        return None
    if name not in OF_SPARSE:
        return (
            f"`{name}` takes no sparse gradients, and those of `{one.name}` are",
            "leave `sparse=true` out, or take `SparseAdam` or `SGD`",
        )
    if name in WITHOUT_DECAY and _decay(phase, one.name):
        return (
            f"`{name}` lets no weights with sparse gradients decay, and `{one.name}` has them",
            "leave `weight_decay` out, or `sparse=true`",
        )
    if phase.clip is not None:
        return (
            f"`clip` cannot measure sparse gradients, and those of `{one.name}` are",
            "leave `clip` out, or `sparse=true`",
        )
    return None


def _decay(phase: Phase, name: str) -> object:
    """The weight decay of a parameter: its group's, else the optimizer's."""
    found = dict(phase.optimizer.arguments).get("weight_decay", 0)
    for group in phase.groups:
        if any(fnmatchcase(name, pattern) for pattern in group.patterns):
            found = dict(group.arguments).get("weight_decay", found)
    return found


def _is_sparse(arguments: Sequence[tuple[str, object]]) -> bool:
    return dict(arguments).get("sparse") is True
