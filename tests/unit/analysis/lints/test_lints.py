"""Lints: when they keep quiet, how they are silenced, and that they stop nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec import driver
from netspec.analysis.lints import RULES
from netspec.analysis.lints.allowances import allowances, by_line
from netspec.cli import main
from netspec.diagnostics import CODES, Severity, Sink
from netspec.source import Source

ROOT = Path(__file__).parents[4]
SPECS = sorted((*ROOT.glob("specs/**/*.net"), *ROOT.glob("netspec/cli/starters/*.net")))
LINTS = {number: known for number, known in CODES.items() if number.startswith("NS80")}

TWO_LINEARS = "model {\n  input x: real[B, 4]\n  Linear(8)\n  Linear(2)%s\n}\n"


def codes(text: str, **overrides: str) -> list[str]:
    sink = Sink()
    driver.check(Source("lints.net", text), sink, overrides)
    return [found.code for found in sink.diagnostics]


# --- no false alarms ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_no_alarm_on_a_good_spec(path: Path) -> None:
    sink = Sink()
    driver.check(Source(path.name, path.read_text(encoding="utf-8"), path), sink)
    found = [diagnostic.code for diagnostic in sink.diagnostics]
    if found == ["NS5501"]:
        pytest.skip("its data files are not on this machine")
    assert found == []


def trained(
    model: str,
    *settings: str,
    data: str = "make_moons(n_samples=100)",
    loss: str = "BCEWithLogitsLoss",
    optimizer: str = "SGD(lr=0.1)",
    limit: str = "epochs = 5",
) -> str:
    lines = (f"loss = {loss}", f"optimizer = {optimizer}", limit, *settings)
    body = "\n".join(f"  {line}" for line in lines)
    return f"data {{\n  {data}\n}}\nmodel {{\n  {model}\n}}\ntrain {{\n{body}\n}}\n"


NET = "Linear(8) -> ReLU -> Linear(1)"
NORMED = "Linear(8, bias=false) -> BatchNorm1d -> ReLU -> Linear(1)"
IRIS = "load_iris()"

QUIET = {
    "an activation as a function": trained("Linear(8)\n  -> relu\n  Linear(1)"),
    "a norm between": trained("Linear(8) -> LayerNorm -> Linear(1)"),
    "flattened between": (
        "model {\n  input x: real[B, 3, 4]\n  Linear(8) -> Flatten -> Linear(2)\n}\n"
    ),
    "added between": trained("input x\n  h = x -> Linear(2)\n  h + x -> Linear(1)"),
    "a bias before a norm, without training": (
        "model {\n  input x: real[B, 3, 9, 9]\n  Conv2d(8, 3) -> BatchNorm2d\n}\n"
    ),
    "a bias before a norm, shared": trained(
        "input x\n  h = x -> Linear(2)\n  a = h -> BatchNorm1d\n  a + h -> Linear(1)"
    ),
    "a regression that ends in a relu": trained(
        "Linear(8) -> ReLU -> Linear(1) -> ReLU",
        data="make_regression(n_samples=50, n_features=3)",
        loss="MSELoss",
    ),
    "dropout that drops nothing": trained(f"{NET} -> Dropout(0.0)"),
    "dropout last, without training": "model {\n  input x: real[B, 4]\n  Linear(2) -> Dropout\n}\n",
    "pooled behind the relu": trained(
        "input x\n  x -> unsqueeze(1) -> Conv1d(3, 3, padding=1) -> ReLU\n  -> mean(dim=2)",
        data=IRIS,
        loss="CrossEntropyLoss",
    ),
    "detached on purpose": trained("Linear(8) -> ReLU\n  -> detach\n  Linear(1)"),
    "a softmax over several": trained(
        "Linear(8) -> ReLU -> Linear(3) -> LogSoftmax(dim=1)", data=IRIS, loss="NLLLoss"
    ),
    "rounded, with the gradient of what was rounded": trained(
        "input x\n  h = x -> Linear(2)\n  r = h -> round\n  h + ((r - h) -> detach) -> Linear(1)"
    ),
    "the last batch has two rows": trained(NORMED, "batch = 49"),
    "all rows at once under a norm": trained(NORMED),
    "the run ends before the last batch": trained(NORMED, "batch = 33", limit="steps = 3"),
    "a last batch of one without a norm": trained(NET, "batch = 33"),
    "images one at a time at an epoch's end": trained(
        "Conv1d(4, 3, bias=false) -> BatchNorm1d -> ReLU -> Flatten -> Linear(10)",
        "batch = 599",
        data="rows = load_digits()\n  x = rows.images / 16\n  y = rows.y",
        loss="CrossEntropyLoss",
    ),
    "a batch of all rows": trained(NET, "batch = 100"),
    "a high rate for descent": trained(NET, optimizer="SGD(lr=1.0)"),
    "a rate just below": trained(NET, optimizer="Adam(lr=0.09)"),
    "a rate that a schedule overrules": trained(
        NET, "schedule = OneCycleLR(max_lr=1e-2)", optimizer="Adam(lr=1.0)"
    ),
    "a milestone in the last epoch": trained(
        NET, "schedule = SequentialLR([LinearLR, CosineAnnealingLR], milestones=[4])"
    ),
    "a milestone in an epoch of unknown length": trained(
        NET,
        "schedule = SequentialLR([LinearLR, CosineAnnealingLR], milestones=[4])",
        limit="steps = 5",
    ),
    "a warm-up as long as the run": trained(NET, "schedule = warmup(5)"),
    "a warm-up counted in accumulated batches": trained(
        NET, "schedule = warmup(10)", "batch = 10", "accumulate = 5"
    ),
    "both limits at once": trained(NET, "steps = 50", "batch = 10"),
    "as many rows as classes": trained(
        "Linear(4)",
        data="x = [0.0, 1.0, 2.0, 3.0] -> unsqueeze(1)\n  y = [0, 1, 2, 3]",
        loss="CrossEntropyLoss",
    ),
}


@pytest.mark.parametrize("case", QUIET)
def test_it_keeps_quiet(case: str) -> None:
    assert codes(QUIET[case]) == []


LOUD = {
    "relu behind a flatten": (
        trained("Linear(8) -> Tanh -> Linear(1) -> ReLU\n  -> squeeze(dim=1)"),
        ["NS8004"],
    ),
    "a loss as a function": (
        trained(
            "input x\n  scores = x -> Linear(1) -> ReLU\n  output scores",
            loss="binary_cross_entropy_with_logits(scores -> squeeze(dim=1), y)",
        ),
        ["NS8004"],
    ),
    "rounded": (
        trained(
            "Linear(8) -> ReLU -> Linear(1)\n  -> round",
            data="make_regression(n_samples=50, n_features=3)",
            loss="MSELoss",
        ),
        ["NS8005"],
    ),
    "images one at a time": (
        trained(
            "Conv1d(4, 3, bias=false) -> BatchNorm1d -> ReLU -> Flatten -> Linear(10)",
            "batch = 1",
            data="rows = load_digits()\n  x = rows.images / 16\n  y = rows.y",
            loss="CrossEntropyLoss",
        ),
        ["NS8006"],
    ),
    "a rate by position": (trained(NET, optimizer="NAdam(0.1)"), ["NS8008"]),
    "a warm-up longer than the steps": (
        trained(NET, "schedule = warmup(11)", "batch = 10", "accumulate = 5"),
        ["NS8009"],
    ),
    "a milestone behind the steps": (
        trained(
            NET,
            "schedule = SequentialLR([LinearLR, StepLR(1), StepLR(2)], [50, 90])",
            "batch = 10",
            limit="steps = 90",
        ),
        ["NS8013"],
    ),
    "a warm-up held against steps alone": (
        trained(NET, "schedule = warmup(101)", "batch = 10", limit="steps = 100"),
        ["NS8009"],
    ),
}


@pytest.mark.parametrize("case", LOUD)
def test_it_fires(case: str) -> None:
    text, expected = LOUD[case]
    assert codes(text) == expected


def test_an_error_comes_alone() -> None:
    assert codes(TWO_LINEARS.replace("Linear(8)", "Linear(8, bais=false)") % "")[0][:3] != "NS8"


# --- silencing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("", ["NS8001"]),
        ("  # netspec: allow[two-linears]", []),
        ("  # on purpose  # netspec: allow[high-rate, two-linears]", []),
        ("  #netspec:allow[ two-linears ]", []),
        ("  # netspec: allow[high-rate]", ["NS8001"]),
        ("  # netspec: allow[]", ["NS8001"]),
        ("  # netspec: allow[twolinears]", ["NS8001", "NS8000"]),
    ],
)
def test_a_comment_silences_its_line(comment: str, expected: list[str]) -> None:
    assert codes(TWO_LINEARS % comment) == expected


def test_a_comment_silences_no_other_line() -> None:
    text = "# netspec: allow[two-linears]\n" + TWO_LINEARS % "\n  # netspec: allow[two-linears]"
    assert codes(text) == ["NS8001"]


def test_a_text_is_no_comment() -> None:
    source = Source("t.net", 'a = "# netspec: allow[two-linears]"\nb = "x" # netspec: allow[b, c]')
    assert by_line(tuple(allowances(source))) == {2: frozenset({"b", "c"})}


def test_the_place_of_an_unknown_name() -> None:
    source = Source("t.net", "Linear(2)\nLinear(2)  # netspec: allow[first, other]")
    assert [str(one.span) for one in allowances(source)] == ["t.net:2:29", "t.net:2:36"]


# --- what a lint is -------------------------------------------------------------------------------


def test_every_rule_has_a_page_that_names_it() -> None:
    silencing = {
        name for name in RULES for known in LINTS.values() if f"allow[{name}]" in known.page
    }
    assert silencing == set(RULES)
    # Beside one a rule: a name that no rule has, and what only the rows of a run show.
    assert len(LINTS) == len(RULES) + 2


def test_warnings_stop_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "warned.net"
    spec.write_text(TWO_LINEARS % "", encoding="utf-8")
    assert main(["check", str(spec)]) == 0
    printed = capsys.readouterr()
    assert "warning[NS8001]" in printed.err
    assert "1 warning" in printed.out
    sink = Sink()
    assert driver.check(Source("warned.net", TWO_LINEARS % ""), sink) is not None
    assert [found.severity for found in sink.diagnostics] == [Severity.WARNING]


def test_a_param_decides() -> None:
    text = "param lr = 1e-3\n" + trained(NET, optimizer="Adam(lr=lr)")
    assert codes(text) == []
    assert codes(text, lr="0.5") == ["NS8008"]


def test_a_mask_gives_the_target_no_column(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("age,price\n10,1.5\n20,2.5\n30,3.5\n", encoding="utf-8")
    path = tmp_path / "spec.net"
    text = trained(
        "Linear(1)",
        data='rows = csv("rows.csv")\n  old = rows[rows.age > 18]\n  x = old -> select(age)\n'
        "  y = old.price / len(old)",
        loss="MSELoss",
    )
    sink = Sink()
    driver.check(Source(path.name, text, path), sink)
    assert [found.code for found in sink.diagnostics] == []
