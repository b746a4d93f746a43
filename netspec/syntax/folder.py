"""The files that a spec imports: they lie in its folder or below, and each is read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath
from typing import Literal, Protocol

from netspec.diagnostics import Sink, near
from netspec.source import Source
from netspec.syntax.files import read

# More files than this in a folder are not looked through for a similar name.
MOST_NAMES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfound:
    """Why an import leads to no text: the spec is no file, a link leads away, nothing is there.

    `near` are paths of a similar name. With the reason "unreadable" the sink was told.
    """

    reason: Literal["no folder", "outside", "missing", "unreadable"]
    near: tuple[str, ...] = ()


class SpecReader(Protocol):
    """Reads the files that a spec imports; handed to analysis."""

    def read(self, path: str, importer: Source, sink: Sink) -> Source | Unfound:
        """The file that `importer` calls `path`: the same source for the same file.

        `path` is relative and does not climb; the caller has seen to that.
        """


class SpecFolder:
    """Reads for one spec, in the folder of its file."""

    def __init__(self, spec: Source) -> None:
        self._root = None if spec.path is None else spec.path.parent.resolve()
        self._shown = PurePath(spec.name).parent
        self._known = {} if spec.path is None else {spec.path.resolve(): spec}

    def read(self, path: str, importer: Source, sink: Sink) -> Source | Unfound:
        """The file that `importer` calls `path`; links are followed, and must not lead outside."""
        if self._root is None or importer.path is None:
            return Unfound(reason="no folder")
        relative = Path(path)
        folder = importer.path.parent.resolve()
        try:
            file = (folder / relative).resolve()
            found = file.is_file()
        except (OSError, RuntimeError):
            # A name that is too long, a ring of links.
            return Unfound(reason="missing")
        if not file.is_relative_to(self._root):
            return Unfound(reason="outside")
        if not found and file not in self._known:
            return Unfound(reason="missing", near=_similar(folder, relative))
        if file not in self._known:
            name = str(self._shown / file.relative_to(self._root))
            source = read(file, sink, name=name)
            if source is None:
                return Unfound(reason="unreadable")
            self._known[file] = source
        return self._known[file]


def _similar(folder: Path, relative: Path) -> tuple[str, ...]:
    """Specs of a similar name where the file should be; a missing ending comes first."""
    names = set(_specs(folder / relative.parent))
    whole = f"{relative.name}.net"
    found = (whole,) if whole in names else near(relative.name, names)
    return tuple(relative.with_name(name).as_posix() for name in found)


def _specs(folder: Path) -> Iterator[str]:
    try:
        for entry in islice(folder.iterdir(), MOST_NAMES):
            if entry.suffix == ".net":
                yield entry.name
    except OSError:
        return
