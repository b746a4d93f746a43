from __future__ import annotations

import pytest
import torch
from torch import nn

import netspec
from netspec import codegen


def built(*lines: str) -> tuple[nn.Module, str]:
    text = "\n".join(["model {", *(f"  {line}" for line in lines), "}"])
    spec = netspec.parse(text)
    assert spec.program.model is not None
    return spec.build(), codegen.emit_model(spec.program.model)


@pytest.mark.parametrize(
    "line",
    [
        "x -> dropout(0.5)",
        "x -> alpha_dropout(0.5)",
        "x -> unsqueeze(2) -> dropout1d(0.5)",
        "scaled_dot_product_attention(x, x, x, dropout_p=0.5)",
        "scaled_dot_product_attention(x, x, x, none, 0.5)",
    ],
)
def test_numbers_are_dropped_out_in_training_only(line: str) -> None:
    model, text = built("input x: real[8, 6]", line)
    assert "self.training" in text
    x = torch.randn(8, 6)
    torch.manual_seed(0)
    one, other = model(x), model(x)
    assert not torch.equal(one, other)
    model.eval()
    assert torch.equal(model(x), model(x))


def test_what_drops_nothing_out_does_not_ask_about_training() -> None:
    _, text = built("input x: real[8, 6]", "scaled_dot_product_attention(x, x, x, dropout_p=0.0)")
    assert "self.training" not in text


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (("a, b = max(x, dim=1)", "a + b"), "a, b = x.max(dim=1)"),
        (("max(x, dim=x + 1)",), "x.max(x + 1)"),
        (("a, b = tensor_split(x, indices_or_sections=2, dim=1)", "a + b"), "tensor_split(x, 2, "),
        (("a, b = meshgrid([x[:, 0], x[:, 1]])", "a + b"), 'meshgrid(x[:, 0], x[:, 1], indexing="'),
        (("x -> tile([2, 3])",), "x.tile(2, 3)"),
        (("x @ eye(6)",), "torch.eye(6, device=x.device)"),
    ],
)
def test_calls_are_written_as_people_write_them(lines: tuple[str, ...], wanted: str) -> None:
    _, text = built("input x: real[8, 6]", *lines)
    assert wanted in text
