"""Steps that only some uses of a block have: one class with an `if`, and the same numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import netspec
from netspec import codegen

INVERTED = """
block Inverted(channels) {
  input x: real[B, C, H, W]
  y = x -> conv: { Conv2d(channels, 3, padding=1) -> BatchNorm2d }
  if C == channels { y = x + y }
  output y
}
model { input x: real[B, 3, 8, 8]
  body: { Inverted(4) -> Inverted(4) -> Inverted(6) -> Inverted(6) }
}
"""


def emitted(text: str) -> str:
    (model,) = netspec.parse(text).program.models
    return codegen.emit_model(model)


def test_a_residual_that_not_all_uses_have_is_a_flag() -> None:
    text = emitted(INVERTED)
    assert text.count("class ") == 2
    assert "        if self.residual:\n            y = x + y\n        return y\n" in text
    assert "Inverted(3, 4, residual=False)" in text
    assert "Inverted(4, 4, residual=True)" in text


def test_it_computes_what_the_text_says() -> None:
    built = netspec.parse(INVERTED).build().eval()
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    wanted = x
    for part in built.get_submodule("body").children():
        made: Tensor = part.get_submodule("conv")(wanted)
        wanted = wanted + made if made.shape == wanted.shape else made
    assert torch.equal(built(x), wanted)


def test_what_only_the_steps_call_is_there_with_them() -> None:
    text = """
block Part(deep: bool) {
  input x: real[B, D]
  y = x -> first: Linear(8) -> ReLU
  if deep { y = cat(y, x, dim=1) -> more: Linear(8) }
  y -> last: Linear(4)
}
model { input x: real[B, 4]
  a: Part(true)
  b: Part(false)
  c: Part(true)
}
"""
    assert emitted(text).count("class Part") == 1
    assert (
        "        if self.deep:\n            y = self.more(torch.cat([y, x], dim=1))\n"
        in emitted(text)
    )
    built = netspec.parse(text).build()
    keys = {key.rpartition(".")[0] for key in built.state_dict()}
    assert keys == {"a.first", "a.more", "a.last", "b.first", "b.last"} | {
        "c.first",
        "c.more",
        "c.last",
    }
    x = torch.randn(2, 4)
    wanted = x
    for name in "abc":
        part = built.get_submodule(name)
        y = part.get_submodule("first")(wanted).relu()
        if name != "b":
            y = part.get_submodule("more")(torch.cat([y, wanted], dim=1))
        wanted = part.get_submodule("last")(y)
    assert torch.equal(built(x), wanted)


def test_a_value_that_is_used_on_keeps_its_name() -> None:
    text = """
block Part(twice: bool) {
  input x: real[B, D]
  y = x -> first: Linear(4)
  z = y
  if twice { z = z + tanh(z) * x }
  z * y
}
model { input x: real[B, 4]
  a: Part(true)
  b: Part(false)
}
"""
    assert emitted(text).count("class Part") == 1
    built, x = netspec.parse(text).build(), torch.randn(3, 4)
    y = built.get_submodule("a.first")(x)
    between = (y + y.tanh() * x) * y
    y = built.get_submodule("b.first")(between)
    assert torch.equal(built(x), y * y)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("if C == 4 { y = y + (x -> a: Linear(4) -> b: Linear(4) -> c: Linear(4)) }", "many parts"),
        ("if C == 4 { y = x + y\n  x = tanh(x) }\n  y = y + mean(x)", "two values"),
        ("if C == 4 { y = y + x } else { y = tanh(y) }", "other steps instead"),
    ],
)
def test_what_differs_in_more_has_a_class_of_its_own(body: str, why: str) -> None:
    text = f"""
block Part {{
  input x: real[B, C]
  y = x -> first: Linear(4)
  {body}
  output y
}}
model {{ input x: real[B, 8]
  a: Part
  b: Part
}}
"""
    assert emitted(text).count("class Part") == 2, why


def test_a_use_has_the_items_of_its_own_lists_only() -> None:
    """An item is no optional part: a longer list has more weights, and other names."""
    text = """
block Stage(rounds) {
  input x: real[B, 4]
  for i in 0..rounds { x = x + (x -> fc[i]: Linear(4) -> out[i]: Linear(4, bias=false)) }
  x
}
model { input x: real[B, 4]
  a: Stage(1)
  b: Stage(2)
  c: Stage(0)
}
"""
    spec = netspec.parse(text)
    made = spec.build().state_dict()
    names = [f"a.{name}" for name in ("fc.0.weight", "fc.0.bias", "out.0.weight")]
    names += [f"b.fc.{at}.{name}" for at in (0, 1) for name in ("weight", "bias")]
    names += [f"b.out.{at}.weight" for at in (0, 1)]
    assert list(made) == names
