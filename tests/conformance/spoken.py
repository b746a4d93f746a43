"""One call of a function, as a spec writes it, through netspec and through torch.

The same text is checked, emitted, built and run as the one line of a model, and evaluated as Python
with torch's own functions: `lerp(x, y, 0.5)` means the same in both.
"""

from __future__ import annotations

import ast
import importlib
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from sampling import flat, holds, tensor
from torch import Tensor

from netspec import catalog, codegen, driver
from netspec.analysis.network.requirements import holds as requirement_holds
from netspec.catalog import rules
from netspec.diagnostics import Sink
from netspec.program.graph import Model
from netspec.source import Source
from netspec.types import Dim, Kind, TensorType

# Refusals of torch, and of what it is written in.
REFUSALS = (
    RuntimeError,
    ValueError,
    TypeError,
    IndexError,
    AssertionError,
)
# What a size not yet known is refused with: by then nothing is known to be wrong.
UNKNOWN = frozenset({"NS4005"})
# Rules by which netspec refuses what torch would run, each with the words it refuses in.
STRICTER = (
    "among integers",  # a fraction would be cut off in silence
    'cannot be `"max"`',  # `amax` is the documented name
    "is not for truth values",  # torch has an order for them in some places
    "wants [B, C",  # the batch is always written
    "a tuple of 2 whole numbers",  # torch lets a list of one number stand for two
    "goes up to",  # of all indices that there may be
    "must be at least 1",  # a size of 0 is never meant
    "has no place",  # nor an empty triangle
    "nothing is left",  # nor a diagonal of nothing
)
_TYPE = re.compile(r"(\w+)(?:\((\w+)\))?\[(.*)\]")

CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "none": None}


def typed(text: str) -> TensorType:
    """`index(5)[4, 6]` as a type."""
    found = _TYPE.fullmatch(text)
    assert found is not None, text
    kind, size, dims = found.groups()
    shape = [_dim(dim.strip()) for dim in dims.split(",") if dim.strip()]
    return TensorType(Kind(kind, None if size is None else _dim(size)), tuple(shape))


def _dim(text: str) -> Dim:
    return Dim.of(int(text)) if text.isdecimal() else Dim.symbol(text)


def inputs_of(text: str) -> dict[str, TensorType]:
    """`x: real[4, 6]; i: index(5)[4]` as types by name."""
    pairs = (part.split(":", 1) for part in text.split(";"))
    return {name.strip(): typed(of.strip()) for name, of in pairs}


@dataclass(frozen=True)
class Spoken:
    """What netspec says: the model and its types, or the codes and texts of what is wrong."""

    model: Model | None
    outputs: tuple[TensorType, ...]
    codes: tuple[str, ...]
    messages: str


def check(call: str, inputs: Mapping[str, TensorType]) -> Spoken:
    """Check a model of one line."""
    lines = [f"  input {name}: {of}" for name, of in inputs.items()]
    spec = "\n".join(["model {", *lines, f"  {call}", "}"])
    sink = Sink()
    program = driver.check(Source("spoken.net", spec), sink, {})
    codes = tuple(found.code for found in sink.diagnostics if found.severity == "error")
    messages = "; ".join(found.message for found in sink.diagnostics)
    model = program.model if program is not None and not codes else None
    outputs = model.graph.output_types if model is not None else ()
    return Spoken(model, outputs, codes, messages)


def torch_names() -> dict[str, Any]:
    """Every function of the catalogue, as torch has it."""
    found: dict[str, Any] = dict(CONSTANTS)
    known = catalog.load()
    for name in known.names("function"):
        entry = known.find("function", name)
        assert entry is not None
        home, _, attribute = entry.target.rpartition(".")
        if home.endswith(".Tensor"):
            found[name] = getattr(Tensor, attribute)
        else:
            found[name] = getattr(importlib.import_module(home), attribute)
    # Torch is told whether it trains, of some functions even for the asking; ours are in training.
    return {
        name: partial(function, training=True) if name in rules.TRAINED else function
        for name, function in found.items()
    }


NAMES = torch_names()


def drawn(inputs: Mapping[str, TensorType]) -> dict[str, Tensor]:
    """Tensors of these types, the same ones every time."""
    torch.manual_seed(7)
    return {name: tensor(of) for name, of in inputs.items()}


def by_torch(call: str, tensors: Mapping[str, Tensor]) -> tuple[Tensor, ...] | str:
    """What torch gives for the same text, or its complaint."""
    torch.manual_seed(3)
    names = {**NAMES, **{name: one.clone() for name, one in tensors.items()}}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return flat(eval(call, names))
    except REFUSALS as error:
        return f"{type(error).__name__}: {error}"


