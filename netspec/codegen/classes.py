"""A planned class as text: docstring, `__init__` with the parts, `forward` with the steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from netspec.codegen import layout, tensors
from netspec.codegen.arguments import Argument, Fixed, Given, Listed, Named, alike, annotation
from netspec.codegen.constructors import INPUTS, NAMED_INPUTS, RESULTS, layer_call
from netspec.codegen.forward import Forward
from netspec.codegen.initializers import init_call
from netspec.codegen.layout import Expr
from netspec.codegen.names import (
    TAKEN_BY_MODULE,
    checked_shape,
    is_attribute,
    local,
    parted,
    unused,
)
from netspec.codegen.plans import (
    FILLING,
    GUARD,
    INIT,
    VALUE,
    Body,
    Chain,
    ClassPlan,
    Held,
    Instance,
    Leaf,
    Part,
    Path,
)
from netspec.codegen.requirements import checks
from netspec.codegen.runs import rolled, whole
from netspec.codegen.settling import settled
from netspec.codegen.surroundings import Child, Surroundings
from netspec.codegen.user_names import name_of
from netspec.program.graph import Literal, Requirement
from netspec.types import Dim, TensorType

# Arguments given by place in a call of a class; more are easier to read by name.
MOST_BY_PLACE = 3

# Arguments that take a tuple of one size as that size.
SIZE_OR_SIZES = frozenset({"normalized_shape"})


def class_lines(
    plan: ClassPlan,
    requirements: Sequence[Requirement] = (),
    names: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The text of a class; `requirements` are checked where its `forward` begins.

    `names` are what classes and functions of the user's are called, by their targets.
    """
    return _Writer(plan, requirements, names or {}).lines()


