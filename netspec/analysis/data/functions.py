"""The functions of a data block: what each makes of its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from netspec.analysis.data import errors
from netspec.analysis.data.arguments import (
    FUNCTIONS,
    STATISTICS,
    Arguments,
    Positional,
    bind_arguments,
    dimension,
    integer,
    number,
    numbers,
    wrong,
)
from netspec.analysis.data.arrays import (
    as_float,
    broadcast,
    drawn,
    sizes,
)
from netspec.analysis.data.block import Block
from netspec.analysis.data.joins import cat, reshaped, stack
from netspec.analysis.data.values import (
    BOOL,
    REAL,
    Array,
    Augmented,
    Pending,
    Size,
    Table,
    Value,
    describe,
)
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.program.data import Apply, Draw, Length, Operand, Statistic
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim, Kind


def apply(
    block: Block,
    name: str,
    span: Span,
    positional: Positional,
    keywords: Sequence[tuple[tree.Name, Value]],
) -> Value:
    """The value of a function's call."""
    bound = bind_arguments(block, name, span, positional, keywords)
    if isinstance(bound, Unknown):
        return UNKNOWN
    if any(
        isinstance(v, Unknown) for v in (*bound.values.values(), *(v for v, _ in bound.repeated))
    ):
        return UNKNOWN
    given = (*bound.values.values(), *(value for value, _ in bound.repeated))
    if any(isinstance(value, Augmented) for value in given):
        return block.fail(errors.after_chance(span, f"`{name}`"))
    return HANDLERS.get(name, _elementwise)(block, bound)


# --- making numbers --------------------------------------------------------------------------


def _linspace(block: Block, call: Arguments) -> Value:
    start, end = number(block, call, "start", 0), number(block, call, "end", 1)
    if isinstance(start, Unknown) or isinstance(end, Unknown):
        return UNKNOWN
    made = sizes(block, (call.values["steps"],), call.spans["steps"])
    if isinstance(made, Unknown):
        return UNKNOWN
    rows, _, operands = made
    expression = Apply(span=call.span, function="linspace", operands=(start, end, *operands))
    return Array(expression=expression, kind=REAL, dims=(), rows=rows)


