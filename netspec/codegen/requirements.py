"""Checks at a model's entry of what it requires of sizes that are known only when it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from netspec.codegen import layout
from netspec.codegen.layout import Expr, binary
from netspec.codegen.sizes import multiple_needed, written
from netspec.program.graph import Requirement
from netspec.types import Dim, TensorType
from netspec.types.measures import Axis, Size, axes, measure

# A condition longer than this is not spelled out in the message.
LONGEST_CONDITION = 70


@dataclass(frozen=True, slots=True)
class _Condition:
    """`left opposite right` is true when the condition that `text` states does not hold."""

    left: Size
    opposite: str
    right: Size
    text: str


def checks(
    requirements: Iterable[Requirement], inputs: Sequence[str], types: Sequence[TensorType]
) -> Iterator[str]:
    """`if x.shape[2] % 16: raise ValueError(...)` for each requirement on an unknown size."""

    def read(axis: Axis) -> Expr:
        return Expr(f"{inputs[axis.input]}.shape[{axis.axis}]")

    seen: set[str] = set()
    for requirement in requirements:
        if not requirement.left.symbols | requirement.right.symbols:
            continue
        condition = _condition(requirement, types)
        left, right = (written(side, read) for side in (condition.left, condition.right))
        wrong = binary(condition.opposite, left, right)
        if wrong.text in seen:
            continue
        seen.add(wrong.text)
        read_off = (*axes(condition.left), *axes(condition.right))
        yield from layout.lines("if ", wrong, 8, ":")
        yield from _complaint(condition.text, sorted({inputs[axis.input] for axis in read_off}))


def _condition(requirement: Requirement, types: Sequence[TensorType]) -> _Condition:
    left, right = requirement.left, requirement.right
    remainder = multiple_needed(left, right) if requirement.relation == "==" else None
    if remainder is not None:
        number, divisor = remainder
        text = f"{_grouped(number)} % {divisor} == 0"
        # The remainder is true when it is not 0, so it is its own test.
        return _Condition(measure(number, types), "%", divisor, text)
    relation, opposite = ("==", "!=") if requirement.relation == "==" else (">=", "<")
    if left.value is not None:
        # What is known stands on the right: `T <= 16`.
        left, right = right, left
        if relation == ">=":
            relation, opposite = "<=", ">"
    text = f"{left} {relation} {right}"
    return _Condition(measure(left, types), opposite, measure(right, types), text)


def _complaint(text: str, shown: Sequence[str]) -> Iterator[str]:
    """`raise ValueError(...)` with the condition and the shapes that were met."""
    met = ", ".join(f"{name} is {{list({name}.shape)}}" for name in shown)
    # Its symbols are those of the inputs' shapes, which are checked where the docstring is made.
    needed = text if len(text) <= LONGEST_CONDITION else "other sizes"
    message = Expr(f'f"this model requires {needed}; {met}"')
    yield from layout.lines("raise ", layout.call("ValueError", [message]), 12)


def _grouped(dim: Dim) -> str:
    text = str(dim)
    return text if text.isidentifier() else f"({text})"
