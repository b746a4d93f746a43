"""Python expressions as text: minimal parentheses, and lines of at most `WIDTH` columns.

What is written here is what `ruff format` leaves alone: a call stands on one line when it fits,
else each argument has a line of its own and a trailing comma.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from netspec.program.graph import Literal

WIDTH = 100

COMPARISON, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)

OPERATORS = {
    "==": COMPARISON,
    "!=": COMPARISON,
    "<": COMPARISON,
    "<=": COMPARISON,
    ">": COMPARISON,
    ">=": COMPARISON,
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "//": PRODUCT,
    "%": PRODUCT,
    "@": PRODUCT,
    "**": POWER,
}

_NUMBER = r"\d[\d.]*(?:e[+-]?\d+)?"
_NAME = r"[A-Za-z_]\w*"
# What `ruff format` sets close to `**`, and to the colon of a slice.
_BASE_OR_EXPONENT = re.compile(rf"-?(?:{_NUMBER}|{_NAME}(?:\.{_NAME})*)", re.ASCII)
_BOUND = re.compile(rf"-?(?:{_NUMBER}|{_NAME})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression: its text on one line, how tightly it binds, and where it may be broken.

    `parts` are the pieces between `opening` and `closing`, each with what stands before it
    (`stride=`). `exploded` asks for a line per part even where one line would do. Without `commas`
    the parts are clauses of a comprehension. `called` is the argument that it is given for.
    """

    text: str
    level: int = ATOM
    opening: str = ""
    parts: tuple[tuple[str, Expr], ...] = ()
    closing: str = ""
    exploded: bool = False
    commas: bool = True
    called: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.text


def literal(value: Literal) -> Expr:
    """A constant, in double quotes where it is a string."""
    match value:
        case None | bool() | int():
            negative = value is not None and value < 0
            return Expr(repr(value), UNARY if negative else ATOM)
        case float() if not math.isfinite(value):
            return Expr(f'float("{value}")')
        case float():
            return Expr(_float(value), UNARY if value < 0 else ATOM)
        case str():
            return Expr(quoted(value))
        case tuple():
            return display("(", [literal(item) for item in value], ")")


def _float(value: float) -> str:
    """A number as Python writes it, but `1e9` and `1e-5` for `1000000000.0` and `1e-05`."""
    written = repr(value)
    if abs(value) >= 1e6:
        short = f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
        return short if float(short) == value else written
    return written.replace("e-0", "e-")


def quoted(text: str) -> str:
    """A string literal, in double quotes unless the text holds some."""
    written = repr(text)
    if written.startswith("'") and '"' not in text:
        return f'"{written[1:-1]}"'
    return written


def attribute(value: Expr, name: str) -> Expr:
    """`value.name`."""
    return Expr(f"{_at_least(ATOM, value)}.{name}")


def call(
    callee: Expr | str,
    arguments: Iterable[Expr] = (),
    keywords: Iterable[tuple[str, Expr]] = (),
    *,
    exploded: bool = False,
) -> Expr:
    """`callee(arguments, name=value)`."""
    parts = (*(("", a) for a in arguments), *((f"{name}=", value) for name, value in keywords))
    text = ", ".join(before + part.text for before, part in parts)
    opening = f"{callee}("
    forced = exploded or any(part.exploded for _, part in parts)
    # A comprehension in the parentheses of a call stands alone, and has no comma behind it.
    commas = not any(_is_generator(part) for _, part in parts)
    return Expr(f"{opening}{text})", ATOM, opening, parts, ")", forced, commas)


def display(opening: str, items: Iterable[Expr], closing: str) -> Expr:
    """`[a, b]` or `(a, b)`; a tuple of one has its comma."""
    parts = tuple(("", item) for item in items)
    text = ", ".join(part.text for _, part in parts)
    comma = "," if opening == "(" and len(parts) == 1 else ""
    return Expr(f"{opening}{text}{comma}{closing}", ATOM, opening, parts, closing)


def generator(element: Expr, targets: str, iterable: Expr) -> Expr:
    """`element for targets in iterable`, to stand in the brackets of something else."""
    before = f"for {targets} in "
    parts = (("", element), (before, iterable))
    return Expr(f"{element} {before}{iterable}", COMPARISON, "", parts, "", commas=False)


def starred(comprehension: Expr) -> Expr:
    """`*(element for targets in iterable)`."""
    parts = (("", comprehension),)
    return Expr(f"*({comprehension})", ATOM, "*(", parts, ")", commas=False)


def _is_generator(value: Expr) -> bool:
    return bool(value.parts) and not value.opening


def binary(operator: str, left: Expr, right: Expr) -> Expr:
    """`left operator right`."""
    level = OPERATORS[operator]
    if level == POWER:
        base, exponent = _at_least(ATOM, left), _at_least(UNARY, right)
        simple = _BASE_OR_EXPONENT.fullmatch(base) and _BASE_OR_EXPONENT.fullmatch(exponent)
        return Expr(f"{base}**{exponent}" if simple else f"{base} ** {exponent}", POWER)
    # A chain of comparisons would mean something else: both sides bind tighter.
    lowest = level + 1 if level == COMPARISON else level
    return Expr(f"{_at_least(lowest, left)} {operator} {_at_least(level + 1, right)}", level)


def negative(operand: Expr) -> Expr:
    """`-operand`; anything but a plain operand is set in parentheses, as formatters do.

    Of a tensor that is negative already it is a method: `-(-x)` reads as another language's `--`.
    """
    if operand.level == UNARY:
        return Expr(f"({operand}).neg()", ATOM)
    return Expr(f"-{_at_least(ATOM, operand)}", UNARY)


def subscript(value: Expr, items: Iterable[Expr]) -> Expr:
    """`value[items]`."""
    return Expr(f"{_at_least(ATOM, value)}[{', '.join(item.text for item in items)}]")


def bounds(lower: Expr | None, upper: Expr | None, step: Expr | None) -> Expr:
    """`lower:upper:step`; blanks stand around the colons when a bound is more than a name."""
    written = [lower, upper] if step is None else [lower, upper, step]
    simple = all(part is None or _BOUND.fullmatch(part.text) for part in written)
    text = ""
    for at, part in enumerate(written):
        if at:
            text += ":" if simple or not text or text.endswith(":") else " :"
        if part is not None:
            text += part.text if simple or not at else f" {part}"
    return Expr(text)


def lines(prefix: str, value: Expr, indent: int, suffix: str = "") -> Iterator[str]:
    """`prefix value suffix` at `indent` columns, broken at its brackets where it is too long."""
    line = f"{' ' * indent}{prefix}{value.text}{suffix}"
    if not value.parts or (len(line) <= WIDTH and not value.exploded):
        yield line
        return
    if _is_generator(value):
        for before, part in value.parts:
            yield from lines(before, part, indent)
        return
    yield f"{' ' * indent}{prefix}{value.opening}"
    for before, part in value.parts:
        yield from lines(before, part, indent + 4, "," if value.commas else "")
    yield f"{' ' * indent}{value.closing}{suffix}"


def _at_least(level: int, value: Expr) -> str:
    return value.text if value.level >= level else f"({value})"
