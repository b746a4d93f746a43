"""Each model of the zoo beside a reference that is not ours: weights, outputs, gradients, text."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from entry import (
    ZOO,
    Objective,
    Outputs,
    Part,
    compared,
    compared_loss,
    emitted,
    entry,
    handwritten,
    lines_of_code,
    made_small,
    model,
    outputs,
    pair,
    placed,
    program,
    spec_lines,
    stepped,
    translated,
)
from torch import nn

from netspec import codegen, driver
from netspec.diagnostics import Sink
from netspec.source import Source

MODELS = sorted(path.stem for path in ZOO.glob("*.net"))
PARTS = [(name, part) for name in MODELS for part in entry(name).parts]


def case_by_case(cases: list[tuple[str, Part]]) -> pytest.MarkDecorator:
    """A test for each part, called by its model."""
    ids = [f"{name}-{part.model}".rstrip("-") for name, part in cases]
    return pytest.mark.parametrize(("name", "part"), cases, ids=ids)


part_by_part = case_by_case(PARTS)
LOSSES = [(name, loss) for name in MODELS for loss in entry(name).losses]
learning = case_by_case([(name, part) for name, part in PARTS if part.learns])
by_hand = case_by_case([(name, part) for name, part in PARTS if part.by_hand])
RUFF = [sys.executable, "-m", "ruff"]
RULES = ["--isolated", "--no-cache", "--line-length", "100"]


@part_by_part
def test_outputs_and_gradients_are_the_references(name: str, part: Part) -> None:
    difference = compared(name, part)
    assert difference.outputs <= 1e-5
    assert difference.gradients <= 1e-4


@pytest.mark.parametrize(
    ("name", "loss"), LOSSES, ids=[f"{name}-{loss.phase}".rstrip("-") for name, loss in LOSSES]
)
def test_what_is_minimised_is_what_the_paper_says(name: str, loss: Objective) -> None:
    difference = compared_loss(name, loss)
    assert difference.outputs <= 1e-5
    assert difference.gradients <= 1e-4


@part_by_part
def test_both_learn_or_neither_does(name: str, part: Part) -> None:
    for module in pair(name, part):
        assert any(True for _ in module.parameters()) == part.learns


@learning
def test_a_step_of_training_moves_both_alike(name: str, part: Part) -> None:
    """Parameters are compared as shares of the longest way that one of them goes."""
    ours, reference, before = stepped(name, part)
    wanted = translated(ours, reference, part.names)
    learned = {key for key, _ in ours.named_parameters()}
    way = max(float((wanted[key] - before[key]).abs().max()) for key in learned)
    assert way > 0
    for key, tensor in ours.state_dict().items():
        if key in learned:
            assert float((tensor - wanted[key]).abs().max()) <= 1e-4 * way, key
        else:
            torch.testing.assert_close(tensor, wanted[key], rtol=1e-4, atol=1e-5, msg=key)


@by_hand
def test_keys_and_shapes_are_those_written_by_hand(name: str, part: Part) -> None:
    assert part.by_hand is not None
    with torch.device("meta"):
        ours = codegen.build_model(model(program(name), part), f"{name}.net").state_dict()
        expected = part.by_hand().state_dict()
    assert {key: tuple(tensor.shape) for key, tensor in ours.items()} == {
        key: tuple(tensor.shape) for key, tensor in expected.items()
    }


@by_hand
def test_outputs_are_those_written_by_hand(name: str, part: Part) -> None:
    assert part.by_hand is not None
    ours, _ = pair(name, part)
    written = made_small(name, part.by_hand).eval()
    written.load_state_dict(ours.state_dict(), strict=True)
    inputs = part.inputs(torch.Generator().manual_seed(1))
    with torch.no_grad():
        given = placed(name, part, inputs)
        found = zip(outputs(ours(*given)), outputs(written(*given)), strict=True)
        assert all(torch.allclose(one, wanted, rtol=0, atol=1e-5) for one, wanted in found)


@pytest.mark.parametrize("name", MODELS)
def test_parameters_at_full_size_are_the_references(name: str) -> None:
    """Shared tensors count once in both."""
    checked, ours, theirs = program(name), 0, 0
    with torch.device("meta"):
        for part in entry(name).parts:
            built = codegen.build_model(model(checked, part), f"{name}.net")
            ours += sum(parameter.numel() for parameter in built.parameters())
            theirs += sum(parameter.numel() for parameter in part.full().parameters())
    assert ours == theirs == entry(name).parameters


@pytest.mark.parametrize("name", MODELS)
def test_a_spec_is_short(name: str) -> None:
    text = (ZOO / f"{name}.net").read_text(encoding="utf-8")
    assert spec_lines(name) <= 80
    assert all(len(line) <= 100 for line in text.splitlines())


@pytest.mark.parametrize("name", MODELS)
def test_what_is_emitted_is_about_what_a_person_writes(name: str) -> None:
    by_hand = lines_of_code(handwritten(name))
    assert lines_of_code(emitted(program(name))) <= 1.6 * by_hand


def test_what_is_emitted_is_clean(tmp_path: Path) -> None:
    for name in MODELS:
        (tmp_path / f"{name}.py").write_text(emitted(program(name)), encoding="utf-8")
    for command in (
        [*RUFF, "check", *RULES, "--select", "B,C4,E,F,I,PIE,RET,SIM,UP,W", str(tmp_path)],
        [*RUFF, "format", "--check", *RULES, str(tmp_path)],
    ):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


def test_a_reference_can_differ() -> None:
    (part,) = entry("resnet18").parts
    ours, reference = pair("resnet18", part)
    inputs = part.inputs(torch.Generator().manual_seed(1))
    with torch.no_grad():
        next(reference.parameters()).mul_(1.01)
        (wanted,) = (part.call(reference, inputs),)
        assert isinstance(wanted, torch.Tensor)
        assert not torch.allclose(ours(*inputs.values()), wanted, atol=1e-5)


def test_a_loss_can_differ() -> None:
    (loss,) = entry("vae").losses

    def doubled(models: Mapping[str, nn.Module], fields: Mapping[str, torch.Tensor]) -> Outputs:
        total, *terms = outputs(loss.call(models, fields))
        return (2 * total, *terms)

    difference = compared_loss("vae", replace(loss, call=doubled))
    assert difference.outputs > 0.1
    assert difference.gradients > 0.1


def test_resnet18_has_a_class_for_its_block_and_one_for_itself() -> None:
    assert emitted(program("resnet18")).count("class ") == 2


def test_unet_says_which_images_suit_it() -> None:
    """Without data the height and the width are known only when it is called."""
    text = (ZOO / "unet.net").read_text(encoding="utf-8")
    checked = driver.check(
        Source("unet.net", re.sub(r"(?ms)^(data|train) \{.*?^\}", "", text)), Sink()
    )
    assert checked is not None
    assert checked.model is not None
    with torch.device("meta"):
        built = codegen.build_model(checked.model, "unet.net")
    with pytest.raises(ValueError, match="H % 16 == 0"):
        built(torch.zeros(1, 3, 40, 16, device="meta"))
