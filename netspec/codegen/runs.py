"""Runs of parts that are made alike, as comprehensions: `*(Block(64) for _ in range(12))`.

Calls are alike when they differ in plain arguments only. They are rolled up where these follow a
rule that a person sees at once, or where one row of values says it, and the text gets much shorter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from netspec.codegen import layout
from netspec.codegen.layout import Expr
from netspec.codegen.names import local, unused

# Fewer parts than this are read faster one by one.
FEWEST = 3
# What is rolled up is at most this share of what it stands for.
SHARE = 0.7
# Where the lines of a part begin, about.
MARGIN = 16
# Arguments that may each take their values from a row.
MOST_ROWS = 2

_NUMBER = re.compile(r"-?\d+", re.ASCII)

# The texts of one argument in all calls of a run.
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """An argument of a call without arguments of its own, and what it is called."""

    text: str
    name: str


@dataclass(frozen=True, slots=True)
class _Calls:
    """`count` calls like the first; a row, and what it is called, for each argument of them."""

    first: Expr
    count: int
    names: Sequence[str]
    rows: Sequence[Row]


def rolled(items: Sequence[Expr], taken: Collection[str] = ()) -> list[Expr]:
    """The items with each run as one starred comprehension; no variable is called as `taken`."""
    made: list[Expr] = []
    at = 0
    while at < len(items):
        run = _run(items[at:], taken)
        if run is None:
            made.append(items[at])
            at += 1
        else:
            length, generator = run
            made.append(layout.starred(generator))
            at += length
    return made


def whole(items: Sequence[Expr], taken: Collection[str] = ()) -> Expr | None:
    """All items as one comprehension without a star; None where that is not to be."""
    run = _run(items, taken)
    return run[1] if run is not None and run[0] == len(items) else None


def _run(items: Sequence[Expr], taken: Collection[str]) -> tuple[int, Expr] | None:
    """How many of the first items one comprehension makes, and it."""
    length = _alike(items)
    if length < FEWEST:
        return None
    leaves = [list(_leaves(item)) for item in items[:length]]
    rows: list[Row] = [tuple(leaf.text for leaf in column) for column in zip(*leaves, strict=True)]
    candidates = [(_all_ruled(rows, length), _by_rule), (length, _by_rows)]
    for count, write in candidates:
        if count < FEWEST:
            continue
        short = [row[:count] for row in rows]
        names = [leaf.name for leaf in leaves[0]]
        generator = write(_Calls(items[0], count, names, short), taken)
        if generator is None:
            continue
        if _is_shorter(generator, items[:count]):
            return count, generator
    return None


def _is_shorter(generator: Expr, items: Sequence[Expr]) -> bool:
    """Whether a comprehension is much less text than the items, and takes no more lines."""
    text = layout.starred(generator)
    if len(text.text) > SHARE * len(", ".join(item.text for item in items)):
        return False
    lines = [line for item in items for line in layout.lines("", item, MARGIN)]
    return len(list(layout.lines("", text, MARGIN))) <= len(lines)


def _alike(items: Sequence[Expr]) -> int:
    """How many of the first items differ in leaves only; one that is no call is alike to none."""
    if not items or not items[0].opening:
        return min(len(items), 1)
    first = _skeleton(items[0])
    return next((at for at, item in enumerate(items) if _skeleton(item) != first), len(items))


def _skeleton(value: Expr) -> Hashable:
    if not value.parts:
        # What a call without arguments makes, no variable can say.
        return value.text if value.opening else None
    if not value.opening:
        # A comprehension within has variables of its own: no other goes in, and nothing comes out.
        return value.text
    inner = tuple((before, _skeleton(part)) for before, part in value.parts)
    return value.opening, inner, value.closing


def _leaves(value: Expr, before: str = "") -> Iterator[_Leaf]:
    if not value.parts:
        yield _Leaf(value.text, value.called or before.removesuffix("="))
    elif value.opening:
        for inner_before, part in value.parts:
            yield from _leaves(part, inner_before)


def _filled(value: Expr, texts: Iterator[Expr]) -> Expr:
    """The same call with other leaves."""
    if not value.parts:
        return next(texts)
    if not value.opening:
        return value
    parts = tuple((before, _filled(part, texts)) for before, part in value.parts)
    text = ", ".join(before + part.text for before, part in parts)
    # A tuple of one has a comma behind it.
    closing = value.text[len(value.text) - len(value.closing) - 1 :]
    closing = closing if closing.startswith(",") else value.closing
    return replace(value, text=f"{value.opening}{text}{closing}", parts=parts, exploded=False)


# --- rules ----------------------------------------------------------------------------------------


def _all_ruled(rows: Sequence[Row], length: int) -> int:
    """How many of the first texts follow a rule in every row; a part of a round is none."""
    while True:
        ruled = min((_ruled(row[:length]) for row in rows), default=length)
        if ruled == length:
            return length
        length = ruled


def _ruled(row: Row) -> int:
    """How many of the first texts are equal or follow a rule."""
    equal = next((at for at, text in enumerate(row) if text != row[0]), len(row))
    numbers = _numbers(row)
    if len(numbers) < FEWEST:
        return equal
    return max(equal, _steady(numbers), _growing(numbers), _turning(numbers))


def _numbers(row: Row) -> list[int]:
    """The whole numbers that a row begins with."""
    found: list[int] = []
    for text in row:
        if not _NUMBER.fullmatch(text):
            break
        found.append(int(text))
    return found


def _steady(numbers: Sequence[int]) -> int:
    """How many go by equal steps."""
    step = numbers[1] - numbers[0]
    return next(
        (at for at, value in enumerate(numbers) if value != numbers[0] + step * at), len(numbers)
    )


def _growing(numbers: Sequence[int]) -> int:
    """How many are each the same multiple of the one before."""
    if numbers[0] <= 0 or numbers[1] <= numbers[0] or numbers[1] % numbers[0]:
        return 1
    factor = numbers[1] // numbers[0]
    return next(
        (at for at, value in enumerate(numbers) if value != numbers[0] * factor**at), len(numbers)
    )


def _turning(numbers: Sequence[int]) -> int:
    """How many go round and round, by steps or factors; there are two whole rounds at least."""
    period = _period(numbers)
    if period is None:
        return 1
    return next(
        (at for at, value in enumerate(numbers) if value != numbers[at % period]), len(numbers)
    )


def _period(numbers: Sequence[int]) -> int | None:
    period = next((at for at, value in enumerate(numbers) if at and value == numbers[0]), 1)
    if period < FEWEST or [*numbers[:period]] * 2 != [*numbers[: 2 * period]]:
        return None
    first = numbers[:period]
    return period if max(_steady(first), _growing(first)) == period else None


def _by_rule(calls: _Calls, taken: Collection[str]) -> Expr | None:
    """`Layer(2 ** i) for i in range(8)`."""
    first, count, rows = calls.first, calls.count, calls.rows
    varied = {row for row in rows if len(set(row)) > 1}
    name = unused("i", taken) if varied else "_"
    variable = Expr(name)
    over = [layout.literal(count)]
    if len(varied) == 1:
        numbers = _numbers(next(iter(varied)))
        if numbers[1] - numbers[0] == 1 and _steady(numbers) == count and numbers[0] > 0:
            # `for i in range(3, 8)` is read faster than `3 + i`.
            written = _filled(first, _written(rows, variable, by_itself=True))
            over = [layout.literal(numbers[0]), layout.literal(numbers[-1] + 1)]
            return layout.generator(written, name, layout.call("range", over))
    written = _filled(first, _written(rows, variable))
    return layout.generator(written, name, layout.call("range", over))


def _written(rows: Sequence[Row], variable: Expr, *, by_itself: bool = False) -> Iterator[Expr]:
    for row in rows:
        if len(set(row)) == 1:
            yield _plain(row[0])
        else:
            yield variable if by_itself else _term(_numbers(row), variable)


def _term(numbers: Sequence[int], variable: Expr) -> Expr:
    """The rule of these numbers, over their place."""
    if _steady(numbers) == len(numbers):
        start, step = numbers[0], numbers[1] - numbers[0]
        if start == 0:
            return _times(step, variable)
        if step == 1:
            return layout.binary("+" if start > 0 else "-", variable, layout.literal(abs(start)))
        return layout.binary(
            "+" if step > 0 else "-", _plain(str(start)), _times(abs(step), variable)
        )
    if _growing(numbers) == len(numbers):
        power = layout.binary("**", layout.literal(numbers[1] // numbers[0]), variable)
        return power if numbers[0] == 1 else layout.binary("*", layout.literal(numbers[0]), power)
    period = _period(numbers)
    assert period is not None
    turn = layout.binary("%", variable, layout.literal(period))
    return _term(numbers[:period], turn)


def _times(factor: int, variable: Expr) -> Expr:
    return variable if factor == 1 else layout.binary("*", layout.literal(factor), variable)


# --- rows -----------------------------------------------------------------------------------------


def _by_rows(calls: _Calls, taken: Collection[str]) -> Expr | None:
    """`Layer(width) for width in (64, 128, 512)`."""
    rows = calls.rows
    varied: dict[Row, str] = {}
    kept = set(taken)
    for name, row in zip(calls.names, rows, strict=True):
        if len(set(row)) > 1 and row not in varied:
            varied[row] = unused(local(name or "value"), kept)
            kept.add(varied[row])
    if not varied or len(varied) > MOST_ROWS:
        return None
    texts = (Expr(varied[row]) if row in varied else _plain(row[0]) for row in rows)
    written = _filled(calls.first, texts)
    columns = zip(*varied, strict=True)
    over = [[_plain(text) for text in column] for column in columns]
    items = [one[0] if len(one) == 1 else layout.display("(", one, ")") for one in over]
    return layout.generator(written, ", ".join(varied.values()), layout.display("(", items, ")"))


def _plain(text: str) -> Expr:
    return Expr(text, layout.UNARY if text.startswith("-") else layout.ATOM)
