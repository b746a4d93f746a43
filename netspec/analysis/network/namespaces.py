"""Names of imported files: `lib.Residual`, `lib.width`, `lib.parts.Norm`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from netspec.analysis import errors
from netspec.analysis.network.values import Block, CatalogueName, Namespace, Scope, Value
from netspec.catalog import Entry
from netspec.diagnostics import Diagnostic
from netspec.source import Source, Span
from netspec.syntax import tree
from netspec.syntax.walk import descend


def namespace_of(expression: tree.Expr, scope: Scope) -> Namespace | None:
    """The imported file that `lib` or `lib.parts` stands for, if it stands for one."""
    value: Value = None
    match expression:
        case tree.Name():
            bound = scope.find(expression.id)
            value = bound.value if bound is not None else None
        case tree.Attribute():
            around = namespace_of(expression.value, scope)
            if around is not None and around.has(expression.name.id):
                value = around.member(expression.name.id)
    return value if isinstance(value, Namespace) else None


def block_of(expression: tree.Expr, scope: Scope) -> Block | None:
    """The block or model that `G` or `lib.G` names, if it names one."""
    value: object = None
    match expression:
        case tree.Name():
            bound = scope.find(expression.id)
            value = bound.value if bound is not None else None
        case tree.Attribute():
            file = namespace_of(expression.value, scope)
            if file is not None and file.has(expression.name.id):
                value = file.member(expression.name.id)
    return value if isinstance(value, Block) else None


def is_stage_of_file(expression: tree.Attribute, scope: Scope) -> bool:
    """Whether `lib.Name` is a stage; an unknown name is one if it looks like one."""
    namespace = namespace_of(expression.value, scope)
    if namespace is None:
        return False
    name = expression.name.id
    if not namespace.has(name):
        return name[:1].isupper()
    value = namespace.member(name)
    if isinstance(value, CatalogueName):
        return value.entry.kind == "layer"
    return isinstance(value, Block)


def extern_of_file(expression: tree.Expr, scope: Scope) -> Entry | None:
    """The loss, metric, source or transform that `lib.Name` is, if it is one."""
    file = namespace_of(expression.value, scope) if isinstance(expression, tree.Attribute) else None
    if file is None or not isinstance(expression, tree.Attribute):
        return None
    found = file.externs.get(expression.name.id)
    return found.entry if found is not None else None


def owner(name: str, scope: Scope) -> str | None:
    """The import that has something of this name, for a name that is said without it."""
    for visible in tuple(scope.visible()):
        bound = scope.find(visible)
        if bound is not None and isinstance(bound.value, Namespace) and bound.value.has(name):
            return visible
    return None


def not_in_file(
    namespace: Namespace,
    expression: tree.Attribute,
    imported: Mapping[Source, Span],
    *,
    catalogued: bool,
) -> Diagnostic:
    """The report for a name that an imported file does not have."""
    name = expression.name
    before = expression.value.span.text
    advice = f"`{name.id}` belongs to no file: leave `{before}.` out" if catalogued else None
    known, place = namespace.members(), imported[namespace.source]
    return errors.not_in_file(name.span, name.id, before, known, place, advice)


def called(expression: tree.Expr) -> str:
    """What `G`, `lib.G` or `lib.parts.G` goes by in names of weights: `lib_parts_G`."""
    match expression:
        case tree.Name(id=name):
            return name
        case tree.Attribute(value=inner, name=last) if before := called(inner):
            return f"{before}_{last.id}"
        case _:
            return ""


def models_of_files(within: tree.Node, scope: Scope) -> Iterator[tuple[Block, Span]]:
    """The models of imported files that are named within, each once, with where they are first.

    A model goes by the name it is first called by, however many names its file has.
    """
    seen: set[int] = set()
    for node in descend(within):
        if not isinstance(node, tree.Attribute):
            continue
        file = namespace_of(node.value, scope)
        found = file.member(node.name.id) if file is not None and file.has(node.name.id) else None
        if isinstance(found, Block) and found.definition.keyword == "model":
            if id(found.definition) not in seen:
                yield replace(found, called=called(node)), node.span
            seen.add(id(found.definition))
