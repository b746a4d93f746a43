"""An example of each entry: what its declaration shows, else a spec made from the declaration.

A made one tries inputs of several kinds and shapes, and takes the first that the entry accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, product

from netspec.catalog.entries import Entry
from netspec.catalog.records import REQUIRED, Application, Argument, Refusal, Value
from netspec.catalog.values import fits, written
from netspec.syntax import tree
from netspec.types import Dim, Kind, TensorType

# What stands in for an argument, by its name, else by its type.
BY_NAME: dict[str, Value] = {
    "out_features": 16,
    "out_channels": 16,
    "kernel_size": 3,
    "embedding_dim": 32,
    "hidden_size": 32,
    "num_heads": 2,
    "nhead": 2,
    "num_groups": 4,
    "groups": 4,
    "dim": 1,
    "dims": (0, 2, 1),
    "dim0": 1,
    "dim1": 2,
    "output_size": 4,
    "norm_type": 2.0,
    "p": 2.0,
    "value": 0.0,
    "threshold": 0.1,
    "diagonal": 0,
    "size": (4, 8),
    "shape": (-1, 4),
    "step_size": 10,
    "milestones": (10, 20),
    "gamma": 0.9,
    "T_0": 10,
    "base_lr": 1e-3,
    "max_lr": 0.1,
    "num_classes": 10,
}
BY_TYPE: dict[str, Value] = {
    "int": 2,
    "float": 0.5,
    "bool": True,
    "size": 2,
    "sizes": (4, 8),
    "ints": (1,),
    "floats": (0.5,),
    "pair": (2, 2),
    "float_pair": (0.1, 0.9),
    "none": None,
}
# Names of dimensions that may stay open, and what stands for the others.
OPEN = frozenset({"B", "T", "S", "L", "H", "W"})
WIDTH = 8
# Kinds and shapes that are tried for an input that a declaration says nothing of.
KINDS = ("real", "index", "bool", "int", "unit")
SHAPES: tuple[tuple[int | str, ...], ...] = (
    ("B", 8),
    ("B", "T", 8),
    ("B",),
    ("B", 8, 8),
    ("B", 8, "H", "W"),
    (8, 8),
    (8,),
)
# What is tried for `...` in a pattern.
BETWEEN: tuple[tuple[int | str, ...], ...] = ((), (WIDTH,), ("T", WIDTH), ("H", "W"))
# As many candidates are tried at most.
MOST = 4000
INPUTS = ("x", "y", "z", "u", "v")
RESULTS = tuple("abcdefgh")

TRAINED = """data {{
  {data}
}}

model {{
  {model}
}}

train {{
  {lines}
  epochs    = 10
}}
"""
# Data, a model on it, and a loss between the two, by what is predicted.
CLASSES = ("load_iris()", "Linear(3)", "CrossEntropyLoss")
NUMBERS = ("load_diabetes()", "Linear(1)", "MSELoss")
BINARY = ("make_moons(n_samples=200)", "Linear(1)", "BCEWithLogitsLoss")
SIGNS = "rows = make_moons(n_samples=200)\n  x    = rows.x\n  y    = 2 * rows.y - 1"
OF_NUMBERS = frozenset({"mse", "rmse", "mae", "r2"})
OF_CLASSES = ("Classifier", "LogisticRegression", "SVC", "GaussianNB")


def example(entry: Entry) -> str | None:
    """A spec that uses the entry; None when its declaration shows none and none can be made."""
    shown = entry.declaration.example
    if shown:
        return _whole(shown)
    made = MAKERS.get(entry.kind)
    return None if made is None else made(entry)


def sample_arguments(entry: Entry) -> dict[str, Value]:
    """A value for every argument: its default, else what stands in for it."""
    values: dict[str, Value] = {}
    for argument in entry.arguments:
        if argument.default is not REQUIRED:
            values[argument.name] = argument.default
        else:
            values[argument.name] = WIDTH if argument.inferred else _stand_in(argument)
    return values


def _whole(lines: Sequence[str]) -> str:
    """The lines of a declaration's example, those of a network within a model."""
    if lines[0].split()[0] in {"data", "model", "block", "param", "train"}:
        return "\n".join(lines).replace("\n}\n", "\n}\n\n") + "\n"
    return "model {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


# --- calls ----------------------------------------------------------------------------------------


