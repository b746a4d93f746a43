"""Reading: what files hold, what is refused, and that schema and reader agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data_planning import analysed, codes, planned, types, write_idx, write_images
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.data import DataError, load
from netspec.data.csv_schema import WHOLE_BELOW, read_csv_schema
from netspec.data.image_sizes import image_size
from netspec.data.paths import find
from netspec.data.reading import decode_images, read_idx, split_rows
from netspec.data.schema import FolderReader
from netspec.data.tables import read_csv
from netspec.diagnostics.render import render_terminal
from netspec.program.schemas import CsvForm, CsvSchema, IdxSchema, Unreadable

RENDERED = Path(__file__).parents[2] / "cases" / "data"


def form_of_commas(encoding: str) -> CsvForm:
    return CsvForm(separator=";", decimal=",", encoding=encoding)


def schema_of(path: Path, header: bool = True) -> CsvSchema | Unreadable:
    return read_csv_schema(path, path.name, CsvForm(header=header), whole=False)


# --- csv -------------------------------------------------------------------------------------


def test_csv_quotes_blanks_and_marks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        '\ufeffa,"b c",d,e\r\n"1","x, ""y""",2.5,7\r\n\r\n 3 ,,-1e3,8\r\n5,NA,nan,9\r\n',
        encoding="utf-8",
    )
    schema = schema_of(path)
    assert isinstance(schema, CsvSchema)
    assert [(c.name, c.dtype, c.missing) for c in schema.columns] == [
        ("a", "int", None),
        ("b c", "text", 2),
        ("d", "real", 3),
        ("e", "int", None),
    ]
    table = read_csv(path, {c.name: c.dtype for c in schema.columns})
    assert table["a"].tolist() == [1, 3, 5]
    assert table["a"].dtype == np.int64
    assert table["b c"][0] == 'x, "y"'
    assert [value != value for value in table["b c"]] == [False, True, True]
    np.testing.assert_array_equal(table["d"], [2.5, -1000.0, np.nan])


def test_csv_separator_and_marks_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a;b\n1;?\n2;3\n", encoding="utf-8")
    text = (
        'rows = csv("a.csv", separator=";", missing=["?"])\nx = rows.b -> SimpleImputer\ny = rows.a'
    )
    splits = load(planned(text, tmp_path), seed=0, root=tmp_path)
    assert splits.train.tensors()[0].tolist() == [3.0, 3.0]


