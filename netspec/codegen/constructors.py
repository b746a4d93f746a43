"""Constructor calls of PyTorch's layers: order and defaults are read off the installed torch."""

from __future__ import annotations

import functools
import inspect
import math
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal as OneOf

from torch import nn

from netspec.codegen.arguments import MISSING, Absence
from netspec.codegen.layout import Expr, call
from netspec.codegen.names import checked
from netspec.program.graph import Layer, Literal

# How the results of a layer that gives several are grouped; the numbers are those of the results.
Nesting = int | tuple["Nesting", ...]
RESULTS: dict[str, Nesting] = {
    "torch.nn.RNN": (0, 1),
    "torch.nn.GRU": (0, 1),
    "torch.nn.LSTM": (0, (1, 2)),
    "torch.nn.LSTMCell": (0, 1),
    "torch.nn.MultiheadAttention": (0, 1),
}

# Layers whose inputs are grouped: `self.lstm(x, (h, c))`.
INPUTS: dict[str, Nesting] = {"torch.nn.LSTM": (0, (1, 2)), "torch.nn.LSTMCell": (0, (1, 2))}

# Inputs that a layer's `forward` takes further back than their place here: given by name.
NAMED_INPUTS: dict[str, dict[int, str]] = {
    "torch.nn.MultiheadAttention": {3: "attn_mask", 4: "key_padding_mask"},
}

# Arguments that torch takes to equal another one when they are left out.
SAME_UNLESS_GIVEN = {
    ("torch.nn.MultiheadAttention", "kdim"): "embed_dim",
    ("torch.nn.MultiheadAttention", "vdim"): "embed_dim",
}


class NoSuchLayerError(ValueError):
    """A layer, or an argument of one, that the installed PyTorch does not have."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument of a constructor; `required` ones have no default."""

    name: str
    required: bool
    default: object = None

    @property
    def default_literal(self) -> Literal | OneOf[Absence.MISSING]:
        """The default where it can be written as a literal."""
        if not self.required and isinstance(self.default, bool | int | float | str | None):
            return self.default
        return MISSING

    def is_default(self, value: Literal) -> bool:
        """Whether leaving the argument out says the same."""
        if self.required or isinstance(value, bool) != isinstance(self.default, bool):
            return False
        if isinstance(value, float) and math.isnan(value):
            return False
        return bool(value == self.default)


@functools.cache
def parameters(target: str) -> tuple[Parameter, ...]:
    """The arguments of the layer class with this dotted name, in torch's order.

    Raises NoSuchLayerError when torch has no such class.
    """
    package, _, name = target.rpartition(".")
    found = vars(nn).get(name) if package == "torch.nn" else None
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise NoSuchLayerError(f"PyTorch has no layer {target!r}")
    constructor: Callable[..., None] = found.__init__
    # RNN and its kin take `*args, **kwargs`; their first overload says which.
    overloads = typing.get_overloads(constructor)
    signature = inspect.signature(overloads[0] if overloads else constructor)
    return tuple(
        Parameter(p.name, p.default is p.empty, _by_name(p.default))
        for p in list(signature.parameters.values())[1:]
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    )


def _by_name(default: object) -> object:
    """A default that is a function (`activation=F.relu`) as the text that says the same."""
    return default.__name__ if inspect.isfunction(default) else default


def taken_by(layer: Layer) -> tuple[Parameter, ...]:
    """The arguments of a layer's class: in torch's order, or as the user declares them.

    Raises NoSuchLayerError when torch has no such class.
    """
    if layer.extern is None:
        return parameters(layer.target)
    return tuple(Parameter(a.name, a.required, a.default) for a in layer.extern.arguments)


def in_order(layer: Layer) -> list[tuple[Parameter, Literal]]:
    """A layer's arguments in the order of its class.

    Raises NoSuchLayerError when torch has no such class, or the class no such argument.
    """
    known = taken_by(layer)
    given = dict(layer.arguments)
    for name in given.keys() - {parameter.name for parameter in known}:
        raise NoSuchLayerError(f"{layer.target!r} of the installed PyTorch takes no {name!r}")
    return [(parameter, given[parameter.name]) for parameter in known if parameter.name in given]


def layer_call(
    layer: Layer, called: str, given: Mapping[str, Literal], written: Mapping[str, Expr]
) -> Expr:
    """`nn.Conv2d(3, 64, 7, stride=2)`: required arguments by place, the rest where they matter.

    `called` is what the text calls the class. `given` has each argument's value, or lacks it where
    the value differs between uses; `written` has the text of each. A class of the user's is given
    all by name: the order of a declaration need not be that of its Python.
    """
    positional: list[Expr] = []
    keywords: list[tuple[str, Expr]] = []
    gap = layer.extern is not None
    for parameter in taken_by(layer):
        name = parameter.name
        gap = gap or name not in written
        if name not in written or _implied(layer.target, name, written):
            continue
        if parameter.required and not gap:
            positional.append(written[name])
        elif name not in given or not parameter.is_default(given[name]):
            keywords.append((checked(name), written[name]))
    return call(called, positional, keywords)


def _implied(target: str, name: str, written: Mapping[str, Expr]) -> bool:
    """Whether the argument says what torch takes for granted from another one."""
    other = SAME_UNLESS_GIVEN.get((target, name))
    return other is not None and written[name] == written.get(other)


def grouped(nesting: Nesting | None, texts: list[str], filler: str) -> str:
    """Texts in the groups of `nesting` (`out, (h, c)`), `filler` standing for those not there."""
    if nesting is None or isinstance(nesting, int):
        return _commas(texts)

    def write(part: Nesting) -> str:
        if isinstance(part, int):
            return texts[part] if part < len(texts) else filler
        return f"({_commas(write(inner) for inner in part)})"

    return _commas(write(part) for part in nesting)


def _commas(texts: Iterable[str]) -> str:
    return ", ".join(texts)
