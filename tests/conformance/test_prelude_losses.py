from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from sampling import entry, holds, tensor, typed

from netspec.catalog import Application, Refusal
from netspec.types import TensorType

R35 = typed("real", 3, 5)
CLASSES = typed("index", 3, size=5)
ACCEPTED: list[tuple[str, dict[str, Any], TensorType, TensorType]] = [
    ("MSELoss", {}, R35, R35),
    ("MSELoss", {"reduction": "none"}, R35, R35),
    ("L1Loss", {"reduction": "sum"}, R35, typed("int", 3, 5)),
    ("SmoothL1Loss", {"beta": 0.5}, typed("unit", 3), typed("bool", 3)),
    ("HuberLoss", {"delta": 2.0}, R35, typed("index", 3, 5, size=2)),
    ("BCELoss", {}, typed("unit", 3, 1), typed("index", 3, 1, size=2)),
    ("BCELoss", {"reduction": "none"}, typed("prob", 3, 5), typed("unit", 3, 5)),
    ("BCEWithLogitsLoss", {}, R35, typed("bool", 3, 5)),
    ("CrossEntropyLoss", {}, R35, CLASSES),
    ("CrossEntropyLoss", {"label_smoothing": 0.1}, R35, CLASSES),
    ("CrossEntropyLoss", {"reduction": "none"}, R35, CLASSES),
    ("CrossEntropyLoss", {}, R35, typed("prob", 3, 5)),
    ("CrossEntropyLoss", {"reduction": "none"}, typed("real", 3, 5, 2), typed("prob", 3, 5, 2)),
    ("CrossEntropyLoss", {}, typed("real", 3, 5, 4, 4), typed("index", 3, 4, 4, size=5)),
    ("NLLLoss", {}, typed("logprob", 3, 5), CLASSES),
    ("NLLLoss", {"ignore_index": 0, "reduction": "sum"}, typed("logprob", 3, 5), CLASSES),
]
REFUSED: list[tuple[str, TensorType, TensorType, str, int]] = [
    ("MSELoss", R35, typed("real", 3, 1), "size", 1),
    ("MSELoss", typed("real", 3, 1), typed("real", 3), "rank", 1),
    ("BCELoss", R35, typed("unit", 3, 5), "kind", 0),
    ("BCELoss", typed("unit", 3), typed("index", 3, size=3), "classes", 1),
    ("BCELoss", typed("unit", 3), typed("real", 3), "kind", 1),
    ("BCEWithLogitsLoss", typed("unit", 3), typed("bool", 3), "kind", 0),
    ("CrossEntropyLoss", typed("prob", 3, 5), CLASSES, "kind", 0),
    ("CrossEntropyLoss", typed("logprob", 3, 5), CLASSES, "kind", 0),
    ("CrossEntropyLoss", R35, typed("index", 3, size=4), "classes", 1),
    ("CrossEntropyLoss", R35, typed("index", 3, 1, size=5), "rank", 1),
    ("CrossEntropyLoss", R35, typed("index", 4, size=5), "size", 1),
    ("CrossEntropyLoss", R35, typed("int", 3, 5), "kind", 1),
    ("CrossEntropyLoss", R35, typed("prob", 3, 4), "size", 1),
    ("CrossEntropyLoss", typed("prob", 3, 5), typed("prob", 3, 5), "kind", 0),
    ("CrossEntropyLoss", typed("real", 5), typed("index", size=5), "rank", 0),
    ("NLLLoss", R35, CLASSES, "kind", 0),
    ("NLLLoss", typed("prob", 3, 5), CLASSES, "kind", 0),
]


@pytest.mark.parametrize(("name", "keywords", "prediction", "target"), ACCEPTED)
def test_loss_runs_and_has_the_shape_declared(
    name: str, keywords: dict[str, Any], prediction: TensorType, target: TensorType
) -> None:
    declared = entry("loss", name)
    bound = declared.bind((), keywords)
    assert not isinstance(bound, Refusal)
    applied = declared.apply(bound, (prediction, target))
    assert isinstance(applied, Application)
    given_prediction, given_target = tensor(prediction), tensor(target)
    if "Entropy" not in name and name != "NLLLoss":
        given_target = given_target.to(given_prediction.dtype)  # as the data hands it over
    given = getattr(torch.nn, name)(**applied.arguments)(given_prediction, given_target)
    assert holds(applied.outputs[0], given)
    assert not applied.weights


@pytest.mark.parametrize(("name", "prediction", "target", "reason", "at"), REFUSED)
def test_loss_is_refused(
    name: str, prediction: TensorType, target: TensorType, reason: str, at: int
) -> None:
    declared = entry("loss", name)
    bound = declared.bind((), {})
    assert not isinstance(bound, Refusal)
    refusal = declared.apply(bound, (prediction, target))
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.input) == (reason, at)


FUNCTIONS = {
    "mse_loss": "MSELoss",
    "l1_loss": "L1Loss",
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss",
}


@pytest.mark.parametrize(("function", "loss"), FUNCTIONS.items())
def test_loss_functions_take_what_the_losses_take(function: str, loss: str) -> None:
    declared = entry("function", function)
    for name, keywords, prediction, target in ACCEPTED:
        if name == loss:
            applied = declared.apply_function((prediction, target), keywords)
            assert isinstance(applied, Application)
    for name, prediction, target, reason, _ in REFUSED:
        if name == loss:
            refusal = declared.apply_function((prediction, target), {})
            assert isinstance(refusal, Refusal)
            assert refusal.reason == reason


def test_a_batch_not_yet_known_agrees_with_itself() -> None:
    declared = entry("loss", "CrossEntropyLoss")
    bound = declared.bind((), {})
    assert not isinstance(bound, Refusal)
    applied = declared.apply(bound, (typed("real", "B", 5), typed("index", "B", size=5)))
    assert isinstance(applied, Application)
    assert not applied.requirements


def test_two_unknown_sizes_must_be_equal() -> None:
    declared = entry("loss", "MSELoss")
    bound = declared.bind((), {})
    assert not isinstance(bound, Refusal)
    applied = declared.apply(bound, (typed("real", "B", "T"), typed("real", "B", "S")))
    assert isinstance(applied, Application)
    (need,) = applied.requirements
    assert (str(need.left), need.relation, str(need.right)) == ("S", "==", "T")


def test_torch_would_broadcast_where_the_catalogue_refuses() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.nn.MSELoss()(torch.randn(3, 5), torch.randn(3, 1))
    assert caught
