"""Callbacks of the grammar's expression and type rules: a rule's children to a node of the tree.

Lark calls the method named after a rule with its children, every token included; each method gives
a node, or a `Part` for what has a place but is no node of its own.
"""
# ruff: noqa: D102 -- each method is the callback of the grammar rule it is named after, explained there

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from lark import Token

from netspec.source import Source, Span
from netspec.syntax import tree
from netspec.syntax.faults import place
from netspec.syntax.tree import Node

T = TypeVar("T")

# Lark gives the children of a rule as a plain list of whatever the callbacks made.
Children = list[Any]
# What stands in a subscript.
Items = tuple[tree.Expr | tree.Slice | tree.Dots, ...]

CONSTANTS = {"true": True, "false": False, "none": None}


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Something with a place that becomes a field of a node."""

    span: Span
    value: T


class ExpressionBuilder:
    """Expressions, names and types."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def span(self, children: Children) -> Span:
        """From the first child's start to the last one's end."""
        first, last = children[0], children[-1]
        start = place(first)[0] if isinstance(first, Token) else first.span.start
        end = place(last)[1] if isinstance(last, Token) else last.span.end
        return Span(self.source, start, end)

    # --- names and literals ---------------------------------------------------------------------

    def name(self, children: Children) -> tree.Name:
        return tree.Name(span=self.span(children), id=str(children[0]))

    reserved = name

    def word(self, children: Children) -> tree.Name:
        name: tree.Name = children[0]
        return name

    member = word

    def number(self, children: Children) -> tree.Number:
        return tree.Number(span=self.span(children), value=number_value(children[0]))

    def text(self, children: Children) -> tree.Text:
        return tree.Text(span=self.span(children), value=str(children[0])[1:-1])

    def constant(self, children: Children) -> tree.Constant:
        return tree.Constant(span=self.span(children), value=CONSTANTS[str(children[0])])

    def dots(self, children: Children) -> tree.Dots:
        return tree.Dots(span=self.span(children))

    # --- displays -------------------------------------------------------------------------------

    def parenthesised(self, children: Children) -> tree.Expr:
        """The expression itself, with the parentheses in its place."""
        inner: tree.Expr = children[1]
        return with_span(inner, self.span(children))

    def tuple_display(self, children: Children) -> tree.TupleDisplay:
        return tree.TupleDisplay(span=self.span(children), items=nodes(children))

    def list_display(self, children: Children) -> tree.ListDisplay:
        return tree.ListDisplay(span=self.span(children), items=nodes(children))

    def inline(self, children: Children) -> tree.Inline:
        return tree.Inline(span=self.span(children), body=children[0])

    # --- what follows a value -------------------------------------------------------------------

    def arguments(self, children: Children) -> Part[tuple[Node, ...]]:
        return Part(self.span(children), nodes(children))

    def keyword(self, children: Children) -> tree.Keyword:
        return tree.Keyword(span=self.span(children), name=children[0], value=children[2])

    def call(self, children: Children) -> tree.Call:
        given = children[1].value
        return tree.Call(
            span=self.span(children),
            func=children[0],
            args=tuple(a for a in given if not isinstance(a, tree.Keyword)),
            keywords=tuple(a for a in given if isinstance(a, tree.Keyword)),
        )

    def slicing(self, children: Children) -> tree.Slice:
        parts: list[tree.Expr | None] = [None, None, None]
        at = 0
        for child in children:
            if isinstance(child, Token):
                at += 1
            else:
                parts[at] = child
        return tree.Slice(span=self.span(children), lower=parts[0], upper=parts[1], step=parts[2])

    def subscripts(self, children: Children) -> Part[tuple[Node, ...]]:
        return Part(self.span(children), nodes(children))

    def subscript(self, children: Children) -> tree.Subscript:
        return tree.Subscript(span=self.span(children), value=children[0], items=children[2].value)

    def attribute(self, children: Children) -> tree.Attribute:
        return tree.Attribute(span=self.span(children), value=children[0], name=children[2])

    # --- operators ------------------------------------------------------------------------------

    def unary(self, children: Children) -> tree.Unary:
        op, operand = children
        return tree.Unary(
            span=self.span(children), op="not" if op.type == "NOT" else "-", operand=operand
        )

    def binary(self, children: Children) -> tree.Binary:
        left, op, right = children
        return tree.Binary(span=self.span(children), op=str(op), left=left, right=right)

    def conditional(self, children: Children) -> tree.Conditional:
        then, _, test, _, otherwise = children
        return tree.Conditional(span=self.span(children), then=then, test=test, otherwise=otherwise)

    def labelled(self, children: Children) -> tree.Labelled:
        label, index = label_of(children[0])
        return tree.Labelled(span=self.span(children), label=label, index=index, stage=children[2])

    def pipe(self, children: Children) -> tree.Pipe:
        return tree.Pipe(span=self.span(children), stages=nodes(children))

    def expressions(self, children: Children) -> Part[tuple[Node, ...]]:
        return Part(self.span(children), nodes(children))

    # --- types ----------------------------------------------------------------------------------

    def type_arguments(self, children: Children) -> Part[tuple[Node, ...]]:
        return Part(self.span(children), nodes(children))

    def dimensions(self, children: Children) -> Part[tuple[Node, ...]]:
        return Part(self.span(children), nodes(children))

    def tensor_type(self, children: Children) -> tree.TypeExpr:
        kind: tree.Name | None = None
        args: tuple[Any, ...] = ()
        dims: tuple[Any, ...] | None = None
        for child in children:
            if isinstance(child, tree.Name):
                kind = child
            elif self.source.text[child.span.start] == "[":
                dims = child.value
            else:
                args = child.value
        return tree.TypeExpr(span=self.span(children), kind=kind, args=args, dims=dims)


def nodes(children: Children) -> Any:
    """The nodes among a rule's children, which leaves out its tokens."""
    return tuple(child for child in children if isinstance(child, Node))


def number_value(written: str) -> int | float:
    """The value of a NUMBER token."""
    plain = written.replace("_", "")
    if plain.endswith("%"):
        return float(plain[:-1]) / 100
    return int(plain) if plain.isdigit() else float(plain)


def with_span(node: tree.Expr, span: Span) -> tree.Expr:
    """The same node at another place."""
    fields = {name: getattr(node, name) for name in node.__dataclass_fields__}
    return type(node)(**{**fields, "span": span})


def label_of(written: tree.Expr) -> tuple[tree.Name, Items]:
    """The name and the index of a label; the name of what can be no label is empty."""
    match written:
        case tree.Name():
            return written, ()
        case tree.Subscript(value=tree.Name() as name, items=items):
            return name, items
        case _:
            return tree.Name(span=written.span, id=""), ()
