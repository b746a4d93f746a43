"""Models that are trained together: one class a block, and the weights that each has alone."""

from __future__ import annotations

import re

import torch
from torch import Tensor

import netspec
from netspec import codegen, driver
from netspec.diagnostics import Sink
from netspec.program import Program
from netspec.source import Source

BLOCKS = """
block Inner(n, act=ReLU) {
  input x
  x + (x -> Linear(n) -> act -> Linear(n))
}
block Outer(n) {
  input x
  h = x -> Linear(n) -> Tanh -> Inner(n)
  h -> Inner(n, act=Tanh)
}
block Around(n, inner) {
  input x
  x + (x -> Linear(n) -> inner)
}
"""
MODELS = """
model A {
  input x: real[B, 2]
  head: { Linear(4) -> ReLU -> Outer(4) }
  Linear(2)
}
model C {
  input z: real[B, 4]
  head: { Linear(8) -> ReLU -> Outer(8) -> Inner(8, act=GELU) }
  Linear(2)
}
"""
TRAIN = """
data { make_moons(n_samples=40) }
train {
  loss      = CrossEntropyLoss(x -> A, y) + CrossEntropyLoss(randn(B, 4) -> C, y)
  optimizer = Adam
  epochs    = 1
}
"""


def program_of(text: str) -> Program:
    sink = Sink()
    found = driver.check(Source("t.net", text), sink)
    assert found is not None, sink.diagnostics
    return found


def classes(text: str) -> list[str]:
    return re.findall(r"^class (\w+)", text, re.MULTILINE)


def test_a_block_of_two_models_is_one_class() -> None:
    program = program_of(BLOCKS + MODELS + TRAIN)
    text = codegen.emit_models(program.trained)
    assert classes(text) == ["Inner", "InnerTanh", "InnerGELU", "Outer", "A", "C"]
    assert classes(netspec.parse(BLOCKS + MODELS + TRAIN).export()) == classes(text)


def test_each_model_is_as_it_is_alone() -> None:
    program = program_of(BLOCKS + MODELS + TRAIN)
    torch.manual_seed(3)
    both = codegen.build_models(program.trained, "t.net")
    torch.manual_seed(3)
    alone = {model.name: codegen.build_model(model, "t.net") for model in program.trained}
    given: dict[str, Tensor] = {"A": torch.randn(5, 2), "C": torch.randn(5, 4)}
    for name, module in alone.items():
        held = both.get_submodule(name)
        assert list(held.state_dict()) == list(module.state_dict())
        for key, tensor in module.state_dict().items():
            assert torch.equal(held.state_dict()[key], tensor), key
        assert torch.equal(held(given[name]), module(given[name]))


def test_blocks_may_stand_in_one_another_either_way() -> None:
    models = MODELS.replace("Outer(4)", "Around(4, inner=Inner(4))").replace(
        "Outer(8)", "Inner(8, act=Around(8, inner=Tanh))"
    )
    program = program_of(BLOCKS + models + TRAIN)
    torch.manual_seed(3)
    both = codegen.build_models(program.trained, "t.net")
    torch.manual_seed(3)
    for model in program.trained:
        module = codegen.build_model(model, "t.net")
        given = torch.randn(5, 2 if model.name == "A" else 4)
        held = both.get_submodule(model.name)
        assert list(held.state_dict()) == list(module.state_dict())
        state = torch.get_rng_state()
        held.load_state_dict(module.state_dict(), strict=True)
        assert torch.equal(held(given), module(given))
        torch.set_rng_state(state)
