"""Weights to start from: what a spec builds is what torch loads from the same file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import netspec

SPEC = """
data {{ make_moons(n_samples=40, random_state=1) }}
model {{
  input x: real[B, 2]
  body: (Linear(4, bias=false) -> BatchNorm1d -> ReLU)
  head: Linear(1)
}}
train {{
  loss      = BCEWithLogitsLoss
  optimizer = SGD(lr=0.1)
  epochs    = 1
  seed      = 7
  {weights}
}}
"""


class Reference(nn.Module):
    """The same network by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 4, bias=False), nn.BatchNorm1d(4), nn.ReLU())
        self.head = nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.body(x))
        return out


@pytest.fixture
def reference() -> Reference:
    torch.manual_seed(123)
    module = Reference()
    module(torch.randn(50, 2))  # so that the statistics of the norm are not fresh
    return module


def spec(folder: Path, weights: str = "") -> netspec.Spec:
    path = folder / "spec.net"
    line = f"weights = {weights}" if weights else ""
    path.write_text(SPEC.format(weights=line), encoding="utf-8")
    return netspec.load(path)


def test_a_whole_file_is_loaded(reference: Reference, tmp_path: Path) -> None:
    save_file(reference.state_dict(), tmp_path / "all.safetensors")
    built = spec(tmp_path, '"all.safetensors"').build()
    Reference().load_state_dict(built.state_dict(), strict=True)
    rows = torch.randn(9, 2)
    assert torch.equal(built.eval()(rows), reference.eval()(rows))


def test_parts_of_files_meet_in_the_model(reference: Reference, tmp_path: Path) -> None:
    state = reference.state_dict()
    body = {f"model.{key}": value for key, value in state.items() if key.startswith("body.")}
    save_file(body | {"optimizer.step": torch.ones(1)}, tmp_path / "body.safetensors")
    save_file(dict(reference.head.state_dict()), tmp_path / "head.safetensors")
    both = """[
    load("body.safetensors", from="model.", except="head.*"),
    load("head.safetensors", into="head."),
  ]"""
    built = spec(tmp_path, both).build().state_dict()
    assert built.keys() == state.keys()
    assert all(torch.equal(built[key], state[key]) for key in state)


def test_what_is_left_out_is_as_fresh_as_without(reference: Reference, tmp_path: Path) -> None:
    state = reference.state_dict()
    state["head.weight"], state["head.bias"] = torch.ones(1000, 4), torch.ones(1000)
    save_file(state, tmp_path / "other.safetensors")
    built = spec(tmp_path, 'load("other.safetensors", except="head.*")').build().state_dict()
    fresh = spec(tmp_path).build().state_dict()
    for key in state:
        expected = fresh[key] if key.startswith("head.") else state[key]
        assert torch.equal(built[key], expected)
    assert not torch.equal(built["body.0.weight"], fresh["body.0.weight"])


TIED = """
data { make_moons(n_samples=40, random_state=1) }
model {
  input x: real[B, 2]
  one: Linear(2)
  two: Linear(2)
  tie two.weight = one.weight
  head: Linear(1)
}
train {
  loss      = BCEWithLogitsLoss
  optimizer = SGD(lr=0.1)
  epochs    = 1
  weights   = "tied.safetensors"
}
"""


def tied(folder: Path, *left: str, apart: bool = False) -> tuple[netspec.Spec, dict[str, Tensor]]:
    """A spec whose weights come from a file without these keys; the two may differ there."""
    torch.manual_seed(5)
    shapes = {"one": (2, 2), "two": (2, 2), "head": (1, 2)}
    state = {f"{key}.weight": torch.randn(*shape) for key, shape in shapes.items()}
    state |= {f"{key}.bias": torch.randn(shape[0]) for key, shape in shapes.items()}
    if not apart:
        state["two.weight"] = state["one.weight"].clone()
    kept = {key: tensor for key, tensor in state.items() if key not in left}
    save_file(kept, folder / "tied.safetensors")
    (folder / "spec.net").write_text(TIED, encoding="utf-8")
    return netspec.load(folder / "spec.net"), state


@pytest.mark.parametrize("left", [(), ("two.weight",), ("one.weight",)])
def test_a_tied_tensor_is_given_by_any_of_its_keys(left: tuple[str, ...], tmp_path: Path) -> None:
    spec, state = tied(tmp_path, *left)
    built = spec.build()
    assert built.get_parameter("one.weight") is built.get_parameter("two.weight")
    assert all(torch.equal(tensor, state[key]) for key, tensor in built.state_dict().items())
    made: dict[str, Any] = {"__file__": str(tmp_path / "script.py")}
    exec(spec.export().replace('if __name__ == "__main__":', "if False:"), made)
    module = made["Model"]()
    made["load_weights"](module)
    assert all(torch.equal(tensor, state[key]) for key, tensor in module.state_dict().items())


