"""Callbacks of the grammar's top-level rules; with those it inherits, all of the tree."""
# ruff: noqa: D102 -- each method is the callback of the grammar rule it is named after, explained there

from __future__ import annotations

from itertools import pairwise
from typing import Any

from lark import Token

from netspec.source import Span
from netspec.syntax import tree
from netspec.syntax.expressions import Children, Part, nodes, number_value
from netspec.syntax.statements import StatementBuilder


class Builder(StatementBuilder):
    """Makes the tree of one source while it is parsed."""

    def file(self, children: Children) -> tree.File:
        whole = Span(self.source, 0, len(self.source.text))
        return tree.File(span=whole, source=self.source, items=nodes(children))

    def version(self, children: Children) -> tree.Version:
        token = children[1]
        number = tree.Number(span=self.span([token]), value=number_value(token))
        return tree.Version(span=self.span(children), number=number)

    def import_(self, children: Children) -> tree.Import:
        alias = children[3] if len(children) > 3 else None
        return tree.Import(span=self.span(children), path=self.text([children[1]]), alias=alias)

    # --- params ---------------------------------------------------------------------------------

    def interval(self, children: Children) -> tree.Interval:
        log = isinstance(children[-1], Token)
        return tree.Interval(span=self.span(children), low=children[0], high=children[2], log=log)

    def choices(self, children: Children) -> tree.Choices:
        return tree.Choices(span=self.span(children), items=children[0].items)

    def param(self, children: Children) -> tree.Param:
        kind = children[3] if _is(children[2], "COLON") else None
        equal = next(i for i, child in enumerate(children) if _is(child, "EQUAL"))
        return tree.Param(
            span=self.span(children),
            name=children[1],
            type=kind,
            default=children[equal + 1],
            domain=children[equal + 3] if len(children) > equal + 3 else None,
        )

    # --- definitions ----------------------------------------------------------------------------

    def definition(self, children: Children) -> tree.Definition:
        name: tree.Name | None = None
        parameters: tuple[tree.Parameter, ...] = ()
        for child in children[1:-1]:
            if isinstance(child, tree.Name):
                name = child
            else:
                parameters = child.value
        return tree.Definition(
            span=self.span(children),
            keyword="block" if children[0] == "block" else "model",
            name=name,
            parameters=parameters,
            body=children[-1],
        )

    def data(self, children: Children) -> tree.Data:
        return tree.Data(span=self.span(children), body=children[1])

    def train(self, children: Children) -> tree.Train:
        return tree.Train(span=self.span(children), body=children[1])

    def test(self, children: Children) -> tree.Test:
        return tree.Test(span=self.span(children), body=children[1])

    def parameter_type(self, children: Children) -> tree.Name:
        child = children[0]
        return self.name(children) if isinstance(child, Token) else child

    def parameter(self, children: Children) -> tree.Parameter:
        default: tree.Expr | None = None
        declared = children
        if len(children) > 2 and _is(children[-2], "EQUAL"):
            default = children[-1]
            declared = children[:-2]
        return tree.Parameter(
            span=self.span(children),
            name=children[0],
            types=nodes(declared[1:]),
            default=default,
            inferred=False,
        )

    def parameter_list(self, children: Children) -> Part[tuple[tree.Parameter, ...]]:
        return Part(self.span(children), nodes(children))

    def parameters(self, children: Children) -> Part[tuple[tree.Parameter, ...]]:
        found: list[tree.Parameter] = []
        inferred = False
        for child in children:
            if _is(child, "SEMICOLON"):
                inferred = True
            elif not isinstance(child, Token):
                found.extend(_inferred(p) if inferred else p for p in child.value)
        return Part(self.span(children), tuple(found))

    # --- declarations ---------------------------------------------------------------------------

    def signature_field(self, children: Children) -> Part[tuple[tree.Name | None, Any]]:
        name = children[0] if len(children) > 1 else None
        return Part(self.span(children), (name, children[-1]))

    def signature_side(self, children: Children) -> Part[list[tuple[tree.Name | None, Any]]]:
        if len(children) == 1:
            return Part(self.span(children), [(None, children[0])])
        fields = [child.value for child in children if isinstance(child, Part)]
        return Part(self.span(children), fields)

    def signature(self, children: Children) -> Part[tuple[tree.Signature, tuple[tree.Name, ...]]]:
        """The signature, and the names of its outputs."""
        inputs = children[0].value if len(children) > 1 else []
        outputs = children[-1].value
        made = tree.Signature(
            span=self.span(children),
            inputs=tuple(side for _, side in inputs),
            outputs=tuple(side for _, side in outputs),
        )
        return Part(made.span, (made, tuple(name for name, _ in outputs if name is not None)))

    def extern(self, children: Children) -> tree.Extern:
        parameters: tuple[tree.Parameter, ...] = ()
        signature: tree.Signature | None = None
        output_names: tuple[tree.Name, ...] = ()
        origin: tree.Text | None = None
        for before, child in pairwise(children[2:]):
            if _is(before, "COLON"):
                signature, output_names = child.value
            elif _is(before, "FROM"):
                origin = self.text([child])
            elif isinstance(child, Part):
                parameters = child.value
        return tree.Extern(
            span=self.span(children),
            kind=children[1],
            name=children[2],
            parameters=parameters,
            signature=signature,
            output_names=output_names,
            origin=origin,
        )


def _is(child: object, kind: str) -> bool:
    return isinstance(child, Token) and child.type == kind


def _inferred(parameter: tree.Parameter) -> tree.Parameter:
    return tree.Parameter(
        span=parameter.span,
        name=parameter.name,
        types=parameter.types,
        default=parameter.default,
        inferred=True,
    )
