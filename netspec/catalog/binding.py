"""Arguments of a call to the arguments of a declaration: count, names, types, ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.catalog import left_out, values
from netspec.catalog.records import (
    REQUIRED,
    Argument,
    Bound,
    Operand,
    Refusal,
    Value,
)
from netspec.diagnostics import did_you_mean
from netspec.types import Dim

Arguments = tuple[Argument, ...]
Place = int | str


def place(
    name: str,
    arguments: Arguments,
    positional: Sequence[Operand],
    keywords: Mapping[str, Operand],
) -> dict[str, tuple[Place, Operand]] | Refusal:
    """Argument names to where in the call their value stands, and the value."""
    free = [argument for argument in arguments if not argument.keyword_only]
    if len(positional) > len(free):
        return _too_many(name, arguments, free, positional)
    placed: dict[str, tuple[Place, Operand]] = {
        argument.name: (index, value)
        for index, (argument, value) in enumerate(zip(free, positional, strict=False))
    }
    known = {argument.name for argument in arguments}
    for keyword, value in keywords.items():
        if keyword not in known:
            return _unknown(name, arguments, keyword)
        if keyword in placed:
            return Refusal(
                reason="twice",
                message=f"`{name}` is given `{keyword}` twice",
                argument=keyword,
                notes=(f"positional argument {int(placed[keyword][0]) + 1} is `{keyword}`",),
                help="keep one of the two",
            )
        placed[keyword] = (keyword, value)
    return placed


def missing(name: str, arguments: Arguments, placed: Mapping[str, object]) -> Refusal | None:
    """The refusal for a required argument that is not there."""
    absent = [a for a in arguments if a.required and a.name not in placed]
    if not absent:
        return None
    names = " and ".join(f"`{argument.name}`" for argument in absent)
    first = absent[0]
    advice = f"`{first.name}` is {values.wanted(first.types)}" if first.types else None
    if first.types == ("tensor",):
        advice = (
            f"let a value flow in, `x -> {name}(...)`; a line that begins with `->` goes on from "
            "the line above"
        )
    return Refusal(
        reason="missing-argument",
        message=f"`{name}` needs {names}",
        argument=first.name,
        help=advice,
    )


def check_value(
    kind: str, name: str, argument: Argument, where: Place, value: Operand
) -> Refusal | None:
    """The refusal for a value of a wrong type or out of range."""
    if not values.fits(argument.types, value):
        text = "a tensor" if hasattr(value, "shape") else f"`{values.written(value)}`"
        return Refusal(
            reason="type",
            message=f"`{argument.name}` of `{name}` is {values.wanted(argument.types)}, not {text}",
            argument=where,
            help=_type_help(argument, value),
        )
    if isinstance(value, str):
        allowed = () if kind == "declared" else values.choices(name, argument.name)
        if allowed and value not in allowed:
            return Refusal(
                reason="value",
                message=f"`{argument.name}` of `{name}` cannot be `{values.written(value)}`",
                argument=where,
                notes=("it may be " + ", ".join(f'`"{choice}"`' for choice in allowed),),
                help=did_you_mean(value, allowed),
            )
    bounds = values.outside(kind, name, argument.name, value)  # type: ignore[arg-type] # a tensor is no number, and so within every range
    if bounds is not None:
        return Refusal(
            reason="value",
            message=f"`{argument.name}` of `{name}` must be {bounds}, not "
            f"`{values.written(value)}`",
            argument=where,
        )
    return None


def bind(
    kind: str,
    name: str,
    arguments: Arguments,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
) -> Bound | Refusal:
    """Every argument's value, declared defaults filled in."""
    placed = place(name, arguments, positional, keywords)
    if isinstance(placed, Refusal):
        return placed
    given: dict[str, Value] = {}
    for argument in arguments:
        if argument.name in placed:
            where, value = placed[argument.name]
            known = _known(value)
            if isinstance(known, Dim):
                return unknown_size(name, argument, where, known)
            refusal = check_value(kind, name, argument, where, known)
            if refusal is not None:
                return refusal
            given[argument.name] = known  # type: ignore[assignment] # checked to be of a declared type, none of which is a tensor here
    refusal = missing(name, arguments, given)
    if refusal is not None:
        return refusal
    return Bound(
        values=filled(arguments, given),  # type: ignore[arg-type] # as above
        given=frozenset(given),
        positional=tuple(positional),
        keywords=dict(keywords),
    )


def filled(arguments: Arguments, given: Mapping[str, Operand]) -> dict[str, Operand]:
    """The given values with declared defaults, in declared order."""
    result: dict[str, Operand] = {}
    for argument in arguments:
        if argument.name in given:
            result[argument.name] = given[argument.name]
        elif argument.default is not REQUIRED:
            result[argument.name] = argument.default
    return result


def _known(value: Operand) -> Operand:
    """A size that is known as its number."""
    if isinstance(value, Dim):
        return value if value.value is None else value.value
    if isinstance(value, tuple):
        items = tuple(_known(item) for item in value)
        unknown = next((item for item in items if isinstance(item, Dim)), None)
        return items if unknown is None else unknown
    return value


def torch_order(name: str, arguments: Arguments) -> list[Argument]:
    """The arguments in torch's order: the input size first, then those that are positional here.

    Only the first inferred argument has a place in torch's order that comes up in practice, but for
    `Bilinear`, which has two inputs.
    """
    inferred = [a for a in arguments if a.inferred][: 2 if name == "Bilinear" else 1]
    rest = [a for a in arguments if not a.keyword_only]
    rest += [a for a in arguments if a.keyword_only and not a.inferred]
    place_of_inferred = 1 if name in INFERRED_SECOND else 0
    return [*rest[:place_of_inferred], *inferred, *rest[place_of_inferred:]]


