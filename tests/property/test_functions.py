"""Functions on whatever a spec may give them: an answer or a refusal, never an exception."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from netspec import catalog
from netspec.catalog import Application, Refusal
from netspec.types import Dim, Kind, TensorType

NAMES = catalog.load().names("function")
# As many as there are random nets, in their share: `make fuzz` runs more of both.
CALLS = int(os.environ.get("NETSPEC_PROGRAMS", "5000")) * 3 // 100
KINDS = ("real", "real", "real", "unit", "prob", "logprob", "index", "int", "bool")
SIZES = ("B", "T", 1, 2, 3, 4, 6)
TEXTS = ("mean", "none", "bilinear", "b c -> c b", "b (h w) -> b h", "ij,jk->ik", "...i->i", "")


def value(draw: random.Random, types: tuple[str, ...]) -> Any:
    """Something for an argument, mostly of a declared type."""
    wanted = draw.choice(types) if types and draw.random() < 0.9 else draw.choice(("int", "tensor"))
    match wanted:
        case "tensor":
            return tensor(draw)
        case "tensors":
            return tuple(tensor(draw) for _ in range(draw.randint(0, 3)))
        case "float":
            return draw.choice([0, 1, 2, -1, 0.5, 2.0, -0.5, float("inf"), Dim.symbol("T")])
        case "bool":
            return draw.random() < 0.5
        case "string":
            return draw.choice(TEXTS)
        case "none":
            return None
        case "int" | "size":
            return size(draw)
        case _:
            return tuple(size(draw) for _ in range(draw.randint(0, 4)))


def size(draw: random.Random) -> Any:
    return draw.choice([-2, -1, 0, 1, 1, 2, 3, 4, 6, 10**17, Dim.symbol("B"), Dim.symbol("T") + 1])


def tensor(draw: random.Random) -> TensorType:
    dims = [draw.choice(SIZES) for _ in range(draw.randint(0, 5))]
    shape = tuple(Dim.symbol(dim) if isinstance(dim, str) else Dim.of(dim) for dim in dims)
    name = draw.choice(KINDS)
    known = name == "index" and draw.random() < 0.7
    return TensorType(Kind(name, Dim.of(draw.randint(1, 6)) if known else None), shape)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_answers_or_refuses(name: str) -> None:
    entry = catalog.load().find("function", name)
    assert entry is not None
    draw = random.Random(name)
    for _ in range(CALLS):
        given = [a for a in entry.arguments if a.required or draw.random() < 0.5]
        positional = [value(draw, a.types) for a in given if not a.keyword_only]
        keywords = {a.name: value(draw, a.types) for a in given if a.keyword_only}
        outcome = entry.apply_function(positional, keywords)
        assert isinstance(outcome, Application | Refusal)
        if isinstance(outcome, Application):
            for made in outcome.outputs:
                assert all(dim.value is None or dim.value >= 0 for dim in made.shape), made
