"""Every snippet in the documents is true: specs check, commands print what is shown, Python runs.

How a fenced block is marked:

- `net`: a whole spec without a finding. A word ending in `.net` names it: a path that exists in the
  repository must hold the same text, any other name is a file that commands and imports may use.
  A comment `# real[B, 4]` at the end of a line is the type of what is made there.
- `net error NS4002`: a spec with exactly this finding.
- `finding`: what `netspec check` prints of the `net error` before it.
- `net fragment`: only its syntax is tested.
- `console`: commands after `$`, each with what it prints; `...` stands for anything.
- `console figures`: the same, with every number free to differ.

- `python`: runs by itself, in a folder that holds `specs/`.

`--update-goldens` writes what is really printed into the document; read the difference.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typed import type_marks, types_at

from netspec import driver
from netspec.analysis.data.arguments import FUNCTIONS
from netspec.diagnostics import Diagnostic, Sink
from netspec.diagnostics.render import render_terminal
from netspec.program import Program
from netspec.source import Source
from netspec.syntax import parse

ROOT = Path(__file__).parent.parent
REFERENCE = tuple(f"grammar/{page.name}" for page in sorted((ROOT / "grammar").glob("*.md")))
DOCUMENTS = ("README.md", *REFERENCE, "CHANGELOG.md", "CONTRIBUTING.md")
FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
# Blocks that show what no test here can run: shell set-up, Python's own output, settings.
UNTESTED = {"", "text", "sh", "toml", "make"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    document: str
    line: int
    words: tuple[str, ...]
    text: str

    @property
    def file(self) -> str | None:
        return next((word for word in self.words if word.endswith((".net", ".txt", ".csv"))), None)

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(document: str) -> list[Block]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return [
        Block(
            document=document,
            line=text.count("\n", 0, found.start()) + 1,
            words=tuple(found["info"].split()),
            text=found["text"],
        )
        for found in FENCE.finditer(text)
    ]


BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]


def of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.words[:1] == (language,)]


def check(block: Block, folder: Path) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """The program and the findings of a spec, which may import the document's named snippets."""
    lay_out(block.document, folder)
    sink = Sink()
    name = block.file or "model.net"
    program = driver.check(Source(name, block.text, folder / name), sink, {})
    return program, sink.diagnostics


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the repository's specs, where commands may write."""
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lay_out(document: str, folder: Path) -> None:
    """Write the named snippets of a document, for its commands to use."""
    for block in blocks(document):
        if block.file is not None and not (ROOT / block.file).exists():
            (folder / block.file).write_text(block.text, encoding="utf-8")


# --- specs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", of("net"), ids=str)
def test_spec(block: Block, tmp_path: Path) -> None:
    match block.words[1:]:
        case ("fragment",):
            sink = Sink()
            parse(Source("snippet.net", block.text), sink)
            assert [diagnostic.code for diagnostic in sink.diagnostics] == []
        case ("error", code, *_):
            _, found = check(block, tmp_path)
            assert [d.code for d in found] == [code], "\n" + render_terminal(found)
        case () | (_,):
            program, found = check(block, tmp_path)
            assert not found, "\n" + render_terminal(found)
            assert program is not None
            name = block.file or "model.net"
            types = {(name, line): mark for line, mark in type_marks(block.text)}
            assert types_at(program, types) == types
            if block.file is not None and (ROOT / block.file).exists():
                assert block.text == (ROOT / block.file).read_text(encoding="utf-8")
        case unknown:
            pytest.fail(f"{block}: what is `{' '.join(unknown)}`?")


@pytest.mark.parametrize("block", of("finding"), ids=str)
def test_finding(block: Block, tmp_path: Path, update_goldens: bool) -> None:
    spec = BLOCKS[BLOCKS.index(block) - 1]
    assert spec.words[:2] == ("net", "error"), "a finding stands below the spec it is about"
    _, found = check(spec, tmp_path)
    rendered = render_terminal(found)
    if update_goldens and rendered != block.text:
        document = ROOT / block.document
        before = f"{spec.text}```\n\n```finding\n"
        text = document.read_text(encoding="utf-8")
        text = text.replace(before + block.text, before + rendered)
        document.write_text(text, encoding="utf-8")
    else:
        assert block.text == rendered


