"""The loop against the same training written by hand."""

from __future__ import annotations

import math
import os
import signal
import threading
from dataclasses import replace

import pytest
import torch
from runner_pieces import (
    Parts,
    choice,
    cross_entropy,
    loss_graph,
    network,
    numbers,
    optimizer,
    plan,
    quarters,
    schedule,
    small,
    squared,
)
from torch import Tensor, nn

from netspec.program.train import (
    Either,
    Measured,
    Schedule,
    Stalled,
    StopCondition,
    Threshold,
    TrainPlan,
)
from netspec.runner import Position, Run, fit, initialise
from netspec.runner.interrupt import interruptible
from netspec.source import Source, Span

HERE = Span(Source("a.net", ""), 0, 0)


def trained(the: TrainPlan, splits: Parts | None = None, module: nn.Module | None = None) -> Run:
    module = module or small()
    return fit(the, network(module), module, [squared], splits or Parts(numbers()))


def test_losses_are_those_of_plain_torch_to_the_bit() -> None:
    data = numbers()
    x, y = data.tensors
    torch.manual_seed(7)
    by_hand = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Dropout(0.2), nn.Linear(5, 1))
    sgd = torch.optim.SGD(by_hand.parameters(), lr=0.1, momentum=0.9, fused=True)
    wanted = []
    for epoch in range(4):
        total = torch.zeros(())
        rows = torch.randperm(10, generator=torch.Generator().manual_seed(7 * 1_000_003 + epoch))
        for index in torch.split(rows, 4):
            loss = nn.functional.mse_loss(by_hand(x[index])[:, 0], y[index])
            sgd.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            sgd.step()
            total += loss.detach() * len(index)
        wanted.append(total.item() / 10)

    module = initialise(
        7, lambda: nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Dropout(0.2), nn.Linear(5, 1))
    )
    the = plan(seed=7, epochs=4, optimizer=optimizer("SGD", lr=0.1, momentum=0.9))
    run = fit(the, network(module), module, [squared], Parts(data))
    assert [record["train.loss"] for record in run.history] == wanted
    for mine, other in zip(module.parameters(), by_hand.parameters(), strict=True):
        assert torch.equal(mine, other)


@pytest.mark.parametrize("batch", [None, 10, 100])
def test_a_full_batch_is_not_shuffled(batch: int | None) -> None:
    run = trained(plan(batch=batch))
    again = trained(plan(batch=batch, seed=3))
    assert [r["train.loss"] for r in run.history] == [r["train.loss"] for r in again.history]
    assert [r["step"] for r in run.history] == [1, 2, 3]


def test_accumulated_batches_make_the_step_of_one_large_batch() -> None:
    module, other = small(), small()
    data = Parts(numbers(8))
    fit(plan(batch=2, accumulate=4), network(module), module, [squared], data)
    fit(plan(batch=None), network(other), other, [squared], data)
    for mine, one in zip(module.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, one)


def test_the_last_group_of_batches_is_weighed_by_what_it_holds() -> None:
    run = trained(plan(batch=2, accumulate=3, epochs=1))  # 5 batches: 3 and 2
    assert run.history[0]["step"] == 2


def test_gradients_are_clipped() -> None:
    module = small()
    before = [p.detach().clone() for p in module.parameters()]
    the = plan(batch=None, epochs=1, clip=0.001, optimizer=optimizer("SGD", lr=1.0))
    trained(the, module=module)
    moved = [
        (p.detach() - b).square().sum() for p, b in zip(module.parameters(), before, strict=True)
    ]
    assert math.sqrt(sum(float(part) for part in moved)) == pytest.approx(0.001, rel=1e-3)


def test_steps_end_the_run_in_the_middle_of_an_epoch() -> None:
    run = trained(plan(epochs=None, steps=4))  # 3 steps an epoch
    assert [r["step"] for r in run.history] == [3, 4]
    assert run.ended == "epochs"