def _stand_in(argument: Argument) -> Value:
    value = BY_NAME.get(argument.name)
    if value is not None and fits(argument.types, value):
        return value
    return next((BY_TYPE[name] for name in argument.types if name in BY_TYPE), "text")


def _needed(entry: Entry) -> list[Argument]:
    return [argument for argument in entry.arguments if argument.required]


def _call(entry: Entry) -> str:
    """The call of the entry with as few arguments as it takes, a layer's by place."""
    given = [
        value if entry.kind == "layer" else f"{argument.name}={value}"
        for argument in _needed(entry)
        for value in (_as_list(_stand_in(argument)),)
    ]
    return f"{entry.name}({', '.join(given)})" if given else entry.name


def _as_list(value: Value) -> str:
    if not isinstance(value, tuple):
        return written(value)
    return "[" + ", ".join(written(item) for item in value) + "]"


def _typed(kind: str, shape: Sequence[int | str]) -> TensorType:
    dims = tuple(Dim.symbol(d) if isinstance(d, str) else Dim.of(d) for d in shape)
    return TensorType(Kind(kind, Dim.of(WIDTH) if kind == "index" else None), dims)


def _network(types: Sequence[TensorType], statement: str, results: int) -> str:
    """A model with these inputs and one statement, whose results are its outputs."""
    lines = [f"input {name}: {of}" for name, of in zip(INPUTS, types, strict=False)]
    if not types:
        lines += ["input x: real[B, 8]", f"made = {statement}", "output x, made"]
    elif results == 1:
        lines.append(statement)
    else:
        names = ", ".join(RESULTS[:results])
        lines += [f"{names} = {statement}", f"output {names}"]
    return _whole(lines)


# --- layers and functions -------------------------------------------------------------------------


def _layer(entry: Entry) -> str | None:
    values = [_stand_in(argument) for argument in _needed(entry)]
    bound = entry.bind(values, {})
    if isinstance(bound, Refusal):
        return None
    assert entry.signature is not None
    patterns = [tuple(_of_pattern(pattern)) for pattern in entry.signature.inputs]
    for types in islice(product(*patterns), MOST):
        applied = entry.apply(bound, types)
        if isinstance(applied, Application):
            names = INPUTS[: len(types)]
            flow = names[0] if len(names) == 1 else f"({', '.join(names)})"
            call = _call(entry)
            statement = call if len(types) == 1 else f"{flow} -> {call}"
            if len(applied.outputs) > 1:
                statement = f"{flow} -> {call}"
            return _network(types, statement, len(applied.outputs))
    return None


def _of_pattern(pattern: tree.TypeExpr) -> Iterator[TensorType]:
    """Types that a pattern of a declaration may mean, `...` being nothing or a few dimensions."""
    name = pattern.kind.id if pattern.kind is not None else "real"
    name = "unit" if name == "fraction" else name
    kind = name if name in {"index", "int", "bool", "unit", "prob", "logprob"} else "real"
    dims = pattern.dims or ()
    for between in BETWEEN:
        shape: list[int | str] = []
        for dim in dims:
            if isinstance(dim, tree.Dots):
                shape.extend(between if shape else ("B", WIDTH, *between))
            else:
                text = dim.span.text
                shape.append(text if text in OPEN else WIDTH)
        yield _typed(kind, shape)


def _function(entry: Entry) -> str | None:
    tensors = [a for a in _needed(entry) if set(a.types) & {"tensor", "tensors"}]
    count = sum(2 if "tensors" in argument.types else 1 for argument in tensors)
    for types in islice(_tried(entry, count), MOST):
        applied = entry.apply_function(*_arguments(entry, tensors, types))
        if isinstance(applied, Application):
            return _network(types, _statement(entry, tensors), len(applied.outputs))
    return None


def _tried(entry: Entry, count: int) -> Iterator[tuple[TensorType, ...]]:
    """Types for so many tensors: those that the declaration means, else any."""
    if entry.signature is not None and len(entry.signature.inputs) == count:
        yield from product(*(tuple(_of_pattern(of)) for of in entry.signature.inputs))
        return
    alike = ((shape,) * count for shape in SHAPES)
    for shape in chain(alike, product(SHAPES, repeat=count)) if count else ((),):
        for kinds in product(KINDS, repeat=count):
            yield tuple(_typed(kind, dims) for kind, dims in zip(kinds, shape, strict=True))


