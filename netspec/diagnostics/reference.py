"""The errors of the language reference: their pages, and the tables of the sections they belong to.

A section of the reference names the codes of its construct in a comment, `<!-- errors: NS2101 -->`,
and the table below it is made from the registry. The pages in `errors/` are what
`netspec explain` prints. `make reference` writes both; a test holds them up to date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from netspec.diagnostics.codes import STAGES, Code

FOLDER = "errors"
TABLE = re.compile(r"^<!-- errors:(?P<codes>[^>]*)-->\n(?:\|.*\n)*", re.MULTILINE)
HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
COMMAND = re.compile(r"\s*netspec [a-z]")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
INTRODUCTION = """\
Every error has a code that never changes its meaning, and a page with a wrong spec and a right
one. `netspec explain NS4002` prints the same page; `make reference` makes these."""


def write(grammar: Path, codes: Mapping[str, Code]) -> None:
    """Write the pages below the folder `grammar`, and the tables of the pages in it."""
    pages = read(grammar)
    for name, text in pages.items():
        (grammar / name).write_text(filled(text, codes), encoding="utf-8")
    folder = grammar / FOLDER
    folder.mkdir(exist_ok=True)
    made = documents(codes, pages)
    for stale in set(folder.glob("*.md")) - {folder / name for name in made}:
        stale.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


def read(grammar: Path) -> dict[str, str]:
    """The pages of the reference by the names of their files."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(grammar.glob("*.md"))}


def named(text: str) -> list[str]:
    """The codes that the comments of a page name, in their order."""
    return [code for table in TABLE.finditer(text) for code in table["codes"].split()]


def filled(text: str, codes: Mapping[str, Code]) -> str:
    """A page whose tables of errors say what the codes of each comment are."""

    def table(found: re.Match[str]) -> str:
        numbers = found["codes"].split()
        rows = (_row(_link(number, ""), _cell(codes[number].title)) for number in numbers)
        return "\n".join(
            [found[0].splitlines()[0], "| error | what is wrong |", "| --- | --- |", *rows, ""]
        )

    return TABLE.sub(table, text)


def documents(codes: Mapping[str, Code], pages: Mapping[str, str]) -> dict[str, str]:
    """The pages of `errors/` by the names of their files; `pages` are those of the reference."""
    places = _places(pages)
    made = {"README.md": "\n".join(_contents(codes, places))}
    for digit, stage in STAGES.items():
        members = [code for number, code in codes.items() if number[2] == digit]
        made[f"NS{digit}.md"] = "\n".join(_document(f"NS{digit}", stage, members))
    return made


def anchor(title: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _places(pages: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """For each code the sections that name it: a title, and a link from the folder of errors."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, text in pages.items():
        # Fenced text may hold lines that look like headings.
        bare = FENCED.sub(lambda block: "\n" * block[0].count("\n"), text)
        headings = [(at.start(), at["title"]) for at in HEADING.finditer(bare)]
        for table in TABLE.finditer(bare):
            title = [said for at, said in headings if at < table.start()][-1]
            for number in table["codes"].split():
                found.setdefault(number, []).append((title, f"../{name}#{anchor(title)}"))
    return found


def _contents(
    codes: Mapping[str, Code], places: Mapping[str, list[tuple[str, str]]]
) -> Iterator[str]:
    yield "# Errors"
    yield ""
    yield INTRODUCTION
    yield ""
    for digit, stage in STAGES.items():
        yield f"## NS{digit}: {stage}"
        yield ""
        yield "| error | what is wrong | belongs to |"
        yield "| --- | --- | --- |"
        for number, code in codes.items():
            if number[2] == digit:
                where = ", ".join(f"[{title}]({to})" for title, to in places.get(number, ()))
                yield _row(_link(number, "README.md"), _cell(code.title), where)
        yield ""


def _document(family: str, stage: str, members: list[Code]) -> Iterator[str]:
    yield f"# {family}: {stage}"
    yield ""
    yield "Made from the pages of `netspec explain` by `make reference`. [All errors](README.md)."
    yield ""
    for code in members:
        title, _, rest = code.page.partition("\n")
        yield f"## {code.number}"
        yield ""
        yield f"**{title}**"
        yield from _markdown(rest)
        yield ""


def _markdown(page: str) -> Iterator[str]:
    """The lines of an explain page, its indented specs and commands in fences."""
    inside, blank = False, 0
    for line in page.rstrip().split("\n"):
        if not line.strip():
            blank += 1
            continue
        indented = line.startswith("    ")
        if inside and not indented:
            yield "```"
            blank = max(blank, 1)
        yield from [""] * blank
        if indented and not inside:
            yield from ([] if blank else [""])
            yield "```text" if COMMAND.match(line) else "```net"
        inside, blank = indented, 0
        yield line.removeprefix("    ")
    if inside:
        yield "```"


def _link(number: str, page: str) -> str:
    """A link to the code's page, from the index of errors (`README.md`) or from the reference."""
    folder = "" if page else f"{FOLDER}/"
    return f"[{number}]({folder}{number[:3]}.md#{number.lower()})"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
