"""What to do about a tensor that does not fit: help for the refusals of signatures."""

from __future__ import annotations

from math import isqrt

from netspec.catalog.call import Call
from netspec.catalog.rules import losses
from netspec.types import Dim, TensorType
from netspec.types.unification import WrongRank, WrongSize

# Losses that compare scores with one another, or with a margin, as they are.
OF_MARGINS = frozenset({"MultiLabelMarginLoss", "MultiMarginLoss", "SoftMarginLoss"})


def count_help(call: Call, wanted: int) -> str | None:
    """How so many tensors are given."""
    if call.kind == "loss":
        operands = ", ".join(losses.operands(call.name))
        return f"name what it compares: `{call.name}({operands})`"
    return f"write `({', '.join('abc'[:wanted])}) -> {call.name}`" if wanted in {2, 3} else None


# Functions whose name means something else to a tensor of torch's.
TAKEN_FOR = {"repeat": "copies side by side, as by torch's `x.repeat(2, 1)`, are made by `tile`"}


def kind_help(call: Call, wanted: str, given: TensorType, position: int) -> str | None:
    """What would make the kind right."""
    match wanted, given.kind.name:
        case "score", "prob" if call.name == "CrossEntropyLoss":
            return f"take the `Softmax` out: `{call.name}` applies it itself"
        case "score", "unit" | "prob" | "logprob" if call.name in OF_MARGINS:
            layer = {"unit": "Sigmoid", "prob": "Softmax", "logprob": "LogSoftmax"}
            return f"take the `{layer[given.kind.name]}` out: `{call.name}` looks at margins"
        case "score", "prob":
            return f"take the `Softmax` out: `{call.name}` applies a sigmoid itself"
        case "score", "logprob":
            return f"take the `LogSoftmax` out: `{call.name}` applies it itself; or use `NLLLoss`"
        case "score", "unit" if call.name == "MultiLabelSoftMarginLoss":
            return f"take the `Sigmoid` out: `{call.name}` applies it itself"
        case "score", "unit" if call.name == "BCEWithLogitsLoss":
            return f"take the `Sigmoid` out: `{call.name}` applies it itself; or use `BCELoss`"
        case "score", "unit":
            return f"take the `Sigmoid` out: `{call.name}` applies a softmax itself"
        case "unit", "real":
            return "end the model with `Sigmoid`, or use `BCEWithLogitsLoss`"
        case "logprob", "prob":
            return "write `LogSoftmax` for `Softmax`, or take it out and use `CrossEntropyLoss`"
        case "logprob", "real" | "unit":
            return "end the model with `LogSoftmax(dim=1)`, or use `CrossEntropyLoss`"
        case "sign", "index" | "bool" | "unit" | "prob":
            return "make 1 and -1 of 1 and 0 with `2 * y - 1`"
        case "index", "int" | "real" | "unit" if position == 1 and given.rank > 1:
            return "the target is one class an example: the index of the 1, not the whole row"
        case "index", "bool":
            return "the target is a class from 0 on, not a truth value"
        case "index" | "fraction", "real" if position == 1:
            return (
                "for targets that are any number use a regression loss such as `MSELoss`"
                if wanted == "index"
                else "use a regression loss such as `MSELoss`, or bring the target within 0 to 1: "
                "`clamp(y, 0, 1)` in the data"
            )
        case "index", _ if call.kind == "layer":
            return (
                "declare the input as `index(n)[B, ...]`, with n different indices; "
                "in the data `-> OrdinalEncoder` numbers a column's values from 0"
            )
        case "real", "index" | "int" if call.name == "KLDivLoss":
            return "for targets that are classes use `NLLLoss`"
        case "real", "index" if call.kind == "loss":
            return None
        case "real", "index":
            return "look the indices up in an `Embedding`"
        case "real", "int" if call.kind == "layer":
            return "arithmetic makes them real, `x * 1.0`; in the data `-> StandardScaler` does too"
        case _:
            return None


def rank_help(call: Call, mismatch: WrongRank, given: TensorType) -> str | None:
    """What would give the tensor the dimensions that the layer wants."""
    if mismatch.open and given.rank == mismatch.wanted - 1 and given.rank == 1:
        return "add a dimension of features with `unsqueeze(dim=1)`"
    counterpart = _counterpart(call.name, given.rank - 2)
    is_norm = "BatchNorm" in call.name or ("Norm" in call.name and given.rank > 2)
    if counterpart is not None and (given.rank > mismatch.wanted or is_norm):
        return f"for {given.dims()} it is `{counterpart}`"
    if not mismatch.open and given.rank == 2 and mismatch.wanted > 2:
        return f"divide the features with `Unflatten(1, {_divided(given.shape[1], mismatch)})`"
    if not mismatch.open and given.rank == mismatch.wanted - 1:
        return "add the dimension of channels with `unsqueeze(dim=1)`; the batch is always written"
    return None


def _counterpart(name: str, spatial: int) -> str | None:
    """The layer of the same family for so many spatial dimensions: `Conv1d` for `Conv2d`."""
    if not name.endswith(("1d", "2d", "3d")) or not 0 <= spatial <= 3:
        return None
    return f"{name[:-2]}{max(spatial, 1)}d"


def _divided(features: Dim, mismatch: WrongRank) -> str:
    """The sizes of square images of 1 or 3 channels, if that is what the features can be."""
    size = features.value
    for channels in (1, 3):
        side = isqrt(size // channels) if size is not None else 0
        if mismatch.wanted == 4 and side > 1 and channels * side * side == size:
            return f"[{channels}, {side}, {side}]"
    return "..."


def outputs_help(call: Call, given: TensorType, mismatch: WrongRank | WrongSize) -> str | None:
    """For a target whose rows are wider or narrower than what the model gives.

    A target without a last dimension is compared with a model's single output.
    """
    prediction = call.inputs[0]
    if call.kind != "loss":
        return None
    if isinstance(mismatch, WrongRank):
        if given.rank + 1 != prediction.rank or given.shape != prediction.shape[:-1]:
            return None
        if given.kind.name == "index":
            return "the target is a class: use `CrossEntropyLoss`"
        return "end the model with `Linear(1)`"
    at_end = mismatch.position == given.rank - 1 and given.rank == prediction.rank
    if mismatch.given.value is None or not at_end:
        return None
    return f"end the model with `Linear({mismatch.given})`"


def classes(size: Dim) -> str:
    """How many classes, in words."""
    return _counted(size, "class", "classes")


def classes_help(given: Dim, wanted: Dim, prediction: TensorType) -> str | None:
    """For scores of too many or too few classes."""
    if wanted.value is None:
        return None
    if (given.value, wanted.value) == (1, 2):
        return "end the model with `Linear(2)`, or use `BCEWithLogitsLoss` for a single output"
    # Over pixels the classes are channels.
    pixels = prediction.rank - 2
    layer = f"Conv{pixels}d({wanted}, 1)" if 1 <= pixels <= 3 else f"Linear({wanted})"
    return f"end the model with `{layer}`"


def _counted(size: Dim, one: str, many: str) -> str:
    return f"{size} {one if size.value == 1 else many}"
