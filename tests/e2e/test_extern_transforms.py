"""Transforms of the user's own: fitted on the training rows, and held against their types."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from export_pieces import complaints, recorded, run_alone
from extern_pieces import checked, only, placed
from torch import Tensor

import netspec
from netspec import driver
from netspec.data import Split, Splits, Stored
from netspec.diagnostics import Sink

MODULE = '''"""Rows made fit."""

import numpy as np


class Ranks:
    """Each number as the share of the rows fitted on that are not above it."""

    def __init__(self, low: float = 0.0, high: float = 1.0) -> None:
        self.low, self.high = low, high

    def fit(self, x):
        self.rows = len(x)
        self.sorted = np.sort(x, axis=0)

    def transform(self, x):
        columns = zip(self.sorted.T, x.T)
        shares = [np.searchsorted(known, new, side="right") for known, new in columns]
        made = np.stack(shares, axis=1) / len(self.sorted)
        return self.low + (self.high - self.low) * made


class Squash:
    def fit(self, x):
        self.scale = np.abs(x).max()

    def transform(self, x):
        return np.tanh(x / self.scale)


class Fewer:
    """The rows on random directions."""

    def __init__(self, width: int, *, random_state=None) -> None:
        self.width, self.random_state = width, random_state

    def fit(self, x):
        random = np.random.RandomState(self.random_state)
        self.directions = random.normal(size=(x.shape[1], self.width))

    def transform(self, x):
        return x @ self.directions


class Halves:
    def __init__(self, classes: int) -> None:
        self.classes = classes

    def fit(self, y):
        pass

    def transform(self, y):
        return y // 2
'''
RANKS = (
    "extern transform Ranks(low: float = 0.0, high: float = 1.0): "
    'real[D] -> unit[D] from "my_data:Ranks"\n'
)
SQUASH = 'extern transform Squash(): real[...] -> real[...] from "my_data:Squash"\n'
FEWER = (
    "extern transform Fewer(width: int; random_state: int|none = none): "
    'real[D] -> real[width] from "my_data:Fewer"\n'
)
HALVES = (
    "extern transform Halves(classes: int): "
    'index(classes) -> index((classes + 1) // 2) from "my_data:Halves"\n'
)
STEPS = "x -> Ranks(high=0.9) -> StandardScaler -> Fewer(3)"
TRAINED = """
data {
  rows = make_classification(n_samples=90, n_features=6)
  x    = rows.x -> Ranks(high=0.9) -> StandardScaler -> Fewer(3)
  y    = rows.y
  split(train=60%, val=20%, test=20%, seed=1)
}
model { Linear(8) -> ReLU -> Linear(2) }
train {
  loss      = CrossEntropyLoss
  optimizer = Adam(lr=0.01)
  metrics   = [accuracy]
  batch     = 30
  epochs    = 2
  seed      = 3
}
"""
SPEC = RANKS + FEWER + TRAINED
SMALL = """
data {
  rows = make_regression(n_samples=40, n_features=4)
  x    = rows.x%s
  y    = rows.y%s
  split(train=50%%, test=50%%, seed=1)
}
model { Linear(1) -> squeeze(-1) }
train {
  loss      = MSELoss
  optimizer = Adam
  epochs    = 1
}
"""
ENCODED = HALVES + TRAINED.replace(STEPS, "x").replace("= rows.y", "= rows.y -> Halves(3)")


def rows_of(path: Path) -> Splits:
    """The rows of a spec that may load its module."""
    program, found = checked(path, "my_data")
    assert program is not None, found
    return driver.load_data(program)


def held(split: Split) -> list[Tensor]:
    """The tensors of a part, a field each."""
    return [column.tensor for column in split.columns if isinstance(column, Stored)]


def test_a_check_is_whole_and_imports_nothing(tmp_path: Path) -> None:
    program, found = checked(placed(tmp_path, SPEC, my_data="raise SystemExit"))
    assert not found
    assert program is not None
    assert program.data is not None
    assert [str(field.type) for field in program.data.fields] == ["real[B, 3]", "index(2)[B]"]
    assert sorted(extern.name for extern in program.externs) == ["Fewer", "Ranks"]


def test_the_kind_that_it_gives_is_the_fields(tmp_path: Path) -> None:
    text = RANKS + SMALL % (" -> Ranks", "")
    program, found = checked(placed(tmp_path, text))
    assert not found
    assert program is not None
    assert program.data is not None
    assert str(program.data.fields[0].type) == "unit[B, 4]"


def test_it_wants_leave(tmp_path: Path) -> None:
    with pytest.raises(netspec.SpecError) as refused:
        netspec.load(placed(tmp_path, SPEC, my_data=MODULE)).train(runs=tmp_path / "runs")
    told = only(refused.value.diagnostics)
    assert told.code == "NS6010"
    assert told.labels[0].span.text.startswith('"my_data:')


def test_it_learns_from_the_training_rows_only(tmp_path: Path) -> None:
    text = SQUASH + SMALL % (" -> Squash", "")
    splits = rows_of(placed(tmp_path, text, my_data=MODULE))
    (learned,) = splits.learned.values()
    plain = rows_of(placed(tmp_path / "plain", SMALL % ("", "")))
    x = held(plain.train)[0].double().numpy()
    assert learned.scale == pytest.approx(np.abs(x).max())
    assert plain.test is not None
    assert splits.test is not None
    unseen = held(plain.test)[0].double().numpy()
    wanted = torch.from_numpy(np.tanh(unseen / np.abs(x).max())).float()
    torch.testing.assert_close(held(splits.test)[0], wanted)


def test_classes_come_as_whole_numbers(tmp_path: Path) -> None:
    text = HALVES + TRAINED.replace(STEPS, "x")
    text = text.replace("make_classification(n_samples=90, n_features=6)", "load_iris()")
    text = text.replace("y    = rows.y", "y    = rows.y -> Halves(3)")
    splits = rows_of(placed(tmp_path, text, my_data=MODULE))
    y = held(splits.train)[1]
    assert y.dtype == torch.int64
    assert sorted(set(y.tolist())) == [0, 1]


def test_a_run_its_folder_and_its_script_agree(tmp_path: Path) -> None:
    spec = netspec.load(placed(tmp_path, SPEC, my_data=MODULE), allow=["my_data"])
    run = spec.train(runs=tmp_path / "runs")
    script = tmp_path / "script.py"
    script.write_text(spec.export(), encoding="utf-8")
    assert run_alone(script, importing=tmp_path) == recorded(run.history, run.metrics)
    assert complaints(script) == ""
    lines = [line.strip() for line in script.read_text().splitlines()]
    assert "from my_data import Fewer, Ranks" in lines
    assert any(line.endswith(" = Ranks(high=0.9)") for line in lines)
    assert any(line.endswith(" = Fewer(width=3, random_state=3)") for line in lines)
    assert run.folder is not None
    assert (run.folder / "my_data.py").read_text() == MODULE
    copied = netspec.load(run.folder / "spec.net", allow=["my_data"])
    assert copied.train(runs=tmp_path / "more").metrics == run.metrics


def test_new_rows_are_transformed_as_the_training_rows_were(tmp_path: Path) -> None:
    text = SQUASH + SMALL % (" -> Squash", "")
    path = placed(tmp_path, text, my_data=MODULE)
    run = netspec.load(path, allow=["my_data"]).train(runs=tmp_path / "runs")
    splits = rows_of(path)
    (learned,) = splits.learned.values()
    new = np.random.RandomState(0).normal(size=(5, 4))
    (made,) = splits.prepare(new)
    torch.testing.assert_close(made, torch.from_numpy(np.tanh(new / learned.scale)).float())
    assert run.predict(new).shape == (5,)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (RANKS + SMALL % ("", " -> Ranks"), "NS2070", "`real[D]`, and these are `real[]`"),
        (SQUASH + SMALL % (" -> Squash(2)", ""), "NS5507", "takes no arguments"),
        (SQUASH + SMALL % (" -> Sqash", ""), "NS55", "Sqash"),
        (FEWER + SMALL % (" -> Fewer", ""), "NS55", "width"),
        (FEWER + SMALL % (' -> Fewer(width="a")', ""), "NS5507", "width"),
        (FEWER + SMALL % (" -> Fewer(0)", ""), "NS2070", "makes [0]"),
        (ENCODED, "NS2070", "`index(2)[]`"),
        (SQUASH + (SMALL % ("", "")).replace("rows.y", "Squash(rows.y)"), "NS55", "`->`"),
        (RANKS + SMALL % (" -> mean(dim=0) -> Ranks", ""), "NS2070", "a statistic"),
        (RANKS.replace("real[D]", "real[B, D]") + SMALL % (" -> Ranks", ""), "NS2065", "one row"),
        (RANKS.replace(": real[D] -> unit[D]", "") + SMALL % (" -> Ranks", ""), "NS2065", "takes"),
        (RANKS.replace("unit[D]", "unit[E]") + SMALL % (" -> Ranks", ""), "NS2066", "`E`"),
        (RANKS.replace("Ranks(", "Resize(") + SMALL % ("", ""), "NS2014", "Resize"),
        (RANKS.replace("real[D]", "(real[D], real[D])") + SMALL % ("", ""), "NS2065", "one row"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_report(text: str, code: str, said: str, tmp_path: Path) -> None:
    told = only(checked(placed(tmp_path, text, my_data="raise SystemExit"))[1])
    assert told.code.startswith(code), (told.code, told.message)
    assert said in told.message, told.message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("np.tanh(x / self.scale)", "np.tanh(x)[:, :2]", "does not give `real[4]` a row"),
        ("np.tanh(x / self.scale)", "np.tanh(x)[1:]", "gives 39 rows for 40"),
        ("np.tanh(x / self.scale)", "np.tanh(x).tolist()", "gives a `list`"),
        ("np.tanh(x / self.scale)", "np.rint(x).astype(int)", "its numbers are `int64`"),
        ("np.tanh(x / self.scale)", "np.where(x > 0, x, np.nan)", "it gives nan in row"),
        ("np.tanh(x / self.scale)", "None", "gives a `NoneType`"),
        ("return np.tanh(x / self.scale)", "x *= 2\n        return x", "changes the rows"),
        ("np.tanh(x / self.scale)", "x.nothing", "raised while it transformed rows"),
        ("self.scale = ", "self.scale = 1 / 0; ", "raised while it was fitted"),
    ],
)
def test_what_it_gives_otherwise_is_told_with_both_places(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    path = placed(tmp_path, SQUASH + SMALL % (" -> Squash", ""), my_data=MODULE.replace(old, new))
    with pytest.raises(netspec.SpecError) as refused:
        netspec.load(path, allow=["my_data"]).train(runs=tmp_path / "runs")
    told = only(refused.value.diagnostics)
    assert said in str(refused.value)
    assert told.code == ("NS6018" if "raised" in said else "NS6017")
    files = {label.span.source.name.rpartition("/")[2] for label in told.labels}
    assert files == {"model.net", "my_data.py"}


def test_numbers_outside_the_declared_kind_are_told(tmp_path: Path) -> None:
    text = RANKS + SMALL % (" -> Ranks(high=1.5)", "")
    path = placed(tmp_path, text, my_data=MODULE)
    with pytest.raises(netspec.SpecError, match="does not give `unit`"):
        netspec.load(path, allow=["my_data"]).train(runs=tmp_path / "runs")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("fit(self, x):\n        self.scale", "learn(self, x):\n        self.scale", "NS6013"),
        ("class Squash:", "def Squash():\n    pass\n\n\nclass Other:", "NS6013"),
        ("class Squash:", "class Squash:\n    def __init__(self, width): ...\n", "NS6015"),
        ("class Squash:", "class Squish:", "NS6012"),
    ],
)
def test_an_untrue_declaration_is_told(old: str, new: str, code: str, tmp_path: Path) -> None:
    text = SQUASH + SMALL % (" -> Squash", "")
    path = placed(tmp_path, text, my_data=MODULE.replace(old, new))
    assert only(checked(path, "my_data")[1]).code == code


def test_a_faulty_declaration_is_one_report(tmp_path: Path) -> None:
    text = SQUASH.replace("-> real[...]", "-> reel[...]") + SMALL % (" -> Squash", "")
    sink = Sink()
    source = driver.read(placed(tmp_path, text), sink)
    assert source is not None
    assert driver.check(source, sink) is None
    assert len(sink.diagnostics) == 1
