"""Entries of the catalogue: declarations, parsed when asked for, that bind and apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from netspec.catalog import binding, rules, signatures
from netspec.catalog.advice import TAKEN_FOR
from netspec.catalog.call import Call, too_large, too_many_dimensions
from netspec.catalog.index import Declaration, declarations
from netspec.catalog.operands import bind_operands, sizes_of_axes
from netspec.catalog.records import (
    REQUIRED,
    Application,
    Argument,
    Bound,
    Operand,
    Refusal,
    Value,
)
from netspec.catalog.rules import losses, together
from netspec.catalog.signatures import Signature
from netspec.catalog.weights import weights
from netspec.diagnostics import Sink
from netspec.source import Source
from netspec.syntax import parse, tree
from netspec.types import SizeTooLargeError, TensorType

T = TypeVar("T")

# Where the class of a declaration is, when it does not say so itself with `from`.
HOMES = {
    "layer": "torch.nn",
    "loss": "torch.nn",
    "optimizer": "torch.optim",
    "schedule": "torch.optim.lr_scheduler",
    "function": "torch",
}


@dataclass(frozen=True)
class Entry:
    """A thing of the catalogue, as declared; not slotted, so that its parts are found once."""

    kind: str
    name: str
    target: str
    arguments: tuple[Argument, ...]
    doc: str
    declaration: Declaration
    extern: tree.Extern

    @cached_property
    def signature(self) -> Signature | None:
        """Its tensors in and out, if it has any."""
        found = self.extern.signature
        return None if found is None else Signature(found.inputs, found.outputs)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of what it gives, where the declaration names them (a source's fields)."""
        return tuple(name.id for name in self.extern.output_names)

    @property
    def inferred(self) -> tuple[str, ...]:
        """The names of the arguments that are found from the input."""
        return tuple(argument.name for argument in self.arguments if argument.inferred)

    def argument(self, name: str) -> Argument | None:
        """The argument of that name."""
        return next((a for a in self.arguments if a.name == name), None)

    @property
    def variadic(self) -> int | None:
        """The place of the argument that several positional ones make up: `cat(a, b)`."""
        for place, argument in enumerate(self.arguments):
            if self.kind == "function" and set(argument.types) & {"tensors", "sizes"}:
                return place if len(argument.types) == 1 else None
            if self.kind == "function" and (self.name, argument.name) in _SPREAD:
                return place
        return None

    def bind(
        self,
        positional: Sequence[Value],
        keywords: Mapping[str, Value],
        inputs: Sequence[TensorType] = (),
        *,
        whole: bool = True,
    ) -> Bound | Refusal:
        """Bind a call's arguments; `inputs`, where known, make a refusal more helpful.

        A call that is not `whole` only changes another one: whether all arguments go together is
        for that one to say.
        """
        bound = binding.bind(self.kind, self.name, self.arguments, positional, keywords)
        # A named argument at fault is no torch form; one given twice, `Linear(4, out_features=2)`,
        # may be.
        if isinstance(bound, Bound):
            return (together.check(self.name, bound.values) if whole else None) or bound
        if bound.reason not in {"too-many", "twice", "type", "value"}:
            return bound
        if bound.reason in {"type", "value"} and isinstance(bound.argument, str):
            return bound
        if self._surely_not_torch_form(positional, inputs):
            return bound
        refusal = binding.torch_form(self.kind, self.name, self.arguments, positional, keywords)
        return refusal or bound

    def _surely_not_torch_form(
        self, positional: Sequence[Value], inputs: Sequence[TensorType]
    ) -> bool:
        """Whether `LSTM(128, 2)` meant two layers: the input has not 128 features."""
        if self.name not in {"RNN", "LSTM", "GRU"} or not inputs or not inputs[0].shape:
            return False
        features = inputs[0].shape[-1].value
        return features is not None and features != positional[0]

    def apply(self, bound: Bound, inputs: Sequence[TensorType]) -> Application | Refusal:
        """What the layer or loss gives for these tensors."""
        call = Call(
            kind=self.kind,
            name=self.name,
            arguments=dict(bound.values),
            given=bound.given,
            inputs=tuple(inputs),
        )
        result = self._bounded(call)
        if isinstance(result, Refusal):
            return self._torch_form_meant(bound, call.inputs) or result
        doubtful = self._read_two_ways(bound, call)
        if doubtful is not None:
            return doubtful
        order = {argument.name: call.arguments[argument.name] for argument in self.arguments}
        return Application(
            outputs=result,
            arguments=order,
            weights=weights(self.name, order) if self.kind == "layer" else (),
            requirements=tuple(call.needs),
            nesting=rules.NESTING.get(self.name, ()),
        )

    def apply_function(
        self, positional: Sequence[Operand], keywords: Mapping[str, Operand]
    ) -> Application | Refusal:
        """What the function gives for tensors, sizes and constants."""
        named: dict[str, Operand] = {}
        if self.name in rules.OF_AXES:
            named = {name: of for name, of in keywords.items() if self.argument(name) is None}
            keywords = {name: of for name, of in keywords.items() if name not in named}
            refusal = sizes_of_axes(self.name, named)
            if refusal is not None:
                return refusal
        placed = bind_operands(self.name, self.arguments, self.gather(positional, _tuple), keywords)
        if isinstance(placed, Refusal):
            return replace(placed, help=placed.help or TAKEN_FOR.get(self.name))
        call = Call(
            kind=self.kind,
            name=self.name,
            arguments=dict(placed.values),
            given=placed.given,
            inputs=placed.tensors,
            named=named,
        )
        result = self._bounded(call)
        if isinstance(result, Refusal):
            return result
        return Application(
            outputs=result,
            arguments=call.arguments,
            requirements=tuple(call.needs),
            implied=tuple(call.implied.items()),
        )

    def gather(self, positional: Sequence[T], wrap: Callable[[tuple[T, ...]], T]) -> tuple[T, ...]:
        """Positional operands with those of the variadic argument made one: `cat((a, b))`.

        `wrap` makes one operand of several; an operand that is a sequence already stays.
        """
        place = self.variadic
        if place is None or len(positional) <= place:
            return tuple(positional)
        first = positional[place]
        if isinstance(first, tuple) or hasattr(first, "items"):
            return tuple(positional)
        return (*positional[:place], wrap(tuple(positional[place:])))

    def _bounded(self, call: Call) -> tuple[TensorType, ...] | Refusal:
        """The outputs, or a refusal when one of their sizes is beyond what can be meant."""
        try:
            result = self._run(call)
        except SizeTooLargeError:
            return too_large(self.name)
        if isinstance(result, Refusal):
            return result
        return too_many_dimensions(self.name, result) or result

    def _run(self, call: Call) -> tuple[TensorType, ...] | Refusal:
        """Rules and signature, whichever the entry has."""
        result: tuple[TensorType, ...] = ()
        whole = rules.WHOLE.get(self.name)
        if self.name in losses.OF_CLASSES and losses.takes_probabilities(call):
            assert self.signature is not None
            signatures.match_kind(call, self.signature, 0)
            result = losses.probabilities(call)
        elif whole is not None:
            self._check_inputs(call)
            if call.refusal is None:
                result = whole(call)
        else:
            assert self.signature is not None, f"{self.name} has neither signature nor rule"
            signatures.match_inputs(call, self.signature, self.inferred)
            check = rules.CHECKS.get(self.name)
            if check is not None and call.refusal is None:
                check(call)
            if call.refusal is None:
                result = signatures.outputs(call, self.signature)
                if "reduction" in call.arguments:
                    result = losses.reduced(call, call.inputs[-1])
        return call.refusal if call.refusal is not None else result

    def _check_inputs(self, call: Call) -> None:
        """Count and kinds of the inputs of an entry whose shapes a rule decides."""
        if self.signature is not None:
            optional = rules.OPTIONAL_INPUTS.get(self.name, 0)
            signatures.match_kinds(call, self.signature, optional)

    def _torch_form_meant(self, bound: Bound, inputs: tuple[TensorType, ...]) -> Refusal | None:
        """For `Conv2d(3, 64, 3)`: torch's form, when ours fails and torch's would do."""
        if not bound.positional or not inputs or self.kind != "layer":
            return None
        given = (self.kind, self.name, self.arguments, bound.positional, bound.keywords)
        return binding.torch_form(*given) if self._runs_in_torch(bound, inputs) else None

    def _read_two_ways(self, bound: Bound, call: Call) -> Refusal | None:
        """For `Conv2d(1, 6, 5)` on one channel, which would do in both forms."""
        first = bound.positional[:1]
        if self.kind != "layer" or len(bound.positional) < 3:
            return None
        if first != tuple(call.arguments.get(name) for name in self.inferred[:1]):
            return None
        given = (self.kind, self.name, self.arguments, bound.positional, bound.keywords)
        return binding.two_readings(*given) if self._runs_in_torch(bound, call.inputs) else None

    def _runs_in_torch(self, bound: Bound, inputs: tuple[TensorType, ...]) -> bool:
        """Whether the call would do, its arguments taken in torch's order."""
        again = binding.as_torch_takes_it(
            self.kind, self.name, self.arguments, bound.positional, bound.keywords
        )
        if again is None:
            return False
        call = Call(
            kind=self.kind,
            name=self.name,
            arguments=dict(again.values),
            given=again.given,
            inputs=inputs,
        )
        return not isinstance(self._run(call), Refusal)


