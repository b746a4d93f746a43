"""Uses of a block that differ in what its functions and parts are given."""

from __future__ import annotations

import torch

import netspec
from netspec import codegen

ORDERED = """
block Ordered(down, by) {
  input x: real[B, D]
  sort(x * by, dim=1, descending=down)[0] -> fc: Linear(4)
}
model {
  input x: real[B, 4]
  one: Ordered(true, 1)
  two: Ordered(false, 0)
}
"""


def test_truth_values_that_differ_are_an_argument() -> None:
    """`true` is 1 to Python, and yet not the 1 that another argument is."""
    model = netspec.parse(ORDERED).program.model
    assert model is not None
    text = codegen.emit_model(model)
    assert text.count("class ") == 2
    assert "def __init__(self, by: int, down: bool) -> None:" in text
    assert "Ordered(1, down=True)" in text
    built = codegen.build_model(model, "spec")
    x = torch.randn(3, 4)
    one, two = built.get_submodule("one.fc"), built.get_submodule("two.fc")
    first = one(x.sort(dim=1, descending=True)[0])
    torch.testing.assert_close(built(x), two((first * 0).sort(dim=1)[0]))


TURNED = """
block Turned(by) {
  input x: real[B, 4]
  roll(x, by, dims=1) -> fc: Linear(4) -> roll(-by, dims=1)
}
model {
  input x: real[B, 4]
  one: Turned(1)
  two: Turned(0)
}
"""


def test_the_negative_of_an_argument_is_written_so() -> None:
    model = netspec.parse(TURNED).program.model
    assert model is not None
    text = codegen.emit_model(model)
    assert "def __init__(self, by: int) -> None:" in text
    assert ".roll(-self.by, dims=1)" in text
    built = codegen.build_model(model, "spec")
    x = torch.randn(3, 4)
    one, two = built.get_submodule("one.fc"), built.get_submodule("two.fc")
    torch.testing.assert_close(built(x), two(one(x.roll(1, dims=1)).roll(-1, dims=1)))


STAGES = """
model {
  input x: real[B, 8]
  stages: for width in [8, 16, 64] {
    input y: real[B, D]
    if width > 8 { y = y -> wider: (LayerNorm -> Linear(width)) }
    y -> fc: Linear(2 * width)
  }
}
"""


def test_what_an_optional_part_takes_says_nothing_where_it_is_left_out() -> None:
    """A use without the part has a default of its argument, and no size follows from that."""
    model = netspec.parse(STAGES).program.model
    assert model is not None
    built = codegen.build_model(model, "spec")
    assert {key: tuple(tensor.shape) for key, tensor in built.state_dict().items()} == {
        key: weight.shape for key, weight in model.graph.weights()
    }
    assert built(torch.randn(3, 8)).shape == (3, 128)
