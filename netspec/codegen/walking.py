"""The head of a loop over modules, `for i, layer in enumerate(self.layers):`, and what it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from netspec.codegen import layout
from netspec.codegen.layout import Expr
from netspec.codegen.names import local
from netspec.codegen.plans import Path
from netspec.codegen.rolling import Rolled, Walked, counts
from netspec.codegen.rounds import Number

# A loop variable that has no better name.
MODULE, NUMBER, INDEX = "layer", "value", "i"


@dataclass(slots=True, kw_only=True)
class Walk:
    """A loop: its variables, and the sequences that these walk over together.

    In its body `texts` are how the children are written that are others in every round, and
    `numbers` the plain numbers that are; values of `changing` have no one shape.
    """

    names: list[str] = field(default_factory=list)
    over: list[Expr] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[Path, Expr] = field(default_factory=dict)
    changing: frozenset[int] = frozenset()

    def add(self, name: str, over: Expr) -> None:
        """Let one more variable walk over one more sequence."""
        self.names.append(name)
        self.over.append(over)

    @property
    def together(self) -> Expr:
        """What stands behind `in`."""
        if len(self.over) == 1:
            return self.over[0]
        return layout.call("zip", self.over, [("strict", Expr("True"))])


def walk(loop: Rolled, reserve: Callable[[str], str]) -> Walk:
    """How a loop is written; `reserve` gives a name that nothing else has, like the wanted one.

    It walks over its lists; one of which it takes a part is subscripted.
    """
    made = Walk(changing=loop.changing)
    lists = tuple(dict.fromkeys(loop.walked.values()))
    whole = all(one.start == 0 and one.items == loop.count for one in lists)
    counting = [int(values[0]) for values in loop.varying.values() if counts(values)]
    start = next(iter(counting), None) if whole else lists[0].start
    index = "" if start is None else reserve(INDEX)
    items = {one: reserve(_item(one)) for one in lists} if whole else {}
    named: dict[tuple[Number, ...], str] = {}
    for values in loop.varying.values():
        if not counts(values) and values not in named:
            named[values] = reserve(NUMBER)
    for one, name in items.items():
        made.add(name, Expr(one.text))
    for values, name in named.items():
        made.add(name, layout.literal(values))
    if start is not None and len(made.over) == 1:
        behind = [layout.literal(start)] if start else []
        made.over = [layout.call("enumerate", [*made.over, *behind])]
        made.names.insert(0, index)
    elif start is not None:
        made.names.insert(0, index)
        made.over.insert(0, _range(start, loop.count))
    for key, one in loop.walked.items():
        at = "" if start is None else _further(index, one.start - start).text
        made.texts[key] = items[one] if whole else f"{one.text}[{at}]"
    for path, values in loop.varying.items():
        made.numbers[path] = (
            _further(index, int(values[0]) - (start or 0))
            if counts(values)
            else Expr(named[values])
        )
    return made


def _range(start: int, count: int) -> Expr:
    ends = [start, start + count] if start else [count]
    return layout.call("range", [layout.literal(end) for end in ends])


def _further(index: str, by: int) -> Expr:
    if by == 0:
        return Expr(index)
    return layout.binary("+" if by > 0 else "-", Expr(index), Expr(str(abs(by))))


def _item(listed: Walked) -> str:
    """What an item of a list is called: `layer` of `self.layers`."""
    name = listed.text.rpartition(".")[2]
    singular = name.removesuffix("s") if not name.endswith("ss") else name
    return local(singular) if "." in listed.text and singular not in {name, ""} else MODULE
