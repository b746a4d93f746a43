"""A scikit-learn estimator fitted on the same training rows, measured as the model is.

Loading this module loads scikit-learn, so only a run with a baseline does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn import dummy, ensemble, linear_model, naive_bayes, neighbors, svm, tree
from sklearn.base import is_classifier
from torch import Tensor

from netspec.program.graph import Model
from netspec.program.train import Choice, Task, TrainPlan
from netspec.runner.errors import RunError, baseline_failed
from netspec.runner.job import Loss, Split, Splits, Wiring
from netspec.runner.metrics import Tally

# The closed table of what a plan's estimator may mean, by its name in the catalogue.
ESTIMATORS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        dummy.DummyClassifier,
        dummy.DummyRegressor,
        ensemble.GradientBoostingClassifier,
        ensemble.GradientBoostingRegressor,
        ensemble.RandomForestClassifier,
        ensemble.RandomForestRegressor,
        linear_model.ElasticNet,
        linear_model.Lasso,
        linear_model.LinearRegression,
        linear_model.LogisticRegression,
        linear_model.Ridge,
        naive_bayes.GaussianNB,
        neighbors.KNeighborsClassifier,
        neighbors.KNeighborsRegressor,
        svm.SVC,
        svm.SVR,
        tree.DecisionTreeClassifier,
        tree.DecisionTreeRegressor,
    )
}
# As many rows are gathered at once; splits on disk are read in parts.
ROWS = 1000


def measure_baseline(
    plan: TrainPlan, baseline: Choice, network: Model, loss: Loss, splits: Splits
) -> dict[str, dict[str, float]]:
    """Fit the baseline and measure it on every split: the loss where it has one, and the metrics.

    Its answers take the form of the model's own output (a probability, a score, log-probabilities
    as scores of classes), so that loss and metrics mean the same. An estimator that gives bare
    classes has no loss.
    """
    wiring = Wiring.between(network, plan.judged, splits.train.fields)
    if wiring.target is None or wiring.prediction is None or len(network.output_names) > 1:
        reason = "the loss does not compare a single output with a field"
        raise RunError(baseline_failed(baseline.span, name=baseline.name, reason=reason))
    target = wiring.target - 1  # the pool begins with the one output
    named = {"train": splits.train, "val": splits.val, "test": splits.test}
    rows = {name: _gathered(split) for name, split in named.items() if split is not None}
    settings: dict[str, Any] = dict(baseline.arguments)
    kind = ESTIMATORS[baseline.name]
    if plan.task != "regression" and not is_classifier(kind()):
        reason = "it tells numbers, and this model tells classes apart"
        raise RunError(baseline_failed(baseline.span, name=baseline.name, reason=reason))
    if plan.task.startswith("binary") and rows["train"][target][0].numel() > 1:
        reason = "it tells one class a row, and a row here has several labels"
        raise RunError(baseline_failed(baseline.span, name=baseline.name, reason=reason))
    try:
        estimator = kind(**settings)
        estimator.fit(_table(rows["train"], wiring), _wanted(rows["train"][target], plan.task))
        answers = {
            name: _answer(estimator, batch, wiring, plan, network) for name, batch in rows.items()
        }
    except (ValueError, TypeError) as refusal:
        reason = str(refusal).strip().splitlines()[0]
        raise RunError(
            baseline_failed(baseline.span, name=baseline.name, reason=reason)
        ) from refusal
    return {
        name: _measured(plan, wiring, loss, batch, answers[name]) for name, batch in rows.items()
    }


def _measured(
    plan: TrainPlan, wiring: Wiring, loss: Loss, batch: tuple[Tensor, ...], answer: Tensor
) -> dict[str, float]:
    pool = (answer, *batch)
    values: dict[str, float] = {}
    if bool(answer.isfinite().all()):
        values["loss"] = float(loss(*[pool[i] for i in wiring.operands])[0])
    # Metrics of the user's look at what the model gives, which an estimator need not.
    metrics = tuple(metric for metric in plan.metrics if metric.extern is None)
    tally = Tally(metrics, plan.task, plan.classes, confusion=False)
    tally.keep(answer, pool[wiring.target or 0])
    return values | tally.read()


def _answer(
    estimator: Any, batch: tuple[Tensor, ...], wiring: Wiring, plan: TrainPlan, network: Model
) -> Tensor:
    """What the estimator says of rows, in the form of the model's output."""
    table = _table(batch, wiring)
    flat = len(network.graph.output_types[0].shape) == 1
    if plan.task == "regression":
        told = torch.as_tensor(estimator.predict(table), dtype=torch.float32)
        return told.reshape(len(table)) if flat else told.reshape(len(table), -1)
    classes = 2 if plan.task != "classes" else (plan.classes or len(estimator.classes_))
    chances = np.zeros((len(table), classes))
    if hasattr(estimator, "predict_proba"):
        chances[:, estimator.classes_.astype(int)] = estimator.predict_proba(table)
    else:
        chances[np.arange(len(table)), estimator.predict(table).astype(int)] = 1
    shares = torch.as_tensor(chances, dtype=torch.float32)
    match plan.task:
        case "classes":
            return shares.log()
        case "binary_probability":
            told = shares[:, 1]
        case "binary_score":
            told = shares[:, 1].logit()
    return told if flat else told.unsqueeze(1)


def _gathered(split: Split) -> tuple[Tensor, ...]:
    batches = list(split.to(torch.device("cpu")).batches(ROWS, None))
    return tuple(torch.cat(column) for column in zip(*batches, strict=True))


def _table(batch: tuple[Tensor, ...], wiring: Wiring) -> NDArray[Any]:
    """The model's inputs side by side, a row of numbers each."""
    columns = [batch[i].reshape(len(batch[i]), -1).numpy() for i in wiring.inputs]
    return np.concatenate(columns, axis=1)


def _wanted(target: Tensor, task: Task) -> NDArray[Any]:
    if task == "classes" and target.dim() > 1 and target.is_floating_point():
        target = target.argmax(1)
    values = target.reshape(len(target), -1).numpy()
    values = values if values.shape[1] > 1 else values[:, 0]
    return values if task == "regression" else values.astype(np.int64)
