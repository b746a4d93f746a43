from __future__ import annotations

import importlib.util
import linecache
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
import torch
from drawing import Drawing, chain, layer, linear, model, relu
from drawn_models import MODELS
from torch import Tensor, nn

from netspec import codegen
from netspec.program.graph import Graph

GOLDENS = Path(__file__).parents[2] / "cases" / "codegen"

INPUTS: dict[str, list[tuple[int, ...]]] = {
    "two_moons": [(5, 2)],
    "resnet": [(2, 3, 32, 32)],
    "autoencoder": [(3, 784)],
    "tagger": [(2, 6, 8)],
    "transformer": [(2, 5, 32)],
    "variants": [(3, 4)],
    "awkward_names": [(3, 4), (3, 4)],
    "requiring": [(1, 3, 16, 8)],
    "numbered": [(4, 2, 4)],
}


@pytest.mark.parametrize("name", MODELS)
def test_the_text_is_as_agreed(name: str, update_goldens: bool) -> None:
    text = codegen.emit_model(MODELS[name]())
    golden = GOLDENS / f"{name}.txt"
    if update_goldens:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_there_is_a_model_for_every_golden() -> None:
    assert {path.stem for path in GOLDENS.glob("*.txt")} == {*MODELS, "loss_terms", "loss_alone"}


def test_the_text_is_clean(tmp_path: Path) -> None:
    for name, draw in MODELS.items():
        (tmp_path / f"{name}.py").write_text(codegen.emit_model(draw()), encoding="utf-8")
    rules = ["--select", "E,F,W,I,UP,B", "--line-length", "100", "--target-version", "py311"]
    _ruff("check", *rules, str(tmp_path))
    _ruff("format", "--check", "--diff", "--line-length", "100", str(tmp_path))


