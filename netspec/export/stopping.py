"""Stop conditions as Python text, over the record of an epoch."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.codegen.layout import WIDTH
from netspec.export.writing import INDENT, Writer
from netspec.program.train import Either, Stalled, StopCondition, Threshold

HIGHER_IS_BETTER = frozenset({"accuracy", "precision", "recall", "f1", "top_k", "r2"})


def stalls(conditions: Sequence[StopCondition]) -> tuple[Stalled, ...]:
    """Every stall that is looked out for."""
    found: list[Stalled] = []
    for condition in conditions:
        if isinstance(condition, Either):
            found.extend(stalls(condition.conditions))
        elif isinstance(condition, Stalled):
            found.append(condition)
    return tuple(dict.fromkeys(found))


def begin(writer: Writer, conditions: Sequence[StopCondition]) -> None:
    """What stalls remember, before the first epoch."""
    for number, stall in enumerate(stalls(conditions), 1):
        worst = "-math.inf" if stall.measured.metric in HIGHER_IS_BETTER else "math.inf"
        writer.line(f"best_{number}, age_{number} = {worst}, 0")


def check(writer: Writer, conditions: Sequence[StopCondition]) -> None:
    """The look at every condition, after an epoch."""
    found = stalls(conditions)
    for number, stall in enumerate(found, 1):
        value = f'record["{stall.measured.split}.{stall.measured.metric}"]'
        better = ">" if stall.measured.metric in HIGHER_IS_BETTER else "<"
        writer.line(f"age_{number} = 0 if {value} {better} best_{number} else age_{number} + 1")
        keep = "max" if better == ">" else "min"
        writer.line(f"best_{number} = {keep}(best_{number}, {value})")
    if conditions:
        _break(writer, conditions, found)


def _break(writer: Writer, conditions: Sequence[StopCondition], found: Sequence[Stalled]) -> None:
    """`if ...: break`, a line for each part where one line is too short."""
    parts, word = conditions, "or"
    match conditions:
        case [Either(conditions=joined, every=every)]:
            parts, word = joined, "and" if every else "or"
    tests = [_test(part, found, inner=word == "and") for part in parts]
    opening = f"if {f' {word} '.join(tests)}:"
    if writer.depth * INDENT + len(opening) > WIDTH:
        writer.line("if (")
        first, *rest = tests
        writer.lines([f"    {first}", *(f"    {word} {test}" for test in rest)])
        opening = "):"
    with writer.block(opening):
        writer.line("break")


def _test(condition: StopCondition, found: Sequence[Stalled], *, inner: bool) -> str:
    match condition:
        case Threshold(measured=measured, relation=relation, value=value):
            return f'record["{measured.split}.{measured.metric}"] {relation} {value!r}'
        case Stalled():
            return f"age_{found.index(condition) + 1} >= {condition.epochs}"
        case Either(conditions=parts, every=every):
            joined = (" and " if every else " or ").join(
                _test(part, found, inner=True) for part in parts
            )
            return f"({joined})" if inner else joined
