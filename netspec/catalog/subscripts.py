"""Subscripts on tensors: integers, slices with steps, `...`, `none`, index tensors and masks."""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType

from netspec.catalog.call import Call, too_large, too_many_dimensions
from netspec.catalog.kinds import REAL, elements
from netspec.catalog.records import Operation, Refusal
from netspec.types import Dim, SizeTooLargeError, TensorType, lowest

Item = int | Dim | slice | EllipsisType | TensorType | None
Bound = int | Dim | None


def subscript(given: TensorType, items: Sequence[Item]) -> Operation | Refusal:
    """The type of `given[items]`; a slice's parts are integers, sizes or None."""
    call = Call(kind="operator", name="[ ]", arguments={}, inputs=(given,))
    try:
        result = _typed(call, given, items)
    except SizeTooLargeError:
        return too_large("[ ]")
    if call.refusal is not None:
        return call.refusal
    refusal = too_many_dimensions("[ ]", (result,))
    if refusal is not None:
        return refusal
    return Operation(type=result, requirements=tuple(call.needs))


def _typed(call: Call, given: TensorType, items: Sequence[Item]) -> TensorType:
    taken = sum(item is not None and item is not Ellipsis for item in items)
    if sum(item is Ellipsis for item in items) > 1:
        call.refuse("value", "a subscript can have one `...` only")
        return given
    if taken > given.rank:
        call.refuse(
            "rank",
            f"{taken} subscripts are too many for {given.dims()}",
            input=0,
        )
        return given
    full = list(items) if Ellipsis in items else [*items, Ellipsis]
    shape: list[Dim] = []
    gathered: list[tuple[int, TensorType]] = []
    position = 0
    for item in full:
        match item:
            case None:
                shape.append(Dim.of(1))
            case EllipsisType():
                rest = given.rank - taken
                shape.extend(given.shape[position : position + rest])
                position += rest
            case slice():
                shape.append(_sliced(call, given, position, item))
                position += 1
            case TensorType():
                gathered.append((len(shape), item))
                shape.append(given.shape[position])
                _check_index(call, given, position, item)
                position += 1
            case _:
                _check_place(call, given, position, item)
                position += 1
    if gathered:
        shape = _gathered(call, shape, gathered, items)
    kept = given.kind if tuple(shape) == given.shape else elements(given.kind)
    return TensorType(kept, tuple(shape))


def _check_place(call: Call, given: TensorType, position: int, item: int | Dim) -> None:
    """An integer is within the dimension, from either end."""
    size, place = given.shape[position], Dim.of(item)
    if lowest(place) is not None and (lowest(place) or 0) >= 0:
        least = place + 1
    elif place.value is not None:
        least = -place
    else:
        call.refuse(
            "unknown-size", f"the subscript `{item}` may count from either end", argument=position
        )
        return
    call.at_least(
        size, least, f"the subscript {item} is outside dimension {position} of {given.dims()}"
    )


def _sliced(call: Call, given: TensorType, position: int, part: slice) -> Dim:
    """How many of a dimension's places a slice takes."""
    size = given.shape[position]
    step: object = part.step
    if isinstance(step, Dim):
        step = step.value
    if step is None:
        step = 1
    if not isinstance(step, int) or step < 1:
        call.refuse(
            "value",
            f"the step of a slice is a whole number from 1, not `{part.step}`",
            argument=position,
            help="turn the order round with `flip`" if isinstance(step, int) else None,
        )
        return size
    start = _edge(call, given, position, part.start, Dim.of(0))
    stop = _edge(call, given, position, part.stop, size)
    length = stop - start
    call.at_least(
        length, Dim.of(1), f"the slice leaves nothing of dimension {position} of {given.dims()}"
    )
    return (length + step - 1) // step


def _edge(call: Call, given: TensorType, position: int, value: Bound, absent: Dim) -> Dim:
    """Where a slice begins or ends, from the front.

    Known sizes are cut off at the ends, as Python does; of a size not yet known it is required
    that the edge lies within.
    """
    if value is None:
        return absent
    size, edge = given.shape[position], Dim.of(value)
    if edge.value is not None and size.value is not None:
        at = edge.value + (size.value if edge.value < 0 else 0)
        return Dim.of(min(max(at, 0), size.value))
    if edge.value is not None and edge.value < 0:
        edge = size + edge
        call.at_least(
            edge,
            Dim.of(0),
            f"the slice's {value} is outside dimension {position} of {given.dims()}",
        )
        return edge
    call.at_least(
        size, edge, f"the slice's {value} is outside dimension {position} of {given.dims()}"
    )
    return edge


def _check_index(call: Call, given: TensorType, position: int, index: TensorType) -> None:
    """An index tensor holds integers below the dimension's size; a mask is refused."""
    if not index.kind.is_integer:
        call.refuse(
            "kind",
            f"a subscript is made of integers, not `{index.kind}`",
            argument=position,
            help="choose with `where`: how many a mask keeps is known only when the model runs"
            if index.kind.name == "bool"
            else None,
        )
    if index.kind.name == "index" and index.kind.size is not None:
        call.at_least(
            given.shape[position],
            index.kind.size,
            f"the subscript goes up to {index.kind.size} - 1, outside dimension {position} of "
            f"{given.dims()}",
        )


def _gathered(
    call: Call,
    shape: list[Dim],
    gathered: list[tuple[int, TensorType]],
    items: Sequence[Item],
) -> list[Dim]:
    """The shape with the indexed dimensions replaced by the indices' own shape."""
    places = [place for place, _ in gathered]
    if any(isinstance(item, int | Dim) for item in items) or places != list(
        range(places[0], places[0] + len(places))
    ):
        call.refuse(
            "value",
            "index tensors must stand side by side, without integers among the subscripts",
            help="take one dimension after the other",
        )
        return shape
    common = gathered[0][1]
    for _, index in gathered[1:]:
        common = TensorType(REAL, call.broadcast(common, index))
    return [*shape[: places[0]], *common.shape, *shape[places[0] + len(places) :]]