def test_the_cleanness_check_can_fail(tmp_path: Path) -> None:
    (tmp_path / "untidy.py").write_text("import os\nx = [1,2]\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        _ruff("check", str(tmp_path))
    with pytest.raises(AssertionError):
        _ruff("format", "--check", str(tmp_path))


def _ruff(verb: str, *arguments: str) -> None:
    command = [sys.executable, "-m", "ruff", verb, "--isolated", "--no-cache", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("name", MODELS)
def test_what_is_built_is_what_is_emitted(name: str, tmp_path: Path) -> None:
    drawn = MODELS[name]()
    path = tmp_path / f"emitted_{name}.py"
    path.write_text(codegen.emit_model(drawn), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    torch.manual_seed(7)
    by_hand = getattr(module, codegen.model_fragment(drawn).name)()
    torch.manual_seed(7)
    built = codegen.build_model(drawn, "drawn.net")

    assert list(built.state_dict()) == list(by_hand.state_dict())
    for key, tensor in built.state_dict().items():
        assert torch.equal(tensor, by_hand.state_dict()[key]), key
    given = [torch.randn(shape) for shape in INPUTS[name]]
    assert _same(_run(built, given), _run(by_hand, given))


def _run(module: nn.Module, given: list[Tensor]) -> tuple[Tensor, ...]:
    torch.manual_seed(11)
    made: Tensor | tuple[Tensor, ...] = module(*given)
    return made if isinstance(made, tuple) else (made,)


def _same(left: tuple[Tensor, ...], right: tuple[Tensor, ...]) -> bool:
    return len(left) == len(right) and all(map(torch.equal, left, right))


@pytest.mark.parametrize("name", MODELS)
def test_keys_are_those_of_the_graph(name: str) -> None:
    drawn = MODELS[name]()
    built = codegen.build_model(drawn, "drawn.net")
    leaves = [key for key, module in built.named_modules() if not list(module.children())]
    optional = [key for key, part in built.named_modules() if isinstance(part, nn.Identity)]
    expected = [key for key, _ in drawn.graph.layers()]
    assert [key for key in leaves if key not in optional] == expected


def test_weights_are_drawn_in_the_order_of_the_text() -> None:
    torch.manual_seed(3)
    built = codegen.build_model(MODELS["two_moons"](), "two_moons.net")
    torch.manual_seed(3)
    by_hand = nn.Sequential(
        nn.Linear(2, 20), nn.ReLU(), nn.BatchNorm1d(20), nn.Linear(20, 1), nn.Sigmoid()
    )
    for key, tensor in by_hand.state_dict().items():
        assert torch.equal(tensor, built.state_dict()[key]), key


def test_blocks_that_differ_in_sizes_are_one_class() -> None:
    text = codegen.emit_model(MODELS["resnet"]())
    assert text.count("\nclass ") == 2
    assert len(text.splitlines()) < 110


def test_an_optional_part_is_absent_from_the_weights() -> None:
    built = codegen.build_model(MODELS["resnet"](), "drawn.net")
    assert "layer2.0.downsample.0.weight" in built.state_dict()
    assert not [key for key in built.state_dict() if key.startswith("layer1.0.downsample")]


def test_sizes_that_do_not_suit_are_refused_at_the_entry() -> None:
    built = codegen.build_model(MODELS["requiring"](), "drawn.net")
    with pytest.raises(ValueError, match=r"requires H % 16 == 0; x is \[1, 3, 17, 16\]"):
        built(torch.zeros(1, 3, 17, 16))
    assert built(torch.zeros(1, 3, 32, 5)).shape == (1, 8, 32, 5)


def test_a_traceback_shows_the_emitted_line() -> None:
    built = codegen.build_model(MODELS["requiring"](), "shown.net")
    linecache.checkcache()
    try:
        built(torch.zeros(1, 3, 17, 16))
    except ValueError:
        shown = traceback.format_exc()
    assert "shown.net as Python" in shown
    assert 'raise ValueError(f"this model requires' in shown


def test_two_models_of_one_name_keep_their_lines() -> None:
    first = codegen.build_model(MODELS["numbered"](), "same.net")
    second = codegen.build_model(MODELS["variants"](), "same.net")
    assert isinstance(second, nn.Sequential)
    files = [type(module).forward.__code__.co_filename for module in (first, second[1])]
    assert files[0] != files[1]
    assert "ModuleList" in linecache.getline(files[0], 6)


@pytest.mark.parametrize("count", [500, 5_000])
def test_long_models_are_built(count: int) -> None:
    layers = chain(*[(linear(2, 2), "B 2")] * count, given="B 2")
    assert len(list(codegen.build_model(model(layers), "long.net").parameters())) == 2 * count

    drawing = Drawing("Long")
    x = drawing.input("B 2")
    for at in range(count):
        x = drawing.stage(f"part{at}", linear(2, 2), x, "B 2")
    built = codegen.build_model(model(drawing.done(x)), "long.net")
    assert built(torch.zeros(3, 2)).shape == (3, 2)


def test_deep_containers_stay_within_the_limits_of_python() -> None:
    inner: Graph = chain((linear(2, 2), "B 2"), given="B 2")
    for _ in range(99):
        inner = chain((inner, "B 2"), given="B 2")
    built = codegen.build_model(model(inner), "deep.net")
    assert list(built.state_dict()) == ["0." * 100 + "weight", "0." * 100 + "bias"]


def test_an_instance_that_runs_twice_is_one_module() -> None:
    drawing = Drawing("Shared")
    x = drawing.input("B 4")
    x = drawing.stage("mix", linear(4, 4), x, "B 4")
    x = drawing.stage("relu", relu(), x, "B 4")
    x = drawing.run("mix", x, shape="B 4")
    built = codegen.build_model(model(drawing.done(x)), "shared.net")
    assert list(built.state_dict()) == ["mix.weight", "mix.bias"]
    given = torch.randn(3, 4)
    mix = built.get_submodule("mix")
    assert torch.equal(built(given), mix(torch.relu(mix(given))))


def test_a_layer_torch_does_not_have_is_refused() -> None:
    for graph in (
        chain((layer("Transmogrify"), "B 2"), given="B 2"),
        chain((layer("Linear", {"shape": 3}), "B 2"), given="B 2"),
    ):
        with pytest.raises(ValueError, match="PyTorch"):
            codegen.emit_model(model(graph))
