"""Axes taken apart, moved and joined by a pattern: einops' `rearrange`, `reduce`, `repeat`.

Sizes follow "einops.rearrange" of the documentation of einops; what it refuses when the model runs
is refused here, with the axis named.
"""

from __future__ import annotations

from collections.abc import Callable

from netspec.catalog import patterns
from netspec.catalog.call import Call, as_dim
from netspec.catalog.kinds import averaged, elements, join, numeric
from netspec.catalog.patterns import Axis, Group, Side
from netspec.types import Dim, Kind, TensorType, compare, divide, product

Types = tuple[TensorType, ...]


def rearrange(call: Call) -> Types:
    """The same numbers with axes moved, split and joined."""
    given = _tensor(call)
    sides = _read(call)
    if sides is None:
        return (given,)
    left, right = sides
    if _names_agree(call, left, right) and _sizes_used(call, left, right):
        return (_made(call, given, left, right, given.kind),)
    return (given,)


def reduce(call: Call) -> Types:
    """Axes that are missing on the right are reduced."""
    given = _tensor(call)
    sides = _read(call)
    if sides is None:
        return (given,)
    left, right = sides
    how = str(call.arguments["reduction"])
    kind = _reduced(call, given.kind, how)
    if not _is_reduced(given, left, right):
        kind = elements(given.kind)
    if _names_agree(call, left, right) and _sizes_used(call, left, right):
        return (_made(call, given, left, right, kind),)
    return (given,)


def repeat(call: Call) -> Types:
    """Axes that are new on the right repeat the numbers."""
    given = _tensor(call)
    sides = _read(call)
    if sides is None:
        return (given,)
    left, right = sides
    if _names_agree(call, left, right) and _sizes_used(call, left, right):
        return (_made(call, given, left, right, elements(given.kind)),)
    return (given,)


def _tensor(call: Call) -> TensorType:
    """The tensor, or several of one shape as one with a dimension more in front."""
    value = call.arguments["tensor"]
    if isinstance(value, TensorType):
        return value
    first = call.inputs[0]
    shape = list(first.shape)
    for position, other in enumerate(call.inputs[1:], 1):
        message = f"`{call.name}` of a list wants equal shapes, not {first.dims()}, {other.dims()}"
        if other.rank != first.rank:
            call.refuse("rank", message, input=position)
            break
        shape = [call.equal(a, b, message) for a, b in zip(shape, other.shape, strict=True)]
    kind = join([elements(one.kind) for one in call.inputs])
    return TensorType(kind, (Dim.of(len(call.inputs)), *shape))


def _read(call: Call) -> tuple[Side, Side] | None:
    pattern = call.arguments["pattern"]
    assert isinstance(pattern, str)
    sides = patterns.read(pattern)
    if isinstance(sides, patterns.Fault):
        call.refuse(
            "pattern",
            f"`{call.name}` cannot read its pattern: {sides.message}",
            argument="pattern",
            within=(sides.start, sides.end),
            help=sides.help,
        )
        return None
    return sides


# --- names ----------------------------------------------------------------------------------------


def _names_agree(call: Call, left: Side, right: Side) -> bool:
    """Which axes may stand on one side only: in `reduce` the left, in `repeat` the right."""
    sides = ((left, right, "reduce", "right"), (right, left, "repeat", "left"))
    for here, there, function, other in sides:
        if call.name == function:
            continue
        for axis in here.axes:
            if axis.name and axis.name in there.names:
                continue
            shown = f"`{axis.name}`" if axis.name else f"`{axis.size}`"
            instead = "reduce" if other == "right" else "repeat"
            call.refuse(
                "pattern",
                f"axis {shown} of `{call.name}` is not on the {other}",
                argument="pattern",
                within=(axis.start, axis.end),
                help=f"`{instead}` is for axes that are not" if axis.name else None,
            )
            return False
    return True


def _sizes_used(call: Call, left: Side, right: Side) -> bool:
    """Whether every size that is given is of an axis, and at least 1."""
    known = sorted((left.names | right.names) - {"..."})
    for name, size in call.named.items():
        if name not in known:
            call.refuse(
                "unknown-argument",
                f"`{name}` is no axis of this pattern",
                argument=name,
                notes=("its axes are " + ", ".join(f"`{axis}`" for axis in known),)
                if known
                else (),
            )
        value = as_dim(size).value
        if value is not None and value < 1:
            call.refuse("value", f"axis `{name}` cannot be {value}", argument=name)
    return call.refusal is None


def _is_reduced(given: TensorType, left: Side, right: Side) -> bool:
    """Whether an axis goes: where none does, not even `...` or `1`, einops sums up nothing."""
    rest = given.rank - sum(not group.is_rest for group in left.groups)
    gone = (axis for axis in left.axes if not axis.name or axis.name not in right.names)
    return any(rest > 0 if axis.is_rest else bool(axis.name) or axis.size != 1 for axis in gone)


