"""The files of a spec: its own, and those it imports, read in the order in which they are needed.

Takes the tree of the spec and a reader; gives one `File` each, what is imported before what imports
it and the spec last. What is wrong with an imported file is reported there, with the imports that
led to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from netspec.analysis import errors
from netspec.analysis.context import Context
from netspec.analysis.network.values import UNKNOWN, Block, CatalogueName, Namespace, Scope
from netspec.analysis.params import Override
from netspec.diagnostics import Sink
from netspec.program import Library
from netspec.source import Source, Span
from netspec.syntax import SpecReader, Unfound, parse, tree

MAX_FILES = 256
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(slots=True, eq=False)
class File:
    """One file, with the files that it imports by the names it gives them."""

    parsed: tree.File
    imports: dict[str, File] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    blocks: list[Block] = field(default_factory=list)
    externs: dict[str, CatalogueName] = field(default_factory=dict)
    # Where the imports of it are, and what it is called from the spec: `lib`, `lib.parts`.
    uses: list[Span] = field(default_factory=list)
    address: str = ""

    @property
    def source(self) -> Source:
        """Its text."""
        return self.parsed.source

    @property
    def params(self) -> tuple[tree.Param, ...]:
        """Its params, in the order of the text."""
        return tuple(item for item in self.parsed.items if isinstance(item, tree.Param))

    def named(self, name: str) -> str:
        """What something of this file is called from the spec."""
        return f"{self.address}.{name}" if self.address else name


def gather(spec: tree.File, reader: SpecReader, context: Context) -> tuple[File, ...]:
    """Every file of a spec, imported ones first and the spec last, each once.

    Names of imports are bound in the scopes of the files; a file that could not be read is unknown.
    """
    files = _Files(reader, context)
    root = files.file(spec)
    _address(root)
    return tuple(files.read)


def libraries(files: Sequence[File]) -> tuple[Library, ...]:
    """The imported files, as the program keeps them."""
    return tuple(
        Library(source=file.source, address=file.address, uses=tuple(file.uses))
        for file in files
        if file.uses
    )


def overridden(
    files: Sequence[File], overrides: Mapping[str, str], context: Context
) -> dict[File, dict[str, Override]]:
    """For each file the params that `--set` gives, by name: as they were set, and to what.

    `lib.width` is the param `width` of the file that is imported as `lib`.
    """
    given: dict[File, dict[str, Override]] = {file: {} for file in files}
    params = {file: {param.name.id: param for param in file.params} for file in files}
    known = [file.named(name) for file in reversed(files) for name in params[file]]
    for name, value in overrides.items():
        *path, last = name.split(".")
        found: File | None = files[-1]
        for part in path:
            found = found.imports.get(part) if found is not None else None
        if found is None or last not in params[found]:
            context.report(errors.unknown_override(name, known))
        elif last in given[found]:
            other = given[found][last][0]
            context.report(errors.override_twice(name, other, params[found][last].name.span))
        else:
            given[found][last] = (name, value)
    return given


class _Files:
    """Reads files by way of one another."""

    def __init__(self, reader: SpecReader, context: Context) -> None:
        self.read: list[File] = []
        self._reader = reader
        self._context = context
        # None for a file with mistakes of syntax.
        self._known: dict[Source, File | None] = {}
        # The files that are being read within one another.
        self._open: list[Source] = []
        self._full = False

    def file(self, parsed: tree.File) -> File:
        """A file whose text is parsed, after all that it imports."""
        made = File(parsed)
        self._open.append(parsed.source)
        for item in parsed.items:
            if isinstance(item, tree.Import):
                self._bind(item, self._imported(item), made)
        self._open.pop()
        self.read.append(made)
        return made

    def _bind(self, item: tree.Import, found: File | None, importer: File) -> None:
        name = self._name(item)
        if name is None:
            return
        report = self._context.report
        bound = importer.scope.names.get(name.id)
        catalog = self._context.catalog
        kind = next((k for k in ("layer", "function") if catalog.find(k, name.id)), None)
        if bound is not None:
            report(errors.defined_twice(name.span, f"`{name.id}`", bound.span))
            return
        if kind is not None:
            report(errors.shadows_catalogue(name.span, name.id, kind))
            found = None
        if found is None:
            importer.scope.bind(name.id, UNKNOWN, name.span)
            return
        found.uses.append(item.path.span)
        importer.imports[name.id] = found
        namespace = Namespace(name.id, found.scope, found.source, found.blocks, found.externs)
        importer.scope.bind(name.id, namespace, name.span)

    def _name(self, item: tree.Import) -> tree.Name | None:
        """What the file goes by; its own name without `as`."""
        if item.alias is not None:
            return item.alias
        stem = PurePosixPath(item.path.value).stem
        if NAME.fullmatch(stem):
            return tree.Name(span=item.path.span, id=stem)
        if _misplaced(item.path.value) is None:
            example = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_") or "lib"
            example = example if NAME.fullmatch(example) else f"lib_{example}"
            path, span = item.path.value, item.path.span
            self._context.report(errors.import_nameless(span, path, example))
        return None

    def _imported(self, item: tree.Import) -> File | None:
        """The file of an import; None with a report, now or earlier."""
        span, path = item.path.span, item.path.value
        report = self._context.report
        wrong = _misplaced(path)
        if wrong is not None:
            report(errors.import_path(span, *wrong))
            return None
        sink = Sink()
        source = self._reader.read(path, span.source, sink)
        if isinstance(source, Unfound):
            for diagnostic in sink.diagnostics:
                report(diagnostic.with_label(span, ""))
            self._report_unfound(source, span, path)
            return None
        if source in self._open:
            ring = self._open[self._open.index(source) :]
            names = [*(opened.name for opened in ring), source.name]
            report(errors.import_ring(span, names))
            return None
        if source not in self._known:
            if len(self._known) == MAX_FILES:
                if not self._full:
                    report(errors.too_many_files(span, MAX_FILES))
                self._full = True
                return None
            self._known[source] = None
            self._known[source] = self._parsed(source, span, sink)
        return self._known[source]

    def _parsed(self, source: Source, span: Span, sink: Sink) -> File | None:
        """A file that is read for the first time."""
        self._context.imported[source] = span
        parsed = parse(source, sink)
        for diagnostic in sink.diagnostics:
            self._context.report(diagnostic)
        return None if sink.failed else self.file(parsed)

    def _report_unfound(self, unfound: Unfound, span: Span, path: str) -> None:
        report = self._context.report
        match unfound.reason:
            case "no folder":
                report(errors.import_from_text(span))
            case "outside":
                message = f"`{path}` is a link that leads out of the folder of the spec"
                report(errors.import_path(span, message, "keep the file itself beside the spec"))
            case "missing":
                report(errors.import_missing(span, path, unfound.near))
            case "unreadable":
                pass  # the sink was told, and what it was told is reported


def _misplaced(path: str) -> tuple[str, str] | None:
    """What is wrong with the form of an import's path, and what to do; None if nothing is."""
    below = "name a file below the folder of the spec, as in `blocks.net` or `parts/blocks.net`"
    pure = PurePosixPath(path)
    if "\\" in path:
        return "folders in a path are set apart by `/`", f'write `"{path.replace(chr(92), "/")}"`'
    if "://" in path:
        return "an import names a file, and fetches nothing", "keep the file beside the spec"
    if pure.is_absolute() or re.match(r"[A-Za-z]:", path) or path.startswith("~"):
        return f"`{path}` is an absolute path", below
    if ".." in pure.parts:
        return f"`{path}` leads out of its folder", below
    if pure.suffix == ".py":
        advice = 'declare what it holds: `extern layer Name(...): ... from "module:Name"`'
        return f"`{path}` is Python, and an import reads specs", advice
    if "\0" in path or not pure.name.strip():
        return "the import names no file", below
    return None


def _address(root: File) -> None:
    """Give each file its shortest name from the spec."""
    waiting = [root]
    seen = {root}
    for file in waiting:
        for name, imported in file.imports.items():
            if imported not in seen:
                imported.address = file.named(name)
                seen.add(imported)
                waiting.append(imported)
