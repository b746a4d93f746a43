"""Sizes that `input` names stay open in what is emitted, where no layer hangs on them."""

from __future__ import annotations

import pytest
import torch

from netspec import codegen, driver
from netspec.diagnostics import Sink
from netspec.program import Program
from netspec.source import Source

TRAIN = "train {\n loss = MSELoss\n optimizer = SGD(lr=0.1)\n epochs = 1\n batch = 4\n}"


def checked(model: str, size: str = "8, 3, 12, 16") -> Program:
    data = f"data {{\n x = normal(size=[{size}])\n y = normal(size=8)\n}}\n"
    sink = Sink()
    program = driver.check(Source("net.net", f"{data}{model}\n{TRAIN}"), sink)
    assert not sink.diagnostics, [item.message for item in sink.diagnostics]
    assert program is not None
    return program


def emitted(program: Program) -> str:
    assert program.model is not None
    return codegen.emit_model(program.model)


POOLED = "x -> Conv2d(4, 3, padding=1) -> mean(dim=[2, 3]) -> Linear(1)"


def test_a_named_size_is_open() -> None:
    program = checked(f"model {{\n input x: real[B, 3, H, W]\n {POOLED}\n}}")
    assert program.model is not None
    assert [str(slot.type) for slot in program.model.graph.inputs] == ["real[B, 3, 12, 16]"]
    assert "Map [B, 3, H, W]" in emitted(program)
    built = codegen.build_model(program.model, "net.net")
    assert built(torch.randn(2, 3, 20, 8)).shape == (2, 1)


def test_a_size_that_is_only_known_is_not() -> None:
    program = checked(f"model {{\n input x: real[B, 3, 12, W]\n {POOLED}\n}}")
    assert "Map [B, 3, 12, W]" in emitted(program)
    assert "Map [B, 3, 12, 16]" in emitted(checked(f"model {{\n input x\n {POOLED}\n}}"))


def test_what_it_requires_is_asked_where_the_model_is_entered() -> None:
    program = checked(
        "model {\n input x: real[B, 3, H, W]\n"
        " up = x -> MaxPool2d(2) -> ConvTranspose2d(3, 2, stride=2)\n"
        " (x + up) -> mean(dim=[2, 3]) -> Linear(1)\n}"
    )
    assert program.model is not None
    assert not program.model.requirements
    built = codegen.build_model(program.model, "net.net")
    assert built(torch.randn(2, 3, 4, 6)).shape == (2, 1)
    with pytest.raises(ValueError, match="H % 2 == 0"):
        built(torch.randn(2, 3, 5, 6))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("x -> flatten(1) -> Linear(1)", "a layer learns numbers for each place"),
        ("x -> AvgPool2d([H, W]) -> flatten(1) -> Linear(1)", "an argument is a size"),
        ("if H > 10 { x = x * 2 }\n x -> mean(dim=[2, 3]) -> Linear(1)", "a choice hangs on it"),
        ("w: Parameter([H, W], init=ones)\n (x * w) -> mean(dim=[2, 3]) -> Linear(1)", "a tensor"),
    ],
)
def test_where_a_number_is_needed_it_is_there(body: str, why: str) -> None:
    program = checked(f"model {{\n input x: real[B, 3, H, W]\n {body}\n}}")
    assert program.model is not None
    assert program.model.open is None, why
    assert "Map [B, 3, 12, 16]" in emitted(program)


def test_a_name_that_says_a_size_already_is_no_open_one() -> None:
    program = checked("param n = 3\nmodel {\n input x: real[B, n]\n x -> Linear(1)\n}", "8, 3")
    assert "Map [B, 3] to [B, 1]" in emitted(program)


APPLIED = """
data {{
  one = normal(size=[8, 3])
  two = normal(size=[8, 3])
}}
model Net {{
  {net}
}}
train {{
  loss      = mean(cat(one, two, dim=0) -> Net)
  optimizer = SGD(lr=0.1)
  epochs    = 1
}}
"""


@pytest.mark.parametrize(
    ("net", "said"),
    [
        (
            "input x: real[B, D]\n  x * 2 -> ReLU -> mean(dim=1) -> unsqueeze(1) -> Linear(1)",
            "[B, D]",
        ),
        ("input x: real[B, D]\n  Linear(D)", "[B, 3]"),
        ("input x: real[rows, 3]\n  Linear(1)", "[rows, 3]"),
        ("input x: real[B, ...]\n  Linear(1)", "[B, 3]"),
        ("input x: real[..., 3]\n  Linear(1)", "[2*B, 3]"),
        ("Linear(1)", "[2*B, 3]"),
    ],
)
def test_a_model_is_not_told_how_many_batches_train_gives_it(net: str, said: str) -> None:
    sink = Sink()
    program = driver.check(Source("net.net", APPLIED.format(net=net)), sink)
    assert not sink.diagnostics, [item.message for item in sink.diagnostics]
    assert program is not None
    text = codegen.emit_models(program.models)
    assert f"Map {said} to [" in text


def test_a_size_that_another_input_has_is_not_taken_for_it() -> None:
    net = "input x: real[B, 3]\n  input y: real[..., 3]\n  x[:1] + y[:1] -> Linear(1)"
    text = APPLIED.format(net=net).replace("cat(one, two, dim=0)", "(cat(one, two, dim=0), one)")
    program = driver.check(Source("net.net", text), Sink())
    assert program is not None
    assert "Map x [2*B, 3], y [B, 3] to [1, 1]" in codegen.emit_models(program.models)


def test_a_trial_leaves_no_reports_and_counts_nothing_twice() -> None:
    text = "model {\n input x: real[B, H]\n x -> Linear(1)\n}"
    program = checked(text, "8, 3")
    assert program.model is not None
    assert program.model.open is None
    assert sum(1 for _ in program.model.graph.layers()) == 1
