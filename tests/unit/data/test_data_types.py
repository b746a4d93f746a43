"""What the fields of a data block are, known before reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data_planning import codes, planned, types, write_idx, write_images

from netspec.data import csv_schema, load

HOMES = 'rooms,age,"river side",grade,price\n6.5,65,yes,2,24\n6.4,78,no,0,21.6\n7.1,61,no,1,34.7\n'


def test_tables_are_calculated_with_as_matrices(homes: Path) -> None:
    text = 'h = csv("homes.csv")\na = h -> select(rooms, age)\nx = (a - mean(a, dim=0)) / 10\n'
    plan = planned(text + "y = h.price", homes)
    assert types(plan)["x"] == "real[B, 2]"
    x = load(plan, seed=0, root=homes).train.tensors()[0]
    rows = np.array([[6.5, 65], [6.4, 78], [7.1, 61]])
    np.testing.assert_allclose(x, (rows - rows.mean(0)) / 10, rtol=1e-5)


def test_columns_within_0_to_1_are_labels(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,c\n0,0.5,1\n1,1,2\n", encoding="utf-8")
    text = 'rows = csv("a.csv")\nx = rows -> select(a, c)\ny = rows -> select(a, b)'
    assert types(planned(text, tmp_path)) == {"x": "real[B, 2]", "y": "unit[B, 2]"}


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    (tmp_path / "homes.csv").write_text(HOMES, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make_moons()", {"x": "real[B, 2]", "y": "index(2)[B]"}),
        ("make_blobs(n_features=3)", {"x": "real[B, 3]", "y": "index(3)[B]"}),
        ("make_blobs(centers=5)", {"x": "real[B, 2]", "y": "index(5)[B]"}),
        ("make_regression()", {"x": "real[B, 100]", "y": "real[B]"}),
        ("make_regression(n_targets=2)", {"x": "real[B, 100]", "y": "real[B, 2]"}),
        (
            "load_digits(n_class=4)",
            {"x": "real[B, 64]", "images": "real[B, 8, 8]", "y": "index(4)[B]"},
        ),
        (
            "x = linspace(0, 99, 100)\ny = -0.5 * x + uniform(-5, 5)",
            {"x": "real[B]", "y": "real[B]"},
        ),
        ("x = [[1], [2]]\ny = [0, 1]", {"x": "real[B, 1]", "y": "index(2)[B]"}),
        ("x = [[1], [2]]\ny = [2, 4]", {"x": "real[B, 1]", "y": "real[B]"}),
        (
            "x = arange(6) -> unsqueeze(1)\ny = where(x > 2, 1, 0) -> squeeze(1)",
            {"x": "real[B, 1]", "y": "index(2)[B]"},
        ),
        (
            "a = randint(5, size=[6, 2])\nx = where(a > 2, 7, a)\ny = where(a > 2, a, 0.5)",
            {"a": "index(5)[B, 2]", "x": "index(8)[B, 2]", "y": "real[B, 2]"},
        ),
        (
            "a = randint(5, size=[6, 2])\nx = where(a > 2, -1, a)\ny = where(a > 2, a, 0)",
            {"a": "index(5)[B, 2]", "x": "real[B, 2]", "y": "index(5)[B, 2]"},
        ),
        (
            "a = ones(3, 2)\nx = cat(a, 2 * a, dim=1)\ny = x[:, -1]",
            {"a": "real[B, 2]", "x": "real[B, 4]", "y": "real[B]"},
        ),
        ("x = normal(size=[4, 3])\ny = norm(x, dim=1) < 1", {"x": "real[B, 3]", "y": "bool[B]"}),
        (
            "digits = load_digits()\nx = digits.images -> unsqueeze(1) -> flatten",
            {"x": "real[B, 64]"},
        ),
    ],
)
def test_computed_fields(text: str, expected: dict[str, str], tmp_path: Path) -> None:
    assert types(planned(text, tmp_path)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = rows.age", {"x": "int[B]"}),
        ("x = rows.grade", {"x": "index(3)[B]"}),
        ("x = rows.age / 10", {"x": "real[B]"}),
        ("x = rows[0]", {"x": "real[B]"}),
        ("x = rows[:2]\ny = rows[-1]", {"x": "real[B, 2]", "y": "real[B]"}),
        ('x = rows["river side"] -> OrdinalEncoder', {"x": "index(2)[B]"}),
        ('x = rows["river side"] -> OneHotEncoder', {"x": "unit[B, 2]"}),
        ('x = rows -> select("river side", grade) -> OneHotEncoder', {"x": "unit[B, 5]"}),
        (
            'x = rows -> select("river side", grade) -> OneHotEncoder(drop="first")',
            {"x": "unit[B, 3]"},
        ),
        ('x = rows -> except("river side") -> StandardScaler', {"x": "real[B, 4]"}),
        ("x = rows.price -> MinMaxScaler", {"x": "real[B]"}),
        (
            'old = rows[rows.age > 62 and rows["river side"] != "no"]\nx = old.price',
            {"x": "real[B]"},
        ),
    ],
)
def test_columns(text: str, expected: dict[str, str], homes: Path) -> None:
    assert types(planned(f'rows = csv("homes.csv")\n{text}', homes)) == expected


def test_a_lone_csv_exports_the_columns_that_can_be_tensors(homes: Path) -> None:
    plan = planned('csv("homes.csv")', homes)
    assert types(plan) == {
        "rooms": "real[B]",
        "age": "int[B]",
        "grade": "index(3)[B]",
        "price": "real[B]",
    }


def test_a_csv_without_header_numbers_its_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1.5,0\n2.5,1\n", encoding="utf-8")
    plan = planned('csv("a.csv", header=false)', tmp_path)
    assert types(plan) == {"column_0": "real[B]", "column_1": "index(2)[B]"}


def test_a_large_file_is_sampled_and_read_whole_for_categories(
    homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_schema, "WHOLE_BELOW", 0)
    monkeypatch.setattr(csv_schema, "SAMPLE_ROWS", 1)
    rows = 'rows = csv("homes.csv")'
    assert types(planned(f"{rows}\nx = rows.grade", homes)) == {"x": "real[B]"}
    columns = (("rows.grade", "index(3)[B]"), ('rows["river side"]', "index(2)[B]"))
    for column, expected in columns:
        plan = planned(f"{rows}\nx = {column} -> OrdinalEncoder", homes)
        assert types(plan) == {"x": expected}
        assert plan.rows is None
        assert len(load(plan, seed=0, root=homes).train) == 3


def test_images_have_channels_first(tmp_path: Path) -> None:
    write_images(tmp_path / "pets", {"cat": [(6, 4)] * 2, "dog": [(6, 4)]})
    plan = planned('images("pets")', tmp_path)
    assert types(plan) == {"x": "unit[B, 3, 4, 6]", "y": "index(2)[B]"}
    field = plan.field("y")
    assert field is not None
    assert field.class_names == ("cat", "dog")
    grey = planned('images("pets", channels=1)\nx = x -> Normalize(0.5, 0.5)', tmp_path)
    assert types(grey) == {"x": "real[B, 1, 4, 6]", "y": "index(2)[B]"}


def test_images_of_several_sizes_want_a_resize(tmp_path: Path) -> None:
    write_images(tmp_path / "pets", {"cat": [(6, 4)], "dog": [(5, 5)]})
    assert codes('images("pets")', tmp_path) == ["NS4407"]
    plan = planned('images("pets")\nx = x -> Resize([8, 9])', tmp_path)
    assert types(plan)["x"] == "unit[B, 3, 8, 9]"
    twice = 'images("pets")\nx = x -> Resize([8, 9]) -> Resize([4, 4])'
    assert codes(twice, tmp_path) == ["NS4406"]


def test_idx_files_of_bytes_are_images_with_one_channel(tmp_path: Path) -> None:
    write_idx(tmp_path / "x.gz", np.zeros((5, 4, 6)), packed=True)
    write_idx(tmp_path / "y", np.array([0, 2, 1, 0, 2]))
    plan = planned('idx("x.gz", "y")', tmp_path)
    assert types(plan) == {"x": "unit[B, 1, 4, 6]", "y": "index(3)[B]"}
    assert plan.rows == 5


def test_a_source_keeps_its_own_test_set(tmp_path: Path) -> None:
    for part, count in (("train", 4), ("test", 2)):
        sizes = {name: [(4, 4)] * count for name in ("cat", "dog")}
        write_images(tmp_path / "pets" / part, sizes)
    plan = planned('images("pets")\nsplit(train=75%, val=25%)', tmp_path)
    assert plan.own_test
    assert plan.sizes == (6, 2, 4)
    assert codes('images("pets")\nsplit(train=80%, test=20%)', tmp_path) == ["NS5510"]
    assert codes('images("pets")\nx = x[y > 0]', tmp_path) == ["NS5516"]


@pytest.mark.parametrize(
    ("split", "sizes"),
    [
        ("split(train=80%, val=10%, test=10%)", (405, 50, 51)),
        ("split(val=20%)", (405, 101, 0)),
        ("split(train=50%)", (253, 0, 0)),
        ("split(test=0.25)", (380, 0, 126)),
    ],
)
def test_split_sizes(split: str, sizes: tuple[int, int, int], tmp_path: Path) -> None:
    plan = planned(f"make_moons(n_samples=506)\n{split}", tmp_path)
    assert plan.sizes == sizes


def test_rows_of_one_mask_are_the_same_rows(homes: Path) -> None:
    text = 'rows = csv("homes.csv")\nold = rows.age > 62\nx = rows.price[old]\ny = rows.grade[old]'
    assert codes(text, homes) == []
    inline = 'rows = csv("homes.csv")\nx = rows.price[rows.age > 62]\ny = rows.grade[rows.age > 62]'
    assert codes(inline, homes) == ["NS4402"]


def test_a_statistic_of_other_rows_is_refused(tmp_path: Path) -> None:
    text = "a = normal(size=50)\nx = normal(size=20)\nx = x - mean(a)\ny = x"
    assert codes(text, tmp_path) == ["NS4402"]


def test_origins_name_file_and_column(homes: Path) -> None:
    plan = planned('rows = csv("homes.csv")\nx = rows.age\ny = rows.grade', homes)
    assert [field.origin for field in plan.fields] == [
        "`age` holds integers from 61 to 78 (homes.csv, column 2); "
        "class indices are 0 to n-1, as `-> OrdinalEncoder` makes them",
        "`grade` holds the classes 0 to 2 (homes.csv, column 4)",
    ]
