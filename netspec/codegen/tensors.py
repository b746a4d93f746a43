"""Tensors that a class has itself, and those of its parts: how they are made, and reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from netspec.codegen import functions, layout
from netspec.codegen.functions import Argument
from netspec.codegen.layout import Expr
from netspec.codegen.names import checked, is_attribute, local, parted
from netspec.codegen.operands import Single, operand
from netspec.codegen.plans import Body, Chain, Held, Instance, Leaf, Part, Path
from netspec.program.graph import (
    Compute,
    Graph,
    Literal,
    Operand,
    Read,
    Ref,
)
from netspec.program.operands import holds_tensor, refs
from netspec.types import Dim

Constant = Callable[[Path, Literal], Expr]

# Functions whose result may be a part, or another shape, of the very tensor they are given.
VIEWS = {
    *("bool", "broadcast_to", "chunk", "detach", "diagonal", "einsum", "expand", "flatten"),
    *("float", "getitem", "long", "meshgrid", "movedim", "moveaxis", "narrow", "permute"),
    *("ravel", "rearrange", "reduce", "repeat", "reshape", "select", "split", "squeeze"),
    *("swapaxes", "swapdims", "t", "tensor_split", "transpose", "unbind", "unflatten"),
    "unsqueeze",
}


@dataclass(slots=True)
class Locals:
    """Variables of an `__init__`: what the text names on the way to a stored tensor.

    One is set once, and stands for the same value in all that is made of it.
    """

    taken: set[str]
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def set(self, wanted: str, value: Expr) -> tuple[str, bool]:
        """The name of a variable of that value, and whether it is new."""
        known = self._names.get((wanted, value.text))
        if known is not None:
            return known, False
        name = self._names[wanted, value.text] = local(wanted, self.taken)
        self.taken.add(name)
        return name, True


def expression(
    graph: Graph, around: Body, constant: Constant, names: Mapping[str, str], variables: Locals
) -> tuple[list[tuple[str, Expr]], Expr]:
    """The one value of a graph without inputs, and the variables to set before it.

    `around` is the body that has the tensor, whose buffers it may be made of; `names` are what
    functions of the user's are called, by their targets.
    """
    made: dict[int, Expr] = {}
    lines: list[tuple[str, Expr]] = []
    held: set[int] = set()
    result = graph.outputs[0].id
    for number, step in enumerate(graph.steps):
        if isinstance(step, Read):
            made[step.results[0].id] = Expr(below("self", step.child, around))
            held.add(step.results[0].id)
            continue
        assert isinstance(step, Compute), "a stored tensor is made of functions and buffers alone"
        arguments = [
            Argument(_operand(operand, (number, at), made, constant), holds_tensor(operand))
            for at, operand in enumerate(step.operands)
        ]
        keywords = [
            (
                checked(name),
                Argument(_operand(value, (number, name), made, constant), holds_tensor(value)),
            )
            for name, value in step.keywords
        ]
        if step.extern is not None:
            value = functions.called(names[step.function], arguments, keywords)
        else:
            value = functions.computed(step.function, arguments, keywords, None)
        several = len(step.results) > 1 or step.function in functions.TUPLES
        shares = step.function in VIEWS and not held.isdisjoint(refs(step))
        for at, slot in enumerate(step.results):
            made[slot.id] = layout.subscript(value, [Expr(str(at))]) if several else value
            if slot.name is not None and slot.id != result:
                called, is_new = variables.set(slot.name, made[slot.id])
                if is_new:
                    lines.append((called, made[slot.id]))
                made[slot.id] = Expr(called)
                held.add(slot.id)
            elif shares:
                held.add(slot.id)
    value = made[result]
    if result in held:
        # What else is made of it keeps its own memory.
        value = layout.call(layout.attribute(value, "clone"), [])
    return lines, value


def _operand(given: Operand, path: Path, made: Mapping[int, Expr], constant: Constant) -> Expr:
    def single(one: Single, path: Path) -> Expr:
        assert not isinstance(one, Dim), "the sizes of a stored tensor are known"
        return made[one.id] if isinstance(one, Ref) else constant(path, one)

    return operand(given, path, single)


def below(text: str, key: str, body: Body) -> str:
    """The part `key` of a module written `text`: `self.fc`, `self[0]`."""
    listed, number = parted(key)
    if number is not None and is_attribute(listed):
        return f"{text}.{listed}[{number}]"
    if key.isdecimal():
        return f"{text}[{key}]" if body.is_indexed else f'{text}.get_submodule("{key}")'
    if number is None and is_attribute(key):
        return f"{text}.{key}"
    part = body.parts[key]
    if not isinstance(part, Held):
        return f'{text}.get_submodule("{key}")'
    kind = "parameter" if part.stored.name == "Parameter" else "buffer"
    return f'{text}.get_{kind}("{key}")'


def reached(body: Body, path: Sequence[str]) -> Expr:
    """A tensor or module by the keys that lead to it from `self`: `self.h[0].attn.weight`."""
    key, *rest = path
    text, part = below("self", key, body), body.parts[key]
    while rest:
        key, *rest = rest
        text, part = _step_into(text, part, key)
    return Expr(text)


def _step_into(text: str, part: Part, key: str) -> tuple[str, Part]:
    match part:
        case Leaf():
            return f"{text}.{'.'.join(checked(name) for name in key.split('.'))}", part
        case Chain():
            return f"{text}[{int(key)}]", part.items[int(key)]
        case Instance():
            body = part.plan.body
            return below(text, key, body), body.parts[key]
        case Held():
            raise AssertionError("a stored tensor has no parts")
