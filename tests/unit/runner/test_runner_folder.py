"""The run directory, the baseline, and what a run answers afterwards."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from runner_pieces import (
    Parts,
    choice,
    code_of,
    cross_entropy,
    network,
    numbers,
    optimizer,
    plan,
    quarters,
    rows,
    small,
    squared,
)
from safetensors.torch import load_file
from sklearn.linear_model import LinearRegression
from torch import Tensor, nn

from netspec.catalog import load
from netspec.runner import Run, RunFolder, fit, with_baseline
from netspec.runner.baseline import ESTIMATORS, measure_baseline
from netspec.runner.errors import RunError
from netspec.runner.metrics import METRICS
from netspec.runner.optimizer import OPTIMIZERS
from netspec.runner.schedule import SCHEDULES


def saved(root: Path) -> Run:
    module = small()
    folder = RunFolder.create(root, "small", spec="model {\n}\n", source="import torch\n")
    parts = Parts(numbers(), test=numbers(4, 1))
    the = plan(metrics=(choice("mse"),))
    run = fit(the, network(module), module, [squared], parts, folder=folder)
    folder.save(run)
    return run


def test_a_run_leaves_its_spec_source_metrics_weights_and_result(tmp_path: Path) -> None:
    run = saved(tmp_path / "runs")
    folder = tmp_path / "runs" / "small-001"
    assert run.folder == folder
    assert (folder / "spec.net").read_text() == "model {\n}\n"
    assert (folder / "model.py").read_text() == "import torch\n"
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert lines == run.history
    weights = load_file(folder / "weights.safetensors")
    assert weights.keys() == run.model.state_dict().keys()
    assert all(torch.equal(weights[key], value) for key, value in run.model.state_dict().items())
    result = json.loads((folder / "result.json").read_text())
    assert result["metrics"] == run.metrics
    assert result["ended"] == "epochs"
    assert not list(folder.glob("*.part"))


def test_numbers_go_on_and_nothing_is_overwritten(tmp_path: Path) -> None:
    names = []
    for _ in range(2):
        names.append(RunFolder.create(tmp_path, "a b/c", spec="", source="").path.name)
    (tmp_path / "a-b-c-041").mkdir()
    names.append(RunFolder.create(tmp_path, "a b/c", spec="", source="").path.name)
    assert names == ["a-b-c-001", "a-b-c-002", "a-b-c-042"]
    assert RunFolder.create(tmp_path, "..", spec="", source="").path.parent == tmp_path


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    code, error = code_of(lambda: RunFolder.create(tmp_path / "runs", "a", spec="", source=""))
    assert code == "NS7008"
    assert "runs" in error.diagnostic.message


def test_json_has_no_numbers_that_json_does_not_know(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "a", spec="", source="")
    folder.log({"epoch": 1, "train.r2": float("nan"), "train.loss": 0.5})
    folder.close()
    (line,) = (folder.path / "metrics.jsonl").read_text().splitlines()
    assert json.loads(line) == {"epoch": 1, "train.r2": None, "train.loss": 0.5}


def test_predict_and_classify() -> None:
    module = small(outputs=3)
    data = quarters()
    the = plan(task="classes", classes=3, metrics=(choice("accuracy"),))
    run = fit(the, network(module, outputs=3), module, [cross_entropy], Parts(data))
    told = run.predict(data.tensors[0].numpy())
    assert told.shape == (40, 3)
    said = run.classify(data.tensors[0].tolist())
    assert len(repr(run).splitlines()) == 1, "a run is short to look at"
    with pytest.raises(ValueError, match="several outputs"):
        replace(run, several=True).classify(data.tensors[0].tolist())
    right = float((said == data.tensors[1].numpy()).mean())
    assert right == pytest.approx(run.metrics["train"]["accuracy"])
    seen = np.bincount(data.tensors[1].numpy())
    assert np.dot(run.per_class, seen) / 40 == pytest.approx(right)

    def twice(given: object) -> tuple[Tensor, ...]:
        return (torch.as_tensor(given) * 2,)

    prepared = replace(run, prepare=twice)
    np.testing.assert_allclose(
        prepared.predict(data.tensors[0]), run.predict(data.tensors[0].numpy() * 2)
    )


def test_points_are_kept_for_pictures_of_few_inputs_only() -> None:
    assert saved_points(2).keys() == {"train"}
    assert saved_points(2)["train"] == (10, 2)
    assert saved_points(3) == {}


def saved_points(inputs: int) -> dict[str, tuple[int, ...]]:
    x = torch.randn(10, inputs)
    module = small(inputs=inputs)
    the = plan(epochs=1)
    run = fit(the, network(module, inputs), module, [squared], Parts(rows(x, x[:, 0])))
    return {name: seen.shape for name, (seen, _) in run.points.items()}


def test_the_baseline_sees_the_same_rows() -> None:
    data, other = numbers(30), numbers(20, 1)
    module = small()
    the = plan(metrics=(choice("mse"), choice("r2")))
    baseline = choice("LinearRegression")
    told = measure_baseline(the, baseline, network(module), squared, Parts(data, test=other))
    x, y = data.tensors
    by_hand = LinearRegression().fit(x.numpy(), y.numpy())
    assert told["train"]["r2"] == pytest.approx(by_hand.score(x.numpy(), y.numpy()))
    assert told["test"]["loss"] == pytest.approx(told["test"]["mse"], abs=1e-9)
    run = fit(the, network(module), module, [squared], Parts(data))
    assert with_baseline(run, "LinearRegression", told).baseline == told


def test_a_baseline_that_cannot_answer_is_refused_too() -> None:
    baseline = choice("KNeighborsRegressor", n_neighbors=31)
    with pytest.raises(RunError, match="KNeighborsRegressor"):
        measure_baseline(plan(), baseline, network(small()), squared, Parts(numbers(30)))


@pytest.mark.parametrize(
    ("name", "has_loss"),
    [("LogisticRegression", True), ("GaussianNB", True), ("SVC", False)],
)
def test_a_baseline_answers_in_the_form_of_the_model(name: str, has_loss: bool) -> None:
    the = plan(task="classes", classes=4, metrics=(choice("accuracy"),))
    net = network(small(outputs=4), outputs=4)
    told = measure_baseline(the, choice(name), net, cross_entropy, Parts(quarters(90)))
    # Class 3 of the four never occurs, so its probability is 0 and its logarithm infinite.
    assert "loss" not in told["train"]
    assert told["train"]["accuracy"] > 0.7
    three = plan(task="classes", classes=3, metrics=(choice("accuracy"),))
    told = measure_baseline(three, choice(name), net, cross_entropy, Parts(quarters(90)))
    assert ("loss" in told["train"]) == has_loss


@pytest.mark.parametrize("task", ["binary_probability", "binary_score"])
def test_a_baseline_of_two_classes(task: str) -> None:
    def loss(output: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        if task == "binary_score":
            return (nn.functional.binary_cross_entropy_with_logits(output.view_as(y), y),)
        return (nn.functional.binary_cross_entropy(output.view_as(y), y),)

    x, y = numbers(60).tensors
    the = plan(task=task, metrics=(choice("accuracy"),))
    parts = Parts(rows(x, (y > 0).float()))
    told = measure_baseline(the, choice("LogisticRegression"), network(small()), loss, parts)
    assert 0 < told["train"]["loss"] < 0.6
    assert told["train"]["accuracy"] > 0.8


def test_a_baseline_that_cannot_be_fitted_says_why() -> None:
    net, parts = network(small()), Parts(quarters())
    the = plan(task="classes", classes=3)
    code, _ = code_of(lambda: measure_baseline(the, choice("Ridge"), net, cross_entropy, parts))
    assert code == "NS7010"
    wrong = choice("LogisticRegression", C=-1.0)
    code, error = code_of(lambda: measure_baseline(the, wrong, net, cross_entropy, parts))
    assert code == "NS7010"
    assert "C" in error.diagnostic.notes[0]


def test_every_declared_name_has_its_object() -> None:
    catalog = load()
    assert set(catalog.names("metric")) == METRICS.keys()
    assert set(catalog.names("estimator")) == ESTIMATORS.keys()
    for kind, table in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
        targets = {
            entry.target
            for name in catalog.names(kind)
            if (entry := catalog.find(kind, name)) is not None
        }
        assert targets == table.keys()


@pytest.mark.parametrize("target", sorted(OPTIMIZERS.keys() - {"torch.optim.SparseAdam"}))
def test_every_optimizer_trains(target: str) -> None:
    name = target.rpartition(".")[2]
    # Muon takes matrices only.
    module = nn.Sequential(nn.Linear(2, 1, bias=False)) if name == "Muon" else small()
    # A step of LBFGS without a line search may overshoot.
    settings = {"line_search_fn": "strong_wolfe"} if name == "LBFGS" else {}
    run = fit(
        plan(optimizer=optimizer(name, **settings), epochs=4), network(module), module, [squared],
        Parts(numbers()),
    )  # fmt: skip
    assert run.history[-1]["train.loss"] < run.history[0]["train.loss"]


def test_sparse_adam_takes_sparse_gradients_and_says_so_else() -> None:
    the = plan(optimizer=optimizer("SparseAdam", lr=0.05), epochs=4)
    module = nn.Sequential(nn.Embedding(5, 1, sparse=True), nn.Flatten())
    x = torch.arange(5).repeat(4).reshape(-1, 1)
    parts = Parts(rows(x, x[:, 0].float()))
    run = fit(the, network(module), module, [squared], parts)
    assert run.history[-1]["train.loss"] < run.history[0]["train.loss"]
    dense = small()
    code, error = code_of(lambda: fit(the, network(dense), dense, [squared], Parts(numbers())))
    assert code == "NS7005"
    assert "dense gradients" in error.diagnostic.notes[0]
