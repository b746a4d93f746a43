"""Every code's explain page: its form, and that its examples do what they say."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from enclosed import lay_out

import netspec
from netspec import driver
from netspec.diagnostics import CODES, Diagnostic, Sink
from netspec.diagnostics.render import render_terminal
from netspec.source import Source

PACKAGE = Path(netspec.__file__).parent
SECTION = re.compile(r"^(Wrong|Right):\n((?:(?: {4}.*)?\n)+)", re.MULTILINE)


def import_all_codes() -> list[str]:
    """The modules of constructors, imported for the codes they register."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if any(part == "errors" or part.endswith("_errors") for part in parts):
            found.append(".".join(part for part in parts if part != "__init__"))
    for module in found:
        importlib.import_module(module)
    return found


MODULES = import_all_codes()


def sections(page: str) -> dict[str, str]:
    """The example specs of a page by the section they stand in."""
    return {
        title: "\n".join(line.removeprefix("    ") for line in block.rstrip().split("\n")) + "\n"
        for title, block in SECTION.findall(page + "\n")
    }


def complaints(text: str, folder: Path) -> tuple[Diagnostic, ...]:
    lay_out(text, folder)
    sink = Sink()
    driver.check(Source("example.net", text, folder / "example.net"), sink, {})
    return sink.diagnostics


def test_there_are_codes() -> None:
    assert MODULES
    assert len(CODES) > 20


@pytest.mark.parametrize("number", sorted(CODES))
def test_page_has_the_form(number: str) -> None:
    page = CODES[number].page
    lines = page.splitlines()
    assert re.fullmatch(r"NS\d{4}", number)
    assert lines[0].endswith("."), "the title is a sentence"
    assert "illegal" not in page.lower()
    assert lines[1] == "", "the title stands alone"
    assert lines[2].strip(), "a paragraph says why"
    examples = sections(page)
    if examples:
        assert list(examples) == ["Wrong", "Right"]
    else:
        assert re.search(r"^    \S|`[^`\n]*netspec ", page, re.M), (
            "without a spec, a page shows a command"
        )


@pytest.mark.parametrize("number", sorted(n for n in CODES if sections(CODES[n].page)))
def test_examples_do_what_the_page_says(number: str, tmp_path: Path) -> None:
    examples = sections(CODES[number].page)
    for folder in ("wrong", "right"):
        (tmp_path / folder).mkdir()
    wrong = complaints(examples["Wrong"], tmp_path / "wrong")
    assert [d.code for d in wrong] == [number], "\n" + render_terminal(wrong)
    right = complaints(examples["Right"], tmp_path / "right")
    assert not right, "\n" + render_terminal(right)