def _reduced(call: Call, kind: Kind, how: str) -> Kind:
    """What the reduction makes of a kind."""
    if how == "mean" and not kind.is_float:
        call.refuse(
            "kind",
            f'`"mean"` wants floating-point numbers (`real`), not `{kind}`',
            input=0,
            help="`float` makes them real",
        )
    if how in {"any", "all"} and kind.name != "bool":
        call.refuse(
            "kind",
            f'`"{how}"` wants truth values (`bool`), not `{kind}`',
            input=0,
            help="make them with a comparison, as in `x > 0`",
        )
    if how in {"max", "min", "any", "all"}:
        return elements(kind)
    return averaged(kind) if how in {"mean", "prod"} and kind.is_float else numeric(kind)


# --- sizes ----------------------------------------------------------------------------------------


def _made(call: Call, given: TensorType, left: Side, right: Side, kind: Kind) -> TensorType:
    """The tensor with the axes of the right side."""
    sizes = {name: as_dim(size) for name, size in call.named.items()}
    rest = _measure(call, given, left, sizes)
    if rest is None:
        return given
    shape: list[Dim] = []
    for group in right.groups:
        if group.is_rest:
            shape.extend(rest)
            continue
        parts: list[Dim] = []
        for axis in group.axes:
            if axis.is_rest:
                parts.extend(rest)
            elif axis.name and axis.name not in sizes:
                call.refuse(
                    "axis",
                    f"axis `{axis.name}` is new on the right, and its size is not given",
                    argument="pattern",
                    within=(axis.start, axis.end),
                    help=f"give it by name: `{axis.name}=...`",
                )
                return given
            else:
                parts.append(_size_of(axis, sizes))
        shape.append(product(tuple(parts)))
    joined = any(group.joined for side in (left, right) for group in side.groups)
    return TensorType(elements(kind) if joined else kind, tuple(shape))


def _measure(
    call: Call, given: TensorType, left: Side, sizes: dict[str, Dim]
) -> tuple[Dim, ...] | None:
    """Work out the size of each axis on the left; gives what `...` stands for."""
    rests = sum(group.is_rest for group in left.groups)
    fixed = len(left.groups) - rests
    if given.rank < fixed or (not rests and given.rank > fixed):
        counted = "1 dimension" if fixed == 1 else f"{fixed} dimensions"
        call.refuse(
            "rank",
            f"the pattern of `{call.name}` is for {'at least ' if rests else ''}{counted}, and "
            f"{given.dims()} has {given.rank}",
            input=0,
            argument="pattern",
        )
        return None
    rest: tuple[Dim, ...] = ()
    place = 0
    for group in left.groups:
        if group.is_rest:
            rest = given.shape[place : place + given.rank - fixed]
            place += len(rest)
            continue
        _divide(call, group, given, place, sizes)
        place += 1
    return rest


def _divide(call: Call, group: Group, given: TensorType, place: int, sizes: dict[str, Dim]) -> None:
    """The sizes of a group's axes, of which one may be left to be worked out."""
    whole = given.shape[place]
    unknown = [axis for axis in group.axes if axis.name and axis.name not in sizes]
    known = [axis for axis in group.axes if axis not in unknown]
    taken = product(tuple(_size_of(axis, sizes) for axis in known))
    if len(unknown) > 1:
        names = " and ".join(f"`{axis.name}`" for axis in unknown)
        call.refuse(
            "axis",
            f"axes {names}: only one of them can be worked out from {whole}",
            argument="pattern",
            within=(group.start, group.end),
            input=0,
            help=f"give the other by name: `{unknown[0].name}=...`",
        )
        return
    if not unknown:
        makes = "they make" if len(known) > 1 else "it is"
        where = f"dimension {place} of {given.dims()}"
        message = f"{_named(known)}: {makes} {taken}, and {where} is {whole}"
        if compare(whole, taken) == "different":
            _refuse(call, group, message)
        else:
            call.equal(whole, taken, message)
        return
    axis = unknown[0]
    share = divide(whole, taken)
    if share is not None:
        sizes[axis.name] = share
        return
    message = f"{_named(known)}: {whole} is not a multiple of {taken}"
    if taken.value is None:
        call.refuse(
            "unknown-size",
            f"axis `{axis.name}`: {whole} divided by {taken} is not known now",
            argument="pattern",
            within=(group.start, group.end),
        )
        return
    if compare(whole % taken.value, Dim.of(0)) == "different":
        _refuse(call, group, message)
    else:
        call.equal(whole % taken.value, Dim.of(0), message)
    sizes[axis.name] = whole // taken.value


def _refuse(call: Call, group: Group, message: str) -> None:
    call.refuse("axis", message, argument="pattern", within=(group.start, group.end), input=0)


def _size_of(axis: Axis, sizes: dict[str, Dim]) -> Dim:
    return sizes[axis.name] if axis.name else Dim.of(axis.size or 1)


def _named(axes: list[Axis]) -> str:
    """The axes in words: "axis `h`"; a group of none is a 1."""
    names = [f"`{axis.name}`" if axis.name else f"`{axis.size}`" for axis in axes]
    if not names:
        return "axis `1`"
    return f"axis {names[0]}" if len(names) == 1 else "axes " + " and ".join(names)


RULES: dict[str, Callable[[Call], Types]] = {
    "rearrange": rearrange,
    "reduce": reduce,
    "repeat": repeat,
}