@dataclass(frozen=True, slots=True)
class _Writer:
    plan: ClassPlan
    requirements: Sequence[Requirement]
    names: Mapping[str, str]

    @property
    def body(self) -> Body:
        return self.plan.body

    @property
    def is_numbered(self) -> bool:
        """Whether all parts have numbers, as in an `nn.ModuleList`."""
        return self.body.is_numbered

    def lines(self) -> Iterator[str]:
        if self.body.is_chain:
            parent = "nn.Sequential"
        else:
            parent = "nn.ModuleList" if self.is_numbered else "nn.Module"
        yield f"class {self.plan.name}({parent}):"
        yield f'    """{self._summary()}"""'
        kept = self._kept()
        yield from self._annotations()
        if self.body.parts or kept:
            yield ""
            yield from self._constructor(kept)
        if not self.body.is_chain:
            yield ""
            yield from self._forward(kept)
        elif self.requirements:
            yield ""
            yield from self._guarded_forward()

    def _annotations(self) -> Iterator[str]:
        """The buffers: `register_buffer` does not tell a type checker what it registers."""
        held = ((key, part) for key, part in self.body.parts.items() if isinstance(part, Held))
        buffers = [key for key, part in held if part.stored.name == "Buffer" and is_attribute(key)]
        if buffers:
            yield ""
            yield from (f"    {key}: Tensor" for key in buffers)

    # --- __init__ ----------------------------------------------------------------------------

    def _constructor(self, kept: Mapping[str, str]) -> Iterator[str]:
        arguments = [Expr("self"), *(_declared(a) for a in self.plan.arguments)]
        yield from layout.lines("def ", layout.call("__init__", arguments), 4, " -> None:")
        parts: list[Expr] = []
        if self.body.is_chain or self.is_numbered:
            parts = [self._part(part, (key,)) for key, part in self.body.parts.items()]
        if self.body.is_chain:
            items = rolled(parts, self._names)
            opened = layout.call("super().__init__", items, exploded=len(items) > 1)
            yield from layout.lines("", opened, 8)
        elif self.is_numbered:
            yield from layout.lines("", self._list("super().__init__", parts), 8)
        else:
            yield "        super().__init__()"
        for argument, stored in kept.items():
            yield f"        self.{stored} = {argument}"
        if not (self.body.is_chain or self.is_numbered):
            yield from self._assignments()
        yield from settled(self.body, self._filling, self._names)

    def _assignments(self) -> Iterator[str]:
        """The parts as attributes; items of one list are made together, in an `nn.ModuleList`."""
        variables = tensors.Locals({argument.name for argument in self.plan.arguments})
        for listed, group in groupby(self.body.parts.items(), lambda one: list_of(one[0])):
            if listed is not None:
                items = [self._part(part, (key,)) for key, part in group]
                yield from self._assigned(listed, self._list("nn.ModuleList", items))
                continue
            for key, part in group:
                if isinstance(part, Held):
                    yield from self._stored(key, part, variables)
                else:
                    yield from self._assigned(key, self._part(part, (key,)))

    def _list(self, called: str, items: Sequence[Expr]) -> Expr:
        """A call that is given the items of an `nn.ModuleList`."""
        taken = self._names
        together = whole(items, taken)
        return layout.call(called, [together or layout.display("[", rolled(items, taken), "]")])

    @property
    def _names(self) -> frozenset[str]:
        """The names that the text of a part may use."""
        return frozenset(argument.name for argument in self.plan.arguments) | {*self.names.values()}

    def _filling(self, line: int, name: str) -> tuple[Expr, Literal | None, bool]:
        """An argument of a line of `init`: its text, and its value where it is always the same."""
        given = self.plan.holes[(FILLING, line, name)]
        fixed = isinstance(given, Fixed)
        return self._given(given), given.value if isinstance(given, Fixed) else None, fixed

    def _stored(self, key: str, part: Held, variables: tensors.Locals) -> Iterator[str]:
        """A parameter or buffer of the class's own, after the variables that it is made of."""
        lines, made = self._held(part, (key,), variables)
        for name, value in lines:
            yield from layout.lines(f"{name} = ", value, 8)
        if part.stored.name == "Parameter" and is_attribute(key):
            yield from layout.lines(f"self.{key} = ", made, 8)
            return
        word = "parameter" if part.stored.name == "Parameter" else "buffer"
        transient = [] if part.stored.persistent else [("persistent", Expr("False"))]
        named = [layout.literal(key), made]
        yield from layout.lines("", layout.call(f"self.register_{word}", named, transient), 8)

    def _assigned(self, key: str, made: Expr) -> Iterator[str]:
        flag = self.plan.flags.get(key)
        if not is_attribute(key):
            if flag is not None:
                made = Expr(f"{made} if {flag} else nn.Identity()")
            added = layout.call("self.add_module", [layout.literal(key), made])
            yield from layout.lines("", added, 8)
            return
        if flag is None:
            yield from layout.lines(f"self.{key} = ", made, 8)
            return
        line = f"        self.{key} = {made} if {flag} else nn.Identity()"
        if len(line) <= layout.WIDTH:
            yield line
            return
        yield f"        self.{key}: nn.Module = nn.Identity()"
        yield f"        if {flag}:"
        yield from layout.lines(f"self.{key} = ", made, 12)

    def _part(self, part: Part, path: Path) -> Expr:
        match part:
            case Leaf():
                given = {name: self.plan.holes[(*path, name)] for name, _ in part.layer.arguments}
                written = {
                    name: replace(self._argument(name, value), called=name)
                    for name, value in given.items()
                }
                fixed = {n: value.value for n, value in given.items() if isinstance(value, Fixed)}
                called = name_of(part.layer, self.names)
                return layer_call(part.layer, called, fixed, written)
            case Held():
                raise AssertionError("a stored tensor is an attribute, and no item of a container")
            case Chain():
                items = [self._part(item, (*path, at)) for at, item in enumerate(part.items)]
                return layout.call("nn.Sequential", rolled(items, self._names))
            case Instance():
                return self._instance(part, path)

    def _held(
        self, part: Held, path: Path, variables: tensors.Locals
    ) -> tuple[list[tuple[str, Expr]], Expr]:
        """What a parameter or buffer is made of: a tensor, filled where `init` says how.

        Before it the variables to set.
        """

        def constant(place: Path, _: Literal) -> Expr:
            return self._given(self.plan.holes[(*path, VALUE, *place)])

        lines, made = tensors.expression(
            part.value.graph, self.body, constant, self.names, variables
        )
        init = part.stored.init
        if init is not None:
            given = {name: self.plan.holes[(*path, INIT, name)] for name, _ in init.arguments}
            fixed = {n: value.value for n, value in given.items() if isinstance(value, Fixed)}
            written = {name: self._given(value) for name, value in given.items()}
            made = init_call(init.target, made, fixed, written)
        if part.stored.name == "Parameter":
            made = layout.call("nn.Parameter", [made])
        return lines, made

    def _instance(self, part: Instance, path: Path) -> Expr:
        positional: list[Expr] = []
        keywords: list[tuple[str, Expr]] = []
        for argument in part.plan.arguments:
            given = self.plan.holes[(*path, argument.name)]
            if argument.has_default and _is_fixed(given, argument.default):
                continue
            written = replace(self._given(given), called=argument.name)
            by_place = not argument.has_default and isinstance(argument.values[0], int)
            is_flag = isinstance(argument.values[0], bool)
            if by_place and not is_flag and not keywords and len(positional) < MOST_BY_PLACE:
                positional.append(written)
            else:
                keywords.append((argument.name, written))
        return layout.call(part.plan.name, positional, keywords)

    def _argument(self, name: str, given: Given) -> Expr:
        """A layer's argument; `nn.LayerNorm((64,))` is written `nn.LayerNorm(64)`."""
        if name in SIZE_OR_SIZES:
            match given:
                case Fixed(value=(size,)):
                    return layout.literal(size)
                case Listed(items=(item,)):
                    return self._given(item)
        return self._given(given)

    def _given(self, given: Given, kept: Mapping[str, str] | None = None) -> Expr:
        match given:
            case Fixed():
                return layout.literal(given.value)
            case Listed():
                items = [self._given(item, kept) for item in given.items]
                return layout.display("(", items, ")")
            case Named():
                name = given.name if kept is None else f"self.{kept[given.name]}"
                if given.times < 0:
                    return layout.negative(Expr(name))
                if given.times > 1:
                    return layout.binary("*", Expr(str(given.times)), Expr(name))
                if given.over > 1:
                    return layout.binary("//", Expr(name), Expr(str(given.over)))
                return Expr(name)

    # --- forward -----------------------------------------------------------------------------

    def _kept(self) -> dict[str, str]:
        """Arguments that `forward` needs, with the attributes that hold them."""
        needed = {
            given.name: None
            for path, given in self.plan.holes.items()
            if isinstance(path[0], int) and isinstance(given, Named)
        }
        if GUARD in self.plan.flags:
            needed[self.plan.flags[GUARD]] = None
        taken = {*(parted(key)[0] for key in self.body.parts), *TAKEN_BY_MODULE}
        return {name: unused(name, taken) for name in needed}

    def _forward(self, kept: Mapping[str, str]) -> Iterator[str]:
        def constant(path: Path, value: Literal) -> Expr:
            return self._given(self.plan.holes.get(path, Fixed(value)), kept)

        children = {key: _child(key, part, self) for key, part in self.body.parts.items()}
        around = Surroundings(
            child=children.__getitem__,
            constant=constant,
            indent=8,
            shapes=len(self.plan.uses) == 1,
            tensor=lambda read: tensors.reached(self.body, (read.child, *read.path)),
            training=Expr("self.training"),
            guard=Expr(f"self.{kept[self.plan.flags[GUARD]]}")
            if GUARD in self.plan.flags
            else None,
            names=self.names,
        )
        statements = Forward(self.body.graph, around)
        yield from _signature(statements.inputs, len(self.body.graph.outputs))
        yield from checks(self.requirements, statements.inputs, self.body.input_types)
        yield from statements.lines()

    def _guarded_forward(self) -> Iterator[str]:
        yield from _signature(("x",), 1)
        yield from checks(self.requirements, ("x",), self.body.input_types)
        yield "        return super().forward(x)"

    # --- docstring ---------------------------------------------------------------------------

    def _summary(self) -> str:
        inputs = [body.input_types for body in self.plan.uses]
        outputs = [body.graph.output_types for body in self.plan.uses]
        given = list(self._shapes(inputs))
        if len(given) > 1:
            names = [slot.name for slot in self.body.graph.inputs]
            given = [
                f"{local(name)} {shape}" if name else shape
                for name, shape in zip(names, given, strict=True)
            ]
        made = ", ".join(self._shapes(outputs))
        summary = f"Map {', '.join(given)} to {made}." if given else f"Make {made}."
        return summary if len(summary) + 10 <= layout.WIDTH else "One block of the model."

    def _shapes(self, uses: Sequence[tuple[TensorType, ...]]) -> Iterator[str]:
        """The shapes of all uses in one: sizes that differ are arguments, or `...`."""
        for types in zip(*uses, strict=True):
            shapes = [given.shape for given in types]
            if len({len(shape) for shape in shapes}) > 1:
                yield "[...]"
                continue
            written: list[str] = []
            for dims in zip(*shapes, strict=True):
                size = self._size(dims)
                if size != "..." or written[-1:] != ["..."]:
                    written.append(size)
            yield f"[{', '.join(written)}]"

    def _size(self, dims: tuple[Dim, ...]) -> str:
        if len(set(dims)) == 1:
            return checked_shape(str(dims[0]))
        values = tuple(dim.value for dim in dims)
        for argument in self.plan.arguments:
            if argument.values == values:
                return argument.name
        return "..."