# Lists of numbers that torch takes one by one too: `permute(x, 0, 2, 1)`.
_SPREAD = frozenset({("permute", "dims"), ("flip", "dims")})


def _tuple(items: tuple[Operand, ...]) -> Operand:
    return items


class Catalog:
    """Every declaration of the prelude, by kind and name."""

    faulty: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self._declared = declarations()
        self._entries: dict[tuple[str, str], Entry] = {}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of things there are, in the order of the prelude's files."""
        return tuple(dict.fromkeys(kind for kind, _ in self._declared))

    def names(self, kind: str) -> tuple[str, ...]:
        """The names of a kind, in the prelude's order."""
        return tuple(name for of_kind, name in self._declared if of_kind == kind)

    def find(self, kind: str, name: str) -> Entry | None:
        """The entry of that kind and name."""
        key = (kind, name)
        entry = self._entries.get(key)
        if entry is None and key in self._declared:
            entry = self._entries[key] = _parsed(self._declared[key])
        return entry


def _parsed(declaration: Declaration) -> Entry:
    """The entry that a declaration of the prelude says; raises ValueError when it does not."""
    sink = Sink()
    source = Source(f"prelude/{declaration.file}", declaration.text)
    items = parse(source, sink).items
    if sink.failed or len(items) != 1 or not isinstance(items[0], tree.Extern):
        first = sink.diagnostics[0].message if sink.diagnostics else "no declaration"
        raise ValueError(f"{declaration.file}:{declaration.line}: {first}")
    extern = items[0]
    name = extern.name.id
    if extern.origin is not None:
        target = extern.origin.value.replace(":", ".")
    else:
        target = f"{HOMES[extern.kind.id]}.{name}"
    return Entry(
        kind=extern.kind.id,
        name=name,
        target=target,
        arguments=tuple(argument_of(parameter) for parameter in extern.parameters),
        doc=declaration.doc,
        declaration=declaration,
        extern=extern,
    )


def argument_of(parameter: tree.Parameter) -> Argument:
    """The argument that a declaration's parameter says.

    Raises ValueError when its default is no constant.
    """
    default = REQUIRED if parameter.default is None else constant_of(parameter.default)
    return Argument(
        name=parameter.name.id,
        types=tuple(name.id for name in parameter.types),
        default=default,
        inferred=parameter.inferred and parameter.default is None,
        keyword_only=parameter.inferred,
    )


def constant_of(expression: tree.Expr) -> Value:
    """The value of a literal; raises ValueError for anything else."""
    match expression:
        case tree.Number(value=value):
            return value
        case tree.Text(value=text):
            return text
        case tree.Constant(value=constant):
            return constant
        case tree.Unary(op="-", operand=tree.Number(value=value)):
            return -value
        case tree.TupleDisplay(items=items) | tree.ListDisplay(items=items):
            return tuple(constant_of(item) for item in items)
        case _:
            raise ValueError(f"a default is no constant: {expression.span.text}")
