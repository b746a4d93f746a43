"""Statements drawn from the catalogue: every function and every layer, with sampled arguments.

The declaration says which arguments there are and of what type; torch is called by the target that
the declaration names, with the same arguments.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lines import Line, Maker
from torch import Tensor

from netspec import catalog
from netspec.catalog import Argument, Entry, Value, values
from netspec.catalog.values import written

Pick = Callable[..., Any]
Operand = tuple[str, Callable[[Tensor], Any]]

CATALOG = catalog.load()

# Layers whose inferred argument is not the size of the last dimension, by where it stands.
CHANNELS = frozenset({"in_channels", "num_features", "num_channels"})

# Other tensors that a function may be given, made of the value at hand.
OTHERS: tuple[Operand, ...] = (
    ("x", lambda x: x),
    ("(x > 0)", lambda x: x > 0),
    ("(-x)", lambda x: -x),
    ("mean(x)", lambda x: x.mean()),
    ("argmax(x, dim=-1)", lambda x: x.argmax(dim=-1)),
    ("x[:1]", lambda x: x[:1]),
    ("x[..., :1]", lambda x: x[..., :1]),
    ("transpose(x, -1, -2)", lambda x: x.transpose(-1, -2)),
)
# Functions that mean less than torch's where sizes are not known: what is known to be 1 goes, not
# what happens to be.
OF_KNOWN_SIZES = frozenset({"squeeze"})
# What torch refuses by the numbers that it is given, which no check can know.
BY_NUMBERS = frozenset(
    {
        "BatchNorm1d",
        "BatchNorm2d",
        "BatchNorm3d",
        "floor_divide",
        "fmod",
        "gaussian_nll_loss",
        "multinomial",
        "normal",
        "remainder",
    }
)
NUMBERS = (0, 1, 2, 3, -1, 5)


def constant(argument: Argument, entry: Entry, kind: str, pick: Pick) -> Value:
    """A value of a declared type, in range as often as not."""
    value: Value = _constant(argument, entry, kind, pick)
    return value


def _constant(argument: Argument, entry: Entry, kind: str, pick: Pick) -> Any:
    allowed = values.choices(entry.name, argument.name)
    match kind:
        case "int" | "size":
            return pick(*NUMBERS)
        case "float":
            return pick(0.0, 0.5, 1.0, 2.0, 1, -1.5)
        case "bool":
            return pick(True, False)
        case "string":
            return pick(*(allowed or ("none",)))
        case "none":
            return None
        case "single" | "pair" | "triple":
            return tuple(pick(*NUMBERS) for _ in range(values.LENGTHS[kind]))
        case "optional_single" | "optional_pair" | "optional_triple":
            length = values.LENGTHS[kind.removeprefix("optional_")]
            return tuple(pick(None, 1, 2, 3) for _ in range(length))
        case "ints" | "sizes":
            return tuple(pick(*NUMBERS) for _ in range(pick(1, 2, 3)))
        case "floats" | "float_pair" | "optional_float_pair":
            return (pick(0.1, 0.5), pick(0.9, 2.0))
        case "float_triple":
            return (0.5, pick(0.1, 0.9), 2.0)
        case _:
            return pick(*NUMBERS)


def arguments(entry: Entry, pick: Pick) -> Iterator[tuple[str, str, Callable[[Tensor], Any]]]:
    """Names, texts and torch values of the arguments of a call; the first tensor is `x`."""
    first = True
    for argument in entry.arguments:
        if argument.inferred or (not argument.required and pick(True, True, False)):
            continue
        kind = pick(*(argument.types or ("int",)))
        if kind == "tensor":
            text, made = OTHERS[0] if first else pick(*OTHERS)
            first = False
            yield argument.name, text, made
        elif kind == "tensors":
            chosen = [OTHERS[0], pick(*OTHERS)]
            texts = ", ".join(text for text, _ in chosen)
            yield argument.name, f"[{texts}]", _several(chosen)
        else:
            value = constant(argument, entry, kind, pick)
            yield argument.name, written(value), _always(value)


def _several(chosen: Sequence[Operand]) -> Callable[[Tensor], Any]:
    return lambda x: [made(x) for _, made in chosen]


def _always(value: Value) -> Callable[[Tensor], Any]:
    return lambda x: value


def load(target: str) -> Any:
    """The object of a dotted name; what torch has as a method only is the method."""
    module, _, name = target.rpartition(".")
    try:
        home = importlib.import_module(module)
    except ModuleNotFoundError:
        home = load(module)
    return getattr(home, name) if hasattr(home, name) else getattr(Tensor, name)


def function_line(entry: Entry, pick: Pick) -> Line:
    """A call of a function of tensors."""
    given = list(arguments(entry, pick))
    written_out = ", ".join(f"{name}={text}" for name, text, _ in given)
    function = load(entry.target)

    def run(x: Tensor) -> Tensor:
        named = {name: made(x) for name, _, made in given}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = called(entry, function, named)
        return one_of(result)

    return Line(f"x = {entry.name}({written_out})", run)


def called(entry: Entry, function: Any, named: Mapping[str, Any]) -> Any:
    """The function called by name where it can be, else with its first arguments by place."""
    method = function is getattr(Tensor, entry.name, None)
    return function(*named.values()) if method else function(**named)


def layer_line(entry: Entry, pick: Pick) -> Line:
    """A use of a layer."""
    given = [(name, text, made) for name, text, made in arguments(entry, pick)]
    written_out = ", ".join(f"{name}={text}" for name, text, _ in given)
    layer = load(entry.target)

    def run(x: Tensor) -> Tensor:
        named = {name: made(x) for name, _, made in given}
        for name in entry.inferred:
            named[name] = x.shape[1] if name in CHANNELS else x.shape[-1]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = layer(**named).eval()(x)
        return one_of(result)

    return Line(f"-> {entry.name}({written_out})" if given else f"-> {entry.name}", run)


def entries(kind: str) -> Iterator[Entry]:
    """Everything of a kind."""
    for name in CATALOG.names(kind):
        entry = CATALOG.find(kind, name)
        assert entry is not None
        yield entry


def takes_a_tensor(entry: Entry) -> bool:
    """Whether the first argument of a function is a tensor, or several."""
    first = entry.arguments[:1]
    drawn = entry.name not in OF_KNOWN_SIZES | BY_NUMBERS
    return drawn and any("tensor" in str(a.types) for a in first)


def one_of(result: Any) -> Tensor:
    """The tensor that a call gives; more than one cannot go on as `x`."""
    if isinstance(result, tuple) and len(result) == 1:
        (result,) = result
    assert isinstance(result, Tensor), "one tensor"
    return result


def one_tensor(entry: Entry) -> bool:
    """Whether a layer takes one tensor and gives one."""
    found = entry.signature
    if found is None or entry.name in BY_NUMBERS:
        return False
    return len(found.inputs) == 1 and len(found.outputs) == 1


def makers() -> tuple[Maker, ...]:
    """A maker a function that takes a tensor, a maker a layer of one tensor."""
    functions = [entry for entry in entries("function") if takes_a_tensor(entry)]
    layers = [entry for entry in entries("layer") if one_tensor(entry)]
    return (
        *(_maker(function_line, entry) for entry in functions),
        *(_maker(layer_line, entry) for entry in layers),
    )


def _maker(line: Callable[[Entry, Pick], Line], entry: Entry) -> Maker:
    return lambda x, pick, dim, other: line(entry, pick)