# --- commands ------------------------------------------------------------------------------------


def sessions(text: str) -> list[tuple[str, str]]:
    """Each command of a console block with the output shown below it."""
    commands = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert commands[0] == "", "a console block begins with a command"
    return [(first, rest) for first, _, rest in (c.partition("\n") for c in commands[1:])]


def printed(command: str, folder: Path) -> str:
    """What a command prints, both streams in their order, as in a pipe."""
    words = shlex.split(command)
    if words[0] == "netspec":
        words = [sys.executable, "-m", *words]
    elif words[0] == "cat":
        return (folder / words[1]).read_text(encoding="utf-8")
    else:
        assert words[0] == "python", f"this test does not run `{words[0]}`"
        words[0] = sys.executable
    done = subprocess.run(
        words,
        cwd=folder,
        env=os.environ | {"COLUMNS": "100", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def tidied(text: str, *, figures: bool) -> list[str]:
    """The lines without blanks at their ends; every run of blanks is one where figures differ."""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    if figures:
        lines = [re.sub(r"[ ─]+", " ", NUMBER.sub("0", line)) for line in lines]
    return lines


def agrees(shown: list[str], real: list[str]) -> bool:
    """Whether the real lines are those shown, `...` standing for any text, over lines too."""
    pattern = ".*".join(re.escape(part) for part in "\n".join(shown).split("..."))
    return re.fullmatch(pattern, "\n".join(real), re.DOTALL) is not None


@pytest.mark.parametrize("block", of("console"), ids=str)
def test_command(block: Block, folder: Path, update_goldens: bool) -> None:
    lay_out(block.document, folder)
    figures = block.words[1:] == ("figures",)
    session, agree = "", True
    for command, output in sessions(block.text):
        real = printed(command, folder)
        shown, found = (tidied(text, figures=figures) for text in (output, real))
        agree = agree and agrees(shown, found)
        session += "\n".join([f"$ {command}", *tidied(real, figures=False)]) + "\n"
    if update_goldens and not agree:
        document = ROOT / block.document
        text = document.read_text(encoding="utf-8")
        document.write_text(text.replace(block.text, session), encoding="utf-8")
    else:
        assert agree, session


def test_the_comparison_can_fail() -> None:
    assert agrees(["a", "...", "d"], ["a", "b", "c", "d"])
    assert not agrees(["a", "d"], ["a", "b", "d"])
    assert tidied("loss 0.123  9 s", figures=True) == tidied("loss 4.5 10 s", figures=True)
    assert tidied("loss 0.1", figures=True) != tidied("error 0.1", figures=True)


# --- Python and links ----------------------------------------------------------------------------


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_python(block: Block, folder: Path) -> None:
    lay_out(block.document, folder)
    exec(compile(block.text, str(block), "exec"), {"__name__": "snippet"})


def test_every_block_is_of_a_known_language() -> None:
    tested = {"net", "finding", "console", "python"}
    unknown = [str(b) for b in BLOCKS if (b.words or ("",))[0] not in tested | UNTESTED]
    assert unknown == []


def test_the_reference_names_every_function_of_data() -> None:
    text = (ROOT / "grammar" / "data.md").read_text(encoding="utf-8")
    listed = re.search(r"\*\*Functions\*\*.*?\n- ", text, re.DOTALL)
    assert listed is not None
    named = {word for span in re.findall(r"`([^`]+)`", listed[0]) for word in span.split()}
    assert set(FUNCTIONS) - named == set()


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = FENCE.sub("", (ROOT / document).read_text(encoding="utf-8"))
    lost = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / document).parent / path if path else ROOT / document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not on this machine")
def test_the_documented_make_targets_exist() -> None:
    text = "".join((ROOT / document).read_text(encoding="utf-8") for document in DOCUMENTS)
    for target in sorted(set(re.findall(r"`make ([a-z]+)", text))):
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0, target