def _arguments(
    entry: Entry, tensors: Sequence[Argument], types: Sequence[TensorType]
) -> tuple[list[TensorType], dict[str, Value]]:
    left = list(types)
    named: dict[str, Value] = {}
    for argument in tensors:
        taken = 2 if "tensors" in argument.types else 1
        value = tuple(left[:taken]) if taken == 2 else left[0]
        named[argument.name] = value  # type: ignore[assignment] # a tensor among the operands
        del left[:taken]
    for argument in _needed(entry):
        if argument not in tensors:
            named[argument.name] = _stand_in(argument)
    return [], named


def _statement(entry: Entry, tensors: Sequence[Argument]) -> str:
    """The call on as many inputs: by place up to the last tensor, by name from there on."""
    names = iter(INPUTS)
    needed = _needed(entry)
    last = max((needed.index(argument) for argument in tensors), default=-1)
    by_place = needed[: last + 1] == list(entry.arguments[: last + 1])
    given: list[str] = []
    for place, argument in enumerate(needed):
        if "tensors" in argument.types:
            value = f"[{next(names)}, {next(names)}]"
        elif argument in tensors:
            value = next(names)
        else:
            value = _as_list(_stand_in(argument))
        given.append(value if by_place and place <= last else f"{argument.name}={value}")
    return f"{entry.name}({', '.join(given)})"


# --- training -------------------------------------------------------------------------------------


def _trained(parts: tuple[str, str, str], *lines: str) -> str:
    data, model, loss = parts
    settings = [f"loss      = {loss}", *lines]
    if not any(line.startswith("optimizer") for line in lines):
        settings.append("optimizer = Adam(lr=1e-2)")
    return TRAINED.format(data=data, model=model, lines="\n  ".join(settings))


def _loss(entry: Entry) -> str | None:
    """A prediction against the target that the loss wants."""
    assert entry.signature is not None
    kinds = [p.kind.id if p.kind is not None else "real" for p in entry.signature.inputs]
    if len(kinds) != 2 or kinds[1] not in DATA:
        return None
    data, outputs = DATA[kinds[1]]
    return _trained((data, f"Linear({outputs}){ENDINGS.get(kinds[0], '')}", entry.name))


# The data for a target of each declared kind, and how many outputs predict it.
DATA = {
    "target": (NUMBERS[0], 1),
    "fraction": (BINARY[0], 1),
    "sign": (SIGNS, 1),
    "index": (CLASSES[0], 3),
}
# What a model ends with for a prediction of each declared kind.
ENDINGS = {"unit": " -> Sigmoid", "logprob": " -> LogSoftmax(dim=1)"}


def _optimizer(entry: Entry) -> str:
    return _trained(BINARY, f"optimizer = {_call(entry)}")


def _schedule(entry: Entry) -> str:
    return _trained(BINARY, "optimizer = SGD(lr=0.1)", f"schedule  = {_call(entry)}")


def _metric(entry: Entry) -> str:
    parts = NUMBERS if entry.name in OF_NUMBERS else CLASSES
    return _trained(parts, f"metrics   = [{_call(entry)}]")


def _estimator(entry: Entry) -> str:
    parts = CLASSES if entry.name.endswith(OF_CLASSES) else NUMBERS
    return _trained(parts, f"baseline  = {_call(entry)}")


def _source(entry: Entry) -> str:
    call = _call(entry)
    if entry.target.startswith("torchvision."):
        return f'data {{\n  torchvision.{entry.name}("data", download=true)\n}}\n'
    return f"data {{\n  {call if call.endswith(')') else f'{call}()'}\n}}\n"


def _transform(entry: Entry) -> str:
    return (
        f"data {{\n  rows = load_iris()\n  x    = rows.x -> {_call(entry)}\n  y    = rows.y\n}}\n"
    )


def _init(entry: Entry) -> str:
    return _whole(["input x: real[B, 8]", f"w: Parameter([8, 4], init={_call(entry)})", "x @ w"])


MAKERS: dict[str, Callable[[Entry], str | None]] = {
    "layer": _layer,
    "function": _function,
    "loss": _loss,
    "optimizer": _optimizer,
    "schedule": _schedule,
    "metric": _metric,
    "estimator": _estimator,
    "source": _source,
    "transform": _transform,
    "init": _init,
}
