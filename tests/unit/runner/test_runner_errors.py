"""What can go wrong in a run, and the place in the spec that is named."""

from __future__ import annotations

import math

import pytest
import torch
from runner_pieces import (
    LAYER,
    LOSS,
    Parts,
    choice,
    code_of,
    network,
    numbers,
    optimizer,
    plan,
    rows,
    schedule,
    small,
    squared,
)
from torch import Tensor, nn

from netspec.program.train import Measured, ParameterGroup, Schedule, Stalled, TrainPlan
from netspec.runner import RunError, choose_device, fit
from netspec.runner import run as whole_run
from netspec.runner.job import Loss
from netspec.runner.optimizer import build_optimizer


def failure(
    the: TrainPlan, module: nn.Module, loss: Loss = squared, splits: Parts | None = None
) -> tuple[str, RunError]:
    return code_of(lambda: fit(the, network(module), module, [loss], splits or Parts(numbers())))


def test_an_exploding_run_names_the_layer_and_the_step() -> None:
    code, error = failure(plan(epochs=50, optimizer=optimizer("SGD", lr=1e30)), small())
    assert code == "NS7001"
    assert error.diagnostic.labels[0].span in (LAYER, LOSS)
    (note,) = error.diagnostic.notes
    assert "step" in note


@pytest.mark.parametrize("snapshots", ["first", "every"])
def test_the_layer_whose_output_broke_is_found_by_a_replay(
    snapshots: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Log(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.log()

    # The first layer falls step by step until its output crosses zero.
    linear = nn.Linear(1, 1)
    nn.init.constant_(linear.weight, 0.0)
    nn.init.constant_(linear.bias, 1.0)
    module = nn.Sequential(linear, Log())
    if snapshots == "every":
        monkeypatch.setattr(whole_run, "SECONDS_BETWEEN_SNAPSHOTS", 0.0)
    x = torch.ones(8, 1)
    code, error = code_of(
        lambda: fit(
            plan(epochs=100, optimizer=optimizer("SGD", lr=0.02)),
            network(module, inputs=1),
            module,
            [lambda output, y: (output.mean(),)],
            Parts(rows(x, x[:, 0])),
        )
    )
    assert code == "NS7001"
    (note,) = error.diagnostic.notes
    assert "the output of `1` (Log) is the first that is not finite" in note
    assert note.startswith("epoch ")
    assert error.diagnostic.labels[0].span == LAYER


def test_a_loss_that_breaks_alone_is_told_apart() -> None:
    def loss(output: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        return ((output * 0).log().mean(),)

    code, error = failure(plan(), small(), loss)
    assert code == "NS7001"
    assert "every layer's output is finite" in error.diagnostic.notes[0]
    assert error.diagnostic.labels[0].span == LOSS
    assert "-inf" in error.diagnostic.message


def test_a_gradient_that_breaks_first_is_told_apart() -> None:
    def loss(output: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        return ((output * 0).abs().sqrt().mean(),)

    code, error = failure(plan(), small(), loss)
    assert code == "NS7001"
    assert "its gradient with respect to" in error.diagnostic.notes[0]
    assert "epoch 1, step 1" in error.diagnostic.notes[0]


def test_without_a_copy_to_replay_the_layer_is_named_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.runner.diagnose.LARGEST_COPY", 0)
    code, error = failure(plan(epochs=50, optimizer=optimizer("SGD", lr=1e30)), small())
    assert code == "NS7001"
    assert "not finite" in error.diagnostic.notes[0]


def test_a_layer_that_refuses_its_input_is_named() -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    code, error = failure(plan(batch=3), module)  # 10 rows: the last batch has one
    assert code == "NS7002"
    assert "layer `1`" in error.diagnostic.message
    assert error.diagnostic.help is not None
    assert error.diagnostic.labels[0].span == LAYER


def test_a_loss_that_refuses_is_named() -> None:
    code, error = failure(plan(), small(), lambda output, y: (nn.functional.nll_loss(output, y),))
    assert code == "NS7002"
    assert error.diagnostic.message == "the loss failed while running"
    assert error.diagnostic.labels[0].span == LOSS


def test_running_out_of_memory_names_the_layer_and_the_batch() -> None:
    class Greedy(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + torch.empty(2**50)

    code, error = failure(plan(), nn.Sequential(nn.Linear(2, 1), Greedy()))
    assert code == "NS7009"
    assert error.diagnostic.message == "out of memory on `cpu` in layer `1`"
    assert error.diagnostic.notes == ("training takes batches of 4 rows",)


def test_an_error_that_no_layer_made_is_ours_and_passes() -> None:
    class Unreadable:
        def begin(self, position: object) -> None:
            raise ValueError("a bug")

        def epoch(self, record: object) -> None: ...

        def end(self) -> None: ...

    module = small()
    splits = Parts(numbers())
    with pytest.raises(ValueError, match="a bug"):
        fit(plan(), network(module), module, [squared], splits, observer=Unreadable())


def test_a_device_that_is_not_there() -> None:
    code, error = code_of(lambda: choose_device(plan(), "tpu"))
    assert code == "NS7003"
    assert "`cpu`" in error.diagnostic.notes[0]
    assert choose_device(plan(), "cpu").type == "cpu"


def test_a_group_that_matches_nothing() -> None:
    group = ParameterGroup(span=LAYER, patterns=("*.wieght",), arguments=(("lr", 0.0),))
    code, error = failure(plan(groups=(group,)), small())
    assert code == "NS7004"
    assert error.diagnostic.help == 'did you mean `"*.weight"`?'


def test_groups_have_their_own_settings_and_the_later_wins() -> None:
    module = small()
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    groups = (
        ParameterGroup(span=LAYER, patterns=("*.bias", "0.*"), arguments=(("lr", 0.0),)),
        ParameterGroup(span=LAYER, patterns=("2.bias",), arguments=(("lr", 0.1),)),
    )
    fit(plan(groups=groups), network(module), module, [squared], Parts(numbers()))
    moved = {name for name, p in module.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {"2.weight", "2.bias"}


def test_an_optimizer_that_refuses() -> None:
    code, error = failure(plan(optimizer=optimizer("Muon", lr=0.1)), small())
    assert code == "NS7005"
    assert error.diagnostic.labels[0].span == LOSS


def test_parameters_without_a_fused_kernel_take_the_plain_one() -> None:
    sgd = optimizer("SGD", lr=0.1)
    assert build_optimizer(sgd, (), small()).defaults["fused"]
    whole = nn.ParameterList([torch.zeros(2, dtype=torch.complex64)])
    assert not build_optimizer(sgd, (), whole).defaults["fused"]
    sparse = nn.Sequential(nn.Embedding(3, 1, sparse=True))
    assert not build_optimizer(sgd, (), sparse).defaults["fused"]
    assert not build_optimizer(optimizer("RMSprop"), (), small()).defaults.get("fused")


def test_a_schedule_that_refuses() -> None:
    cycle = Schedule(span=LOSS, warmup=0, then=schedule("OneCycleLR", max_lr=0.1), unit="step")
    code, _ = failure(plan(schedule=cycle, optimizer=optimizer("Adagrad", lr=0.1)), small())
    assert code == "NS7006"


def test_a_cycle_that_ends_before_the_run() -> None:
    short = schedule("OneCycleLR", max_lr=0.1, total_steps=1)
    cycle = Schedule(span=LOSS, warmup=0, then=short, unit="step")
    code, _ = failure(plan(schedule=cycle, epochs=2), small())
    assert code == "NS7006"


def test_a_model_without_parameters() -> None:
    code, _ = failure(plan(), nn.Sequential(nn.Tanh()))
    assert code == "NS7007"


def test_a_stop_condition_on_rows_that_are_not_there() -> None:
    stop = Stalled(span=LOSS, measured=Measured(split="val", metric="loss"), epochs=2)
    code, error = failure(plan(stop=(stop,)), small())
    assert code == "NS7011"
    assert "`val.loss`" in error.diagnostic.message


def test_a_metric_beside_a_finite_loss_may_be_undefined() -> None:
    flat = rows(torch.randn(4, 2), torch.ones(4))
    module = small()
    run = fit(plan(metrics=(choice("r2"),)), network(module), module, [squared], Parts(flat))
    assert not math.isfinite(run.metrics["train"]["r2"])


def test_a_last_update_that_breaks_the_weights_is_noticed() -> None:
    the = plan(epochs=1, batch=None, optimizer=optimizer("SGD", lr=1e38))
    code, error = failure(the, small())
    assert code == "NS7001"
    assert "finite" in error.diagnostic.notes[0]
