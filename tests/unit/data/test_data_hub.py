"""Data sets of the Hugging Face hub: typed and read from the local cache, never from a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data_planning import analysed, codes, planned, types
from hub_sets import pets, picture, write_set

from netspec.data import DataError, load
from netspec.data.hub_cache import cache_folder, find_copies
from netspec.diagnostics.render import render_terminal
from netspec.program.schemas import Unreadable

RENDERED = Path(__file__).parents[2] / "cases" / "data"
COLUMNS = 'columns=["image", "label", "size", "rooms", "town", "point"]'


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own with one set in it."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("HF_DATASETS_CACHE", str(folder))
    write_set(folder, "owner/pets", {"train": pets(12), "test": pets(5)})
    return folder


def test_columns_are_typed_and_read(cache: Path, tmp_path: Path) -> None:
    text = f"""
        rows  = hub("owner/pets", {COLUMNS})
        x     = rows.image
        y     = rows.label
        size  = rows.size
        rooms = rows.rooms
        point = rows.point
        town  = rows.town -> OrdinalEncoder
    """
    plan = planned(text, tmp_path)
    assert types(plan) == {
        "x": "unit[B, 3, 8, 6]",
        "y": "index(2)[B]",
        "size": "real[B]",
        "rooms": "index(3)[B]",
        "point": "real[B, 2]",
        "town": "index(2)[B]",
    }
    assert plan.sizes == (12, 0, 5)
    splits = load(plan, seed=0, root=tmp_path)
    assert splits.test is not None
    for part, count in ((splits.train, 12), (splits.test, 5)):
        at = np.arange(count)
        x, y, size, rooms, point, town = part.tensors()
        assert x.shape == (count, 3, 8, 6)
        assert (y.tolist(), rooms.tolist()) == ((at % 2).tolist(), (at % 3).tolist())
        np.testing.assert_allclose(size, at / 7, rtol=1e-6)
        assert point.tolist() == [[a, a + 1] for a in at.tolist()]
        assert town.tolist() == (at % 2).tolist()
    (y_field,) = (field for field in plan.fields if field.name == "y")
    assert y_field.class_names == ("cat", "dog")


def test_images_of_many_sizes_are_resized(cache: Path, tmp_path: Path) -> None:
    images = [picture(0, (4, 4)), picture(1, (5, 7))]
    write_set(cache, "owner/odd", {"train": {"image": images, "label": [0, 1]}})
    rows = 'rows = hub("owner/odd")\n'
    assert codes(rows + "x = rows.image\ny = rows.label", tmp_path) == ["NS4407"]
    plan = planned(rows + "x = rows.image -> Resize([3, 3])\ny = rows.label", tmp_path)
    (x, _) = load(plan, seed=0, root=tmp_path).train.tensors()
    assert x.shape == (2, 3, 3, 3)


def test_parts_are_chosen_by_name(cache: Path, tmp_path: Path) -> None:
    columns = {name: cells for name, cells in pets(6).items() if name in {"size", "label"}}
    splits = {"train": columns, "validation": columns, "test": columns}
    write_set(cache, "glue", splits, "sst2")
    write_set(cache, "glue", splits, "mrpc")
    text = 'rows = hub("glue", name="sst2", test="validation")\nx = rows.size'
    plan = planned(text, tmp_path)
    assert plan.sizes == (6, 0, 6)
    assert codes('rows = hub("glue")\nx = rows.size', tmp_path) == ["NS5544"]


MISTAKES = {
    'rows = hub("owner/pets")\nx = rows.size': "NS5543",
    'rows = hub("owner/cats")\nx = rows.size': "NS5541",
    'rows = hub("owner/pets", streaming=true)\nx = rows.size': "NS5542",
    'rows = hub("owner/pets", columns=["size"], train="trian")\nx = rows.size': "NS5544",
    'rows = hub("owner/pets", columns=["size"], test="val")\nx = rows.size': "NS5544",
    'rows = hub("owner/pets", columns=["size"], name="full")\nx = rows.size': "NS5544",
    'rows = hub("owner/pets", columns=["sise"])\nx = rows.size': "NS5505",
    'rows = hub("owner/pets", columns=[])\nx = rows.size': "NS5507",
    'rows = hub("owner/pets", columns=["image"], channels=4)\nx = rows.image': "NS5507",
    'rows = hub("../pets")\nx = rows.size': "NS5503",
    'rows = hub("owner/../pets")\nx = rows.size': "NS5503",
    'rows = hub("/etc")\nx = rows.size': "NS5503",
    'rows = hub("owner/pets", split="train")\nx = rows.size': "NS5507",
    'rows = hub("owner/pets", columns=["size"])\nx = rows.age': "NS5505",
}

RENDERINGS = (
    'rows = hub("owner/pets")\nx = rows.size',
    'rows = hub("owner/pets", columns=["size"], train="trian")\nx = rows.size',
)


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes(text: str, cache: Path, tmp_path: Path, update_goldens: bool) -> None:
    plan, complaints = analysed(text, tmp_path)
    assert plan is None
    (code,) = (complaint.code for complaint in complaints)
    assert code == MISTAKES[text]
    if text in RENDERINGS:
        golden = RENDERED / f"{code}.txt"
        rendered = render_terminal(complaints)
        if update_goldens:
            golden.write_text(rendered, encoding="utf-8")
        assert rendered == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["{", "[]", '{"features": {}}', "[" * 100_000])
def test_a_damaged_description(content: str, cache: Path, tmp_path: Path) -> None:
    (info,) = cache.rglob("dataset_info.json")
    info.write_text(content, encoding="utf-8")
    assert codes('rows = hub("owner/pets")\nx = rows.size', tmp_path) == ["NS5503"]


def test_damaged_rows(cache: Path, tmp_path: Path) -> None:
    text = 'rows = hub("owner/pets", columns=["size"])\nx = rows.size'
    plan = planned(text, tmp_path)
    for file in cache.rglob("*.arrow"):
        file.write_bytes(file.read_bytes()[:200])
    assert codes(text, tmp_path) == ["NS5503"]
    with pytest.raises(DataError, match="cannot be read"):
        load(plan, seed=0, root=tmp_path)


def test_the_cache_is_where_its_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_DATASETS_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert cache_folder() == Path("~/.cache/huggingface/datasets").expanduser()
    monkeypatch.setenv("XDG_CACHE_HOME", "/a")
    assert cache_folder() == Path("/a/huggingface/datasets")
    monkeypatch.setenv("HF_HOME", "/b")
    assert cache_folder() == Path("/b/datasets")
    monkeypatch.setenv("HF_DATASETS_CACHE", "/c")
    assert cache_folder() == Path("/c")
    assert isinstance(find_copies("a/b/c"), Unreadable)
