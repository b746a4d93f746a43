"""The functions of a data block by their arguments: which they take, and what each has to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netspec.analysis.data import errors
from netspec.analysis.data.arrays import (
    check_numbers,
    list_array,
)
from netspec.analysis.data.block import Block
from netspec.analysis.data.tables import as_matrix
from netspec.analysis.data.values import (
    Array,
    Table,
    Value,
    describe,
)
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.diagnostics import did_you_mean
from netspec.source import Span
from netspec.syntax import tree

ELEMENTWISE = (
    "sqrt exp log log1p abs sign square sin cos tan tanh floor ceil round".split()  # noqa: SIM905  # a word list reads better
)
STATISTICS = ("mean", "std", "sum", "amin", "amax", "norm")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a function takes: names in order, how many are needed, whether the first repeats."""

    names: tuple[str, ...]
    needed: int
    repeats: bool = False


FUNCTIONS: Mapping[str, Parameters] = {
    **{name: Parameters(("x",), 1) for name in ELEMENTWISE},
    **{name: Parameters(("x", "dim"), 1) for name in STATISTICS},
    "std": Parameters(("x", "dim", "correction"), 1),
    "softmax": Parameters(("x", "dim"), 2),
    "log_softmax": Parameters(("x", "dim"), 2),
    "len": Parameters(("x",), 1),
    "linspace": Parameters(("start", "end", "steps"), 3),
    "arange": Parameters(("start", "end", "step"), 1),
    "zeros": Parameters(("size",), 1, repeats=True),
    "ones": Parameters(("size",), 1, repeats=True),
    "uniform": Parameters(("low", "high", "size"), 0),
    "normal": Parameters(("mean", "std", "size"), 0),
    "randint": Parameters(("low", "high", "size"), 1),
    "cat": Parameters(("x", "dim"), 1, repeats=True),
    "stack": Parameters(("x", "dim"), 1, repeats=True),
    "clamp": Parameters(("x", "min", "max"), 3),
    "where": Parameters(("condition", "x", "y"), 3),
    "unsqueeze": Parameters(("x", "dim"), 2),
    "squeeze": Parameters(("x", "dim"), 2),
    "flatten": Parameters(("x",), 1),
}


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call's values by parameter, and where each stands."""

    name: str
    span: Span
    values: Mapping[str, Value]
    spans: Mapping[str, Span]
    repeated: tuple[tuple[Value, Span], ...] = ()


Positional = Sequence[tuple[Value, Span]]


def bind_arguments(
    block: Block,
    name: str,
    span: Span,
    positional: Positional,
    keywords: Sequence[tuple[tree.Name, Value]],
) -> Arguments | Unknown:
    """A call's arguments by name; what does not fit is reported."""
    parameters = FUNCTIONS[name]
    names = parameters.names
    values: dict[str, Value] = {}
    spans: dict[str, Span] = {}
    repeated: tuple[tuple[Value, Span], ...] = ()
    if parameters.repeats:
        repeated = tuple(positional)
    elif len(positional) > len(names):
        listed = ", ".join(f"`{n}`" for n in names)
        return block.fail(
            errors.arguments_refused(
                positional[len(names)][1],
                f"`{name}` takes at most {len(names)} arguments",
                notes=(f"they are {listed}",),
                help="take the last one out",
            )
        )
    else:
        for parameter, (value, place) in zip(names, positional, strict=False):
            values[parameter], spans[parameter] = value, place
    for keyword, value in keywords:
        if keyword.id not in names or (parameters.repeats and keyword.id == names[0] != "size"):
            message = f"`{name}` has no argument `{keyword.id}`"
            advice = (
                did_you_mean(keyword.id, names) or f"it has {', '.join(f'`{n}`' for n in names)}"
            )
            return block.fail(errors.arguments_refused(keyword.span, message, advice))
        if keyword.id in values:
            message = f"`{keyword.id}` is given twice"
            return block.fail(errors.arguments_refused(keyword.span, message, "give it once"))
        values[keyword.id], spans[keyword.id] = value, keyword.span
    given = len(repeated) or (1 if parameters.repeats and names[0] in values else 0)
    missing = [n for n in names[: parameters.needed] if n not in values]
    if missing and not given:
        message = f"`{name}` needs `{missing[0]}`"
        return block.fail(errors.arguments_refused(span, message, f"write `{name}({missing[0]})`"))
    return Arguments(name, span, values, spans, repeated)


# --- what arguments have to be ---------------------------------------------------------------


def wrong(block: Block, call: Arguments, parameter: str, wanted: str) -> Unknown:
    """Report that an argument is not what is wanted."""
    value = call.values[parameter]
    what = f"`{parameter}` of `{call.name}`"
    return block.fail(errors.wrong_value(call.spans[parameter], what, wanted, describe(value)))


def number(block: Block, call: Arguments, parameter: str, default: float) -> int | float | Unknown:
    """The argument of that name, which has to be a number."""
    value = call.values.get(parameter, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return wrong(block, call, parameter, "a number")
    return value


def integer(block: Block, call: Arguments, parameter: str, default: int) -> int | Unknown:
    """The argument of that name, which has to be a whole number."""
    value = call.values.get(parameter, default)
    if isinstance(value, bool) or not isinstance(value, int):
        return wrong(block, call, parameter, "a whole number")
    return value


def numbers(block: Block, call: Arguments, value: Value, span: Span) -> Array | Unknown:
    """An argument that has to be a column or a matrix of numbers; a list will do."""
    if isinstance(value, tuple):
        return list_array(value, block, span)
    if isinstance(value, Array):
        return value if check_numbers(block, value, span) else UNKNOWN
    if isinstance(value, Table):
        return as_matrix(block, value, span)
    what, wanted = f"`{call.name}`", "a column or a matrix"
    return block.fail(errors.wrong_value(span, what, wanted, describe(value)))


def dimension(
    block: Block, call: Arguments, value: Array, last: int, default: int
) -> int | Unknown:
    """The argument `dim`, counted from 0 (the rows), negative ones from the end."""
    dim = integer(block, call, "dim", default)
    if isinstance(dim, Unknown):
        return UNKNOWN
    place = dim + last + 1 if dim < 0 else dim
    if not 0 <= place <= last:
        return wrong(block, call, "dim", f"a dimension from 0 to {last}")
    return place
