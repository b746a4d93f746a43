"""Each model of the zoo as a person begins with it: copied, checked, trained on made-up rows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from entry import entry
from gallery import models
from torch import nn

import netspec
from netspec import cli, codegen, driver
from netspec.diagnostics import Sink
from netspec.program import Program
from netspec.runner.run import prepare_job


@pytest.fixture(params=models())
def copied(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec of the zoo as `netspec new` copies it."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["new", "--from", request.param]) == 0
    return tmp_path / f"{request.param}.net"


def loss_of(program: Program, module: nn.Module) -> float:
    """The loss on the training rows, batch by batch as in training, but without dropout.

    Of phases it is the loss of the first: a generator's is what its adversary makes of it.
    """
    plan, network, cpu = program.train, program.network, torch.device("cpu")
    assert plan is not None
    assert network is not None
    losses = [codegen.build_loss(phase) for phase in plan.phases]
    splits = driver.load_data(program)
    job, _ = prepare_job(plan, network, module, losses, splits, cpu)
    module.train()
    for dropout in module.modules():
        if isinstance(dropout, nn.Dropout):
            dropout.eval()
    torch.manual_seed(1)
    total = 0.0
    with torch.no_grad():
        for batch in splits.train.batches(plan.batch, None):
            (loss, *_), _ = job.turns[0].evaluate(batch)
            total += float(loss) * len(batch[0])
    return total / len(splits.train)


def test_twenty_steps_lower_the_loss(copied: Path) -> None:
    spec = netspec.load(copied, params=entry(copied.stem).small, synthetic=True)
    untrained = driver.build(spec.program, Sink())
    assert untrained is not None
    run = spec.train(steps=20, device="cpu", runs="runs")
    assert (run.made_up, run.history[-1]["step"]) == (True, 20)
    assert loss_of(spec.program, run.raw or run.model) < loss_of(spec.program, untrained)


def test_it_starts_at_full_size(copied: Path) -> None:
    """It checks without a finding, and the rows that it makes up by itself are there."""
    program = netspec.load(copied).program
    assert not netspec.check(copied.read_text(encoding="utf-8"))
    assert len(driver.load_data(program).train) > 0
