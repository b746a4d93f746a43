"""Calls of `torch.nn.init`: which arguments are written is read off the installed torch."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping

from torch import nn

from netspec.codegen.layout import Expr, call
from netspec.codegen.names import checked
from netspec.program.graph import Literal

HOME = "torch.nn.init."


class NoSuchInitializerError(ValueError):
    """A function that the installed `torch.nn.init` does not have."""


@functools.cache
def defaults(target: str) -> dict[str, Literal]:
    """The arguments that have a default, with it.

    Raises NoSuchInitializerError when torch has no such function.
    """
    function = vars(nn.init).get(target.removeprefix(HOME))
    if not target.startswith(HOME) or not inspect.isfunction(function):
        raise NoSuchInitializerError(f"PyTorch has no {target!r}")
    found = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in found if p.default is not p.empty}


def init_call(
    target: str, tensor: Expr, given: Mapping[str, Literal], written: Mapping[str, Expr]
) -> Expr:
    """`nn.init.normal_(tensor, std=0.02)`: arguments that differ from torch's defaults, by name.

    `given` has each argument's value, or lacks it where the value differs between uses.
    """
    known = defaults(target)
    keywords = [
        (checked(name), text)
        for name, text in written.items()
        if name not in given or name not in known or known[name] != given[name]
    ]
    if len(keywords) == 1 and keywords[0][0] not in known:
        # `constant_(x, 0.1)`: a lone argument that has to be given needs no name.
        return call(f"nn.init.{checked(target.removeprefix(HOME))}", [tensor, keywords[0][1]])
    return call(f"nn.init.{checked(target.removeprefix(HOME))}", [tensor], keywords)
