"""NumPy's npz files: typed by their headers, read without unpickling, damage told."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_planning import analysed, codes, planned, types

from netspec.data import DataError, array_files, load
from netspec.data.pixels import Pixels
from netspec.data.schema import FolderReader
from netspec.data.sources import load_table
from netspec.diagnostics.render import render_terminal
from netspec.program.data import DataPlan, Load
from netspec.program.schemas import ArrayValues, Unreadable

RENDERED = Path(__file__).parents[2] / "cases" / "data"


def arrays(rows: int = 12) -> dict[str, Any]:
    random = np.random.RandomState(0)
    count = np.arange(rows)
    return {
        "half": random.normal(size=(rows, 2)).astype(np.float16),
        "single": random.normal(size=(rows, 2, 3)).astype(np.float32),
        "double": random.normal(size=rows),
        "big": random.normal(size=(rows, 2)).astype(">f8"),
        "label": count % 3,
        "byte": (count % 4).astype(np.uint8),
        "gap": count * 2,
        "flag": count % 2 == 0,
        "tokens": random.randint(0, 7, (rows, 5)),
        "below": -random.randint(1, 7, (rows, 5)),
        "town": np.array(["b", "a", "north"])[count % 3],
        "grey": random.randint(0, 256, (rows, 4, 5)).astype(np.uint8),
        "first": random.randint(0, 256, (rows, 3, 4, 5)).astype(np.uint8),
        "last": random.randint(0, 256, (rows, 4, 5, 3)).astype(np.uint8),
        "grey_last": random.randint(0, 256, (rows, 4, 5, 1)).astype(np.uint8),
        "other": random.randint(0, 9, (rows, 4, 5, 2)).astype(np.uint8),
        "columns": np.asfortranarray(random.normal(size=(rows, 3))),
    }


def table_of(plan: DataPlan, folder: Path) -> dict[str, Any]:
    step = next(step.value for step in plan.steps if isinstance(step.value, Load))
    return load_table(step, folder, np.random.RandomState(0))[0]


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_typed_by_their_headers(save: Any, tmp_path: Path) -> None:
    saved = arrays()
    save(tmp_path / "rows.npz", **saved)
    names = [name for name in saved if name != "town"]
    text = 'rows = npz("rows.npz")\n' + "\n".join(f"f_{name} = rows.{name}" for name in names)
    plan = planned(text + "\nf_town = rows.town -> OrdinalEncoder", tmp_path)
    assert plan.rows == 12
    assert types(plan) == {
        "f_half": "real[B, 2]",
        "f_single": "real[B, 2, 3]",
        "f_double": "real[B]",
        "f_big": "real[B, 2]",
        "f_label": "index(3)[B]",
        "f_byte": "index(4)[B]",
        "f_gap": "int[B]",
        "f_flag": "index(2)[B]",
        "f_tokens": "index(7)[B, 5]",
        "f_below": "int[B, 5]",
        "f_grey": "unit[B, 1, 4, 5]",
        "f_first": "unit[B, 3, 4, 5]",
        "f_last": "unit[B, 3, 4, 5]",
        "f_grey_last": "unit[B, 1, 4, 5]",
        "f_other": "index(9)[B, 4, 5, 2]",
        "f_columns": "real[B, 3]",
        "f_town": "index(3)[B]",
    }
    splits = load(plan, seed=0, root=tmp_path)
    for field, tensor in zip(plan.fields, splits.train.tensors(), strict=True):
        assert tuple(tensor.shape[1:]) == tuple(dim.value for dim in field.type.shape[1:])
        assert str(tensor.dtype) == f"torch.{field.stored}"


def test_arrays_are_read_as_they_were_saved(tmp_path: Path) -> None:
    saved = arrays()
    np.savez(tmp_path / "rows.npz", **saved)
    table = table_of(planned('rows = npz("rows.npz")\nx = rows.half', tmp_path), tmp_path)
    for name, array in saved.items():
        value = table[name]
        if isinstance(value, Pixels):
            turned = {"grey": (0, 1, 2), "first": (0, 1, 2, 3)}.get(name, (0, 3, 1, 2))
            expected = array.transpose(turned)
            value = value.decoded()
            np.testing.assert_array_equal(value.reshape(expected.shape), expected)
        else:
            np.testing.assert_array_equal(value, array)
            assert value.dtype.newbyteorder("=") == value.dtype


def test_training_and_test_arrays_are_one_column(tmp_path: Path) -> None:
    x, y = np.arange(20.0).reshape(10, 2), np.arange(10) % 2
    np.savez(tmp_path / "rows.npz", x_train=x[:7], y_train=y[:7], x_test=x[7:], y_test=y[7:])
    plan = planned('npz("rows.npz")\nx = x -> StandardScaler', tmp_path)
    assert types(plan) == {"x": "real[B, 2]", "y": "index(2)[B]"}
    assert plan.sizes == (7, 0, 3)
    splits = load(plan, seed=0, root=tmp_path)
    assert splits.test is not None
    test_x, test_y = splits.test.tensors()
    learned = (x[7:] - x[:7].mean(0)) / x[:7].std(0)
    np.testing.assert_allclose(test_x, learned, rtol=1e-6)
    assert test_y.tolist() == y[7:].tolist()
    assert codes('npz("rows.npz")\nsplit(train=80%, test=20%)', tmp_path) == ["NS5510"]


def test_arrays_that_only_look_so_are_columns_of_their_own(tmp_path: Path) -> None:
    x = np.zeros((4, 2))
    np.savez(tmp_path / "rows.npz", x_train=x, x_test=x, y=np.arange(4))
    plan = planned('npz("rows.npz")', tmp_path)
    assert list(types(plan)) == ["x_train", "x_test", "y"]


def test_a_missing_value_is_found_on_reading(tmp_path: Path) -> None:
    np.savez(tmp_path / "rows.npz", x=np.array([[1.0, 2.0], [3.0, np.nan]]))
    plan = planned('npz("rows.npz")', tmp_path)
    with pytest.raises(DataError, match="`x` has a missing value in row 2"):
        load(plan, seed=0, root=tmp_path)


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "objects": ({"x": np.array([1, "a", None], dtype=object)}, "NS5531"),
    "dates": ({"x": np.array(["2020-02-29"], dtype="M8[D]")}, "NS5531"),
    "complex": ({"x": np.ones(3, complex)}, "NS5531"),
    "bytes": ({"x": np.array([b"a", b"b"])}, "NS5531"),
    "records": ({"x": np.zeros(3, [("a", "f4"), ("b", "i4")])}, "NS5531"),
    "fields": ({"x": np.zeros(3, [("é" * 9, "f4")])}, "NS5531"),
    "text": ({"x": np.array([["a", "b"]])}, "NS5531"),
    "number": ({"x": np.ones(3), "scale": np.float64(3)}, "NS5532"),
    "rows": ({"x": np.ones(3), "y": np.ones(4)}, "NS5532"),
    "parts": ({"x_train": np.ones((3, 2)), "x_test": np.ones((3, 4))}, "NS5532"),
    "part_dtypes": ({"x_train": np.ones(3), "x_test": np.ones(3, int)}, "NS5532"),
    "part_rows": (
        {"x_train": np.ones(3), "x_test": np.ones(3), "y_train": np.ones(3), "y_test": np.ones(2)},
        "NS5532",
    ),
    "empty": ({"x": np.ones((0, 3))}, "NS5504"),
    "empty_rows": ({"x": np.ones((3, 0))}, "NS5503"),
    "none": ({}, "NS5504"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str, tmp_path: Path) -> None:
    saved, code = MISTAKES[name]
    np.savez(tmp_path / "rows.npz", **saved)
    assert codes('rows = npz("rows.npz")\nx = rows.x', tmp_path) == [code]


class Trap:
    """What a hostile array of objects would do when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("UNPICKLED",))


