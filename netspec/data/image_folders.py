"""Folders of images: a folder per class, or `train` and `test` of such. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netspec.program.schemas import Unreadable

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".bmp"})


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """Each image with its class's number, in order of class and file name."""

    classes: tuple[str, ...]
    files: tuple[tuple[Path, int], ...]
    test_files: tuple[tuple[Path, int], ...] = ()


def list_images(path: Path, folder: str) -> ImageFolder | Unreadable:
    """The images of a folder; classes are numbered in order of their folders' names."""
    if not path.is_dir():
        return _malformed(folder, "it is a file, and a folder is wanted")
    parts = [path]
    if (path / "train").is_dir() and (path / "test").is_dir():
        parts = [path / "train", path / "test"]
    classes = _folders(parts[0])
    if not classes:
        return _malformed(folder, "it has no folder per class")
    for part in parts[1:]:
        if _folders(part) != classes:
            return _malformed(folder, "`train` and `test` do not hold the same classes")
    files = [
        tuple(
            (file, number)
            for number, name in enumerate(classes)
            for file in sorted((part / name).iterdir())
            if file.suffix.lower() in SUFFIXES
        )
        for part in parts
    ]
    if not all(files):
        return Unreadable(reason="empty", file=folder)
    for number, name in enumerate(classes):
        if not any(label == number for _, label in files[0]):
            return _malformed(folder, f"the class `{name}` has no images")
    return ImageFolder(classes, files[0], files[1] if len(files) > 1 else ())


def _folders(path: Path) -> tuple[str, ...]:
    names = (entry.name for entry in path.iterdir() if entry.is_dir())
    return tuple(sorted(name for name in names if not name.startswith(".")))


def _malformed(folder: str, detail: str) -> Unreadable:
    return Unreadable(reason="malformed", file=folder, detail=detail)
