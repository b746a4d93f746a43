"""Where each declaration of the prelude stands, found without parsing it.

Every declaration is one line that begins with `extern`, with its doc in comments right above, and
an example, where none can be made from the declaration, in lines that begin with `#>`. A light scan
finds kinds and names; only the declarations that a spec uses are parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_DECLARATION = re.compile(r"^extern[ \t]+(\w+)[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Declaration:
    """One `extern` line: the file it is in, the line's number from 1, its text, doc and example."""

    file: str
    line: int
    text: str
    doc: str
    example: tuple[str, ...] = ()


@cache
def declarations() -> dict[tuple[str, str], Declaration]:
    """Every declaration of the prelude by kind and name, in the order of the files."""
    found: dict[tuple[str, str], Declaration] = {}
    folder = files("netspec.prelude")
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if not path.name.endswith(".net"):
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, text in enumerate(lines, 1):
            match = _DECLARATION.match(text)
            if match is None:
                continue
            key = (match[1], match[2])
            if key in found:
                raise ValueError(f"the prelude declares {key[0]} {key[1]} twice")
            found[key] = Declaration(path.name, number, text, *_comments(lines, number - 1))
    return found


def _comments(lines: list[str], index: int) -> tuple[str, tuple[str, ...]]:
    """The comments right above line `index`: the doc as one paragraph, the lines of the example."""
    first = index
    while first > 0 and lines[first - 1].startswith("#"):
        first -= 1
    above = lines[first:index]
    doc = " ".join(line.lstrip("# ").strip() for line in above if not line.startswith("#>"))
    return doc, tuple(line[2:].removeprefix(" ") for line in above if line.startswith("#>"))
