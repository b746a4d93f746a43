"""`split(train=80%, val=10%, test=10%, seed=1, stratify=y)`: fractions checked against the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose

from netspec.analysis.data import errors
from netspec.analysis.data.block import Block
from netspec.analysis.data.values import Array, Value, describe
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.diagnostics import did_you_mean
from netspec.program.data import SplitPlan, Use
from netspec.source import Span
from netspec.syntax import tree

PARTS = ("train", "val", "test")
ARGUMENTS = (*PARTS, "seed", "stratify", "by", "shuffle")
# What other libraries call the same.
ELSEWHERE = {
    "train_size": "train",
    "training": "train",
    "valid": "val",
    "validation": "val",
    "val_size": "val",
    "dev": "val",
    "test_size": "test",
    "testing": "test",
    "random_state": "seed",
    "groups": "by",
    "group": "by",
}


@dataclass(frozen=True, slots=True)
class Fractions:
    """The parts of a split; `train` None is what the others leave."""

    train: float | None
    val: float
    test: float


def parse_split(block: Block, call: tree.Call, values: Mapping[str, Value]) -> SplitPlan | Unknown:
    """The split that a call says; `values` are those of its keywords."""
    spans = {keyword.name.id: keyword for keyword in call.keywords}
    if call.args:
        advice = "name the parts: `split(train=80%, test=20%)`"
        message = "`split` takes its arguments by name"
        return block.fail(errors.arguments_refused(call.args[0].span, message, advice))
    for name, keyword in spans.items():
        if name not in ARGUMENTS:
            message = f"`split` has no argument `{name}`"
            same = f"here it is called `{ELSEWHERE[name]}`" if name in ELSEWHERE else None
            listed = "it has " + ", ".join(ARGUMENTS)
            advice = same or did_you_mean(name, ARGUMENTS) or listed
            return block.fail(errors.arguments_refused(keyword.name.span, message, advice))
    parts = _fractions(block, call, values, spans)
    if isinstance(parts, Unknown):
        return parts
    seed = values.get("seed")
    if seed is not None and not is_seed(seed):
        given = describe(seed)
        wanted = "a whole number from 0 to 2**32 - 1"
        return block.fail(errors.wrong_value(spans["seed"].value.span, "`seed`", wanted, given))
    step = _column(block, "stratify", "classes", values, spans)
    groups = _column(block, "by", "groups", values, spans)
    if isinstance(step, Unknown) or isinstance(groups, Unknown):
        return UNKNOWN
    if step is not None and groups is not None:
        return block.fail(errors.split_two_ways(spans["by"].span, spans["stratify"].span))
    shuffle = values.get("shuffle", True)
    if not isinstance(shuffle, bool):
        place, given = spans["shuffle"].value.span, describe(shuffle)
        return block.fail(errors.wrong_value(place, "`shuffle`", "`true` or `false`", given))
    if not shuffle and step is not None:
        message = "`stratify` needs the rows to be shuffled"
        advice = "take `shuffle=false` or `stratify` out"
        return block.fail(errors.arguments_refused(spans["shuffle"].span, message, advice))
    train = parts.train if parts.train is not None else 1.0 - parts.val - parts.test
    return SplitPlan(
        span=call.span,
        train=max(train, 0.0),
        val=parts.val,
        test=parts.test,
        seed=seed if isinstance(seed, int) else None,
        stratify=step,
        by=groups,
        shuffle=shuffle,
        places=tuple((name, keyword.span) for name, keyword in spans.items()),
    )


def is_seed(value: Value) -> bool:
    """Whether NumPy takes it as the seed of a RandomState."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32


def _column(
    block: Block,
    argument: str,
    what: str,
    values: Mapping[str, Value],
    spans: Mapping[str, tree.Keyword],
) -> int | Unknown | None:
    """The step of the column that an argument gives, None where it is not given."""
    column = values.get(argument)
    if column is None or isinstance(column, Unknown):
        return column
    if not isinstance(column, Array) or column.dims or column.rows is None or column.fitted:
        wanted = f"a column of {what}"
        place, given = spans[argument].value.span, describe(column)
        advice = _of_column(block, argument, column)
        return block.fail(errors.wrong_value(place, f"`{argument}`", wanted, given, advice))
    if argument == "stratify" and column.info is not None and column.info.dtype == "real":
        wanted, given = "a column of classes", f"`{column.info.name}`, which holds any number"
        advice = "make classes of it first, as in `floor(price / 100)`"
        place = spans[argument].value.span
        return block.fail(errors.wrong_value(place, "`stratify`", wanted, given, advice))
    if isinstance(column.expression, Use):
        return column.expression.step
    return _bind_column(block, spans[argument], column, what)


