from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from drawing import Drawing, dim, layer, phase
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy

from netspec import codegen
from netspec.program.train import Phase

GOLDENS = Path(__file__).parents[2] / "cases" / "codegen"


def alone() -> Phase:
    """A criterion by its name, with the view that lets shapes agree."""
    drawing = Drawing()
    output, y = drawing.input("B 1", "output"), drawing.input("B", "y")
    seen = drawing.compute("squeeze", output, 1, shape="B")
    criterion = layer("HuberLoss", {"reduction": "mean", "delta": 0.5})
    drawing.add("huber_loss_0", criterion)
    return phase(drawing.done(drawing.run("huber_loss_0", seen, y, shape="")))


def terms() -> Phase:
    """The loss of a variational autoencoder."""
    drawing = Drawing()
    names = {"x_hat": "B 784", "mu": "B 20", "logvar": "B 20", "x": "B 784"}
    x_hat, mu, logvar, x = (drawing.input(shape, name) for name, shape in names.items())
    recon = drawing.compute("binary_cross_entropy", x_hat, x, shape="", reduction="sum")
    recon = drawing.compute("/", recon, dim("B"), shape="", name="recon")
    inner = drawing.compute("+", 1, logvar, shape="B 20")
    square = drawing.compute("**", mu, 2, shape="B 20")
    inner = drawing.compute("-", inner, square, shape="B 20")
    inner = drawing.compute("-", inner, drawing.compute("exp", logvar, shape="B 20"), shape="B 20")
    total = drawing.compute("sum", inner, shape="")
    scaled = drawing.compute("*", -0.5, total, shape="")
    kl = drawing.compute("/", scaled, dim("B"), shape="", name="kl")
    weighted = drawing.compute("*", 0.1, kl, shape="")
    loss = drawing.compute("+", recon, weighted, shape="", name="loss")
    return phase(drawing.done(loss, recon, kl), "recon", "kl")


@pytest.mark.parametrize(("name", "draw"), [("alone", alone), ("terms", terms)])
def test_the_text_of_a_loss_is_as_agreed(
    name: str, draw: Callable[[], Phase], update_goldens: bool
) -> None:
    text = codegen.emit_loss(draw())
    golden = GOLDENS / f"loss_{name}.txt"
    if update_goldens:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_a_criterion_is_computed_as_its_module_does() -> None:
    output, y = torch.randn(5, 1), torch.randn(5)
    made = codegen.build_loss(alone())(output, y)
    assert len(made) == 1
    assert torch.equal(made[0], nn.HuberLoss(delta=0.5)(output.squeeze(1), y))


def test_terms_follow_the_loss() -> None:
    x_hat, x = torch.rand(3, 784), torch.rand(3, 784)
    mu, logvar = torch.randn(3, 20), torch.randn(3, 20)
    loss, recon, kl = codegen.build_loss(terms())(x_hat, mu, logvar, x)
    expected: Tensor = binary_cross_entropy(x_hat, x, reduction="sum") / 3
    assert torch.equal(recon, expected)
    assert torch.equal(loss, recon + 0.1 * kl)


def test_a_module_that_is_no_criterion_is_refused() -> None:
    drawing = Drawing()
    output, y = drawing.input("B", "output"), drawing.input("B", "y")
    drawing.add("linear_0", layer("Linear", {}))
    bad = phase(drawing.done(drawing.run("linear_0", output, y, shape="")))
    with pytest.raises(ValueError, match="criterion"):
        codegen.emit_loss(bad)
