"""Data sets of the Hugging Face hub as they lie in the local cache, told by what is beside them.

The library `datasets` keeps each set it has fetched as Arrow files with a `dataset_info.json`. It
is read with the standard library alone: no network, no code of a set's own, nothing written.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.program.schemas import HubColumn, HubCopy, Unreadable

INFO = "dataset_info.json"
LONGEST_INFO = 10_000_000
# `owner/name`, or an old set's name alone: nothing that could lead out of the cache.
NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)
SPLIT = re.compile(r"\w+(\.\w+)*", re.ASCII)
TEXTS = ("string", "large_string", "string_view", "date", "time")


@dataclass(frozen=True, slots=True)
class Cached:
    """A copy of a set, and the folder it lies in."""

    folder: Path
    copy: HubCopy

    def files(self, split: str) -> tuple[Path, ...]:
        """The Arrow files of one split, in order."""
        one = sorted(self.folder.glob(f"*-{split}.arrow"))
        return tuple(one or sorted(self.folder.glob(f"*-{split}-[0-9]*-of-[0-9]*.arrow")))


def cache_folder() -> Path:
    """Where `datasets` keeps what it fetched, by the variables that it follows."""
    given = os.environ
    if "HF_DATASETS_CACHE" in given:
        return Path(given["HF_DATASETS_CACHE"]).expanduser()
    base = Path(given.get("XDG_CACHE_HOME", "~/.cache")) / "huggingface"
    return Path(given.get("HF_HOME", base)).expanduser() / "datasets"


def find_copies(path: str) -> tuple[Cached, ...] | Unreadable:
    """The newest copy of each configuration of a set; `path` is its name on the hub."""
    if not NAME.fullmatch(path):
        detail = "a data set of the hub is called `owner/name`"
        return Unreadable(reason="malformed", file=path, detail=detail)
    folder = cache_folder() / path.replace("/", "___")
    found: dict[str, Cached] = {}
    try:
        infos = sorted(folder.glob(f"*/*/*/{INFO}"), key=lambda file: file.stat().st_mtime_ns)
        for info in infos:
            if info.stat().st_size > LONGEST_INFO:
                return _malformed(path)
            copy = _copy(json.loads(info.read_text(encoding="utf-8")))
            if copy is None:
                return _malformed(path)
            found[copy.name] = Cached(info.parent, copy)
    except (OSError, ValueError, RecursionError):
        return _malformed(path)
    if not found:
        return Unreadable(reason="missing", file=path)
    return tuple(found[name] for name in sorted(found))


def _malformed(path: str) -> Unreadable:
    detail = f"its `{INFO}` in the cache of `datasets` does not say what it holds"
    return Unreadable(reason="malformed", file=path, detail=detail)


def _copy(info: Any) -> HubCopy | None:
    """What the file says, None where it does not say it."""
    match info:
        case {"features": {**features}, "splits": {**splits}}:
            rows = {
                str(name): count
                for name, split in splits.items()
                if SPLIT.fullmatch(str(name))
                and isinstance(split, dict)
                and isinstance(count := split.get("num_examples"), int)
            }
            columns = tuple(_column(str(name), feature) for name, feature in features.items())
            name = info.get("config_name") or "default"
            return HubCopy(name=str(name), rows=tuple(rows.items()), columns=columns)
        case _:
            return None


def _column(name: str, feature: Any) -> HubColumn:
    """A column by its feature; one that cannot be read is told in words."""
    match feature:
        case {"_type": "ClassLabel", "names": [*names]}:
            return HubColumn(name=name, dtype="int", classes=tuple(map(str, names)))
        case {"_type": "Image"}:
            return HubColumn(name=name, dtype="pixels")
        case {"_type": "Value", "dtype": str(dtype)}:
            return _value(name, dtype)
        case {"_type": "List" | "Sequence" | "LargeList", "feature": {**inner}}:
            length = feature.get("length", -1)
            part = _column(name, inner)
            if isinstance(length, int) and length > 0 and part.dtype in {"real", "int"}:
                if not part.dims:
                    return HubColumn(name=name, dtype=part.dtype, dims=(length,))
                return HubColumn(name=name, held="a list of lists in each row")
            return HubColumn(name=name, held="a list in each row, of any length")
        case {"_type": str(kind)}:
            return HubColumn(name=name, held=f"`{kind}` in each row")
        case _:
            return HubColumn(name=name, held="several things in each row")


def _value(name: str, dtype: str) -> HubColumn:
    if dtype.startswith(("float", "double", "decimal")):
        return HubColumn(name=name, dtype="real")
    if dtype.startswith(("int", "uint", "bool")):
        return HubColumn(name=name, dtype="int")
    if dtype.startswith(TEXTS):
        return HubColumn(name=name, dtype="text")
    return HubColumn(name=name, held=f"`{dtype}` in each row")


def chosen(copies: Sequence[Cached], name: str | None) -> Cached | None:
    """The configuration of that name; without one the only one, or the one called `default`."""
    by_name: Mapping[str, Cached] = {cached.copy.name: cached for cached in copies}
    if name is None and len(copies) == 1:
        return copies[0]
    return by_name.get(name or "default")