def _arange(block: Block, call: Arguments) -> Value:
    """`arange(end)`, `arange(start, end)`, `arange(start, end, step)`, of constants."""
    given = dict(call.values)
    if "end" not in given:
        given = {
            "start": 0,
            "end": given["start"],
            **{k: v for k, v in given.items() if k == "step"},
        }
    numbers = [given["start"], given["end"], given.get("step", 1)]
    plain = [n for n in numbers if isinstance(n, int | float) and not isinstance(n, bool)]
    if len(plain) < 3 or plain[2] == 0:
        wanted = "numbers, a step that is not 0"
        bad = next((n for n in numbers if n not in plain), 0)
        return block.fail(errors.wrong_value(call.span, "`arange`", wanted, describe(bad)))
    start, end, step = plain
    rows = max(0, -int(-(end - start) // step))
    made = sizes(block, (rows,), call.span)
    if isinstance(made, Unknown):
        return UNKNOWN
    whole = all(isinstance(n, int) for n in plain) and rows <= 1000
    values = frozenset(range(int(start), int(end), int(step))) if whole else None
    expression = Apply(span=call.span, function="arange", operands=(start, end, step))
    return Array(expression=expression, kind=REAL, dims=(), rows=Dim.of(rows), values=values)


def _filled(block: Block, call: Arguments) -> Value:
    """`zeros` and `ones`, of sizes one by one or in a list."""
    given: Sequence[Value] = [value for value, _ in call.repeated]
    if not given:
        given = [call.values["size"]]
    if len(given) == 1 and isinstance(given[0], tuple):
        given = given[0]
    made = sizes(block, given, call.span)
    if isinstance(made, Unknown):
        return UNKNOWN
    rows, dims, operands = made
    return Array(
        expression=Apply(span=call.span, function=call.name, operands=operands),
        kind=REAL,
        dims=dims,
        rows=rows,
        values=frozenset({int(call.name == "ones")}),
    )


def _draw(block: Block, call: Arguments) -> Value:
    low, high = FUNCTIONS[call.name].names[:2]
    first = number(block, call, low, 0)
    second = number(block, call, high, 1)
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return UNKNOWN
    if call.name == "normal" and second < 0:
        return wrong(block, call, high, "a deviation of at least 0")
    if call.name == "uniform" and second < first:
        return wrong(block, call, high, f"at least `low`, {first}")
    draw = Draw(
        span=call.span,
        distribution="normal" if call.name == "normal" else "uniform",
        arguments=(first, second),
        size=(),
    )
    if "size" not in call.values:
        return Pending(expression=draw, span=call.span)
    size = call.values["size"]
    if isinstance(size, Table | Array | Augmented | Pending | Unknown):
        return wrong(block, call, "size", "a whole number or a list of them")
    made = drawn(block, draw, size, call.spans["size"])
    if isinstance(made, Array) and call.name == "uniform" and 0 <= first <= second <= 1:
        return replace(made, kind=Kind("unit"))
    return made


def _integers(block: Block, call: Arguments) -> Value:
    """`randint(10, size=32)` or `randint(3, 10, size=[32, 8])`, as NumPy counts: `high` is out."""
    low, high = integer(block, call, "low", 0), integer(block, call, "high", 0)
    if isinstance(low, Unknown) or isinstance(high, Unknown):
        return UNKNOWN
    if "high" not in call.values:
        low, high = 0, low
    if high <= low:
        last = "high" if "high" in call.values else "low"
        return wrong(block, call, last, f"at least {low + 1}: it is not drawn itself")
    if "size" not in call.values:
        return block.fail(errors.size_missing(call.span))
    size = call.values["size"]
    if isinstance(size, Table | Array | Augmented | Pending | Unknown):
        return wrong(block, call, "size", "a whole number or a list of them")
    draw = Draw(span=call.span, distribution="randint", arguments=(low, high), size=())
    made = drawn(block, draw, size, call.spans["size"])
    if not isinstance(made, Array):
        return made
    return replace(made, kind=Kind("index", Dim.of(high)) if low >= 0 else Kind("int"))


# --- row by row ------------------------------------------------------------------------------


def _elementwise(block: Block, call: Arguments) -> Value:
    value = numbers(block, call, call.values["x"], call.spans["x"])
    if isinstance(value, Unknown):
        return UNKNOWN
    made = Apply(span=call.span, function=call.name, operands=(as_float(value, call.span),))
    return replace(value, expression=made, kind=REAL, values=None, info=None, class_names=())


def _clamped(block: Block, call: Arguments) -> Value:
    """`clamp(x, min, max)`, of numbers; between 0 and 1 they are known to be there."""
    value = numbers(block, call, call.values["x"], call.spans["x"])
    low, high = number(block, call, "min", 0), number(block, call, "max", 1)
    if isinstance(value, Unknown) or isinstance(low, Unknown) or isinstance(high, Unknown):
        return UNKNOWN
    if high < low:
        return wrong(block, call, "max", f"at least `min`, {low}")
    made = Apply(span=call.span, function="clamp", operands=(as_float(value, call.span), low, high))
    kind = Kind("unit") if 0 <= low <= high <= 1 else REAL
    return replace(value, expression=made, kind=kind, values=None, info=None, class_names=())


def _where(block: Block, call: Arguments) -> Value:
    """`where(condition, a, b)`, of columns or numbers; classes and tokens stay what they are."""
    condition = call.values["condition"]
    if not isinstance(condition, Array) or condition.kind != BOOL:
        return wrong(block, call, "condition", "a condition for each row")
    arrays, operands = [condition], [condition.expression]
    known, values = True, frozenset[int]()
    sides: list[Operand] = []
    limits = [_limit(call.values[name]) for name in ("x", "y")]
    below = None if None in limits else max(limit for limit in limits if limit is not None)
    if all(isinstance(call.values[name], int) for name in ("x", "y")):
        below = None
    for name in ("x", "y"):
        value = call.values[name]
        if isinstance(value, int | float) and not isinstance(value, bool):
            known = known and isinstance(value, int)
            values |= {value} if isinstance(value, int) else set()
            sides.append(value)
            continue
        array = numbers(block, call, value, call.spans[name])
        if isinstance(array, Unknown):
            return UNKNOWN
        known = known and array.values is not None
        values |= array.values or frozenset()
        arrays.append(array)
        sides.append(as_float(array, call.span) if below is None else array.expression)
    joined = broadcast(block, arrays, call.span, "the arguments of `where`")
    if isinstance(joined, Unknown):
        return UNKNOWN
    made = Apply(span=call.span, function="where", operands=(*operands, *sides))
    kind = REAL if below is None else Kind("index", Dim.of(below))
    told = values if known else None
    return replace(joined, expression=made, kind=kind, values=told, class_names=())


def _limit(value: Value) -> int | None:
    """What an index, or a whole number that is not below 0, stays below."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value + 1
    if isinstance(value, Array) and value.kind.name == "index" and value.kind.size is not None:
        return value.kind.size.value
    return None


# --- over rows, or within each ---------------------------------------------------------------


def reduced(block: Block, call: Arguments) -> Value:
    """A statistic over rows, or a reduction of each row."""
    value = numbers(block, call, call.values["x"], call.spans["x"])
    correction = integer(block, call, "correction", 1)
    if isinstance(value, Unknown) or isinstance(correction, Unknown):
        return UNKNOWN
    whole = call.values.get("dim") is None
    rowed = value.rows is not None
    last = len(value.dims) if rowed else len(value.dims) - 1
    dim = 0 if whole else dimension(block, call, value, last, 0)
    if isinstance(dim, Unknown):
        return UNKNOWN
    if rowed and (whole or dim == 0):
        if call.name == "norm":
            given = describe(value)
            return block.fail(
                errors.wrong_value(
                    call.span, "`norm`", "`dim=1`, the length of each row", given, "write `dim=1`"
                )
            )
        name = {"mean": "mean", "std": "std", "sum": "sum", "amin": "amin", "amax": "amax"}
        value = block.hoist(replace(value, expression=as_float(value, call.span)), call.span)
        statistic = Statistic(
            span=call.span,
            function=name[call.name],  # type: ignore[arg-type]  # one of the five names
            value=value.expression,
            whole=whole,
            correction=correction,
        )
        dims = () if whole else value.dims
        assert value.rows is not None
        block.fits.append((call.name, call.span, value.rows))
        return Array(expression=statistic, kind=REAL, dims=dims, rows=None, fitted=True)
    place = dim - 1 if rowed else dim
    keywords: tuple[tuple[str, int], ...] = (("dim", dim),)
    if call.name == "std":
        keywords = (*keywords, ("correction", correction))
    made = Apply(
        span=call.span,
        function=call.name,
        operands=(as_float(value, call.span),),
        keywords=keywords,
    )
    dims = tuple(d for i, d in enumerate(value.dims) if i != place)
    return replace(value, expression=made, kind=REAL, dims=dims, values=None, info=None)


def _probabilities(block: Block, call: Arguments) -> Value:
    """`softmax(x, dim=1)` and its logarithm, of the scores in each row."""
    value = numbers(block, call, call.values["x"], call.spans["x"])
    if isinstance(value, Unknown):
        return UNKNOWN
    if value.rows is None:
        return wrong(block, call, "x", "an array with rows")
    dim = dimension(block, call, value, len(value.dims), 1)
    if isinstance(dim, Unknown):
        return UNKNOWN
    if dim == 0:
        return wrong(block, call, "dim", "a dimension of each row, 1 or more")
    kind = Kind("prob" if call.name == "softmax" else "logprob")
    made = Apply(
        span=call.span,
        function=call.name,
        operands=(as_float(value, call.span),),
        keywords=(("dim", dim),),
    )
    return replace(value, expression=made, kind=kind, values=None, info=None, class_names=())


def _length(block: Block, call: Arguments) -> Value:
    value = call.values["x"]
    if isinstance(value, tuple):
        return len(value)
    if not isinstance(value, Table | Array) or value.rows is None:
        return wrong(block, call, "x", "a table, a column or a matrix")
    if value.fitted:
        return block.fail(errors.chosen_after_fit(call.span, "counting rows"))
    return Size(expression=Length(value=value.expression), dim=value.rows)


HANDLERS: Mapping[str, Callable[[Block, Arguments], Value]] = {
    **dict.fromkeys(STATISTICS, reduced),
    "softmax": _probabilities,
    "log_softmax": _probabilities,
    "len": _length,
    "linspace": _linspace,
    "arange": _arange,
    "zeros": _filled,
    "ones": _filled,
    "uniform": _draw,
    "normal": _draw,
    "randint": _integers,
    "cat": cat,
    "stack": stack,
    "clamp": _clamped,
    "where": _where,
    "unsqueeze": reshaped,
    "squeeze": reshaped,
    "flatten": reshaped,
}
