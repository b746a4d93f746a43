"""The Python API: what is refused before anything is built or trained."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec

MODEL = "model {\n  input x: real[B, 4]\n  Linear(2)\n}\n"
MOONS = Path(__file__).parent.parent.parent / "specs" / "two_moons.net"


def test_a_type_for_no_input_is_refused() -> None:
    with pytest.raises(TypeError, match="`z`"):
        netspec.parse(MODEL, z="real[B, 4]")
    assert netspec.parse("model { Linear(2) }", x="real[B, 4]").program.model is not None


def test_a_run_has_an_epoch(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        netspec.load(MOONS).train(epochs=0, runs=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_spec_without_data_is_exported_as_its_model() -> None:
    script = netspec.parse(MODEL).export()
    assert "nn.Linear(4, 2)" in script
    assert "def main" not in script
