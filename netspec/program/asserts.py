"""What the asserts of a spec's `test` blocks are: decided by the compiler, or left to a run."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.program.graph import Model
from netspec.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A part of an assert and what it came to, in words: "is 1,041", "takes real[B, 4]"."""

    span: Span
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Whether an assert holds, and what was found: each part with its place."""

    span: Span
    passed: bool
    found: tuple[Side, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """An assert on what is known without a run: counts, types, params.

    `sides` are what it compares; `origins` where the model makes what is not as it should be.
    """

    span: Span
    passed: bool
    sides: tuple[Side, ...]
    origins: tuple[Side, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overfits:
    """`overfits(rows=32, steps=200)`: some rows can be learned by heart.

    In that many steps of the optimizer, each on all of the rows, the loss falls to the fraction
    `to` of what it was. Where training has phases, that holds of each of `phases` by itself, what
    the others update standing still.
    """

    span: Span
    rows: int
    steps: int
    to: float
    phases: tuple[str, ...] = ()

    def outcome(self, *, passed: bool, found: str) -> Outcome:
        """What became of it, in words."""
        return Outcome(span=self.span, passed=passed, found=(Side(span=self.span, found=found),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Equal:
    """`equal(A, B)`: with the same weights, two models give the same outputs.

    The inputs are random, drawn with `seed`; outputs may differ by `tolerance`.
    """

    span: Span
    left: Model
    right: Model
    tolerance: float
    seed: int

    def outcome(self, *, passed: bool, found: str) -> Outcome:
        """What became of it, in words."""
        return Outcome(span=self.span, passed=passed, found=(Side(span=self.span, found=found),))


Assertion = Decided | Overfits | Equal
