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


def of_samples(body: tree.Body) -> tuple[tree.Bind, ...]:
    """The setting `samples` of a `train` block, and the statements that nothing else needs."""
    binds = [statement for statement in body.statements if isinstance(statement, tree.Bind)]
    named = [(bound_names(bind.targets) or (), bind) for bind in binds]
    drawn = [bind for names, bind in named if [name.id for name in names] == ["samples"]]
    terms = [Term(targets=names, statement=bind) for names, bind in named if bind not in drawn]
    mine = [term.statement for term in needed(terms, drawn)]
    others = [bind for bind in binds if bind not in drawn and bind not in mine]
    phases = [item.body for item in body.statements if isinstance(item, tree.Phase)]
    others += [item for one in phases for item in one.statements if isinstance(item, tree.Bind)]
    shared = [term.statement for term in needed(terms, others)]
    return (*drawn, *(bind for bind in mine if bind not in shared))


def _used_by(statement: tree.Bind) -> Iterator[str]:
    for value in statement.values:
        yield from (node.id for node in descend(value) if isinstance(node, tree.Name))
