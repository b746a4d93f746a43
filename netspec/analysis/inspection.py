"""What the Python of a spec's own declarations says, where the user allowed it to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netspec.analysis.context import Context
from netspec.analysis.network.operands import literal
from netspec.catalog import REQUIRED, Application, Argument, DeclaredEntry, Entry
from netspec.catalog.kinds import REAL
from netspec.diagnostics import Diagnostic
from netspec.program.externs import Extern, ExternArgument
from netspec.program.graph import Weight
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import TensorType


def extern_of(entry: Entry, context: Context) -> Extern | None:
    """The declaration of an entry that is the user's, noted as used; None of any other."""
    if not isinstance(entry, DeclaredEntry):
        return None
    known = context.externs.get(entry.extern.span)
    if known is None:
        known = context.externs[entry.extern.span] = _extern(entry, context)
        context.declarations[known.head] = entry
    return known


def weigh(
    entry: Entry,
    outcome: Application,
    inputs: Sequence[TensorType],
    span: Span,
    context: Context,
) -> tuple[Weight, ...] | None:
    """The weights of a layer, loss or function applied at `span`; None where they are not known.

    What its Python does otherwise than declared is reported, with the use that showed it.
    """
    extern = extern_of(entry, context)
    assert extern is not None
    if context.inspector is None or not extern.allowed:
        return None
    assert entry.signature is not None
    inputs = [
        replace(given, kind=REAL) if _is_target(pattern) and not given.kind.is_float else given
        for pattern, given in zip(entry.signature.inputs, inputs, strict=True)
    ]
    arguments = tuple((name, literal(value)) for name, value in outcome.arguments.items())
    found = context.inspector.weigh(extern, arguments, inputs, outcome.outputs)
    if isinstance(found, Diagnostic):
        if extern.head not in context.refuted:
            context.refuted.add(extern.head)
            context.report(found.with_label(span, "in this use"))
        return None
    return found


def _is_target(pattern: tree.TypeExpr) -> bool:
    """Whether integers that stand here are stored as real numbers."""
    return pattern.kind is not None and pattern.kind.id in {"target", "fraction"}


def looked_at(entry: Entry, context: Context) -> Extern | None:
    """The declaration of an entry that is the user's, its Python looked at where that is allowed.

    What is not as declared is reported.
    """
    extern = extern_of(entry, context)
    if extern is None or context.inspector is None or not extern.allowed:
        return extern
    found = context.inspector.inspect(extern)
    if found is not None and extern.head not in context.refuted:
        context.refuted.add(extern.head)
        context.report(found)
    return extern


def _extern(entry: DeclaredEntry, context: Context) -> Extern:
    written = entry.extern
    assert written.origin is not None
    module, _, attribute = entry.target.partition(":")
    source, signature = written.span.source, written.signature
    return Extern(
        kind=entry.kind,
        name=entry.name,
        module=module,
        attribute=attribute,
        arguments=tuple(_argument(argument) for argument in entry.arguments),
        head=source.span(written.span.start, written.name.span.end),
        origin=written.origin.span,
        signature=None if signature is None else signature.span,
        folder=context.folder,
        allowed=context.inspector is not None and context.inspector.allows(module),
        tensors=len(entry.signature.inputs) if entry.kind == "function" and entry.signature else 0,
    )


def _argument(argument: Argument) -> ExternArgument:
    required = argument.default is REQUIRED
    return ExternArgument(
        name=argument.name,
        required=required,
        default=None if required else literal(argument.default),
        keyword=argument.keyword_only,
    )