def test_a_tied_tensor_that_no_key_gives_is_missing(tmp_path: Path) -> None:
    with pytest.raises(netspec.SpecError, match="2 keys missing"):
        tied(tmp_path, "one.weight", "two.weight")


def test_two_tensors_do_not_become_one(tmp_path: Path) -> None:
    spec, _ = tied(tmp_path, apart=True)
    with pytest.raises(netspec.SpecError) as raised:
        spec.build()
    assert raised.value.diagnostics[0].code == "NS7030"
    assert "`one.weight` and `two.weight` are tied" in str(raised.value)


def test_narrow_numbers_become_the_models(reference: Reference, tmp_path: Path) -> None:
    half = {key: value.half() for key, value in reference.state_dict().items() if value.ndim}
    save_file(half, tmp_path / "half.safetensors")  # without the norm's counter too
    built = spec(tmp_path, '"half.safetensors"').build().state_dict()
    assert built["head.weight"].dtype == torch.float32
    assert torch.equal(built["head.weight"], half["head.weight"].float())
    assert int(built["body.1.num_batches_tracked"]) == 0


def test_tensors_of_a_bodys_own_are_loaded(tmp_path: Path) -> None:
    text = """
data { make_moons(n_samples=40, random_state=1) }
model {
  input x: real[B, 2]
  shift: Parameter([2], init=zeros)
  scale: Buffer(ones(2))
  (x + shift) * scale -> head: Linear(1)
}
train {
  loss      = BCEWithLogitsLoss
  optimizer = SGD(lr=0.1)
  epochs    = 1
  weights   = "own.safetensors"
}
"""
    (tmp_path / "spec.net").write_text(text, encoding="utf-8")
    tensors = {
        "shift": torch.tensor([1.0, 2.0]),
        "scale": torch.tensor([3.0, 4.0]),
        "head.weight": torch.tensor([[5.0, 6.0]]),
        "head.bias": torch.tensor([7.0]),
    }
    save_file(tensors, tmp_path / "own.safetensors")
    built = netspec.load(tmp_path / "spec.net").build().state_dict()
    assert built.keys() == tensors.keys()
    assert all(torch.equal(built[key], tensors[key]) for key in tensors)
    del tensors["scale"]
    save_file(tensors, tmp_path / "own.safetensors")
    with pytest.raises(netspec.SpecError) as raised:
        netspec.load(tmp_path / "spec.net")
    (found,) = raised.value.diagnostics
    assert found.code == "NS5052"
    assert found.notes == ("the file lacks `scale [2]`",)


def test_training_begins_with_them(reference: Reference, tmp_path: Path) -> None:
    save_file(reference.state_dict(), tmp_path / "all.safetensors")
    with_them = spec(tmp_path, '"all.safetensors"').train(runs=tmp_path / "runs")
    without = spec(tmp_path).train(runs=tmp_path / "runs")
    assert with_them.history[0]["train.loss"] != without.history[0]["train.loss"]
    # The order of rows and the seed are those of any other run.
    kept = spec(
        tmp_path, f'"runs/{with_them.folder and with_them.folder.name}/weights.safetensors"'
    )
    built, trained = kept.build().state_dict(), with_them.model.state_dict()
    assert all(torch.equal(built[key], trained[key]) for key in trained)


@pytest.mark.parametrize("late", ["gone", "cut", "changed"])
def test_a_file_that_changed_after_the_check(
    late: str, reference: Reference, tmp_path: Path
) -> None:
    file = tmp_path / "all.safetensors"
    save_file(reference.state_dict(), file)
    checked = spec(tmp_path, '"all.safetensors"')
    match late:
        case "gone":
            file.unlink()
        case "cut":
            file.write_bytes(file.read_bytes()[:-4])
        case _:
            save_file({"other": torch.ones(2)}, file)
    with pytest.raises(netspec.SpecError) as raised:
        checked.build()
    assert [found.code for found in raised.value.diagnostics] == ["NS7030"]
    with pytest.raises(netspec.SpecError) as raised:
        checked.train(runs=tmp_path / "runs")
    assert [found.code for found in raised.value.diagnostics] == ["NS7030"]


def test_a_check_reads_the_header_without_torch(reference: Reference, tmp_path: Path) -> None:
    save_file({"head.weight": torch.ones(1, 4)}, tmp_path / "head.safetensors")
    text = SPEC.format(weights='weights = load("head.safetensors")')
    (tmp_path / "spec.net").write_text(text, encoding="utf-8")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from netspec import driver\n"
        "from netspec.diagnostics import Sink\n"
        "sink = Sink()\n"
        "assert driver.check(driver.read(Path('spec.net'), sink), sink) is None\n"
        "assert [found.code for found in sink.diagnostics] == ['NS5052'], sink.diagnostics\n"
        "print(sorted({'torch', 'numpy', 'safetensors'} & sys.modules.keys()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
