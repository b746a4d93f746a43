"""Terms: names that `train` and its phases bind, for the losses to use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netspec.syntax import tree
from netspec.syntax.walk import descend


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A statement that binds names, `recon = ...` or `mu, logvar = x -> Encoder`."""

    targets: tuple[tree.Name, ...]
    statement: tree.Bind

    @property
    def names(self) -> tuple[str, ...]:
        """What it binds."""
        return tuple(target.id for target in self.targets)


def bound_names(targets: Sequence[tree.Expr]) -> tuple[tree.Name, ...] | None:
    """The names that a statement binds; None where a target is no name."""
    found: list[tree.Name] = []
    for target in targets:
        match target:
            case tree.Name():
                found.append(target)
            case tree.TupleDisplay():
                inner = bound_names(target.items)
                if inner is None:
                    return None
                found.extend(inner)
            case _:
                return None
    return tuple(found)


def needed(shared: Sequence[Term], uses: Sequence[tree.Bind]) -> tuple[Term, ...]:
    """The terms that some statements use, or that such a term uses, in the order of the text."""
    wanted = {name for statement in uses for name in _used_by(statement)}
    found: list[Term] = []
    for term in reversed(shared):
        if wanted.intersection(term.names):
            found.append(term)
            wanted.update(_used_by(term.statement))
    return tuple(reversed(found))


def _used_by(statement: tree.Bind) -> Iterator[str]:
    for value in statement.values:
        yield from (node.id for node in descend(value) if isinstance(node, tree.Name))
