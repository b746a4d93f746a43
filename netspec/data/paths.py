"""Where a spec's data files are: below its folder, else below `NETSPEC_DATA`, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from netspec.diagnostics import near
from netspec.program.schemas import Unreadable

VARIABLE = "NETSPEC_DATA"
# More files than this in a folder are not looked through for a similar name.
MOST_NAMES = 2000


def find(name: str, root: Path) -> Path | Unreadable:
    """The file or folder that a spec in `root` calls `name`.

    Links are followed, and must not lead outside.
    """
    relative = Path(name)
    if not name or relative.is_absolute() or ".." in relative.parts or "\0" in name:
        return Unreadable(reason="outside", file=name)
    for folder in folders(root):
        path = folder / relative
        if path.exists():
            if not path.resolve().is_relative_to(folder.resolve()):
                return Unreadable(reason="outside", file=name)
            return path
    return Unreadable(reason="missing", file=name, near=_similar(relative, root))


def folders(root: Path) -> tuple[Path, ...]:
    """The folders that data may come from, in order."""
    data = os.environ.get(VARIABLE)
    return (root, Path(data)) if data else (root,)


def _similar(relative: Path, root: Path) -> tuple[str, ...]:
    """Files of a similar name in the folder where the file should be."""
    names = {name for folder in folders(root) for name in _names(folder / relative.parent)}
    found = near(relative.name, names)
    return tuple(str(relative.with_name(name)) for name in found)


def _names(folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        return
    for count, entry in enumerate(folder.iterdir()):
        if count == MOST_NAMES:
            return
        yield entry.name
