"""The models of `specs/` against the same models written by hand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from references import ReferenceResNet18, ReferenceUNet, reference_vgg11
from torch import Tensor, nn

from netspec import codegen, driver
from netspec.diagnostics import Sink
from netspec.program.graph import Model
from netspec.source import Source

SPECS = Path(__file__).parents[2] / "specs"


@dataclass(frozen=True)
class Case:
    """A spec and its reference; `smaller` are edits of the text that make both quick to run."""

    spec: str
    reference: Callable[[], nn.Module]
    parameters: int
    smaller: tuple[tuple[str, str], ...]
    small_reference: Callable[[], nn.Module]
    image: tuple[int, int]


CASES = {
    case.spec: case
    for case in (
        Case(
            spec="resnet18.net",
            reference=ReferenceResNet18,
            parameters=11_689_512,
            smaller=(("classes = 1000", "classes = 10"),),
            small_reference=lambda: ReferenceResNet18(classes=10),
            image=(64, 96),
        ),
        Case(
            spec="unet.net",
            reference=ReferenceUNet,
            parameters=31_037_698,
            smaller=(("base=64", "base=8"), ("depth=4", "depth=3")),
            small_reference=lambda: ReferenceUNet(base=8, depth=3),
            image=(32, 48),
        ),
        Case(
            spec="vgg11.net",
            reference=reference_vgg11,
            parameters=132_863_336,
            smaller=(("classes=1000", "classes=10"), ("Linear(4096)", "Linear(64)")),
            small_reference=lambda: reference_vgg11(classes=10, hidden=64),
            image=(64, 32),
        ),
    )
}


def checked(name: str, edits: tuple[tuple[str, str], ...] = ()) -> Model:
    """The model of a spec, with edits of its text."""
    (path,) = SPECS.rglob(name)
    text = path.read_text(encoding="utf-8")
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    sink = Sink()
    program = driver.check(Source(name, text), sink)
    assert not sink.diagnostics
    assert program is not None
    assert program.model is not None
    return program.model


def pair(case: Case) -> tuple[nn.Module, nn.Module]:
    """The built model and the reference, made smaller, with the reference's weights in both."""
    built = codegen.build_model(checked(case.spec, case.smaller), case.spec)
    torch.manual_seed(5)
    reference = case.small_reference()
    for name, tensor in reference.named_buffers():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith("running_mean"):
            tensor.normal_()
    built.load_state_dict(reference.state_dict(), strict=True)
    return built, reference


def images(case: Case) -> Tensor:
    return torch.randn(2, 3, *case.image, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", CASES)
def test_keys_and_shapes_are_the_references(name: str) -> None:
    case = CASES[name]
    with torch.device("meta"):
        built = codegen.build_model(checked(name), name)
        reference = case.reference()
    shapes = {key: tuple(tensor.shape) for key, tensor in built.state_dict().items()}
    expected = {key: tuple(tensor.shape) for key, tensor in reference.state_dict().items()}
    assert shapes == expected
    assert sum(parameter.numel() for parameter in built.parameters()) == case.parameters


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_the_references(name: str) -> None:
    built, reference = pair(CASES[name])
    x = images(CASES[name])
    with torch.no_grad():
        torch.testing.assert_close(
            built.eval()(x), reference.eval()(x), rtol=1e-5, atol=1e-5, check_stride=False
        )


@pytest.mark.parametrize("name", CASES)
def test_a_step_of_training_moves_both_alike(name: str) -> None:
    built, reference = pair(CASES[name])
    x = images(CASES[name])
    for module in (built, reference):
        optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
        torch.manual_seed(2)  # of dropout
        module(x).square().mean().backward()
        optimizer.step()
    expected = reference.state_dict()
    for key, tensor in built.state_dict().items():
        torch.testing.assert_close(tensor, expected[key], rtol=1e-4, atol=1e-5, msg=key)


def test_the_reference_can_differ() -> None:
    built, reference = pair(CASES["resnet18.net"])
    with torch.no_grad():
        next(reference.parameters()).mul_(1.01)
        x = images(CASES["resnet18.net"])
        assert not torch.allclose(built.eval()(x), reference.eval()(x), atol=1e-5)


def test_resnet18_is_written_as_a_person_would() -> None:
    text = codegen.emit_model(checked("resnet18.net"))
    assert len(text.splitlines()) < 110
    assert text.count("class ") == 2


@pytest.mark.parametrize("name", CASES)
def test_what_is_emitted_is_clean(name: str, tmp_path: Path) -> None:
    path = tmp_path / "emitted.py"
    path.write_text(codegen.emit_model(checked(name)), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--isolated", "--no-cache", "--line-length", "100"]
    for command in (
        [*ruff, "check", *rules, "--select", "E,F,W,I,UP,B", str(path)],
        [*ruff, "format", "--check", *rules, str(path)],
    ):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


def test_unet_says_which_images_suit_it() -> None:
    built = codegen.build_model(checked("unet.net", CASES["unet.net"].smaller), "unet.net")
    with pytest.raises(ValueError, match="H % 8 == 0"):
        built(torch.zeros(1, 3, 20, 16))
