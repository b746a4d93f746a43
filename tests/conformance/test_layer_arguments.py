"""Each argument of each layer and loss at values that may be wrong: both sides refuse the same."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import test_layers_at_sizes as layers
import test_losses_at_sizes as losses
from sampling import entry, run_layer
from torch import Tensor

from netspec.catalog import Application, Argument

VALUES: dict[str, tuple[Any, ...]] = {
    "int": (-2, -1, 0, 1, 2, 3, 7),
    "float": (-1.0, 0.0, 0.3, 1.0, 1.5, 0, 1, 2),
    "bool": (True, False),
    "none": (None,),
    "single": ((2,), (0,)),
    "pair": ((1, 2), (0, 1), (-1, 1), (3, 2)),
    "triple": ((1, 2, 1), (0, 1, 2)),
    "quadruple": ((1, 2, 0, 1), (-1, 1, 2, 3)),
    "sextuple": ((1, 0, 1, 2, 0, 1),),
    "optional_single": ((None,),),
    "optional_pair": ((None, 2),),
    "optional_triple": ((None, 2, 1),),
    "ints": ((2, 3), (6,), ()),
    "floats": ((0.5, 2.0),),
    "float_pair": ((0.5, 0.7),),
    "float_triple": ((0.5, 0.6, 0.7),),
    "string": (
        *("nonsense", "zeros", "reflect", "valid", "same", "tanh", "relu", "gelu"),
        *("mean", "max", "sum", "none", "linear", "bilinear", "nearest"),
    ),
}
# What torch lets pass though it means nothing: layers and windows of no size, shares and powers
# below 0, and a number to add to a variance that would drown it, or is below 0. A reduction "mean"
# is refused by `KLDivLoss` alone, where it is none. A circular border beside a cut is filled by
# torch with numbers that nobody wrote.
STRICTER = {
    "out_features",
    "hidden_size",
    "dim_feedforward",
    "output_size",
    "kernel_size",
    "divisor_override",
    "norm_type",
    "dropout",
    "alpha",
    "eps",
    "layer_norm_eps",
    "label_smoothing",
    "beta",
    "blank",
}


def samples(argument: Argument) -> Iterator[Any]:
    for of in argument.types:
        yield from VALUES[of]


def both_ways(name: str, value: Any) -> bool:
    """Whether a circular border is added at one end and cut off at another."""
    several = name.startswith("Circular") and isinstance(value, tuple)
    return several and min(value, default=0) < 0 < max(value, default=0)


LAYERS = [(name, a.name) for name in layers.FORMS for a in entry("layer", name).arguments]
LOSSES = [(name, a.name) for name in losses.FORMS for a in entry("loss", name).arguments]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "argument"), LAYERS)
def test_layers_refuse_what_torch_refuses(name: str, argument: str) -> None:
    keywords, types = layers.FORMS[name][0]
    given = [of.substitute(layers.MIDDLING) for of in types]
    declared = entry("layer", name).argument(argument)
    assert declared is not None
    for value in samples(declared):
        outcome = run_layer(name, (), {**keywords, argument: value}, given)
        if isinstance(outcome.ours, Application):
            assert not isinstance(outcome.theirs, str), f"{value!r}: {outcome.theirs}"
        elif argument not in STRICTER and not both_ways(name, value):
            assert isinstance(outcome.theirs, str), f"torch takes {value!r}"


@pytest.mark.parametrize(("name", "argument"), LOSSES)
def test_losses_refuse_what_torch_refuses(name: str, argument: str) -> None:
    form = losses.FORMS[name][0]
    given = form.at({"B": 3, "D": 4, "T": 9, "S": 2})
    declared = entry("loss", name).argument(argument)
    assert declared is not None
    for value in samples(declared):
        keywords = {**form.keywords, argument: value}
        mine = losses.ours(name, keywords, given)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = losses.theirs(name, keywords, given)
        if isinstance(mine, Application):
            assert isinstance(theirs, Tensor), f"{value!r}: {theirs}"
        elif argument not in STRICTER and mine.reason != "kind" and value != "mean":
            assert isinstance(theirs, str), f"torch takes {value!r}"