def test_no_pickle_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "rows.npz", x=np.ones(3), y=np.array([Trap()] * 3, dtype=object))
    assert codes('npz("rows.npz")', tmp_path) == ["NS5531"]
    # One that is not wanted is left alone, by `check` and by the run.
    load(planned('npz("rows.npz", arrays=["x"])', tmp_path), seed=0, root=tmp_path)
    # A file that became one with a pickle after it was checked.
    plan = planned('npz("rows.npz", arrays=["x"])', tmp_path)
    np.savez(tmp_path / "rows.npz", x=np.array([Trap()] * 3, dtype=object))
    with pytest.raises(DataError, match="cannot be read"):
        load(plan, seed=0, root=tmp_path)
    (tmp_path / "rows.npz").write_bytes(pickle.dumps(Trap()))
    assert codes('npz("rows.npz")', tmp_path) == ["NS5503"]
    assert "UNPICKLED" not in capsys.readouterr().out


def array_bytes(array: Any) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def damaged(kind: str, path: Path) -> None:
    """A file that is broken in one way."""
    whole = io.BytesIO()
    np.savez(whole, x=np.arange(50))
    content = bytearray(whole.getvalue())
    match kind:
        case "cut":
            path.write_bytes(content[:300])
        case "flipped":
            content[content.find(b"\x07\x00\x00\x00")] ^= 0xFF
            path.write_bytes(content)
        case "a single array":
            path.write_bytes(array_bytes(np.ones(3)))
        case "no zip":
            path.write_text("x,y\n1,2\n", encoding="utf-8")
        case "folder":
            path.mkdir()
        case _:
            parts = {
                "no array": {"readme.txt": b"text"},
                "short": {"x.npy": array_bytes(np.arange(50))[:-8]},
                "long": {"x.npy": array_bytes(np.arange(50)) + b"more"},
                "header": {"x.npy": b"\x93NUMPY\x01\x00\x76\x00" + b"{" * 118},
                "deep header": {"x.npy": b"\x93NUMPY\x01\x00\x10\x27" + b"-" * 10_000},
                "no header": {"x.npy": b"x"},
                "negative": {
                    "x.npy": array_bytes(np.ones((2, 3))).replace(b"(2, 3)", b"(-2,-3)", 1)
                },
                "too large": {
                    "x.npy": array_bytes(np.ones(3)).replace(b"(3,), }", b"(9999999999,), }", 1)
                },
            }[kind]
            with zipfile.ZipFile(path, "w") as archive:
                for name, part in parts.items():
                    archive.writestr(name, part)


