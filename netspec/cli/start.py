"""What makes a command start and end quickly; neither thing changes what it does.

Both are about CPython, and about importing torch, whose modules make up most of the start of a run.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from netspec.report.progress import Position, Progress

F = TypeVar("F", bound=Callable[..., object])

# Words that a frame is said to take: half a megabyte, so that its piece is one of a megabyte and as
# much is left as a thousand calls in one another take, which is as deep as Python goes.
FRAME_WORDS = 2**16


def roomy(function: F) -> F:
    """Let a function and all that it calls have their frames in one piece of memory.

    CPython keeps frames in pieces of 16 KB, maps the next one when a call does not fit, and unmaps
    it as soon as that call returns. What is called over and over just where a piece ends costs two
    system calls each time: importing torch came to 40,000 of them, a tenth of a run. A frame that
    is larger than that gets a larger piece, and those of the calls lie behind it.
    """
    if isinstance(function, FunctionType):
        code = function.__code__
        function.__code__ = code.replace(co_stacksize=max(code.co_stacksize, FRAME_WORDS))
    return function


@contextmanager
def loading() -> Iterator[None]:
    """While open, nobody looks for garbage in cycles, until `loaded` is called; nor is it at exit.

    Modules stay for as long as the process does. Going through all their objects again and again
    while more are loaded, and once more at exit, took a seventh of a check and over a quarter of a
    run, and found next to nothing.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()


def loaded() -> None:
    """Look for garbage from now on, in what comes after: for work that may go on for days."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


class Loaded:
    """A run's observer that calls `loaded` when training begins, around another one."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown

    def begin(self, position: Position) -> None:
        """Everything is loaded, and the loop begins."""
        loaded()
        self._shown.begin(position)

    def epoch(self, record: Mapping[str, float]) -> None:
        """Show the epoch."""
        self._shown.epoch(record)

    def end(self) -> None:
        """Show no more."""
        self._shown.end()
