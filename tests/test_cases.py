"""Golden specs.

`cases/bad/<area>/*.net`: each diagnostic belongs to exactly one mark. A mark is a comment:
`# error[NS4002]` on the line of the diagnostic, several one after the other;
`# next line: error[NS1004]` where the line itself cannot hold a comment;
`# nowhere: error[NS0011]` for a diagnostic without a place.
The first file of a code has the full rendering beside it, as `.txt`.

`cases/good/*.net`: nothing to complain about. A comment `# [B, 128]` or `# prob[B, 10]` at the end
of a line is the type of the last value that a statement makes which ends there.

Either may begin with `# set: lr=3` (an override), `# synthetic: H=64 W=64` (made-up data, be it
without a size) and `# file: name.csv`, followed by the lines of
that file, each behind `#| `; the file is put beside the spec. Marks in the lines of a file that the
spec imports are about that file. The lines of a `name.safetensors` are its tensors,
`#| 0.weight F32 5 2`: key, dtype and sizes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from enclosed import lay_out
from typed import type_marks, types_at

from netspec import driver
from netspec.diagnostics import Diagnostic, Sink
from netspec.diagnostics.render import render_terminal
from netspec.program import Program
from netspec.source import Source

CASES = Path(__file__).parent / "cases"
BAD = sorted((CASES / "bad").rglob("*.net"))
GOOD = sorted((CASES / "good").rglob("*.net"))

MARK = re.compile(r"\b(?:error|warning)\[NS\d{4}\]")
HEADLINE = re.compile(r"^(?:error|warning)\[(NS\d{4})\]", re.MULTILINE)
NOWHERE = 0


@dataclass(frozen=True)
class Case:
    source: Source
    overrides: dict[str, str]
    files: dict[str, str]
    sizes: dict[str, int] | None = None

    @property
    def specs(self) -> dict[str, str]:
        """The texts of the spec and of what it may import, by name."""
        own = "\n".join(
            "" if line.startswith("#|") else line for line in self.source.text.split("\n")
        )
        libraries = {name: text for name, text in self.files.items() if name.endswith(".net")}
        return {self.source.name: own, **libraries}


def prepare(path: Path, folder: Path) -> Case:
    """The spec as it stands, with the files it asks for beside it in an empty folder."""
    text = path.read_text(encoding="utf-8")
    overrides: dict[str, str] = {}
    sizes: dict[str, int] | None = None
    for line in text.splitlines():
        if setting := re.match(r"# set: ([\w.]+)=(.*)", line):
            overrides[setting[1]] = setting[2]
        if made_up := re.match(r"# synthetic:(.*)", line):
            given = (size.split("=") for size in made_up[1].split())
            sizes = {name: int(number) for name, number in given}
    files = lay_out(text, folder)
    spec = folder / path.name
    spec.write_text(text, encoding="utf-8")
    return Case(Source(path.name, text, spec), overrides, files, sizes)


def check(case: Case) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    sink = Sink()
    program = driver.check(case.source, sink, case.overrides, sizes=case.sizes)
    return program, sink.diagnostics


def marks(text: str) -> Iterator[tuple[int, str]]:
    """The line and the mark of every mark."""
    for number, line in enumerate(text.splitlines(), 1):
        code, sign, comment = line.rpartition("#")
        if not sign:
            continue
        target = number
        if not code.strip() and comment.startswith(" next line:"):
            target = number + 1
        elif not code.strip() and comment.startswith(" nowhere:"):
            target = NOWHERE
        for mark in MARK.findall(comment):
            yield target, mark


def name(path: Path) -> str:
    return path.relative_to(CASES).with_suffix("").as_posix()


@pytest.mark.parametrize("path", BAD, ids=name)
def test_bad_spec(path: Path, tmp_path: Path, update_goldens: bool) -> None:
    case = prepare(path, tmp_path)
    _, found = check(case)
    expected = Counter(
        (name if line != NOWHERE else "", line, mark)
        for name, text in case.specs.items()
        for line, mark in marks(text)
    )
    assert expected, "a bad spec needs a mark"
    rendered = render_terminal(found)
    reported = Counter((*place(d), f"{d.severity}[{d.code}]") for d in found)
    assert reported == expected, "\n" + rendered
    golden = path.with_suffix(".txt")
    if update_goldens and (golden.exists() or not {d.code for d in found} <= rendered_codes()):
        golden.write_text(rendered, encoding="utf-8")
    if golden.exists():
        assert rendered == golden.read_text(encoding="utf-8")


def place(diagnostic: Diagnostic) -> tuple[str, int]:
    if not diagnostic.labels:
        return "", NOWHERE
    span = diagnostic.labels[0].span
    return span.source.name, span.line


def rendered_codes() -> set[str]:
    """The codes that have a full rendering."""
    texts = (golden.read_text(encoding="utf-8") for golden in (CASES / "bad").rglob("*.txt"))
    return {code for text in texts for code in HEADLINE.findall(text)}


@pytest.mark.parametrize("path", GOOD, ids=name)
def test_good_spec(path: Path, tmp_path: Path) -> None:
    case = prepare(path, tmp_path)
    program, found = check(case)
    assert not found, "\n" + render_terminal(found)
    assert program is not None
    types = {
        (name, line): mark for name, text in case.specs.items() for line, mark in type_marks(text)
    }
    assert types_at(program, types) == types


def test_every_rendering_has_its_spec() -> None:
    orphans = [
        name(golden)
        for golden in (CASES / "bad").rglob("*.txt")
        if not golden.with_suffix(".net").exists()
    ]
    assert not orphans
