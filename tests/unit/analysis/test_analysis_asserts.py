"""When two types are the same, for every way in which their dimensions may be named."""

from __future__ import annotations

import pytest

import netspec
from netspec import driver
from netspec.diagnostics import Sink
from netspec.program.asserts import Decided
from netspec.source import Source

MODEL = """model Left {{
  input x: real[B, T, 8]
  {left}
}}
model Right {{
  input x: real[N, S, 8]
  {right}
}}
test {{ assert {condition} }}
"""


def decided(condition: str, left: str = "Linear(8)", right: str = "Linear(8)") -> Decided:
    sink = Sink()
    text = MODEL.format(condition=condition, left=left, right=right)
    program = driver.check(Source("t.net", text), sink)
    assert program is not None, sink.diagnostics
    (found,) = program.tests
    assert isinstance(found, Decided)
    return found


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("Left.output == real[B, T, 8]", True),
        ("Left.output == real[T, B, 8]", True),
        ("Left.output == real[B, B, 8]", False),
        ("Left.output == real[B, T, D]", False),
        ("Left.output == real[B, T]", False),
        ("Left.output == prob[B, T, 8]", False),
        ("Left.output == [B, T, 8]", True),
        ("Left.output == real[..., 8]", True),
        ("Left.output == real[B, ..., 8]", True),
        ("Left.output == real[B, T, 8, ...]", True),
        ("Left.output == real[B, ..., T, D, 8]", False),
        ("Left.output == real[..., 9]", False),
        ("Left.output != real[B, T, 9]", True),
        ("Left.output == Right.output", True),
        ("real[B, T, 8] == Left.output", True),
        ("Left.input == Left.output", True),
    ],
)
def test_names_of_dimensions_may_differ(condition: str, holds: bool) -> None:
    assert decided(condition).passed is holds


@pytest.mark.parametrize(
    ("left", "right", "holds"),
    [
        ("x -> reshape(B * T, 8)", "x -> reshape(N * S, 8)", True),
        ("x -> reshape(B * T, 8)", "x -> reshape(N * S * 2, 4)", False),
        ("x[:, ::2]", "x[:, ::2]", True),
        ("x[:, ::2]", "x[:, ::3]", False),
    ],
)
def test_arithmetic_of_dimensions_is_compared(left: str, right: str, holds: bool) -> None:
    assert decided("Left.output == Right.output", left, right).passed is holds


def test_one_name_is_one_name_on_the_other_side_too() -> None:
    same = decided("Left.output == real[B, T, 8]", "x -> reshape(B, T, 8)")
    assert same.passed
    swapped = decided("Left.output == real[B, T * 2, 4]", "x -> reshape(B, 2 * T, 4)")
    assert swapped.passed


def test_what_was_found_is_told_of_each_side() -> None:
    found = decided("Left.params == 72 and Left.layers == 2")
    assert not found.passed
    assert [(side.span.text, side.found) for side in found.sides] == [("Left.layers", "is 1")]


def test_the_tests_of_a_file_do_not_keep_it_from_being_checked() -> None:
    text = MODEL.format(condition="Left.params == 1", left="Tanh", right="Tanh")
    assert netspec.check(text) == ()
