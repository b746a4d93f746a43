"""Callbacks of the grammar's statement rules."""
# ruff: noqa: D102 -- each method is the callback of the grammar rule it is named after, explained there

from __future__ import annotations

from dataclasses import replace

from lark import Token

from netspec.syntax import tree
from netspec.syntax.expressions import Children, ExpressionBuilder, Items, Part, label_of, nodes

# A label in front of a loop, if there is one, and its index.
Label = tuple[tree.Name | None, Items]


class StatementBuilder(ExpressionBuilder):
    """Bodies and what stands in them."""

    def body(self, children: Children) -> tree.Body:
        return tree.Body(span=self.span(children), statements=nodes(children))

    def faulty(self, children: Children) -> Part[None]:
        """A place without a node: what did not parse is left out of the tree."""
        return Part(self.span(children), None)

    def flow(self, children: Children) -> tree.Flow:
        return tree.Flow(span=self.span(children), values=children[0].value)

    def bind(self, children: Children) -> tree.Bind:
        targets, _, values = children
        return tree.Bind(span=self.span(children), targets=targets.value, values=values.value)

    def input(self, children: Children) -> tree.Input:
        kind = children[3] if len(children) > 3 else None
        return tree.Input(span=self.span(children), name=children[1], type=kind)

    def output(self, children: Children) -> tree.Output:
        return tree.Output(span=self.span(children), values=children[1].value)

    # --- compile-time control -------------------------------------------------------------------

    def label(self, children: Children) -> Part[Label]:
        return Part(self.span(children), label_of(children[0]))

    def half_open(self, children: Children) -> tree.Range:
        return tree.Range(span=self.span(children), start=children[0], stop=children[2])

    def for_(self, children: Children) -> tree.For:
        (label, index), (_, variables, _, iterable, body) = _labelled(children)
        return tree.For(
            span=self.span(children),
            label=label,
            index=index,
            variables=variables.value,
            iterable=iterable,
            body=body,
        )

    def variables(self, children: Children) -> Part[tuple[tree.Expr, ...]]:
        return Part(self.span(children), nodes(children))

    def repeat(self, children: Children) -> tree.Repeat:
        (label, index), (_, count, body) = _labelled(children)
        return tree.Repeat(
            span=self.span(children), label=label, index=index, count=count, body=body
        )

    def if_(self, children: Children) -> tree.If:
        parts = nodes(children)
        arms = [
            tree.Branch(span=test.span.to(body.span), test=test, body=body)
            for test, body in zip(parts[::2], parts[1::2], strict=False)
        ]
        otherwise = parts[-1] if len(parts) % 2 else None
        return tree.If(span=self.span(children), branches=tuple(arms), otherwise=otherwise)

    def continued(self, children: Children) -> tree.Continued:
        loop, *stages = nodes(children)
        return tree.Continued(span=self.span(children), loop=loop, stages=tuple(stages))

    def scanned(self, children: Children) -> tree.Scanned:
        name, _, sequence = children
        return tree.Scanned(span=self.span(children), name=name, sequence=sequence)

    def carried(self, children: Children) -> tree.Carried:
        name, _, initial = children
        return tree.Carried(span=self.span(children), name=name, initial=initial)

    def scan(self, children: Children) -> tree.Scan:
        parts = nodes(children)
        at = next(number for number, part in enumerate(parts) if isinstance(part, tree.Body))
        pieces = tuple(part for part in parts if isinstance(part, tree.Scanned))
        return tree.Scan(
            span=self.span(children),
            targets=(),
            pieces=pieces,
            dim=parts[len(pieces)],
            carries=tuple(part for part in parts if isinstance(part, tree.Carried)),
            body=parts[at],
            stages=parts[at + 1 :],
        )

    def bind_scan(self, children: Children) -> tree.Scan:
        targets, _, scan = children
        made: tree.Scan = replace(scan, span=self.span(children), targets=targets.value)
        return made

    # --- weights and training -------------------------------------------------------------------

    def patterns(self, children: Children) -> Part[tuple[tree.Text, ...]]:
        found = tuple(self.text([child]) for child in children if child.type == "STRING")
        return Part(self.span(children), found)

    def phase(self, children: Children) -> tree.Phase:
        return tree.Phase(span=self.span(children), name=children[1], body=children[2])

    def group(self, children: Children) -> tree.Group:
        return tree.Group(span=self.span(children), patterns=children[1].value, body=children[2])

    def tie(self, children: Children) -> tree.Tie:
        return tree.Tie(span=self.span(children), left=children[1], right=children[3])

    def freeze(self, children: Children) -> tree.Freeze:
        return tree.Freeze(span=self.span(children), patterns=children[1].value)

    def init(self, children: Children) -> tree.Init:
        return tree.Init(
            span=self.span(children), pattern=self.text([children[1]]), value=children[3]
        )

    def stop(self, children: Children) -> tree.Stop:
        return tree.Stop(span=self.span(children), condition=children[2])

    def assert_(self, children: Children) -> tree.Assert:
        return tree.Assert(span=self.span(children), condition=children[1])


def _labelled(children: Children) -> tuple[Label, Children]:
    """The label in front of a loop, if there is one, and the loop's own children."""
    if isinstance(children[0], Token):
        return (None, ()), children
    return children[0].value, children[1:]
