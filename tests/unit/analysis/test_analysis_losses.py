"""Losses: views inserted, targets stored as the loss wants them, tasks told from types."""

from __future__ import annotations

import pytest
from spec_pieces import checked, codes

from netspec.program import Program
from netspec.program.graph import Compute

TEXT = """
data {{
  {data}
}}
model {{
  {model}
}}
train {{
  {train}
  optimizer = SGD(lr=0.1)
  epochs    = 1
}}
"""
MOONS = "make_moons(n_samples=100)"
ONE = "p = x -> Linear(1)\n  output p"


def trained(train: str, model: str = ONE, data: str = MOONS) -> Program:
    return checked(TEXT.format(data=data, model=model, train=train))


def views(program: Program) -> int:
    assert program.train is not None
    steps = program.train.phases[0].loss.steps
    return sum(isinstance(step, Compute) and step.function == "squeeze" for step in steps)


def stored(program: Program) -> dict[str, str]:
    assert program.data is not None
    return {field.name: field.stored for field in program.data.fields}


@pytest.mark.parametrize(
    "train",
    [
        "loss = BCEWithLogitsLoss",
        "loss = BCEWithLogitsLoss(p, y)",
        "loss = MSELoss",
        "loss = 0.5 * MSELoss(p, y)",
        "loss = binary_cross_entropy_with_logits(p, y)",
        "loss = mse_loss(p, y)",
        "loss = l1_loss(p, y)",
    ],
)
def test_a_target_is_viewed_and_real(train: str) -> None:
    program = trained(train)
    assert views(program) == 1
    assert stored(program) == {"x": "float32", "y": "float32"}


@pytest.mark.parametrize(
    "train", ["loss = mean((p - y) ** 2)", "gap = abs(y - p)\n  loss = sum(gap) / B"]
)
def test_terms_compare_rows_with_their_own(train: str) -> None:
    assert views(trained(train)) == 1


@pytest.mark.parametrize(
    "train",
    [
        "loss = HuberLoss(p, 2 * y - 1)",
        "loss = BCEWithLogitsLoss(p, y > 0)",
        "loss = mse_loss(p, y > 0)",
        "loss = SoftMarginLoss(p, 2 * y - 1)",
    ],
)
def test_a_computed_target_is_made_real(train: str) -> None:
    program = trained(train)
    assert program.train is not None
    steps = program.train.phases[0].loss.steps
    made = [step for step in steps if isinstance(step, Compute) and step.function == "float"]
    assert len(made) == 1
    assert stored(program)["y"] == "int64"


def test_equal_shapes_need_no_view() -> None:
    assert views(trained("loss = BCEWithLogitsLoss", "p = x -> Linear(1) -> squeeze(dim=1)")) == 0


def test_classes_stay_whole_numbers() -> None:
    program = trained("loss = CrossEntropyLoss", "Linear(2)")
    assert stored(program)["y"] == "int64"
    assert program.train is not None
    assert (program.train.task, program.train.classes) == ("classes", 2)


@pytest.mark.parametrize(
    ("train", "model", "task"),
    [
        ("loss = BCELoss", "Linear(1) -> Sigmoid", "binary_probability"),
        ("loss = MSELoss", "Linear(1) -> Sigmoid", "binary_probability"),
        ("loss = BCEWithLogitsLoss", "Linear(1)", "binary_score"),
        ("loss = MSELoss", "Linear(1)", "regression"),
    ],
)
def test_the_task_follows_from_types(train: str, model: str, task: str) -> None:
    program = trained(train, model)
    assert program.train is not None
    assert program.train.task == task


def test_terms_are_kept_by_name() -> None:
    program = trained("fit = MSELoss(p, y)\n  small = mean(p ** 2)\n  loss = fit + 0.1 * small")
    assert program.train is not None
    assert program.train.phases[0].terms == ("fit", "small")


@pytest.mark.parametrize(
    "train",
    [
        "loss = mean((p - y) ** 2)",
        "loss = MSELoss",
        "loss = mean(where(y > p, y, p))",
    ],
)
def test_three_columns_are_never_broadcast(train: str) -> None:
    text = TEXT.format(data="load_diabetes()", model="p = x -> Linear(3)\n  output p", train=train)
    found = codes(text)
    assert found == ["NS4001"]