def _of_column(block: Block, argument: str, given: Value) -> str | None:
    """How the column is written that a text, or `true`, most likely means."""
    if isinstance(given, str):
        return block.column_elsewhere(given, f"{argument}=")
    if given is True and argument == "stratify" and "y" in block.names:
        return "name the classes: `stratify=y`"
    return None


def _bind_column(block: Block, keyword: tree.Keyword, column: Array, what: str) -> int:
    """A step for a column that has no name, as in `stratify=rows.label`."""
    name = tree.Name(span=keyword.value.span, id=what)
    while name.id in block.names:
        name = tree.Name(span=name.span, id=name.id + "_")
    step = len(block.steps)
    block.bind(name, column)
    del block.names[name.id]
    return step


def _fractions(
    block: Block, call: tree.Call, values: Mapping[str, Value], spans: Mapping[str, tree.Keyword]
) -> Fractions | Unknown:
    parts: dict[str, float] = {}
    for name in PARTS:
        if name not in spans:
            continue
        value = values[name]
        if isinstance(value, Unknown):
            return value
        place = spans[name].value.span
        if isinstance(value, bool) or not isinstance(value, int | float):
            wanted = "a fraction of the rows, e.g. `80%`"
            return block.fail(errors.wrong_value(place, f"`{name}`", wanted, describe(value)))
        if not 0 <= value <= 1:
            advice = _as_fraction(name, value, [values.get(part) for part in PARTS])
            message = f"`{name}` is a fraction of the rows, and {value} is not within 0 to 1"
            return block.fail(errors.split_fractions(place, message, advice))
        parts[name] = float(value)
    if not parts:
        message = "this `split` has no parts"
        return block.fail(
            errors.split_fractions(call.span, message, "e.g. `split(train=80%, test=20%)`")
        )
    total = sum(parts.values())
    if total > 1 and not isclose(total, 1):
        listed = " + ".join(f"{part:.4g}" for part in parts.values())
        message = f"the parts of the split sum to {_percent(total)}, which is more than 100%"
        return block.fail(
            errors.split_fractions(_extent(call, spans), message, f"make {listed} at most 1")
        )
    train = parts.get("train")
    if train == 0 or (train is None and total >= 1):
        message = "nothing is left to train on"
        advice = "give `train` a part of the rows"
        return block.fail(errors.split_fractions(call.span, message, advice))
    return Fractions(train=train, val=parts.get("val", 0.0), test=parts.get("test", 0.0))


def _as_fraction(name: str, value: float, parts: Sequence[Value | None]) -> str:
    """What a number above 1 most likely means: percent, or a number of rows."""
    numbers = [part for part in parts if isinstance(part, int | float)]
    if 0 < value < 100 and sum(numbers) <= 100:
        return f"write `{value}%`"
    if value > 1:
        total = sum(number for number in numbers if number > 0)
        share = f"{round(100 * value / total)}%" if len(numbers) > 1 else "20%"
        return f"rows are not counted here: write their share, e.g. `{name}={share}`"
    return "write a fraction, e.g. `20%`"


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.6g}%"


def _extent(call: tree.Call, spans: Mapping[str, tree.Keyword]) -> Span:
    """From the first of the parts to the last."""
    places = [keyword.span for name, keyword in spans.items() if name in PARTS]
    return places[0].to(places[-1]) if places else call.span


def sizes(plan: SplitPlan, rows: int) -> tuple[int, int, int]:
    """How many rows train, val and test get, in that order.

    The bounds are the cumulative fractions of `rows`, rounded half up, so that parts that sum to 1
    use every row; a part after another begins `gap` rows later. `netspec.data.reading` does the
    same.
    """
    counts = [0, 0, 0]
    total, start = 0.0, 0
    for place, part in enumerate((plan.train, plan.val, plan.test)):
        total += part
        end = min(int(total * rows + 0.5 + 1e-9), rows)
        counts[place] = max(0, end - start)
        start = end + plan.gap
    return counts[0], counts[1], counts[2]
