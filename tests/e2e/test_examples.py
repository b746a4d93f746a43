"""The stories under examples/ are run, and come out as they say."""

from __future__ import annotations

import runpy
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def test_sweep() -> None:
    story = runpy.run_path(str(EXAMPLES / "sweep.py"))
    losses = story["main"](epochs=2)
    assert list(losses) == [4, 16, 64]
    assert losses[64] < losses[4]


def test_by_hand() -> None:
    story = runpy.run_path(str(EXAMPLES / "by_hand.py"))
    before, after = story["main"](steps=150)
    assert after < before / 10
    assert story["refuse"]().startswith("NS2")


def test_every_example_is_run_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [p.name for p in EXAMPLES.glob("*.py") if f'"{p.name}"' not in text] == []