DAMAGES = [
    *("cut", "flipped", "a single array", "no zip", "folder", "no array", "short", "long"),
    *("header", "deep header", "no header", "negative", "too large"),
]


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_file_is_refused(kind: str, tmp_path: Path) -> None:
    damaged(kind, tmp_path / "rows.npz")
    assert codes('npz("rows.npz")', tmp_path) == ["NS5503"]


def test_damage_that_comes_after_the_check(tmp_path: Path) -> None:
    np.savez(tmp_path / "rows.npz", x=np.ones(3))
    plan = planned('npz("rows.npz")', tmp_path)
    np.savez(tmp_path / "rows.npz", z=np.ones(3))
    with pytest.raises(DataError, match="lost an array"):
        load(plan, seed=0, root=tmp_path)
    damaged("cut", tmp_path / "rows.npz")
    with pytest.raises(DataError, match="no npz file"):
        load(plan, seed=0, root=tmp_path)


def test_a_file_that_unpacks_beyond_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update_goldens: bool
) -> None:
    np.savez_compressed(tmp_path / "rows.npz", x=np.zeros((2000, 1000)))
    assert codes('npz("rows.npz")', tmp_path) == []
    monkeypatch.setattr(array_files, "MOST_UNPACKED", 10_000_000)
    plan, complaints = analysed('npz("rows.npz")', tmp_path)
    assert plan is None
    rendered = render_terminal(complaints)
    golden = RENDERED / "NS5530.txt"
    if update_goldens:
        golden.write_text(rendered, encoding="utf-8")
    assert rendered == golden.read_text(encoding="utf-8")
    # Numbers that are what they are pass, however many: they do not shrink so.
    np.savez_compressed(tmp_path / "rows.npz", x=np.random.RandomState(0).rand(2000, 1000))
    assert codes('npz("rows.npz")', tmp_path) == []


def test_large_arrays_are_not_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.analysis.data import array_sources

    np.savez(tmp_path / "rows.npz", x=np.arange(60).reshape(12, 5), y=np.arange(12) % 2)
    monkeypatch.setattr(array_sources, "MOST_TOKENS", 59)
    monkeypatch.setattr(array_sources, "MOST_LABELS", 11)
    assert types(planned('npz("rows.npz")', tmp_path)) == {"x": "int[B, 5]", "y": "int[B]"}


def test_what_an_array_holds(tmp_path: Path) -> None:
    np.savez(tmp_path / "rows.npz", x=np.arange(2000), t=np.array(["b", "a"]))
    reader = FolderReader(tmp_path)
    assert reader.array_values("rows.npz", "x") == ArrayValues(categories=None, low=0, high=1999)
    assert reader.array_values("rows.npz", "t") == ArrayValues(categories=("a", "b"), first="b")
    assert isinstance(reader.array_values("none.npz", "x"), Unreadable)


def test_numbers_beyond_what_a_tensor_holds(tmp_path: Path) -> None:
    np.savez(tmp_path / "rows.npz", x=np.array([1, 2**63], np.uint64))
    plan = planned('npz("rows.npz")', tmp_path)
    with pytest.raises(DataError, match=r"2\*\*63"):
        load(plan, seed=0, root=tmp_path)
