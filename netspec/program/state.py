"""The tensors of a module as it is made: under which keys, which are one, which do not learn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import prod

from netspec.program.graph import Graph, Layer, Stored, Weight
from netspec.source import Span


@dataclass(slots=True, eq=False)
class Held:
    """A tensor: the key it has first, what it is, and the layer or declaration it came with."""

    name: str
    weight: Weight
    span: Span
    frozen: bool = False

    @property
    def learns(self) -> bool:
        """Whether an optimizer moves it."""
        return self.weight.learned and not self.frozen

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return prod(self.weight.shape)


State = dict[str, Held]


def state(graph: Graph) -> State:
    """Every parameter and buffer by key, in `state_dict` order; those tied together are one."""
    found: State = {}
    _add(graph, "", found, [])
    return found


def held(found: State) -> list[Held]:
    """Each tensor once, as `named_parameters` goes through them."""
    return list({id(tensor): tensor for tensor in found.values()}.values())


def other_names(found: State) -> dict[str, str]:
    """Further keys of tied parameters, each with the name that the parameter goes by."""
    return {key: tensor.name for key, tensor in found.items() if tensor.name != key}


def learned(found: State, patterns: Iterable[str] = ()) -> list[Held]:
    """The parameters that learn, each once; what one of the patterns matches is frozen besides."""
    frozen = {
        id(tensor)
        for key, tensor in found.items()
        if any(fnmatchcase(key, pattern) for pattern in patterns)
    }
    return [tensor for tensor in held(found) if tensor.learns and id(tensor) not in frozen]


def _add(graph: Graph, prefix: str, found: State, order: list[str]) -> None:
    """Make the module as its constructor does; `order` lists the keys as they come."""
    begin = len(order)

    def hold(key: str, weight: Weight, span: Span) -> None:
        found[key] = Held(key, weight, span)
        order.append(key)

    own = [(child.key, child.module) for child in graph.children]
    for is_learned in (True, False):
        for key, module in own:
            if isinstance(module, Stored) and module.weight.learned == is_learned:
                hold(prefix + key, module.weight, module.span)
    for key, module in own:
        match module:
            case Layer():
                for weight in module.weights:
                    hold(f"{prefix}{key}.{weight.name}", weight, module.span)
            case Graph():
                _add(module, f"{prefix}{key}.", found, order)
            case Stored():
                pass
    _tie(graph, prefix, found, order[begin:])
    if graph.frozen:
        patterns = [pattern for line in graph.frozen for pattern in line.patterns]
        for key in order[begin:]:
            if any(fnmatchcase(key.removeprefix(prefix), pattern) for pattern in patterns):
                found[key].frozen = True


def _tie(graph: Graph, prefix: str, found: State, keys: list[str]) -> None:
    """Put the right side's tensor under the left key, and let it have the name that comes first."""
    for tie in graph.ties:
        found[prefix + ".".join(tie.left)] = found[prefix + ".".join(tie.right)]
    if graph.ties:
        for key in reversed(keys):
            found[key].name = key


def parameters(graph: Graph) -> int:
    """How many learned numbers a module has, those of tied parameters counted once."""
    return sum(one.numbers for one in held(state(graph)) if one.weight.learned)
