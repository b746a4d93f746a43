"""Entries that a spec declares itself, laid over those of the prelude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import cast

from netspec.catalog import binding, signatures
from netspec.catalog.call import Call, too_large
from netspec.catalog.entries import Catalog, Entry, argument_of
from netspec.catalog.index import Declaration
from netspec.catalog.records import Application, Bound, Operand, Refusal, Value
from netspec.diagnostics import did_you_mean
from netspec.syntax import tree
from netspec.types import SizeTooLargeError, TensorType

# Ranges and choices of the prelude's arguments are torch's, and bind nobody else.
DECLARED = "declared"


@dataclass(frozen=True)
class DeclaredEntry(Entry):
    """A thing of the user's: what its declaration says, and no rule of the prelude's.

    Its weights are not known here: only its Python knows them.
    """

    def bind(
        self,
        positional: Sequence[Value],
        keywords: Mapping[str, Value],
        inputs: Sequence[TensorType] = (),
        *,
        whole: bool = True,
    ) -> Bound | Refusal:
        """Bind a call's arguments, as the declaration has them."""
        bound = binding.bind(DECLARED, self.name, self.arguments, positional, keywords)
        if isinstance(bound, Bound):
            return replace(bound, values=self._as_declared(bound.values))
        if bound.reason != "unknown-argument":
            return bound
        names = [argument.name for argument in self.arguments]
        takes = "it takes " + ", ".join(f"`{name}`" for name in names)
        return replace(
            bound,
            notes=(takes if names else "it takes no arguments",),
            help=did_you_mean(str(bound.argument), names),
        )

    def _as_declared(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """The same values, a whole number where a `float` is declared as one."""
        made = dict(given)
        for argument in self.arguments:
            value = made.get(argument.name)
            wants_float = "float" in argument.types and "int" not in argument.types
            if wants_float and isinstance(value, int) and not isinstance(value, bool):
                made[argument.name] = float(value)
        return made

    def apply(self, bound: Bound, inputs: Sequence[TensorType]) -> Application | Refusal:
        """What it gives for these tensors."""
        call = Call(
            kind=self.kind,
            name=self.name,
            arguments=dict(bound.values),
            given=bound.given,
            inputs=tuple(inputs),
        )
        try:
            outputs = self._outputs(call)
        except SizeTooLargeError:
            return too_large(self.name)
        if call.refusal is not None:
            return self._as_theirs(call.refusal, inputs)
        return Application(
            outputs=outputs,
            arguments={a.name: call.arguments[a.name] for a in self.arguments},
            requirements=tuple(call.needs),
        )

    def _as_theirs(self, refusal: Refusal, inputs: Sequence[TensorType]) -> Refusal:
        """A refusal without advice that is meant for losses of torch's."""
        if self.kind == "loss" or refusal.reason != "kind" or refusal.input is None:
            return refusal
        looked_up = refusal.help if inputs[refusal.input].kind.name == "index" else None
        return replace(refusal, help=looked_up)

    def apply_function(
        self, positional: Sequence[Operand], keywords: Mapping[str, Operand]
    ) -> Application | Refusal:
        """What a function gives: its tensors stand first, then arguments as a layer takes them.

        `implied` are all arguments that a call is written with, each by its name.
        """
        assert self.signature is not None
        wanted = len(self.signature.inputs)
        leading = tuple(takewhile(lambda given: isinstance(given, TensorType), positional))
        rest = positional[len(leading) :]
        strange = [name for name, given in keywords.items() if not _is_plain(given)]
        if len(leading) != wanted or strange or not all(_is_plain(given) for given in rest):
            first = "1 tensor" if wanted == 1 else f"{wanted} tensors"
            count = len(leading) or "none"
            message = f"`{self.name}` takes {first} first, and is given {count}"
            if strange:
                message = f"`{strange[0]}` of `{self.name}` is a constant, not a tensor"
            elif len(leading) == wanted:
                message = f"`{self.name}` takes {first} first, and constants after it"
            return Refusal(reason="count", message=message, help=f"write `{self._example()}`")
        tensors = cast("tuple[TensorType, ...]", leading)
        bound = self.bind(cast("Sequence[Value]", rest), cast("Mapping[str, Value]", keywords))
        if isinstance(bound, Refusal):
            place = bound.argument
            return replace(bound, argument=place + wanted) if isinstance(place, int) else bound
        outcome = self.apply(bound, tensors)
        if isinstance(outcome, Refusal):
            return outcome
        said = [a.name for a in self.arguments if a.name in bound.given or a.inferred]
        written = tuple((name, cast("Value", outcome.arguments[name])) for name in said)
        return replace(outcome, implied=written)

    def _example(self) -> str:
        """A call of a function: `softcap(x, cap=...)`."""
        assert self.signature is not None
        tensors = ["x", "y", "z"][: len(self.signature.inputs)]
        needed = [f"{argument.name}=..." for argument in self.arguments if argument.required]
        return f"{self.name}({', '.join([*tensors, *needed])})"

    def _outputs(self, call: Call) -> tuple[TensorType, ...]:
        assert self.signature is not None
        signatures.match_inputs(call, self.signature, self.inferred)
        if call.refusal is not None:
            return ()
        made = signatures.outputs(call, self.signature)
        for output in made:
            small = [dim for dim in output.shape if dim.value is not None and dim.value < 1]
            if small:
                given = " and ".join(tensor.dims() for tensor in call.inputs) or "these arguments"
                call.refuse("size", f"`{call.name}` makes {output.dims()} of {given}")
        return made


def declared(extern: tree.Extern, target: str) -> DeclaredEntry:
    """The entry of a well-formed declaration; `target` is `module:attribute`."""
    text = extern.span.text
    return DeclaredEntry(
        kind=extern.kind.id,
        name=extern.name.id,
        target=target,
        arguments=tuple(argument_of(parameter) for parameter in extern.parameters),
        doc="",
        declaration=Declaration(extern.span.source.name, extern.span.line, text, ""),
        extern=extern,
    )


def _is_plain(given: Operand) -> bool:
    """Whether it is a constant, with no tensor in it."""
    if isinstance(given, tuple):
        return all(_is_plain(item) for item in given)
    return not isinstance(given, TensorType)


class Overlay(Catalog):
    """A catalogue with the entries of a file laid over it.

    `faulty` are names whose declaration was reported, so that their uses are not.
    """

    def __init__(
        self, below: Catalog, entries: Sequence[Entry], faulty: frozenset[str] = frozenset()
    ) -> None:
        self.below = below
        self._own = {(entry.kind, entry.name): entry for entry in entries}
        self.faulty = faulty | below.faulty

    def own(self, kind: str) -> tuple[Entry, ...]:
        """What the file itself declares of a kind."""
        return tuple(entry for (of_kind, _), entry in self._own.items() if of_kind == kind)

    def names(self, kind: str) -> tuple[str, ...]:
        """The names of a kind: the file's own, then those below."""
        own = tuple(name for of_kind, name in self._own if of_kind == kind)
        return (*own, *self.below.names(kind))

    def find(self, kind: str, name: str) -> Entry | None:
        """The entry of that kind and name."""
        return self._own.get((kind, name)) or self.below.find(kind, name)
