"""Operators on constants and sizes: what the compiler computes itself."""

from __future__ import annotations

import math
from collections.abc import Callable

from netspec.analysis import errors
from netspec.analysis.network.operands import ListTooLongError, measured
from netspec.analysis.network.values import (
    UNKNOWN,
    Block,
    CatalogueName,
    Stage,
    Value,
    describe,
)
from netspec.diagnostics import Diagnostic
from netspec.syntax import tree
from netspec.syntax.operators import ARITHMETIC, COMPARISONS
from netspec.types import Dim, SizeTooLargeError, lowest

MAX_INTEGER = 10**18
# Letters of a text.
MAX_LENGTH = 10_000

Report = Callable[[Diagnostic], None]


def compare(expression: tree.Binary, left: Value, right: Value, report: Report) -> Value:
    """The truth of a comparison of two constants."""
    if isinstance(left, Dim) or isinstance(right, Dim):
        if not all(isinstance(value, Dim | int) for value in (left, right)):
            report(errors.not_comparable(expression.span, describe(left), describe(right)))
            return UNKNOWN
        try:
            gap = Dim.of(left) - Dim.of(right)  # type: ignore[arg-type]  # both checked just above
        except SizeTooLargeError:
            report(errors.number_too_large(expression.span))
            return UNKNOWN
        if gap.value is None:
            decided = _decided(expression.op, gap)
            if decided is None:
                unknown = left if isinstance(left, Dim) and left.value is None else right
                report(errors.size_not_known(expression.span, str(unknown)))
                return UNKNOWN
            return decided
        left, right = gap.value, 0
    ordered = expression.op not in {"==", "!="}
    if not ordered and _is_choice(left) and _is_choice(right):
        return _same_choice(left, right) == (expression.op == "==")
    if ordered and not (_is_number(left) and _is_number(right)):
        report(errors.not_comparable(expression.span, describe(left), describe(right)))
        return UNKNOWN
    if isinstance(left, Stage | Block | CatalogueName) or isinstance(
        right, Stage | Block | CatalogueName
    ):
        report(errors.not_comparable(expression.span, describe(left), describe(right)))
        return UNKNOWN
    return bool(COMPARISONS[expression.op](left, right))


def _decided(op: str, gap: Dim) -> bool | None:
    """Whether `gap op 0` for all sizes, which are 1 at least; None where that hangs on them."""
    least, most = lowest(gap), lowest(-gap)
    apart = (least is not None and least > 0) or (most is not None and most > 0)
    match op:
        case "==" | "!=":
            return op == "!=" if apart else None
        case "<" | "<=":
            gap, op = -gap, {"<": ">", "<=": ">="}[op]
            least, most = most, least
    bound = 1 if op == ">" else 0
    if least is not None and least >= bound:
        return True
    if most is not None and most > -bound:
        return False
    return None


def compute(expression: tree.Binary, left: Value, right: Value, report: Report) -> Value:
    """The value of an arithmetic operator on two constants."""
    op = expression.op
    if isinstance(left, str) and isinstance(right, str) and op == "+":
        if len(left) + len(right) > MAX_LENGTH:
            report(errors.too_long(expression.span, "text", MAX_LENGTH))
            return UNKNOWN
        return left + right
    if isinstance(left, tuple) and isinstance(right, tuple) and op == "+":
        joined = (*left, *right)
        try:
            measured(joined)
        except ListTooLongError as long:
            report(errors.too_long(expression.span, "list", long.limit, deep=long.deep))
            return UNKNOWN
        return joined
    if op == "*" and isinstance(left, tuple) != isinstance(right, tuple):
        items, count = (left, right) if isinstance(left, tuple) else (right, left)
        if isinstance(items, tuple) and isinstance(count, int) and not isinstance(count, bool):
            held = max(1, measured(items))
            if held * count > MAX_LENGTH:
                report(errors.too_long(expression.span, "list", MAX_LENGTH))
                return UNKNOWN
            return items * count
    for side, value in ((expression.left, left), (expression.right, right)):
        if not (_is_number(value) or isinstance(value, Dim)):
            report(errors.not_number(side.span, op, describe(value)))
            return UNKNOWN
    if op not in ARITHMETIC:
        report(errors.not_number(expression.span, op, describe(left)))
        return UNKNOWN
    if isinstance(left, Dim) or isinstance(right, Dim):
        try:
            return _on_sizes(expression, left, right, report)
        except SizeTooLargeError:
            report(errors.number_too_large(expression.span))
            return UNKNOWN
    assert isinstance(left, int | float)
    assert isinstance(right, int | float)
    if right == 0 and op in {"/", "//", "%"}:
        report(errors.division_by_zero(expression.span))
        return UNKNOWN
    if op == "**" and (too_large(left, right) or (left == 0 and right < 0)):
        report(errors.number_too_large(expression.span))
        return UNKNOWN
    result = ARITHMETIC[op](left, right)
    if isinstance(result, complex) or not math.isfinite(result) or abs(result) >= MAX_INTEGER:
        report(errors.number_too_large(expression.span))
        return UNKNOWN
    return result  # type: ignore[no-any-return]  # two numbers give a number


def _on_sizes(expression: tree.Binary, left: Value, right: Value, report: Report) -> Value:
    op = expression.op
    for value in (left, right):
        if isinstance(value, float):
            report(errors.size_with_float(expression.span, op))
            return UNKNOWN
    a, b = _dim(left), _dim(right)
    if op in {"//", "%"}:
        if b.value is None or b.value <= 0:
            report(errors.size_not_known(expression.right.span, str(b)))
            return UNKNOWN
        return _plain(ARITHMETIC[op](a, b.value))
    if op in {"+", "-", "*"}:
        return _plain(ARITHMETIC[op](a, b))
    if op == "/" and a.value is not None and b.value:
        return a.value / b.value
    if op == "**" and b.value is not None and 0 <= b.value <= 16:
        power = Dim.of(1)
        for _ in range(b.value):
            power = power * a
        return _plain(power)
    report(errors.size_not_known(expression.span, f"{a} {op} {b}"))
    return UNKNOWN


def too_large(base: float, exponent: float) -> bool:
    """Whether `base ** exponent` has more than 18 digits before its point."""
    return abs(base) > 1 and exponent * math.log10(abs(base)) > 18


def _is_choice(value: Value) -> bool:
    """Whether it is a layer by its bare name, any other stage, or `none`."""
    return value is None or isinstance(value, Stage | Block | CatalogueName)


def _same_choice(left: Value, right: Value) -> bool:
    """Whether both are `none`, or the same layer by name."""
    if isinstance(left, Block) and isinstance(right, Block):
        return left.definition is right.definition
    return left == right


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _dim(value: Value) -> Dim:
    assert isinstance(value, int | Dim)
    return Dim.of(value)


def _plain(dim: Dim) -> int | Dim:
    return dim if dim.value is None else dim.value