def by_netspec(model: Model, tensors: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
    """What the emitted source gives."""
    built = codegen.build_model(model, "spoken.net")
    torch.manual_seed(3)
    return flat(built(*(one.clone() for one in tensors.values())))


def agree(call: str, given: str, *, exact: bool = True) -> None:
    """Both refuse, or both take it and give the same numbers, as the types say."""
    inputs = inputs_of(given)
    ours, tensors = check(call, inputs), drawn(inputs)
    theirs = by_torch(call, tensors)
    if ours.model is None:
        stricter = any(words in ours.messages for words in STRICTER)
        assert stricter or isinstance(theirs, str), f"torch accepts: {ours.messages}"
        return
    assert not isinstance(theirs, str), f"torch refuses: {theirs}"
    built = by_netspec(ours.model, tensors)
    assert len(built) == len(theirs) == len(ours.outputs)
    for wanted, made, other in zip(ours.outputs, built, theirs, strict=True):
        assert holds(wanted, other), f"{wanted} against {tuple(other.shape)} {other.dtype}"
        assert made.dtype == other.dtype
        if exact:
            assert torch.equal(made.nan_to_num(), other.nan_to_num())


def agree_by_name(call: str, given: str) -> None:
    """What is written by place may be written by name, by torch's own: the numbers are the same."""
    inputs = inputs_of(given)
    named = by_name(call)
    if named is None or check(call, inputs).model is None:
        return
    ours, tensors = check(named, inputs), drawn(inputs)
    assert ours.model is not None, ours.messages
    theirs = by_torch(call, tensors)
    assert not isinstance(theirs, str)
    for made, other in zip(by_netspec(ours.model, tensors), theirs, strict=True):
        assert torch.equal(made.nan_to_num(), other.nan_to_num())


def by_name(call: str) -> str | None:
    """The call with all but the first argument named; None where it has but one, or lists some."""
    made = ast.parse(call, mode="eval").body
    assert isinstance(made, ast.Call)
    assert isinstance(made.func, ast.Name)
    entry = catalog.load().find("function", made.func.id)
    assert entry is not None
    if len(made.args) < 2 or entry.variadic == 0:
        return None

    def text(node: ast.expr) -> str:
        return ast.get_source_segment(call, node) or ""

    names = [argument.name for argument in entry.arguments]
    pairs = [
        *zip(names[1:], made.args[1:], strict=False),
        *((str(keyword.arg), keyword.value) for keyword in made.keywords),
    ]
    rest = ", ".join(f"{name}={text(value)}" for name, value in pairs)
    return f"{made.func.id}({text(made.args[0])}, {rest})"


def agree_at_other_sizes(call: str, given: str) -> None:
    """With the sizes as symbols: the same types at each, where what is required holds."""
    inputs = inputs_of(given)
    # How many indices there are is always known.
    known = {of.kind.size.value for of in inputs.values() if of.kind.size is not None}
    names = {
        size: f"S{size}"
        for of in inputs.values()
        for size in _sizes(of)
        if size > 1 and size not in known
    }
    symbols = {name: _named(of, names) for name, of in inputs.items()}
    spoken = check(call, symbols)
    if spoken.model is None:
        numbers = check(call, inputs)
        assert numbers.model is None or set(spoken.codes) <= UNKNOWN, spoken.messages
        return
    for times, more in ((1, 0), (1, 1), (2, 0)):
        values = {name: times * size + more for size, name in names.items()}
        dims = {name: Dim.of(value) for name, value in values.items()}
        tensors = drawn({name: of.substitute(dims) for name, of in symbols.items()})
        theirs = by_torch(call, tensors)
        unmet = [n for n in spoken.model.requirements if not requirement_holds(n, values)]
        if unmet:
            # Torch makes empty pieces beyond the end, and asks the indices that there are.
            stricter = call.startswith(("tensor_split(x, [", "index_select(x, 0"))
            assert stricter or isinstance(theirs, str), f"torch accepts {values}: {unmet[0].text}"
            continue
        assert not isinstance(theirs, str), f"torch refuses {values}: {theirs}"
        for wanted, other in zip(spoken.outputs, theirs, strict=True):
            at = wanted.substitute(dims)
            assert holds(at, other), f"{wanted}, {at} against {tuple(other.shape)} at {values}"


def _sizes(of: TensorType) -> list[int]:
    return [size for dim in of.shape if (size := dim.value) is not None]


def _named(of: TensorType, names: Mapping[int, str]) -> TensorType:
    shape = tuple(
        Dim.symbol(names[dim.value]) if dim.value in names else dim
        for dim in of.shape
        if dim.value is not None
    )
    return TensorType(of.kind, shape)