def test_a_tab_may_be_written_as_in_python(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\tb\n1\t2\n2\t4\n", encoding="utf-8")
    text = 'rows = csv("a.csv", separator="\\t")\nx = rows -> select(b)\ny = rows.a'
    splits = load(planned(text, tmp_path), seed=0, root=tmp_path)
    assert splits.train.tensors()[0].tolist() == [[2.0], [4.0]]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_csv_of_decimal_commas_in_another_encoding(encoding: str, tmp_path: Path) -> None:
    content = "Größe;Ort;y\r\n-1,5;Köln;0\r\n,25;Ulm;1\r\n3e1;Köln;1\r\n"
    (tmp_path / "a.csv").write_bytes(content.encode(encoding))
    form = f'"a.csv", separator=";", decimal=",", encoding="{encoding}"'
    text = f'rows = csv({form})\nx = rows -> select("Größe")\ny = rows.Ort -> OrdinalEncoder'
    plan = planned(text, tmp_path)
    x, y = load(plan, seed=0, root=tmp_path).train.tensors()
    assert x.ravel().tolist() == [-1.5, 0.25, 30.0]
    assert y.tolist() == [0, 1, 0]
    schema = FolderReader(tmp_path).csv("a.csv", form_of_commas(encoding), whole=False)
    assert isinstance(schema, CsvSchema)
    assert [column.range for column in schema.columns] == [(-1.5, 30.0), None, (0.0, 1.0)]


def test_points_are_no_numbers_among_decimal_commas(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a;y\n1.5;2\n2,5;3\n", encoding="utf-8")
    text = 'rows = csv("a.csv", separator=";", decimal=",")\nx = rows -> select(a)\ny = rows.y'
    assert codes(text, tmp_path) == ["NS4401"]


@pytest.mark.parametrize("content", ["a\n1\n2\n", "a;b\n", "a;b\nc\n", "a;b\n1;2;3\n"])
def test_a_file_of_one_column_is_not_taken_for_another(content: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    schema = FolderReader(tmp_path).csv("a.csv", CsvForm(), whole=False)
    assert not isinstance(schema, Unreadable) or schema.reason != "separator"


def test_labels_of_a_large_file_are_all_looked_at(tmp_path: Path) -> None:
    rows = [f"{number % 7}.125000,{number % 2}" for number in range(WHOLE_BELOW // 10)]
    path = tmp_path / "a.csv"
    path.write_text("x,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    text = 'rows = csv("a.csv")\nx = rows -> select(x)\ny = rows.label'
    assert types(planned(text, tmp_path))["y"] == "index(2)[B]"
    path.write_text("x,label\n" + "\n".join([*rows, "0.5,-1"]) + "\n", encoding="utf-8")
    assert types(planned(text, tmp_path))["y"] == "int[B]"


CELLS = st.one_of(
    st.integers(-(10**17), 10**17).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["", "NA", "yes", "no", "1e5", "+3", ".5", "5.", "1_0", "0x1", "inf", " 7 "]),
)


@settings(max_examples=60)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=6))
def test_schema_and_reader_agree(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_text("a,b\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    schema = schema_of(path)
    kept = [row for row in rows if any(row)]
    if not kept:
        assert isinstance(schema, Unreadable)
        return
    assert isinstance(schema, CsvSchema)
    table = read_csv(path, {c.name: c.dtype for c in schema.columns})
    for place, column in enumerate(schema.columns):
        cells = [row[place].strip() for row in kept]
        for cell, value in zip(cells, table[column.name], strict=True):
            if cell in CsvForm().missing:
                assert value != value
            elif column.dtype == "text":
                assert value == cell
            else:
                assert float(value) == float(cell)


# --- idx and images --------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_idx(packed: bool, tmp_path: Path) -> None:
    numbers = np.arange(24).reshape(2, 3, 4)
    write_idx(tmp_path / "x", numbers, packed)
    np.testing.assert_array_equal(read_idx(tmp_path / "x"), numbers)
    schema = FolderReader(tmp_path).idx("x")
    assert schema == IdxSchema(shape=(2, 3, 4), pixels=True)


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\x08", b"\0\0\x08\x01\0\0\0\x05\1\2", b"PK\3\4", b"\x1f\x8bnope"]
)
def test_a_damaged_idx_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "y").write_bytes(content)
    schema = FolderReader(tmp_path).idx("y")
    assert isinstance(schema, Unreadable)
    assert schema.reason == "malformed"


@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "bmp"])
def test_image_sizes_are_read_from_the_header(kind: str, tmp_path: Path) -> None:
    write_images(tmp_path, {"a": [(7, 5)]}, kind)
    path = tmp_path / "a" / f"0.{kind}"
    assert image_size(path) == (5, 7)
    assert decode_images([path], 3).shape == (1, 3, 5, 7)
    cut = tmp_path / f"cut.{kind}"
    cut.write_bytes(path.read_bytes()[:9])
    assert image_size(cut) is None


# --- what only reading shows -----------------------------------------------------------------


def complaint(text: str, folder: Path, damage: dict[str, bytes], update: bool) -> str:
    """The code that loading ends with; the rendering is compared with the one in cases."""
    plan = planned(text, folder)
    for name, content in damage.items():
        (folder / name).write_bytes(content)
    with pytest.raises(DataError) as stopped:
        load(plan, seed=0, root=folder)
    diagnostic = stopped.value.diagnostic
    rendered = render_terminal((diagnostic,)).replace(str(folder), "FOLDER")
    golden = RENDERED / f"{diagnostic.code}.txt"
    if update:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(rendered, encoding="utf-8")
    assert rendered == golden.read_text(encoding="utf-8")
    return diagnostic.code


def test_arithmetic_that_ends_in_infinity(tmp_path: Path, update_goldens: bool) -> None:
    text = "x = linspace(-1, 1, 3) -> unsqueeze(1)\ny = 1 / x"
    assert complaint(text, tmp_path, {}, update_goldens) == "NS4409"


def test_a_condition_that_holds_for_none(tmp_path: Path, update_goldens: bool) -> None:
    text = "moons = make_moons()\nfar = moons[moons.x[:, 0] > 100]\nx = far.x\ny = far.y"
    assert complaint(text, tmp_path, {}, update_goldens) == "NS5552"


def test_groups_too_few_for_the_parts(tmp_path: Path, update_goldens: bool) -> None:
    text = "make_moons()\nsplit(train=60%, val=20%, test=20%, by=y)"
    assert complaint(text, tmp_path, {}, update_goldens) == "NS5536"


def test_a_label_that_came_later(tmp_path: Path, update_goldens: bool) -> None:
    (tmp_path / "a.csv").write_text("x,label\n1.5,0\n2.5,1\n", encoding="utf-8")
    text = 'rows = csv("a.csv")\nx = rows -> select(x)\ny = rows.label'
    damage = {"a.csv": b"x,label\n1.5,0\n2.5,3\n"}
    assert complaint(text, tmp_path, damage, update_goldens) == "NS4408"


def test_an_image_of_another_size_out_of_sample(tmp_path: Path, update_goldens: bool) -> None:
    write_images(tmp_path / "pets", {"cat": [(4, 4)] * 150, "dog": [(4, 4), (5, 5)]})
    assert complaint('images("pets")', tmp_path, {}, update_goldens) == "NS4407"


def test_choosing_rows_of_an_own_test_set(tmp_path: Path, update_goldens: bool) -> None:
    write_idx(tmp_path / "x", np.zeros((4, 2, 2)))
    write_idx(tmp_path / "y", np.array([0, 1, 1, 0]))
    text = 'idx("x", "y", test_images="x", test_labels="y")\nx = x[y == 1]'

    _, complaints = analysed(text, tmp_path)
    rendered = render_terminal(complaints)
    golden = RENDERED / "NS5516.txt"
    if update_goldens:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(rendered, encoding="utf-8")
    assert rendered == golden.read_text(encoding="utf-8")


# --- where files may be ----------------------------------------------------------------------


def test_paths_stay_below_the_spec_and_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, data, outside = (tmp_path / name for name in ("spec", "data", "outside"))
    for folder in (spec, data, outside):
        folder.mkdir()
        (folder / f"{folder.name}.csv").write_text("a\n1\n", encoding="utf-8")
    (spec / "link.csv").symlink_to(outside / "outside.csv")
    monkeypatch.setenv("NETSPEC_DATA", str(data))
    assert find("spec.csv", spec) == spec / "spec.csv"
    assert find("data.csv", spec) == data / "data.csv"
    for name in ("../outside/outside.csv", str(outside / "outside.csv"), "link.csv", "a\0b", ""):
        refused = find(name, spec)
        assert isinstance(refused, Unreadable)
        assert refused.reason == "outside"
    near = find("dta.csv", spec)
    assert isinstance(near, Unreadable)
    assert near.near == ("data.csv",)
    assert codes('csv("link.csv")', spec) == ["NS5502"]


# --- split -----------------------------------------------------------------------------------


@given(
    rows=st.integers(1, 200),
    cut=st.tuples(st.integers(0, 10), st.integers(0, 10)),
    seed=st.integers(0, 2**32 - 1),
    classes=st.integers(1, 4),
)
def test_parts_are_disjoint_and_use_every_row(
    rows: int, cut: tuple[int, int], seed: int, classes: int
) -> None:
    low, high = sorted(cut)
    parts = (low / 10, (high - low) / 10, (10 - high) / 10)
    labels = np.arange(rows) % classes
    for given_classes in (None, labels):
        found = split_rows(rows, parts, seed, given_classes)
        assert sorted(np.concatenate(found).tolist()) == list(range(rows))
        again = split_rows(rows, parts, seed, given_classes)
        assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True))


def test_stratified_parts_keep_the_shares() -> None:
    labels = np.repeat([0, 1, 2], [100, 20, 10])
    parts = split_rows(130, (0.8, 0.1, 0.1), 5, labels)
    assert [np.bincount(labels[part]).tolist() for part in parts] == [
        [80, 16, 8],
        [10, 2, 1],
        [10, 2, 1],
    ]


def test_a_number_beyond_float32_is_refused(tmp_path: Path) -> None:
    plan = planned("x = [[1e300, 2], [3, 4]]\ny = [0, 1]", tmp_path)
    with pytest.raises(DataError, match="row 1"):
        load(plan, seed=0, root=tmp_path)
