"""Uses of a block that differ in a truth value that a function is given."""

from __future__ import annotations

import torch

import netspec
from netspec import codegen

TEXT = """
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


def test_they_are_one_class_with_an_argument() -> None:
    """`true` is 1 to Python, and yet not the 1 that another argument is."""
    model = netspec.parse(TEXT).program.model
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
