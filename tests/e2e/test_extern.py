"""Layers and losses of the user's own: checked, built, trained and exported like any other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from export_pieces import complaints, recorded, run_alone
from extern_pieces import FOCAL, GATE, LAYERS, PARTS, SNAKE, checked, loaded, only, placed
from torch import Tensor, nn

import netspec
from netspec import cli
from netspec.diagnostics import Diagnostic
from netspec.diagnostics.render import render_terminal

MODEL = """
block Res(act=Snake) {
  input x
  x + (x -> Linear(8) -> act -> Linear(8))
}
model {
  input x: real[B, 8]
  gate: Gate(8)
  Res
  Res(act=Snake(alpha=2))
  first: Snake(0.5)
  -> first
  Linear(3)
}
"""
TRAINED = """
data { make_moons(n_samples=120, noise=0.1) }
model { Gate(6) -> Snake -> Linear(2) }
train {
  loss      = Focal(gamma=1.5)
  optimizer = Adam(lr=0.01)
  group "*.alpha" { lr = 0.1 }
  metrics   = [accuracy]
  batch     = 30
  epochs    = 3
  seed      = 3
}
"""


# --- without leave -------------------------------------------------------------------------------


def test_a_check_is_whole_and_imports_nothing(tmp_path: Path) -> None:
    path = placed(tmp_path, SNAKE + GATE + MODEL, my_layers="raise SystemExit")
    program, found = checked(path)
    assert not found
    assert program is not None
    assert program.model is not None
    layers = dict(program.model.graph.layers())
    assert dict(layers["gate"].arguments) == {"width": 8, "bias": True, "in_features": 8}
    assert not layers["gate"].weighed
    assert [str(t) for t in program.model.graph.output_types] == ["real[B, 3]"]
    assert "my_layers" not in sys.modules


def test_show_tells_what_it_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = placed(tmp_path, SNAKE + GATE + MODEL, my_layers=LAYERS)
    assert cli.main(["show", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "Gate(8, in_features=8)" in shown
    assert "real[B, 8]           ?" in shown
    assert "parameters and those of `Gate`, `Snake`" in shown
    assert cli.main(["show", str(path), "--allow", "my_layers"]) == 0
    shown = capsys.readouterr().out
    assert "?" not in shown
    assert "9 layers, 462 parameters" in shown


def test_building_without_leave_says_what_to_type(tmp_path: Path) -> None:
    other = 'extern layer Other(): real[...] -> real[...] from "more.layers:Other"\n'
    text = SNAKE + other + "model {\n  input x: real[B, 4]\n  Snake -> Other -> Linear(2)\n}\n"
    path = placed(tmp_path, text)
    with pytest.raises(netspec.SpecError) as refused:
        netspec.load(path).build()
    told = only(refused.value.diagnostics)
    assert told.code == "NS6010"
    assert told.labels[0].span.text == '"my_layers:Snake"'
    assert told.labels[1].span.text == '"more.layers:Other"'
    assert told.help is not None
    assert f"netspec run {path} --allow my_layers --allow more.layers" in told.help
    assert 'allow=["my_layers", "more.layers"]' in told.help


def test_an_exported_script_needs_no_leave_and_is_the_same(tmp_path: Path) -> None:
    path = placed(tmp_path, SNAKE + GATE + FOCAL + TRAINED, my_layers=LAYERS)
    assert netspec.load(path).export() == netspec.load(path, allow=["my_layers"]).export()


# --- with leave ----------------------------------------------------------------------------------


class ByHand(nn.Module):
    def __init__(self, layers: Any) -> None:
        super().__init__()
        self.gate = layers.Gate(8, 8)
        self.res_0, self.res_1 = self.part(layers, 1.0), self.part(layers, 2.0)
        self.first = layers.Snake(0.5)
        self.linear_0 = nn.Linear(8, 3)

    def part(self, layers: Any, alpha: float) -> nn.ModuleDict:
        snake = layers.Snake(alpha)
        parts = {"linear_0": nn.Linear(8, 8), "snake_0": snake, "linear_1": nn.Linear(8, 8)}
        return nn.ModuleDict(parts)

    def forward(self, x: Tensor) -> Tensor:
        x = self.gate(x)
        for part in (self.res_0, self.res_1):
            x = x + part["linear_1"](part["snake_0"](part["linear_0"](x)))
        made: Tensor = self.linear_0(self.first(self.first(x)))
        return made


def test_the_model_is_the_one_written_by_hand(tmp_path: Path) -> None:
    built = loaded(tmp_path, SNAKE + GATE + MODEL, my_layers=LAYERS).build()
    module = sys.modules["my_layers"]
    wanted = ByHand(module)
    built.load_state_dict(wanted.state_dict(), strict=True)
    assert list(built.state_dict()) == list(wanted.state_dict())
    x = torch.randn(5, 8)
    assert torch.equal(built(x), wanted(x))


def test_weights_are_counted_by_name_and_shape(tmp_path: Path) -> None:
    path = placed(tmp_path, SNAKE + GATE + MODEL, my_layers=LAYERS)
    program, found = checked(path, "my_layers")
    assert not found
    assert program is not None
    assert program.model is not None
    layers = dict(program.model.graph.layers())
    weights = [(w.name, w.shape, w.learned) for w in layers["gate"].weights]
    assert weights == [
        ("seen", (8,), False),
        ("inner.weight", (16, 8), True),
        ("inner.bias", (16,), True),
    ]


def test_several_results_are_taken_apart(tmp_path: Path) -> None:
    text = PARTS + "model {\n  input x: real[B, 4]\n  top, at = x -> Parts\n  output top, at\n}\n"
    built = loaded(tmp_path, text, my_layers=LAYERS).build()
    top, at = built(torch.tensor([[1.0, 3.0, 2.0, 0.0]]))
    assert (top.item(), at.item()) == (3.0, 1)


def test_a_tensor_of_a_layer_is_read_with_leave(tmp_path: Path) -> None:
    text = (
        SNAKE + "model {\n  input x: real[B, 4]\n  y = x -> s: Snake(3.0)\n  y * 0 + s.alpha\n}\n"
    )
    built = loaded(tmp_path, text, my_layers=LAYERS).build()
    assert torch.equal(built(torch.ones(1, 4)), torch.full((1, 4), 3.0))


def test_what_needs_numbers_is_tried_on_the_cpu(tmp_path: Path) -> None:
    text = (
        'extern layer Numbers(): real[...] -> real[...] from "my_layers:Numbers"\n'
        "model {\n  input x: real[B, T, 4]\n  Numbers -> Linear(2)\n}\n"
    )
    before = torch.get_rng_state()
    spec = loaded(tmp_path, text, my_layers=LAYERS)
    assert torch.equal(before, torch.get_rng_state())
    assert spec.build()(torch.ones(2, 3, 4)).shape == (2, 3, 2)


def test_a_run_its_folder_and_its_script_agree(tmp_path: Path) -> None:
    path = placed(tmp_path, SNAKE + GATE + FOCAL + TRAINED, my_layers=LAYERS)
    spec = netspec.load(path, allow=["my_layers"])
    run = spec.train(runs=tmp_path / "runs")
    script = tmp_path / "script.py"
    script.write_text(spec.export(), encoding="utf-8")
    printed = run_alone(script, importing=tmp_path)
    assert printed == recorded(run.history, run.metrics)
    assert run.folder is not None
    assert (run.folder / "my_layers.py").read_text() == LAYERS
    copied = netspec.load(run.folder / "spec.net", allow=["my_layers"])
    again = copied.train(runs=tmp_path / "more")
    assert again.metrics == run.metrics
    lines = script.read_text().splitlines()
    assert "from my_layers import Focal, Gate, Snake" in lines
    assert "FOCAL = Focal(gamma=1.5)" in lines
    assert complaints(script) == ""


def test_the_command_trains_with_leave_only(tmp_path: Path) -> None:
    path = placed(tmp_path, SNAKE + GATE + FOCAL + TRAINED, my_layers=LAYERS)

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        given = [sys.executable, "-m", "netspec", "run", path.name, "--quiet", *arguments]
        return subprocess.run(given, cwd=tmp_path, capture_output=True, text=True, check=False)

    refused = command()
    assert refused.returncode == 1
    assert "netspec run model.net --allow my_layers" in refused.stderr
    assert not (tmp_path / "runs").exists()
    done = command("--allow", "my_layers")
    assert done.returncode == 0, done.stderr
    odd = command("--allow", "my_layers.py:Snake")
    assert odd.returncode == 2


def test_tests_want_leave(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f"{SNAKE}model {{\n  input x: real[B, 4]\n  Linear(2) -> Snake\n}}\n"
    path = placed(tmp_path, text + "test { assert model.params == 11 }\n", my_layers=LAYERS)
    assert cli.main(["test", str(path)]) == 1
    assert f"netspec test {path} --allow my_layers" in capsys.readouterr().err
    assert cli.main(["test", str(path), "--allow", "my_layers"]) == 0


def test_what_an_imported_file_declares_is_used_by_its_name(tmp_path: Path) -> None:
    parts = SNAKE + FOCAL + "block Hidden(n) { Linear(n) -> Snake }\n"
    placed(tmp_path, parts, my_layers=LAYERS).rename(tmp_path / "parts.net")
    spec = (
        'import "parts.net" as lib\n'
        "data { make_moons(n_samples=60) }\n"
        "model { lib.Hidden(4) -> lib.Snake(2) -> Linear(2) }\n"
        "train {\n  loss = lib.Focal(gamma=1.5)\n  optimizer = Adam\n  epochs = 2\n}\n"
    )
    path = placed(tmp_path, spec)
    assert not checked(path)[1]
    run = netspec.load(path, allow=["my_layers"]).train(runs=tmp_path / "runs")
    assert run.folder is not None
    copied = netspec.load(run.folder / "spec.net", allow=["my_layers"])
    assert copied.train(runs=tmp_path / "more").metrics == run.metrics
    written = spec.replace("lib.Focal(gamma=1.5)", "0.5 * lib.Focal(a, y)")
    written = written.replace("model { ", "model {\n  input x\n  a = x -> ")
    written = written.replace("Linear(2) }", "Linear(2)\n  output a\n}")
    assert not checked(placed(tmp_path, written))[1]
    wrong = spec.replace("-> Linear(2)", "-> lib.Focal")
    assert only(checked(placed(tmp_path, wrong))[1]).code == "NS2003"


def test_two_specs_may_have_modules_of_one_name(tmp_path: Path) -> None:
    text = SNAKE + "model {\n  input x: real[B, 4]\n  Snake\n}\n"
    other = LAYERS.replace("return x + torch.sin", "return x - torch.sin")
    first = loaded(tmp_path / "a", text, my_layers=LAYERS)
    second = loaded(tmp_path / "b", text, my_layers=other)
    x = torch.ones(1, 4)
    assert (first.build()(x) > 1).all()
    assert (second.build()(x) < 1).all()


def test_a_module_imports_its_neighbours(tmp_path: Path) -> None:
    shared = "def double(x):\n    return 2 * x\n"
    text = (
        "from torch import nn\nfrom shared_by_layers import double\n\n"
        "class Twice(nn.Module):\n    def forward(self, x):\n        return double(x)\n"
    )
    spec = (
        'extern layer Twice(): real[...] -> real[...] from "nested.twice:Twice"\n'
        "model {\n  input x: real[B, 4]\n  Twice\n}\n"
    )
    path = placed(tmp_path, spec, shared_by_layers=shared)
    placed(tmp_path / "nested", spec, twice=text)
    (tmp_path / "nested" / "__init__.py").touch()
    built = netspec.load(path, allow=["nested"]).build()
    assert float(built(torch.ones(1, 4)).sum()) == 8.0


def test_names_of_the_users_hide_nothing(tmp_path: Path) -> None:
    text = (
        'extern layer Model(): real[...] -> real[...] from "my_layers:Numbers"\n'
        'extern layer nn(alpha: float = 1.0): real[...] -> real[...] from "my_layers:Snake"\n'
        "model {\n  input x: real[B, 4]\n  x -> Model -> nn(alpha=2.0) -> Linear(2)\n}\n"
    )
    path = placed(tmp_path, text, my_layers=LAYERS)
    spec = netspec.load(path, allow=["my_layers"])
    assert spec.build()(torch.ones(2, 4)).shape == (2, 2)
    (tmp_path / "emitted.py").write_text(spec.export())
    assert complaints(tmp_path / "emitted.py") == ""


# --- declarations that are not true --------------------------------------------------------------

BODY = "\nmodel {\n  input x: real[B, T, 8]\n  %s -> Linear(2)\n}\n"
START = "from torch import nn\nimport torch\n\n"


def untrue(folder: Path, declaration: str, module: str, use: str = "Mine") -> Diagnostic:
    path = placed(folder, declaration + ' from "mine:Mine"' + BODY % use, mine=START + module)
    _, without = checked(path)
    assert not without
    program, found = checked(path, "mine")
    assert program is None
    return only(found)


FORWARD = "class Mine(nn.Module):\n    def forward(self, x):\n        return {}\n"
ANY = "extern layer Mine(): real[...] -> real[...]"
SIZED = "class Mine(nn.Module):\n    def __init__(self, {}):\n        super().__init__()\n"
SIZED += "    def forward(self, x):\n        return x\n"


@pytest.mark.parametrize(
    ("code", "declaration", "module", "said"),
    [
        ("NS6011", ANY, None, "there is no module `mine`"),
        ("NS6012", ANY, "class Mien(nn.Module): ...", "has no `Mine`"),
        ("NS6013", ANY, "def Mine(x):\n    return x\n", "a function"),
        ("NS6013", ANY, "class Mine: ...", "another class"),
        ("NS6013", ANY, "Mine = nn.ReLU()", "already made"),
        ("NS6013", ANY, "Mine = 3", "type `int`"),
        (
            "NS6014",
            "extern layer Mine(alpha: float = 1.0): real[...] -> real[...]",
            SIZED.format("beta: float = 1.0"),
            "does not take",
        ),
        ("NS6015", ANY, SIZED.format("width"), "needs the argument `width`"),
        (
            "NS6016",
            "extern layer Mine(alpha: float = 1.0): real[...] -> real[...]",
            SIZED.format("alpha=2.0"),
            "declared to be `1.0`",
        ),
        ("NS6017", ANY, FORWARD.format("x.mean(-1)"), "does not give [B, T, 8]"),
        ("NS6017", ANY, FORWARD.format("x.argmax(-1, keepdim=True)"), "does not give [B, T, 8]"),
        ("NS6017", ANY, FORWARD.format("x > 0"), "does not give `real`"),
        ("NS6017", ANY, FORWARD.format("x, x"), "gives 2 tensors"),
        ("NS6017", ANY, FORWARD.format("x.double()"), "does not give `real`"),
        (
            "NS6013",
            ANY,
            "class Mine(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.inner = nn.LazyLinear(8)\n"
            "    def forward(self, x):\n        return self.inner(x)\n",
            "makes them when it is first applied",
        ),
        ("NS6017", ANY, FORWARD.format("[]"), "gives nothing"),
        ("NS6017", ANY, FORWARD.format("{'x': x}"), "gives a `dict`"),
        ("NS6017", ANY, FORWARD.format("x[:2]"), "does not give [B, T, 8]"),
        ("NS6018", ANY, FORWARD.format("x.nothing()"), "raised on [2, 4, 8]"),
        ("NS6018", ANY, "def broken(:\n", "raised on being imported"),
        ("NS6018", ANY, "import no_such_package\n", "raised on being imported"),
        ("NS6018", ANY, "1 / 0\n", "raised on being imported"),
        (
            "NS6018",
            ANY,
            "class Mine(nn.Module):\n    def __init__(self):\n        raise KeyError('x')\n",
            "raised on being made",
        ),
    ],
)
def test_an_untrue_declaration_is_told_with_both_places(
    code: str, declaration: str, module: str | None, said: str, tmp_path: Path
) -> None:
    if module is None:
        path = placed(tmp_path, declaration + ' from "mine:Mine"' + BODY % "Mine")
        told = only(checked(path, "mine")[1])
    else:
        told = untrue(tmp_path, declaration, module)
    assert told.code == code
    assert said in told.message
    files = {label.span.source.name.rpartition("/")[2] for label in told.labels}
    assert "model.net" in files
    shown = module is not None and code != "NS6012" and not module.startswith("Mine =")
    assert ("mine.py" in files) == shown
    assert "bug in netspec" not in render_terminal([told])


def test_a_loss_with_tensors_of_its_own_is_refused(tmp_path: Path) -> None:
    module = LAYERS.replace(
        "        self.gamma = gamma",
        "        self.gamma = gamma\n        self.register_buffer('shares', torch.ones(2))",
    )
    path = placed(tmp_path, SNAKE + GATE + FOCAL + TRAINED, my_layers=module)
    told = only(checked(path, "my_layers")[1])
    assert told.code == "NS6019"
    assert "`shares`" in told.message


def test_what_breaks_while_it_runs_is_told_as_the_users(tmp_path: Path) -> None:
    for raised, shown in (("RuntimeError", "odd"), ("KeyError", "'odd'"), ("TypeError", "odd")):
        broken = LAYERS.replace(
            "        value, gate =",
            f"        if x.device.type != 'meta':\n            raise {raised}('odd')\n"
            "        value, gate =",
        )
        path = placed(tmp_path / raised, SNAKE + GATE + FOCAL + TRAINED, my_layers=broken)
        spec = netspec.load(path, allow=["my_layers"])
        with pytest.raises(netspec.SpecError) as refused:
            spec.train(runs=tmp_path / "runs")
        told = only(refused.value.diagnostics)
        assert told.code == "NS6018"
        assert told.labels[0].span.text == f"raise {raised}('odd')"
        assert told.notes == (f"{raised}: {shown}",)
