"""Declarations of a spec's own: `extern` lines to entries of the catalogue, laid over the built-in.

Nothing is imported here: what the Python says is asked of the context's inspector, if there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from keyword import iskeyword

from netspec.analysis import errors
from netspec.analysis.context import Context
from netspec.analysis.data.arguments import FUNCTIONS
from netspec.analysis.errors import externs as wrong
from netspec.analysis.network.values import UNKNOWN, CatalogueName, Scope
from netspec.catalog import DeclaredEntry, Overlay, declared, values
from netspec.catalog.entries import constant_of
from netspec.diagnostics import Diagnostic, did_you_mean
from netspec.source import Span
from netspec.syntax import tree

# What a spec may declare, and which kinds share their names with it.
NAMED_TOGETHER = {
    "layer": ("layer", "function", "loss"),
    "function": ("layer", "function", "loss"),
    "loss": ("layer", "function", "loss"),
    "metric": ("metric",),
    "source": ("source", "transform"),
    "transform": ("source", "transform"),
}
# Those that a name of a body is bound to, as a block's is.
BOUND = ("layer", "function")
# Those that no name of a body is bound to: they are looked up where they are used.
UNBOUND = ("loss", "metric", "source", "transform")
RESERVED_IN_DATA = frozenset({*FUNCTIONS, "select", "except", "split"})
ARGUMENT_TYPES = tuple(
    name for name in values.WORDS if name not in {"size", "sizes", "tensor", "tensors", "schedules"}
)
KINDS = ("real", "score", "unit", "prob", "logprob", "index", "int", "bool")
# `number` is anything, `target` what a regression is compared with, `fraction` targets within 0..1.
INPUT_KINDS = (*KINDS, "number", "target", "fraction")
FLOWS = ", and stand in the signature behind `:`"
COLUMN_KINDS = ("real", "unit", "prob", "index", "int")
OUTPUT_KINDS = tuple(kind for kind in KINDS if kind != "score")
ORIGIN = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)", re.ASCII)
# The size that a model gives to the number of rows.
BATCH = "B"
ARITHMETIC = frozenset({"+", "-", "*", "//", "%"})


def declare_externs(items: Sequence[tree.Item], context: Context, scope: Scope) -> None:
    """Lay the file's declarations over the catalogue; what bodies apply is bound in `scope` too.

    They take the place of those of the file before: a file sees those of another by its name.
    What is wrong with a declaration is reported once; a name that is left of it stands for nothing.
    """
    entries: list[DeclaredEntry] = []
    faulty: set[str] = set()
    seen = {name: bound.span for name, bound in scope.names.items()}
    below = context.catalog.below if isinstance(context.catalog, Overlay) else context.catalog
    context.catalog = below
    for item in items:
        if not isinstance(item, tree.Extern):
            continue
        name = item.name.id
        if name in seen:
            context.report(errors.defined_twice(item.name.span, f"`{name}`", seen[name]))
            continue
        seen[name] = item.name.span
        mistake = next(_mistakes(item, context), None)
        if mistake is not None:
            context.report(mistake)
            faulty.add(name)
            scope.bind(name, UNKNOWN, item.name.span)
            continue
        assert item.origin is not None
        entry = declared(item, item.origin.value)
        entries.append(entry)
        if entry.kind in BOUND:
            scope.bind(name, CatalogueName(entry), item.name.span)
    if entries or faulty:
        context.catalog = Overlay(below, entries, frozenset(faulty))


def _mistakes(extern: tree.Extern, context: Context) -> Iterator[Diagnostic]:
    """What is wrong with a declaration, the gravest first."""
    kind, name = extern.kind.id, extern.name.id
    if kind not in NAMED_TOGETHER:
        yield wrong.extern_kind(extern.kind.span, kind, tuple(NAMED_TOGETHER))
        return
    for other in NAMED_TOGETHER[kind]:
        if context.catalog.find(other, name) is not None:
            yield errors.shadows_catalogue(extern.name.span, name, other)
    if kind in {"source", "transform"} and name in RESERVED_IN_DATA:
        yield errors.shadows_catalogue(extern.name.span, name, "function of data")
    if extern.origin is None:
        yield wrong.origin_missing(extern.name.span, kind, name)
    elif not is_origin(extern.origin.value) or ".py:" in extern.origin.value:
        yield wrong.origin_malformed(extern.origin.span, extern.origin.value, name)
    yield from _argument_mistakes(extern.parameters)
    yield from _form_mistakes(extern)
    yield from Sizes(extern).mistakes()


def head_of(extern: tree.Extern) -> Span:
    """Where a declaration begins: `extern layer Snake`."""
    return extern.span.source.span(extern.span.start, extern.name.span.end)


def is_origin(text: str) -> bool:
    """Whether it is a module and a name in it, all of them names of Python."""
    found = ORIGIN.fullmatch(text)
    return found is not None and not any(iskeyword(part) for part in re.split("[.:]", text))


def _argument_mistakes(parameters: Sequence[tree.Parameter]) -> Iterator[Diagnostic]:
    seen: dict[str, tree.Name] = {}
    for parameter in parameters:
        name = parameter.name.id
        if name in seen:
            yield wrong.argument_name(parameter.name.span, name, seen[name].span)
        elif iskeyword(name):
            yield wrong.argument_name(parameter.name.span, name)
        seen.setdefault(name, parameter.name)
        for written in parameter.types:
            if written.id not in ARGUMENT_TYPES:
                yield wrong.argument_type_unknown(
                    written.span, written.id, ARGUMENT_TYPES, flows=FLOWS
                )
                return
        if parameter.default is not None:
            yield from _default_mistakes(parameter, parameter.default)


def _default_mistakes(parameter: tree.Parameter, default: tree.Expr) -> Iterator[Diagnostic]:
    name = parameter.name.id
    try:
        value = constant_of(default)
    except ValueError:
        message = "is worked out, and it is to be written out"
        yield wrong.default_refused(default.span, name, message, "write the number itself")
        return
    types = tuple(written.id for written in parameter.types)
    if not values.fits(types, value):
        message = f"is {values.wanted(types)}, not `{values.written(value)}`"
        advice = f"declare `{name}: {'|'.join((*types, 'none'))}`" if value is None else None
        yield wrong.default_refused(default.span, name, message, advice)


def _form_mistakes(extern: tree.Extern) -> Iterator[Diagnostic]:
    """Signatures that their kind does not have."""
    kind, name, signature = extern.kind.id, extern.name.id, extern.signature
    said, every = f"the {kind} `{name}`", f"a {kind}"
    if signature is None:
        message = f"{said} does not say what it {'gives' if kind == 'source' else 'takes'}"
        yield wrong.signature_form(extern.name.span, kind, name, message)
        return
    place = signature.span
    takes, gives = len(signature.inputs), len(signature.outputs)
    if kind == "source":
        if takes:
            yield wrong.signature_form(place, kind, name, f"{every} takes nothing that flows")
        elif len(extern.output_names) != gives:
            yield wrong.signature_form(place, kind, name, f"{every} gives columns with names")
        return
    if kind == "function" and not takes:
        message = f"{every} takes a tensor: what is made of none is a `Buffer`"
        yield wrong.signature_form(place, kind, name, message)
    elif not takes:
        yield wrong.signature_form(place, kind, name, f"{said} says one side of `->` only")
    elif kind in {"loss", "metric"}:
        result = signature.outputs[0]
        if gives != 1 or result.dims != () or (result.kind and result.kind.id != "real"):
            yield wrong.signature_form(place, kind, name, f"{every} gives one number, `real[]`")
        elif kind == "metric" and takes != 2:
            message = f"{every} compares a prediction with a target, two tensors"
            yield wrong.signature_form(place, kind, name, message)
    elif kind == "transform" and (takes, gives) != (1, 1):
        yield wrong.signature_form(place, kind, name, f"{every} makes one row of one row")
    elif kind == "transform":
        for dim in signature.inputs[0].dims or ():
            if isinstance(dim, tree.Name) and dim.id == BATCH:
                message = f"{every} is typed by one row, and `{BATCH}` counts the rows"
                yield wrong.signature_form(dim.span, kind, name, message)


class Sizes:
    """The types of a signature: kinds there are, and sizes that can be worked out."""

    def __init__(self, extern: tree.Extern) -> None:
        self.extern = extern
        parameters = extern.parameters
        whole = {p.name.id for p in parameters if [t.id for t in p.types] == ["int"]}
        to_infer = {p.name.id for p in parameters if p.inferred and p.default is None}
        self.to_infer = to_infer
        self.others = {p.name.id for p in parameters} - whole - to_infer
        self.known = whole - to_infer
        self.dots = False

    def mistakes(self) -> Iterator[Diagnostic]:
        """What is wrong with the signature, in the order of the text."""
        signature = self.extern.signature
        if signature is None:
            return
        for written in signature.inputs:
            yield from self._kind(written, INPUT_KINDS)
            yield from self._dims(written, goes_in=True)
            yield from self._classes(written)
        for parameter in self.extern.parameters:
            if parameter.name.id in self.to_infer - self.known:
                yield wrong.never_inferred(parameter.name.span, parameter.name.id)
        for written in signature.outputs:
            is_source = self.extern.kind.id == "source"
            yield from self._kind(written, COLUMN_KINDS if is_source else OUTPUT_KINDS)
            yield from self._dims(written, goes_in=False)
            yield from self._classes(written)

    def _kind(self, written: tree.TypeExpr, allowed: Sequence[str]) -> Iterator[Diagnostic]:
        if written.kind is not None and written.kind.id not in allowed:
            yield errors.unknown_kind(written.kind.span, written.kind.id, allowed)
        elif written.args and (
            written.kind is None or written.kind.id != "index" or len(written.args) > 1
        ):
            kind = written.kind.id if written.kind is not None else ""
            yield errors.kind_arguments(written.span, kind)

    def _classes(self, written: tree.TypeExpr) -> Iterator[Diagnostic]:
        for argument in written.args:
            yield from self._size(argument)

    def _dims(self, written: tree.TypeExpr, *, goes_in: bool) -> Iterator[Diagnostic]:
        if written.dims is None:
            if self.extern.kind.id not in {"source", "transform"}:
                advice = f"write `{written.span.text}[]` for one number, else its dimensions"
                yield wrong.size_untold(written.span, "this type has no dimensions", advice)
            return
        dots = [dim for dim in written.dims if isinstance(dim, tree.Dots)]
        if len(dots) > 1:
            yield wrong.size_untold(dots[1].span, "`...` stands in a type once at most")
        elif dots and not goes_in and not self.dots:
            yield wrong.size_untold(dots[0].span, "nothing that goes in has `...`")
        self.dots = self.dots or (goes_in and bool(dots))
        for dim in written.dims:
            if isinstance(dim, tree.Dots):
                continue
            if goes_in and isinstance(dim, tree.Name) and dim.id not in self.others:
                self.known.add(dim.id)
            yield from self._size(dim)

    def _size(self, dim: tree.Expr) -> Iterator[Diagnostic]:
        match dim:
            case tree.Number(value=int() as value):
                if value < 1:
                    yield wrong.size_untold(dim.span, f"a size is at least 1, not {value}")
            case tree.Name(id=name) if name in self.known:
                return
            case tree.Name(id=name) if name in self.others:
                message = f"the argument `{name}` may be something else than a whole number"
                yield wrong.size_untold(dim.span, message, f"declare it as `{name}: int`")
            case tree.Name(id=name):
                message = f"nothing tells the size `{name}`"
                advice = did_you_mean(name, sorted(self.known))
                if advice is None:
                    advice = f"declare an argument `{name}: int`, or make it a size of the input"
                yield wrong.size_untold(dim.span, message, advice)
            case tree.Binary(op=op, left=left, right=right) if op in ARITHMETIC:
                yield from self._size(left)
                yield from self._size(right)
            case _:
                message = f"`{dim.span.text}` is no size"
                divided = isinstance(dim, tree.Binary) and dim.op == "/"
                advice = "`//` divides sizes" if divided else "a size is made by `+ - * // %`"
                yield wrong.size_untold(dim.span, message, advice)
