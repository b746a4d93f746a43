"""Tensor types to torch tensors, and one layer through both the catalogue and torch."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from netspec import catalog
from netspec.catalog import Application, Entry, Refusal
from netspec.codegen.constructors import INPUTS, NAMED_INPUTS
from netspec.types import Dim, Kind, TensorType

LEARNED_BY_NAME = {
    "in_features": -1,
    "in_channels": 1,
    "num_features": 1,
    "num_channels": 1,
    "input_size": -1,
    "embed_dim": -1,
    "normalized_shape": -1,
    "d_model": -1,
    "in1_features": -1,
}


def entry(kind: str, name: str) -> Entry:
    """The entry, which is there."""
    found = catalog.load().find(kind, name)
    assert found is not None
    return found


def typed(kind: str, *shape: int | str, size: int | Dim | None = None) -> TensorType:
    """`typed("real", "B", 3)`."""
    dims = tuple(Dim.symbol(d) if isinstance(d, str) else Dim.of(d) for d in shape)
    return TensorType(Kind(kind, None if size is None else Dim.of(size)), dims)


def tensor(type: TensorType, device: str = "cpu") -> Tensor:
    """A tensor of that type, its numbers within what the kind says."""
    shape = tuple(value for dim in type.shape if (value := dim.value) is not None)
    assert len(shape) == type.rank
    match type.kind.name:
        case "index":
            high = type.kind.size.value if type.kind.size is not None else 5
            return torch.randint(0, high or 1, shape, device=device)
        case "int":
            return torch.randint(0, 5, shape, device=device)
        case "bool":
            return torch.randint(0, 2, shape, device=device).bool()
        case "unit":
            return torch.rand(shape, device=device)
        case "prob" | "logprob":
            made = torch.randn(shape, device=device)
            along = 1 if len(shape) > 1 else -1
            chosen = made.softmax if type.kind.name == "prob" else made.log_softmax
            return chosen(along)
        case _:
            return torch.randn(shape, device=device)


def holds(type: TensorType, given: Tensor) -> bool:
    """Whether a tensor has the shape, the number format and the range that a type says."""
    if tuple(given.shape) != tuple(dim.value for dim in type.shape):
        return False
    if given.is_floating_point() != type.kind.is_float:
        return False
    if (given.dtype == torch.bool) != (type.kind.name == "bool"):
        return False
    if not given.numel():
        return True
    if type.kind.name in {"unit", "prob"}:
        # Attention that a mask leaves nothing to look at is no number.
        numbers = given[~given.isnan()]
        return bool((numbers >= 0).all()) and bool((numbers <= 1.0001).all())
    if type.kind.name == "index" and type.kind.size is not None:
        return bool((given >= 0).all()) and int(given.max()) < (type.kind.size.value or 0)
    return True


@dataclass(frozen=True)
class Outcome:
    """What both sides say: the application or refusal, torch's outputs or its complaint."""

    ours: Application | Refusal
    theirs: tuple[Tensor, ...] | str
    module: nn.Module | None = None


def run_layer(
    name: str,
    positional: Sequence[Any] = (),
    keywords: Mapping[str, Any] | None = None,
    inputs: Sequence[TensorType] = (),
) -> Outcome:
    """One layer through the catalogue, and through torch with the same arguments."""
    declared = entry("layer", name)
    keywords = keywords or {}
    bound = declared.bind(positional, keywords)
    ours = bound if isinstance(bound, Refusal) else declared.apply(bound, inputs)
    if isinstance(ours, Application):
        arguments = dict(ours.arguments)
    else:
        free = [a.name for a in declared.arguments if not a.keyword_only]
        arguments = {**dict(zip(free, positional, strict=False)), **keywords}
        for inferred in declared.inferred:
            if inferred in LEARNED_BY_NAME and inferred not in arguments:
                arguments[inferred] = inputs[0].shape[LEARNED_BY_NAME[inferred]].value
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = getattr(nn, name)(**arguments)
            given = [tensor(of) for of in inputs]
            for one in given:
                one.requires_grad_(one.is_floating_point())  # as in training
            theirs = called(module, name, given)
    except (
        RuntimeError,
        ValueError,
        TypeError,
        IndexError,
        AssertionError,
        ArithmeticError,
    ) as error:
        return Outcome(ours, str(error))
    return Outcome(ours, flat(theirs), module)


def called(module: nn.Module, name: str, given: Sequence[Tensor]) -> Any:
    """A layer on tensors as its `forward` takes them: an LSTM's states in a pair, masks by name."""
    target = f"torch.nn.{name}"
    if target in INPUTS and len(given) > 1:
        return module(given[0], tuple(given[1:]))
    names = NAMED_INPUTS.get(target, {})
    by_place = [one for at, one in enumerate(given) if at not in names]
    return module(*by_place, **{names[at]: one for at, one in enumerate(given) if at in names})


def flat(value: Any) -> tuple[Tensor, ...]:
    """Torch's nested tuples of tensors, flat."""
    if isinstance(value, Tensor):
        return (value,)
    return tuple(tensor for item in value for tensor in flat(item))


def agree(outcome: Outcome) -> None:
    """Both refuse, or both accept and give the same shapes and kinds, and the same weights."""
    ours, theirs = outcome.ours, outcome.theirs
    if isinstance(ours, Refusal):
        # Torch lets tensors of no elements through; here every size is at least 1.
        empty = not isinstance(theirs, str) and all(given.numel() == 0 for given in theirs)
        assert isinstance(theirs, str) or empty, f"torch accepts: {ours.message}"
        return
    assert not isinstance(theirs, str), f"torch refuses: {theirs}"
    assert len(ours.outputs) == len(theirs)
    for wanted, given in zip(ours.outputs, theirs, strict=True):
        assert holds(wanted, given), f"{wanted} against {tuple(given.shape)} {given.dtype}"
    if outcome.module is not None:
        state = {key: tuple(value.shape) for key, value in outcome.module.state_dict().items()}
        learned = {key for key, _ in outcome.module.named_parameters()}
        assert list(state.items()) == [(key, shape) for key, shape, _ in ours.weights]
        assert learned == {key for key, _, is_learned in ours.weights if is_learned}


def symbolic(
    name: str, keywords: Mapping[str, Any], inputs: Sequence[TensorType], values: Mapping[str, int]
) -> tuple[bool, tuple[TensorType, ...]]:
    """Apply with symbols, then put values in: whether the needs hold, and the output types."""
    declared = entry("layer", name)
    bound = declared.bind((), keywords)
    if isinstance(bound, Refusal):
        return False, ()
    applied = declared.apply(bound, inputs)
    if isinstance(applied, Refusal):
        return False, ()
    dims = {key: Dim.of(value) for key, value in values.items()}
    return needs_hold(applied, values), tuple(of.substitute(dims) for of in applied.outputs)


def needs_hold(applied: Application, values: Mapping[str, int]) -> bool:
    """Whether all requirements are met by these values."""
    for need in applied.requirements:
        left, right = need.left.evaluate(values), need.right.evaluate(values)
        if not (left == right if need.relation == "==" else left >= right):
            return False
    return True
