"""`specs/README.md` is up to date: what is counted to the digit, what was measured in bounds."""

from __future__ import annotations

import re

import pytest
from gallery import BEFORE, BETWEEN, HEAD, PAGE, cells, models, others, rows_of, sentence

TEXT = PAGE.read_text(encoding="utf-8")
ROWS = {re.sub(r".*/(\w+)\.net\)", r"\1", row.cells[0]): row for row in rows_of(TEXT)}


def test_every_model_has_its_row() -> None:
    assert list(ROWS) == models(), "run `make gallery`"


@pytest.mark.parametrize("name", models())
def test_a_row_says_what_there_is(name: str) -> None:
    row = ROWS[name]
    assert row.cells == cells(name), "run `make gallery`"
    assert len(HEAD) == len(row.cells) + 2
    assert 0 <= row.measured.outputs <= 1e-5
    assert 0 <= row.measured.gradients <= 1e-4


def test_the_rest_of_the_page_is_up_to_date() -> None:
    told = "\n".join(line for line in TEXT.splitlines() if not line.startswith("| ")) + "\n"
    assert told == BEFORE + BETWEEN + "\n".join(others()) + "\n", "run `make gallery`"
    assert all(line.endswith(".") for line in others())


def test_the_first_sentence_is_told() -> None:
    assert sentence("# A line: y = -0.5 x\n# + 2. More.\ndata {") == "A line: y = -0.5 x + 2."
    assert sentence("param a = 1") == ""
