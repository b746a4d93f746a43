"""`specs/README.md`: every spec in a line, those of the zoo beside what they were held against.

`make gallery` writes it. `test_gallery.py` holds it to what there is; what was measured differs by
machine, so of that it holds the bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from entry import (
    ZOO,
    Difference,
    compared,
    emitted,
    entry,
    handwritten,
    lines_of_code,
    program,
    spec_lines,
)

SPECS = ZOO.parent
PAGE = SPECS / "README.md"
HEAD = (
    *("model", "paper", "spec", "PyTorch", "by hand", "parameters"),
    *("reference", "outputs", "gradients"),
)
BEFORE = """# Specs

Made by `make gallery`.

## The zoo

Models that people train, each in a file of at most 80 lines, with a few made-up rows to begin with.
`netspec new --list` lists them, `netspec new --from resnet18` copies one, and
`netspec run resnet18.net --synthetic --steps 20` tries it out.

Lines are those of the spec, of the PyTorch that netspec emits for its models, and of the same
models written by hand; blank lines, comments and docstrings of Python are not counted. Outputs and
gradients are the largest differences from the reference, with the same weights, in float32: of
outputs as they are, of gradients as shares of the largest. A test holds them below 1e-5 and 1e-4.

"""
BETWEEN = """
## Others

"""


@dataclass(frozen=True, slots=True)
class Row:
    """A model's line: what is the same on every machine, and what was measured on one."""

    cells: tuple[str, ...]
    measured: Difference

    def line(self) -> str:
        """The line as Markdown."""
        measured = (self.measured.outputs, self.measured.gradients)
        return _line((*self.cells, *(f"{value:.1e}" if value else "0" for value in measured)))


def models() -> list[str]:
    """The specs of the zoo."""
    return sorted(path.stem for path in ZOO.glob("*.net"))


def cells(name: str) -> tuple[str, ...]:
    """What is the same on every machine."""
    known = entry(name)
    return (
        f"[{known.title}](zoo/{name}.net)",
        known.source,
        str(spec_lines(name)),
        str(lines_of_code(emitted(program(name)))),
        str(lines_of_code(handwritten(name))),
        f"{known.parameters:,}",
        known.reference,
    )


def measured(name: str) -> Difference:
    """The largest differences of all models of a spec from their references."""
    found = [compared(name, part) for part in entry(name).parts]
    return Difference(max(one.outputs for one in found), max(one.gradients for one in found))


def others() -> Iterator[str]:
    """The other specs, with the sentence that each begins with."""
    for path in sorted(SPECS.glob("*.net")):
        yield f"- [`{path.name}`]({path.name}): {sentence(path.read_text(encoding='utf-8'))}"


def sentence(text: str) -> str:
    """The first sentence of the comment that a spec begins with."""
    comment: list[str] = []
    for line in text.splitlines():
        if not line.startswith("# "):
            break
        comment.append(line[2:])
    return re.split(r"(?<=\.)\s", " ".join(comment), maxsplit=1)[0]


def page() -> str:
    """The whole page, everything measured anew."""
    rows = [Row(cells(name), measured(name)) for name in models()]
    lines = (_line(HEAD), _line(("---", "---", *["---:"] * 4, "---", "---:", "---:")))
    table = "\n".join((*lines, *(row.line() for row in rows)))
    return f"{BEFORE}{table}\n{BETWEEN}" + "\n".join(others()) + "\n"


def rows_of(text: str) -> list[Row]:
    """The rows of the table in a page."""
    found: list[Row] = []
    for line in text.splitlines():
        if line.startswith("| ["):
            *fixed, outputs, gradients = (cell.strip() for cell in line.strip("|").split("|"))
            found.append(Row(tuple(fixed), Difference(float(outputs), float(gradients))))
    return found


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    Path(PAGE).write_text(page(), encoding="utf-8")
