"""Layers that are written as functions: equal to modules, and modules where they must be."""

from __future__ import annotations

import inspect

import pytest
import torch
from torch import Tensor, nn

from netspec import catalog, codegen, driver
from netspec.catalog.stateless import FUNCTION_OF
from netspec.diagnostics import Sink
from netspec.program.graph import Model
from netspec.source import Source

# The shape of what a layer takes, where it is not [2, 4, 6], and arguments worth trying.
SHAPES = {
    **dict.fromkeys(["AdaptiveAvgPool2d", "AvgPool2d", "MaxPool2d"], (2, 4, 6, 5)),
    **dict.fromkeys(["AdaptiveAvgPool3d", "AvgPool3d", "MaxPool3d"], (2, 4, 6, 5, 4)),
    "PixelShuffle": (2, 4, 6, 4),
    "PixelUnshuffle": (2, 4, 6, 4),
}
ARGUMENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(["AdaptiveAvgPool1d", "AdaptiveAvgPool3d"], ("3",)),
    "AdaptiveAvgPool2d": ("3", "[2, none]"),
    "AvgPool1d": ("2", "3, stride=1, padding=1, count_include_pad=false"),
    "AvgPool2d": ("2", "[3, 2], stride=[1, 2], padding=1, ceil_mode=true, divisor_override=5"),
    "AvgPool3d": ("2", "3, stride=2, padding=1, ceil_mode=true"),
    "CELU": ("", "alpha=0.5"),
    "ELU": ("", "0.5"),
    "Flatten": ("", "start_dim=2", "0", "0, 1"),
    "GELU": ("", 'approximate="tanh"'),
    "GLU": ("", "dim=1"),
    "Hardshrink": ("", "0.2"),
    "Hardtanh": ("", "max_val=0.5", "-0.2, 0.3"),
    "LeakyReLU": ("", "0.2"),
    "LogSoftmax": ("dim=-1", "dim=1"),
    "MaxPool1d": ("2", "3, stride=1, padding=1, dilation=2"),
    "MaxPool2d": ("2", "[3, 2], stride=[1, 2], ceil_mode=true"),
    "MaxPool3d": ("2", "3, stride=2, padding=1"),
    "PixelShuffle": ("2",),
    "PixelUnshuffle": ("2",),
    "Softmax": ("dim=-1", "dim=1"),
    "Softmin": ("dim=1", "dim=2"),
    "Softplus": ("", "beta=2.0", "threshold=0.5"),
    "Softshrink": ("", "0.1"),
    "Threshold": ("0.1, 5.0", "0.3, value=-1.0"),
}


def checked(text: str) -> Model:
    sink = Sink()
    program = driver.check(Source("net.net", text), sink)
    assert not sink.failed, [item.message for item in sink.diagnostics]
    assert program is not None
    assert program.model is not None
    return program.model


@pytest.mark.parametrize("name", FUNCTION_OF)
def test_function_and_module_give_the_same(name: str) -> None:
    shape = SHAPES.get(name, (2, 4, 6))
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    dims = ", ".join(map(str, shape))
    for arguments in ARGUMENTS.get(name, ("",)):
        head = f"input x: real[{dims}]\n"
        model = checked(f"model {{ {head} y = x -> {name}({arguments})\n output y, x }}")
        chain = checked(f"model {{ {head} a: {name}({arguments}) }}")
        built, module = codegen.build_model(model, "net.net"), codegen.build_model(chain, "net.net")
        assert isinstance(module.a, getattr(nn, name))
        assert not list(built.children())
        got, _ = built(x)
        assert torch.equal(got, module(x)), arguments


def test_every_function_is_the_namesake_of_its_class() -> None:
    """What takes part in training, or holds numbers, is not in the table."""
    for name, function in FUNCTION_OF.items():
        assert function == catalog.load().find("function", function).name  # type: ignore[union-attr]  # a missing one fails
        assert not list(inspect.signature(getattr(nn, name).forward).parameters)[2:]


def test_a_label_keeps_the_module() -> None:
    text = codegen.emit_model(checked("model { input x: real[B, 4]\n x + (x -> act: ReLU) }"))
    assert "self.act = nn.ReLU()" in text


def test_a_chain_keeps_its_modules() -> None:
    text = codegen.emit_model(checked("model { input x: real[B, 4]\n Linear(3) -> ReLU }"))
    assert "nn.ReLU()" in text


def test_in_a_scan_it_is_a_function_too() -> None:
    model = checked(
        "model {\n input x: real[B, T, 4]\n"
        " hs = scan s in x along 1 carry h = zeros(B, 4) { h = h + (s -> Linear(4) -> Tanh) }\n"
        " hs\n}"
    )
    text = codegen.emit_model(model)
    assert "torch.tanh(self.linear_0(" in text
    x = torch.randn(2, 3, 4)
    built = codegen.build_model(model, "net.net")
    linear = built.linear_0
    assert isinstance(linear, nn.Linear)
    steps = [torch.tanh(linear(x[:, at])) for at in range(3)]
    wanted: Tensor = torch.stack(steps, dim=1).cumsum(dim=1)
    torch.testing.assert_close(built(x), wanted)


def test_a_layer_that_one_use_lacks_stays_optional() -> None:
    """Two uses of a block of which one has an activation more are one class still."""
    text = codegen.emit_model(
        checked(
            "block A(c, act) {\n input x\n y = x -> fc: Linear(c)\n"
            " if act { y = y -> ReLU }\n x + y\n}\n"
            "model { input x: real[B, 4]\n x -> A(4, true) -> A(4, false) }"
        )
    )
    assert text.count("class A") == 1