def as_torch_takes_it(
    kind: str,
    name: str,
    arguments: Arguments,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
) -> Bound | None:
    """The call bound in torch's order, all by keyword; None when it is no such call either."""
    order = torch_order(name, arguments)
    stated = [argument.name for argument, _ in zip(order, positional, strict=False)]
    if not any(a.inferred and a.name in stated for a in order) or len(positional) > len(order):
        return None
    if set(stated) & set(keywords):
        return None
    named = {**dict(zip(stated, positional, strict=True)), **keywords}
    bound = bind(kind, name, arguments, (), named)
    return bound if isinstance(bound, Bound) else None


def torch_form(
    kind: str,
    name: str,
    arguments: Arguments,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
) -> Refusal | None:
    """The refusal for a call written as torch takes it, with the input size first.

    None when the call is no such call either.
    """
    if as_torch_takes_it(kind, name, arguments, positional, keywords) is None:
        return None
    free = {a.name for a in arguments if not a.keyword_only}
    rest: list[str] = []
    stated: list[str] = []
    place_of_inferred = 0
    for index, (argument, value) in enumerate(
        zip(torch_order(name, arguments), positional, strict=False)
    ):
        text = values.written(value)
        if argument.inferred:
            stated, place_of_inferred = [*stated, f"{argument.name}={text}"], index
        else:
            rest.append(text if argument.name in free else f"{argument.name}={text}")
    rest += [f"{key}={values.written(value)}" for key, value in keywords.items()]
    replacement = f"{name}({', '.join(rest)})" if rest else name
    is_schedule = kind == "schedule"
    what = "the length of the run" if is_schedule else "the input size"
    checked = "" if is_schedule else ", and is then checked"
    return Refusal(
        reason="too-many",
        message=f"{what} is inferred: `{name}` does not take it first",
        argument=place_of_inferred,
        notes=(f"`{', '.join(stated)}` may be given by keyword{checked}",),
        help=f"write `{replacement}`",
        replacement=replacement,
    )


def two_readings(
    kind: str,
    name: str,
    arguments: Arguments,
    positional: Sequence[Value],
    keywords: Mapping[str, Value],
) -> Refusal | None:
    """The refusal for a call that means one thing here and another in torch; None if it does not.

    It is for the caller to know that torch's would do.
    """
    torchs = torch_form(kind, name, arguments, positional, keywords)
    if torchs is None:
        return None
    free = [a.name for a in arguments if not a.keyword_only]
    pairs = [f"{key}={values.written(value)}" for key, value in zip(free, positional, strict=False)]
    rest = [*pairs[2:], *(f"{key}={values.written(value)}" for key, value in keywords.items())]
    first = [values.written(value) for value in positional[:2]]
    order = torch_order(name, arguments)
    theirs = [
        f"{a.name}={values.written(value)}" for a, value in zip(order, positional, strict=False)
    ]
    call = f"{name}({', '.join(values.written(value) for value in positional)})"
    return Refusal(
        reason="readings",
        message=f"`{call}` means one thing here and another in torch",
        argument=0,
        notes=(f"here it is `{', '.join(pairs)}`", f"torch reads `{', '.join(theirs)}`"),
        help=f"write `{torchs.replacement}` for torch's, or `{name}({', '.join([*first, *rest])})`",
    )


# Layers whose inferred argument torch takes second.
INFERRED_SECOND = frozenset({"GroupNorm"})


def _too_many(
    name: str, arguments: Arguments, free: Sequence[Argument], positional: Sequence[Operand]
) -> Refusal:
    extra = [a.name for a in arguments if a.keyword_only and not a.inferred]
    if not arguments:
        takes = "no arguments"
    elif len(free) == 1:
        takes = "1 positional argument"
    else:
        takes = f"{len(free)} positional arguments" if free else "no positional argument"
    return Refusal(
        reason="too-many",
        message=f"`{name}` takes {takes}, not {len(positional)}",
        argument=len(free),
        notes=("in order: " + ", ".join(f"`{a.name}`" for a in free),) if free else (),
        help=f"name the others, as in `{extra[0]}=...`" if extra else None,
    )


def _unknown(name: str, arguments: Arguments, keyword: str) -> Refusal:
    names = [argument.name for argument in arguments]
    reason = left_out.ARGUMENTS.get(keyword)
    notes: tuple[str, ...] = (f"torch's `{keyword}` is left out: {reason}",) if reason else ()
    if names:
        notes += ("it takes " + ", ".join(f"`{n}`" for n in names),)
    return Refusal(
        reason="unknown-argument",
        message=f"`{name}` has no argument `{keyword}`",
        argument=keyword,
        notes=notes,
        help=None if reason else did_you_mean(keyword, names),
    )


def unknown_size(name: str, argument: Argument, where: Place, size: Dim) -> Refusal:
    """The refusal for a size that is known only at run time."""
    return Refusal(
        reason="unknown-size",
        message=f"`{argument.name}` of `{name}` must be known now, and `{size}` is known only when "
        "the model runs",
        argument=where,
    )


def _type_help(argument: Argument, value: Operand) -> str | None:
    if isinstance(value, bool) and "int" in argument.types:
        return f"write `{int(value)}`"
    if value in (0, 1) and "bool" in argument.types and not isinstance(value, bool):
        return f"write `{'true' if value else 'false'}`"
    if isinstance(value, float) and value.is_integer() and "int" in argument.types:
        return f"write `{int(value)}`"
    lengths = [values.LENGTHS[name] for name in argument.types if name in values.LENGTHS]
    if lengths and values.is_int(value):
        return f"write `{values.written((value,) * lengths[0])}`"
    return None
