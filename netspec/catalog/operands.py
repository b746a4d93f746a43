"""Operands of a function call to its declared arguments: tensors, sizes and constants mixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netspec.catalog import binding, values
from netspec.catalog.binding import Arguments
from netspec.catalog.records import Argument, Operand, Refusal
from netspec.types import Dim, TensorType

# Types of arguments that take a size known only at run time.
FREE = frozenset({"size", "sizes", "ints", "float"})
# Arguments of these types that do not: what is given hangs on each of their numbers.
SETTLED = frozenset(
    {
        ("pad", "pad"),
        ("tensor_split", "indices_or_sections"),
        ("hardtanh", "min_val"),
        ("hardtanh", "max_val"),
        ("rrelu", "lower"),
        ("rrelu", "upper"),
    }
)


@dataclass(frozen=True, slots=True)
class Operands:
    """A function's arguments by name, and the tensors among them in declared order."""

    values: Mapping[str, Operand]
    given: frozenset[str]
    tensors: tuple[TensorType, ...]


def bind_operands(
    name: str,
    arguments: Arguments,
    positional: Sequence[Operand],
    keywords: Mapping[str, Operand],
) -> Operands | Refusal:
    """Every argument's value, defaults filled in; a size known by now becomes its number."""
    placed = binding.place(name, arguments, positional, keywords)
    if isinstance(placed, Refusal):
        return placed
    given: dict[str, Operand] = {}
    for argument in arguments:
        if argument.name not in placed:
            continue
        where, written = placed[argument.name]
        value = _settled(written)
        if isinstance(value, TensorType) and argument.types == ("tensors",):
            value = (value,)
        refusal = binding.check_value("function", name, argument, where, value)
        refusal = refusal or _unknown(name, argument, where, value)
        if refusal is not None:
            return refusal
        given[argument.name] = value
    refusal = binding.missing(name, arguments, given)
    if refusal is not None:
        return refusal
    values = binding.filled(arguments, given)
    return Operands(values, frozenset(given), tuple(_tensors(tuple(values.values()))))


def sizes_of_axes(name: str, named: Mapping[str, Operand]) -> Refusal | None:
    """The refusal for the size of an axis that is none."""
    for axis, size in named.items():
        if not values.is_size(size):
            text = "a tensor" if isinstance(size, TensorType) else f"`{values.written(size)}`"
            return Refusal(
                reason="type",
                message=f"axis `{axis}` of `{name}` is {values.wanted(('size',))}, not {text}",
                argument=axis,
            )
    return None


def _unknown(name: str, argument: Argument, where: binding.Place, value: Operand) -> Refusal | None:
    """The refusal for a size known only at run time where the shape hangs on the number."""
    if FREE & set(argument.types) and (name, argument.name) not in SETTLED:
        return None
    items = value if isinstance(value, tuple) else (value,)
    unknown = next((item for item in items if isinstance(item, Dim)), None)
    return None if unknown is None else binding.unknown_size(name, argument, where, unknown)


def _settled(value: Operand) -> Operand:
    if isinstance(value, Dim):
        return value if value.value is None else value.value
    if isinstance(value, tuple):
        return tuple(_settled(item) for item in value)
    return value


def _tensors(values: tuple[Operand, ...]) -> list[TensorType]:
    found: list[TensorType] = []
    for value in values:
        if isinstance(value, TensorType):
            found.append(value)
        elif isinstance(value, tuple):
            found.extend(_tensors(value))
    return found
