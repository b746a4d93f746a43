"""`compile = true`: torch.compile computes the steps, and the module stays what it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch._dynamo.utils import counters

import netspec

SPEC = """
data {
  make_moons(n_samples=64, noise=0.2, random_state=1)
  split(train=75%, val=25%, seed=1)
}
model { Linear(6) -> Tanh -> Linear(1) }
train {
  loss      = BCEWithLogitsLoss
  optimizer = SGD(lr=0.5)
  batch     = 16
  epochs    = 2
  COMPILE
}
"""
needs_compiler = pytest.mark.skipif(
    not any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "g++", "clang++")),
    reason="there is no C++ compiler for torch.compile on this machine",
)


@needs_compiler
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated")  # torch uses it
def test_a_compiled_run_is_the_same_run(tmp_path: Path) -> None:
    counters.clear()
    plain = netspec.parse(SPEC.replace("COMPILE", "")).train(runs=tmp_path)
    assert not counters["stats"]
    run = netspec.parse(SPEC.replace("COMPILE", "compile = true")).train(runs=tmp_path)
    assert counters["stats"]["unique_graphs"] == 1
    assert type(run.model).__mro__[1:] == type(plain.model).__mro__[1:]
    state, other = run.model.state_dict(), plain.model.state_dict()
    assert list(state) == list(other)
    # The compiler may add numbers in another order.
    assert all(torch.allclose(state[key], other[key], atol=1e-5) for key in state)
    for mine, its in zip(run.history, plain.history, strict=True):
        assert mine["val.loss"] == pytest.approx(its["val.loss"], abs=1e-5)


def test_a_machine_without_a_compiler_says_so(tmp_path: Path) -> None:
    (tmp_path / "spec.net").write_text(SPEC.replace("COMPILE", "compile = true"), encoding="utf-8")
    nowhere = str(tmp_path / "nowhere")
    done = subprocess.run(
        [sys.executable, "-m", "netspec", "run", "spec.net", "--quiet", "--no-color"],
        cwd=tmp_path,
        env=os.environ
        | {"CXX": nowhere, "PATH": nowhere, "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "error[NS7032]: `torch.compile` cannot compile the model for `cpu`" in done.stderr
    assert "compiler" in done.stderr
