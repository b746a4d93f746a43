"""Nested state as JSON beside tensors: what optimizers, schedules and random streams remember.

A closed table of plain types goes in and comes out; no name in a file reaches a class.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

# Marks of what JSON has no form for. A plain dict stands under a mark too, so that no key of its
# own can be taken for one.
FLOAT, TUPLE, PAIRS, COUNTER, TENSOR = "float", "tuple", "pairs", "counter", "tensor"


def packed(value: object, tensors: dict[str, Tensor]) -> Any:
    """The value as strict JSON; its tensors are put into `tensors`, on the CPU."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else {FLOAT: str(value)}
        case list():
            return [packed(item, tensors) for item in value]
        case tuple():
            return {TUPLE: [packed(item, tensors) for item in value]}
        case Counter():
            return {COUNTER: [[packed(key, tensors), count] for key, count in value.items()]}
        case Mapping():
            pairs = value.items()
            return {PAIRS: [[packed(key, tensors), packed(item, tensors)] for key, item in pairs]}
        case Tensor():
            name = f"{len(tensors):06d}"
            kept = value.detach().cpu().clone(memory_format=torch.contiguous_format)
            tensors[name] = kept
            return {TENSOR: name}
        case _:
            raise TypeError(f"a checkpoint cannot hold a {type(value).__name__}")


def unpacked(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """What `packed` was given. Raises `ValueError` or `KeyError` for anything it did not write."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list():
            return [unpacked(item, tensors) for item in value]
        case {"float": str(text)}:
            return float(text)
        case {"tuple": [*items]}:
            return tuple(unpacked(item, tensors) for item in items)
        case {"counter": [*pairs]}:
            return Counter({unpacked(key, tensors): count for key, count in pairs})
        case {"pairs": [*pairs]}:
            return {unpacked(key, tensors): unpacked(item, tensors) for key, item in pairs}
        case {"tensor": str(name)}:
            return tensors[name]
        case _:
            raise ValueError("this is no state of a run")
