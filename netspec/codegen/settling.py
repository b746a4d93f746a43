"""What a constructor does once its parts are made: ties, first values by name, what is frozen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from netspec.codegen import layout, tensors
from netspec.codegen.initializers import init_call
from netspec.codegen.layout import Expr
from netspec.codegen.names import is_attribute, unused
from netspec.codegen.plans import Body, Chain, Held, Instance, Leaf, Part
from netspec.program.graph import Graph, Literal, Tie

WILD = frozenset("*?[")
# An argument of a line of `init`, by the number of the line.
Argument = Callable[[int, str], tuple[Expr, Literal | None, bool]]
MARGIN = 8


@dataclass(frozen=True, slots=True)
class Loop:
    """The variables of a loop over named parameters."""

    name: str
    parameter: str


def settled(body: Body, argument: Argument, taken: Collection[str]) -> Iterator[str]:
    """The lines at the end of `__init__`, eight columns in; `taken` are its arguments."""
    for tie in body.graph.ties:
        yield from _tied(body, tie)
    loop = Loop(unused("name", taken), unused("parameter", taken))
    yield from _filled(body, argument, loop)
    yield from _frozen(body, loop)


def condition(name: str, pattern: str) -> str | None:
    """The test that a name matches a pattern, as a person writes it; none where every one does."""
    inner = pattern.strip("*")
    if inner == "":
        return None if pattern else f'{name} == ""'
    text = layout.quoted(inner)
    if WILD.isdisjoint(pattern):
        return f"{name} == {text}"
    if WILD.isdisjoint(inner):
        match pattern.startswith("*"), pattern.endswith("*"):
            case True, True:
                return f"{text} in {name}"
            case True, False:
                return f"{name}.endswith({text})"
            case _:
                return f"{name}.startswith({text})"
    return f"fnmatch.fnmatchcase({name}, {layout.quoted(pattern)})"


def _tied(body: Body, tie: Tie) -> Iterator[str]:
    right = tensors.reached(body, tie.right)
    *around, last = tie.left
    inner, _, name = last.rpartition(".")
    if is_attribute(name):
        yield from layout.lines(f"{tensors.reached(body, tie.left)} = ", right, MARGIN)
        return
    owner = tensors.reached(body, around).text if around else "self"
    owner = f"{owner}.{inner}" if inner else owner
    registered = layout.call(f"{owner}.register_parameter", [layout.literal(name), right])
    yield from layout.lines("", registered, MARGIN)


def _filled(body: Body, argument: Argument, loop: Loop) -> Iterator[str]:
    """One loop over the parameters: for each, the last line that matches it."""
    lines = list(enumerate(body.graph.fillings))
    if not lines:
        return
    conditions = [condition(loop.name, line.pattern) for _, line in lines]
    if conditions == [None]:
        yield " " * MARGIN + f"for {loop.parameter} in self.parameters():"
        yield from _fill(body, 0, argument, loop, MARGIN + 4)
        return
    yield " " * MARGIN + f"for {loop.name}, {loop.parameter} in self.named_parameters():"
    word = "if"
    for (number, _), test in reversed(list(zip(lines, conditions, strict=True))):
        yield " " * (MARGIN + 4) + (f"{word} {test}:" if test is not None else "else:")
        yield from _fill(body, number, argument, loop, MARGIN + 8)
        word = "elif"


def _fill(body: Body, number: int, argument: Argument, loop: Loop, indent: int) -> Iterator[str]:
    init = body.graph.fillings[number].init
    found = {name: argument(number, name) for name, _ in init.arguments}
    fixed = {name: value for name, (_, value, is_fixed) in found.items() if is_fixed}
    written = {name: text for name, (text, _, _) in found.items()}
    yield from layout.lines(
        "", init_call(init.target, Expr(loop.parameter), fixed, written), indent
    )


def _frozen(body: Body, loop: Loop) -> Iterator[str]:
    """`self.backbone.requires_grad_(False)` where a pattern is all of a part, else a loop."""
    patterns = [pattern for line in body.graph.frozen for pattern in line.patterns]
    loose: list[str] = []
    for pattern in dict.fromkeys(patterns):
        whole = "self" if pattern.strip("*") == "" else _whole(body, pattern)
        if whole is None:
            loose.append(pattern)
        else:
            yield " " * MARGIN + f"{whole}.requires_grad_(False)"
    if loose:
        # A tied parameter may be meant by any of its names.
        every = "remove_duplicate=False" if has_ties(body.graph) else ""
        pair = f"{loop.name}, {loop.parameter}"
        yield " " * MARGIN + f"for {pair} in self.named_parameters({every}):"
        yield from frozen_lines(loop, loose, MARGIN + 4)


def frozen_lines(loop: Loop, patterns: Sequence[str], indent: int) -> Iterator[str]:
    """The inside of a loop over named parameters that freezes what matches."""
    tests = [condition(loop.name, pattern) or "True" for pattern in patterns]
    line = f"if {' or '.join(tests)}:"
    if len(line) + indent > layout.WIDTH:
        yield " " * indent + "if ("
        for number, test in enumerate(tests):
            yield " " * (indent + 4) + ("or " if number else "") + test
        yield " " * indent + "):"
    else:
        yield " " * indent + line
    yield " " * (indent + 4) + f"{loop.parameter}.requires_grad_(False)"


def has_ties(graph: Graph) -> bool:
    """Whether parameters are tied in a module or its parts."""
    parts = (child.module for child in graph.children)
    return bool(graph.ties) or any(isinstance(part, Graph) and has_ties(part) for part in parts)


def _whole(body: Body, pattern: str) -> str | None:
    """A module or parameter of which a pattern is all: `"backbone.*"`, `"fc.weight"`."""
    is_module = pattern.endswith(".*")
    keys = (pattern[:-2] if is_module else pattern).split(".")
    if not WILD.isdisjoint("".join(keys)):
        return None
    path: list[str] = []
    part: Part | None = None
    inside: Body | None = body
    while keys:
        if isinstance(part, Leaf):
            # What is left is the name of one of its tensors, dots included.
            path.append(".".join(keys))
            return None if is_module else tensors.reached(body, path).text
        key = keys.pop(0)
        path.append(key)
        if isinstance(part, Chain):
            part = part.items[int(key)]
            continue
        inside = part.plan.body if isinstance(part, Instance) else inside
        if inside is None or key not in inside.parts:
            return None
        part = inside.parts[key]
    if isinstance(part, Held) == is_module:
        return None
    return tensors.reached(body, path).text