def test_a_record_holds_terms_metrics_and_both_splits() -> None:
    module = small()

    def loss(output: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        error = nn.functional.mse_loss(output[:, 0], y)
        return 2 * error, error

    the = plan(terms=("fit",), metrics=(choice("mse"), choice("r2")))
    run = fit(the, network(module), module, [loss], Parts(numbers(), val=numbers(6, seed=1)))
    record = run.history[-1]
    assert record["train.fit"] == pytest.approx(record["train.loss"] / 2)
    assert {"val.loss", "val.fit", "val.mse", "val.r2", "train.mse", "train.r2"} <= record.keys()
    assert record["val.mse"] == pytest.approx(record["val.fit"])
    assert set(run.metrics) == {"train", "val"}
    assert run.metrics["val"]["mse"] == pytest.approx(record["val.mse"])


def test_measuring_leaves_training_mode_and_running_means_alone() -> None:
    def build() -> nn.Sequential:
        return nn.Sequential(nn.Linear(2, 5), nn.BatchNorm1d(5), nn.Linear(5, 1))

    module, other = initialise(1, build), initialise(1, build)
    run = trained(plan(), Parts(numbers(), val=numbers(6, seed=1)), module)
    same = trained(plan(), Parts(numbers()), other)
    assert [r["train.loss"] for r in run.history] == [r["train.loss"] for r in same.history]


def test_several_outputs_and_inputs_are_wired_by_name() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(2, 1)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return self.inner(x), x

    def loss(y: Tensor, told: Tensor) -> tuple[Tensor, ...]:
        return squared(told, y)

    module = Two()
    record = replace(network(module), output_names=("told", "seen"))
    the = plan(loss=loss_graph("y", "told"), metrics=(choice("mse"),))
    run = fit(the, record, module, [loss], Parts(numbers()))
    assert run.metrics["train"]["mse"] == pytest.approx(run.metrics["train"]["loss"])


def stopped_after(condition: StopCondition, **changes: object) -> int:
    the = plan(
        epochs=50,
        task="classes",
        metrics=(choice("accuracy"),),
        optimizer=optimizer("Adam", lr=0.05),
        stop=(condition,),
        **changes,
    )
    module = small(outputs=3)
    run = fit(the, network(module), module, [cross_entropy], Parts(quarters(), val=quarters(20, 1)))
    assert (run.ended == "stopped") == (run.epochs < 50)
    return run.epochs


def test_a_threshold_stops_the_run_even_on_a_metric_not_listed() -> None:
    low = Threshold(
        span=HERE, measured=Measured(split="train", metric="error"), relation="<", value=0.5
    )
    assert stopped_after(low) < 50


def test_a_stall_counts_epochs_without_a_new_best() -> None:
    frozen = Stalled(span=HERE, measured=Measured(split="val", metric="loss"), epochs=2)
    assert stopped_after(frozen) <= 50
    module = small()
    the = plan(
        epochs=9,
        optimizer=optimizer("SGD", lr=0.0),
        stop=(Stalled(span=HERE, measured=Measured(split="val", metric="loss"), epochs=2),),
    )
    run = trained(the, Parts(numbers(), val=numbers(5, 1)), module)
    assert run.epochs == 3  # the first is the best, and two more are no better


def test_both_conditions_must_hold_when_joined_by_and() -> None:
    easy = Threshold(
        span=HERE, measured=Measured(split="train", metric="loss"), relation="<", value=1e9
    )
    never = replace(easy, value=-1.0)
    assert stopped_after(Either(conditions=(easy, never), every=False)) == 1
    assert stopped_after(Either(conditions=(easy, never), every=True)) == 50


def test_the_first_interrupt_ends_the_run_after_the_step() -> None:
    module, seen = small(), []

    def loss(output: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        seen.append(len(y))
        if len(seen) == 7:  # the first step of the third epoch
            os.kill(os.getpid(), signal.SIGINT)
        return squared(output, y)

    before = signal.getsignal(signal.SIGINT)
    run = fit(plan(epochs=500), network(module), module, [loss], Parts(numbers()))
    assert run.ended == "interrupted"
    assert run.epochs == 3
    assert run.history[-1]["step"] == 7
    assert run.metrics["train"]["loss"] > 0
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_leaves_at_once() -> None:
    position = Position(epochs=1, steps=1)

    def twice() -> None:
        with interruptible(position):
            os.kill(os.getpid(), signal.SIGINT)
            assert position.interrupted
            os.kill(os.getpid(), signal.SIGINT)

    # Under a job runner the process may have been started with the signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            twice()
    finally:
        signal.signal(signal.SIGINT, before)


def test_signals_are_left_alone_off_the_main_thread() -> None:
    seen = []

    def work() -> None:
        with interruptible(Position(epochs=1, steps=1)):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]


def test_rates_follow_the_schedule() -> None:
    def rates(the: Schedule, **changes: object) -> list[float]:
        run = trained(plan(schedule=the, optimizer=optimizer("SGD", lr=1.0), **changes))
        return [round(record["lr"], 4) for record in run.history]

    step = Schedule(span=HERE, warmup=0, then=schedule("StepLR", step_size=1), unit="epoch")
    assert rates(step) == [1.0, 0.1, 0.01]
    cosine = Schedule(span=HERE, warmup=0, then=schedule("CosineAnnealingLR"), unit="epoch")
    assert rates(cosine, epochs=4) == [1.0, 0.8536, 0.5, 0.1464]
    # Full batches: an epoch is a step. Rates of warm-up steps 1..4, then the cosine's own start.
    warm = Schedule(span=HERE, warmup=4, then=schedule("CosineAnnealingLR"), unit="step")
    seen = rates(warm, epochs=8, batch=None)
    assert seen == [0.25, 0.5, 0.75, 1.0, 1.0, 0.8536, 0.5, 0.1464]
    by_epoch = Schedule(span=HERE, warmup=4, then=schedule("CosineAnnealingLR"), unit="epoch")
    assert rates(by_epoch, epochs=8, batch=None) == seen
    two = schedule(
        "SequentialLR",
        schedule("ConstantLR", factor=0.5, total_iters=9),
        schedule("CosineAnnealingLR"),
        milestones=(2,),
    )
    one_after_another = Schedule(span=HERE, warmup=0, then=two, unit="epoch")
    assert rates(one_after_another, epochs=6) == [0.5, 0.5, 1.0, 0.8536, 0.5, 0.1464]
    factors = (schedule("StepLR", step_size=2, gamma=0.5), schedule("ExponentialLR", gamma=0.5))
    both = schedule("ChainedScheduler", *factors)
    together = Schedule(span=HERE, warmup=0, then=both, unit="epoch")
    assert rates(together, epochs=4) == [1.0, 0.5, 0.125, 0.0625]
    only = Schedule(span=HERE, warmup=2, then=None, unit="step")
    assert rates(only, batch=None, epochs=4) == [0.5, 1.0, 1.0, 1.0]


def test_a_plateau_is_looked_for_in_the_validation_loss() -> None:
    the = Schedule(
        span=HERE,
        warmup=0,
        then=schedule("ReduceLROnPlateau", patience=0, threshold=1.0),
        unit="step",
    )
    run = trained(
        plan(schedule=the, epochs=4, optimizer=optimizer("SGD", lr=1e-3)),
        Parts(numbers(), val=numbers(5, 1)),
    )
    assert run.history[-1]["lr"] < 1e-4
