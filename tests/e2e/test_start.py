"""What makes commands start quickly: it acts in a process of its own, and nowhere else."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from netspec import cli
from netspec.cli.start import FRAME_WORDS, loaded, roomy

SPEC = Path(__file__).parent.parent.parent / "specs" / "two_moons.net"


def test_a_process_of_its_own_looks_for_no_garbage() -> None:
    code = (
        "import gc, sys\n"
        "from netspec.cli import main\n"
        "from netspec.cli.start import loaded\n"
        f"sys.argv = ['netspec', 'check', {str(SPEC)!r}]\n"
        "assert main() == 0\n"
        "print(gc.isenabled(), gc.get_freeze_count() > 0)\n"
        "loaded()\n"
        "print(gc.isenabled())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1:] == ["False True", "True"]


def test_the_process_of_a_caller_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    frozen = gc.get_freeze_count()
    assert cli.main(["check", str(SPEC)]) == 0
    loaded()
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, frozen)
    assert "ok" in capsys.readouterr().out


def test_a_roomy_function_does_what_it_did() -> None:
    def depth(left: int) -> int:
        return 0 if left == 0 else 1 + depth(left - 1)

    @roomy
    def outer(left: int, *, more: int = 0) -> int:
        """What it is for."""
        return depth(left) + more

    assert outer(500, more=2) == 502
    assert outer.__code__.co_stacksize == FRAME_WORDS
    assert outer.__doc__ == "What it is for."
    with pytest.raises(RecursionError):
        outer(10**6)
