"""Building pauses the garbage collector, and leaves it as it was."""

from __future__ import annotations

import gc

import pytest

from netspec.codegen.emit import collector_paused


def fail_while_paused() -> None:
    with collector_paused():
        raise ValueError("running" if gc.isenabled() else "paused")


@pytest.mark.parametrize("running", [True, False])
def test_the_collector_is_left_as_it_was(running: bool) -> None:
    before = gc.isenabled()
    try:
        gc.enable() if running else gc.disable()
        with pytest.raises(ValueError, match="paused"):
            fail_while_paused()
        assert gc.isenabled() == running
    finally:
        gc.enable() if before else gc.disable()