def _child(key: str, part: Part, writer: _Writer) -> Child:
    text = tensors.below("self", key, writer.body)
    if not isinstance(part, Leaf):
        return Child(text=text, main=True, whole=True)
    learned = [weight for weight in part.layer.weights if weight.learned]
    target, of_user = part.layer.target, part.layer.extern is not None
    return Child(
        text=text,
        # The text is the same whether or not anybody looked at the user's Python.
        main=of_user or any(len(weight.shape) > 1 for weight in learned),
        whole=False,
        weightless=not of_user and not learned,
        inputs=INPUTS.get(target),
        named=NAMED_INPUTS.get(target, {}),
        results=RESULTS.get(target),
    )


def list_of(key: str) -> str | None:
    """The key of the list that the part of this key is an item of."""
    name, number = parted(key)
    return None if number is None else name


def _is_fixed(given: Given, value: Literal) -> bool:
    return isinstance(given, Fixed) and alike(given.value, value)


def _declared(argument: Argument) -> Expr:
    text = f"{argument.name}: {annotation(argument.values)}"
    if argument.has_default:
        text += f" = {layout.literal(argument.default)}"
    return Expr(text)


def _signature(inputs: Iterable[str], outputs: int) -> Iterator[str]:
    """`def forward(self, x: Tensor) -> Tensor:`."""
    arguments = [Expr("self"), *(Expr(f"{name}: Tensor") for name in inputs)]
    result = "Tensor" if outputs == 1 else f"tuple[{', '.join(['Tensor'] * outputs)}]"
    yield from layout.lines("def ", layout.call("forward", arguments), 4, f" -> {result}:")
