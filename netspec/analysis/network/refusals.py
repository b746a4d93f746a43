"""What the catalogue refused, as diagnostics: reasons become codes, positions become places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from netspec.analysis import errors
from netspec.analysis.network.builder import Tensor
from netspec.analysis.network.values import Value
from netspec.catalog import DeclaredEntry, Entry, Refusal
from netspec.diagnostics import Diagnostic, Edit, Fix, Label
from netspec.source import Span
from netspec.syntax import tree

CONSTRUCTORS = {
    "unknown-argument": errors.unknown_argument,
    "missing-argument": errors.missing_argument,
    "too-many": errors.too_many_arguments,
    "twice": errors.argument_twice,
    "type": errors.argument_type,
    "value": errors.argument_value,
    "count": errors.wrong_count,
    "rank": errors.wrong_rank,
    "size": errors.sizes_differ,
    "kind": errors.wrong_kind,
    "unknown-size": errors.unknown_size,
    "classes": errors.classes_differ,
    "pattern": errors.pattern_wrong,
    "axis": errors.axis_differs,
    "readings": errors.two_readings,
}
# Reasons that lie in what flows in, so that it is worth showing where that comes from; those of
# the second row lie between several values, all of which are shown.
OF_ONE = frozenset({"kind", "value", "unknown-size"})
OF_ALL = frozenset({"size", "rank", "count", "classes", "axis"})
RESULTS = {2: "`out, h = ...`", 3: "`out, h, c = ...`"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A call as the text has it; `names` are what the positional arguments are declared as."""

    span: Span
    args: tuple[tree.Expr, ...] = ()
    keywords: tuple[tree.Keyword, ...] = ()
    names: tuple[str, ...] = ()

    def given(self, argument: str | int | None) -> tree.Keyword | tree.Expr | None:
        """What the text has for an argument, if it has anything."""
        if isinstance(argument, str):
            for keyword in self.keywords:
                if keyword.name.id == argument:
                    return keyword
            argument = self.names.index(argument) if argument in self.names else None
        return None if argument is None or argument >= len(self.args) else self.args[argument]


def written(call: tree.Expr, entry: Entry | None = None, flow: Sequence[Value] = ()) -> Written:
    """A call with its arguments, or a bare name; what flows in stands before the arguments."""
    names = () if entry is None else tuple(a.name for a in entry.arguments if not a.keyword_only)
    if isinstance(entry, DeclaredEntry) and entry.kind == "function" and entry.signature:
        names = (*("" for _ in entry.signature.inputs), *names)  # its tensors stand first
    if not isinstance(call, tree.Call):
        return Written(span=call.span, args=tuple(call for _ in flow), names=names)
    args = (*(call for _ in flow), *call.args)
    return Written(span=call.span, args=args, keywords=call.keywords, names=names)


def comes_from(tensors: Sequence[Tensor]) -> str:
    """What is said of the place that tensors come from."""
    types = [str(tensor.type) for tensor in tensors]
    slot = tensors[0].slot
    if slot.name is not None and slot.span.text in {slot.name, f"input {slot.name}"}:
        return f"`{slot.name}` is {types[0]}"
    if len(types) == 1:
        return f"{types[0]} comes from here"
    return ", ".join(types[:-1]) + f" and {types[-1]} come from here"


def refusal_diagnostic(
    refusal: Refusal,
    call: Written,
    values: Sequence[Value] = (),
    said: Callable[[Sequence[Tensor]], str] = comes_from,
) -> Diagnostic:
    """The diagnostic of `refusal`: primary at the argument or the call, the producers beside it.

    `values` are what flows in and what the arguments are, `said` words the producers' labels.
    """
    if refusal.reason == "count" and refusal.help is None:
        refusal = replace(refusal, help=_go_on_from_one(values))
    given = call.given(refusal.argument)
    primary = call.span if given is None else given.span
    value = given.value if isinstance(given, tree.Keyword) else given
    if refusal.within is not None and isinstance(value, tree.Text):
        primary = _inside(value, refusal.within)
    if refusal.reason == "type" and isinstance(value, tree.Binary) and value.op == "/":
        refusal = replace(refusal, help="`//` divides whole numbers")
    also = [
        Label(span, said(tensors))
        for span, tensors in _producers(refusal, values).items()
        if span != primary
    ]
    constructor = CONSTRUCTORS[refusal.reason]
    fix = None
    if refusal.replacement is not None:
        fix = Fix((Edit(call.span, refusal.replacement),), safe=True)
        constructor = errors.inferred_given
    return constructor(
        primary,
        refusal.message,
        also=tuple(also),
        notes=refusal.notes,
        help=refusal.help,
        fix=fix,
    )


def _inside(text: tree.Text, within: tuple[int, int]) -> Span:
    """The place of a part of a text; every character of one stands for itself."""
    first = text.span.start + 1
    start, end = within
    return text.span.source.span(first + start, first + max(end, start + 1))


def _producers(refusal: Refusal, values: Sequence[Value]) -> dict[Span, list[Tensor]]:
    """The tensors that the refusal is about, by the places they come from."""
    found: dict[Span, list[Tensor]] = {}
    for number, tensor in enumerate(_tensors(values)):
        blamed = refusal.input is None or refusal.input == number
        if refusal.reason in OF_ALL or (refusal.reason in OF_ONE and blamed):
            found.setdefault(tensor.slot.span, []).append(tensor)
    return found


def _go_on_from_one(values: Sequence[Value]) -> str | None:
    tensors = list(_tensors(values))
    if len(tensors) < 2 or len({tensor.slot.span for tensor in tensors}) > 1:
        return None
    example = RESULTS.get(len(tensors), "`a, b, ... = ...`")
    return f"name the results and go on from one of them: {example}"


def _tensors(values: Sequence[Value]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple):
            yield from _tensors(value)
