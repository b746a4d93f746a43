"""Entries that a spec declares itself, laid over those of the prelude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netspec.catalog import binding, signatures
from netspec.catalog.call import Call, too_large
from netspec.catalog.entries import Catalog, Entry, argument_of
from netspec.catalog.index import Declaration
from netspec.catalog.records import Application, Bound, Refusal, Value
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
            return call.refusal
        return Application(
            outputs=outputs,
            arguments={a.name: call.arguments[a.name] for a in self.arguments},
            requirements=tuple(call.needs),
        )

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
