"""Ctrl-C: the first one ends the run after the step in progress, a second one leaves at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from netspec.runner.job import Position


@contextmanager
def interruptible(position: Position) -> Iterator[None]:
    """While open, the first SIGINT only marks `position`; later ones act as they did before.

    Signals belong to the main thread; on any other, nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def mark(number: int, frame: FrameType | None) -> None:
        position.interrupted = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, mark)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
