"""Splits of a run: fitting on training rows, batches, rows of others; exported text agrees."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest
import torch
from data_planning import planned, write_idx, write_images
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler

from netspec import driver
from netspec.data import DataError, Files, Splits, load, loading
from netspec.diagnostics import Sink
from netspec.diagnostics.render import render_terminal
from netspec.export.data import emit_data, present
from netspec.source import Source

CSV = "rooms,age,side,grade,price\n" + "".join(
    f"{6 + n / 7},{'' if n % 5 == 0 else 40 + n},{'ab'[n % 2]},{n % 3},{20 + n * n}\n"
    for n in range(30)
)
PLAY = "".join(f"Act {n}: to bé, or not — to be?\n" for n in range(12))
PLANS = {
    "moons": "make_moons(n_samples=40, noise=0.1)\nsplit(train=70%, val=30%, stratify=y)",
    "rings": """
        seed   = 3
        inner  = normal(0, 0.75, size=[100, 2])
        outer  = uniform(-5, 5, size=[1000, 2])
        radius = norm(outer, dim=1)
        inner  = inner[norm(inner, dim=1) < 2]
        outer  = outer[radius >= 2.5 and radius <= 4]
        points = cat(inner, outer)
        x      = (points - mean(points, dim=0)) / std(points, dim=0)
        y      = cat(zeros(len(inner)), ones(len(outer)))
    """,
    "line": """
        x = linspace(0, 99, 100) -> unsqueeze(1)
        y = -0.5 * x + 2 + uniform(-5, 5)
        split(train=80%, val=20%)
    """,
    "digits": """
        digits = load_digits(n_class=3)
        x      = digits.images / 16 -> unsqueeze(1)
        y      = digits.y
        split(train=80%, test=20%, seed=0, stratify=digits.y)
    """,
    "borders": """
        digits = load_digits(n_class=3)
        x      = clamp(digits.images / 16, 0.25, 0.75) -> unsqueeze(1) -> Pad([1, 2], fill=0.5)
        mirror = digits.images -> unsqueeze(1) -> Pad([1, 2, 3, 0], padding_mode="reflect")
        y      = digits.y
    """,
    "commas": """
        rows = csv("commas.csv", separator="\\t", decimal=",", encoding="latin-1")
        both = rows -> select(a, b)
        x    = (both - mean(both, dim=0)) / 2
        y    = rows.c
    """,
    "homes": """
        rows  = csv("homes.csv")
        old   = rows[rows.grade > 0 and rows.side == "a"]
        x     = old -> except(price, side) -> SimpleImputer(strategy="median") -> StandardScaler
        wide  = old -> select(side, grade) -> OneHotEncoder
        side  = old.side -> OrdinalEncoder
        rooms = (old.rooms -> MinMaxScaler([-1, 1])) ** 2 - 1
        age   = old.age -> SimpleImputer
        y     = old.price
        split(train=60%, val=20%, test=20%, seed=4)
    """,
    "wines": """
        wines  = load_wine()
        ranks  = wines.x -> QuantileTransformer
        normal = wines.x[:, :4] -> QuantileTransformer(n_quantiles=20, output_distribution="normal")
        power  = wines.x[:, 0] -> PowerTransformer("box-cox")
        robust = wines.x -> RobustScaler(quantile_range=(10, 90)) -> MaxAbsScaler
        cubes  = wines.x[:, :3] -> StandardScaler -> PolynomialFeatures(3)
        pairs  = wines.x[:, :3] -> PolynomialFeatures(interaction_only=true, include_bias=false)
        curves = wines.x[:, 0] -> SplineTransformer(n_knots=4, include_bias=false)
        main   = wines.x -> StandardScaler -> PCA(3, whiten=true)
        signs  = wines.x -> Normalizer("l1") -> Binarizer(threshold=0.1)
        y      = wines.x[:, 0] -> Binarizer(threshold=13)
        split(train=60%, val=20%, test=20%, by=floor(wines.x[:, 1] * 4), seed=2)
    """,
    "in_order": """
        wines = load_wine()
        x     = wines.x
        y     = wines.y
        split(train=50%, val=25%, by=floor(wines.x[:, 0]), shuffle=false)
    """,
    "pictures": """
        images("pets")
        x = x -> Resize([4, 5]) -> Normalize([0.1, 0.2, 0.3], 0.5)
    """,
    "grey_pictures": """
        images("pets")
        x = x -> Resize([7, 6]) -> CenterCrop([4, 3]) -> Grayscale -> Normalize(0.5, 0.25)
    """,
    "grey_numbers": """
        images("pets")
        raw = x -> Resize([7, 6])
        x = raw * 2 - 1 -> Grayscale -> CenterCrop([4, 3])
    """,
    "small_pictures": """
        idx("x.gz", "y", test_images="x.gz", test_labels="y")
        z = x * 2 - 1 -> flatten
        x = x -> Resize([2, 2])
        split(train=50%, val=50%)
    """,
    "parquet": """
        rows  = parquet("homes.parquet")
        old   = rows[rows.grade > 0 and rows.side == "a"]
        x     = old -> except(price, side) -> SimpleImputer(strategy="median") -> StandardScaler
        side  = old.side -> OrdinalEncoder
        y     = old.price
        split(train=60%, val=20%, test=20%, seed=4)
    """,
    "json": """
        rows  = json("homes.json")
        x     = rows -> select(rooms, age) -> SimpleImputer
        y     = rows.grade
        split(train=60%, val=40%, stratify=y)
    """,
    "chars": """
        chars("play.txt") -> windows(8)
        split(train=60%, val=20%, test=20%)
    """,
    "words": """
        play = text("play.txt")
        rows = play.tokens -> windows(5, stride=2)
        x    = rows.x
        y    = rows.y[:, -1]
        split(train=70%, val=30%)
    """,
    "series": """
        t    = linspace(0, 9, 100)
        rows = sin(t) + uniform(-0.1, 0.1) -> windows(6, stride=1)
        x    = rows.x / 2 -> StandardScaler
        y    = rows.y
        split(train=80%, test=20%)
    """,
    "draws": """
        iris = load_iris()
        few  = iris[iris.y < 2 and norm(iris.x, dim=1) < 8]
        a    = normal(0, 1, size=len(few))
        b    = stack(a, -a ** 2, dim=1) -> flatten
        test = cat(b, few.x[:, 1:3], dim=1) * [1, 2, 3, 4]
        y    = where(few.y == 1 or a > 0, 1, 0)
        split(train=50%, val=25%, test=25%)
    """,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "homes.csv").write_text(CSV, encoding="utf-8")
    commas = "a\tb\tc\tStraße\n1,5\t,2\t3\t1\n-2\t,25\t4,5\t2\n"
    (tmp_path / "commas.csv").write_bytes(commas.encode("latin-1"))
    homes = pl.read_csv(tmp_path / "homes.csv")
    homes.write_parquet(tmp_path / "homes.parquet")
    homes.write_ndjson(tmp_path / "homes.json")
    (tmp_path / "play.txt").write_text(PLAY, encoding="utf-8")
    for part in ("train", "test"):
        write_images(tmp_path / "pets" / part, {"cat": [(6, 4), (5, 7)], "dog": [(4, 4)] * 3})
    random = np.random.RandomState(0)
    write_idx(tmp_path / "x.gz", random.randint(0, 256, (6, 4, 4)), packed=True)
    write_idx(tmp_path / "y", np.array([0, 1, 2, 0, 1, 2]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(text: str, folder: Path, seed: int = 7) -> Splits:
    return load(planned(text, folder), seed=seed, root=folder)


# --- exported text ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLANS)
def test_exported_text_makes_the_same_bits(name: str, folder: Path) -> None:
    plan = planned(PLANS[name], folder)
    source = emit_data(plan, seed=7)
    lines = source.body.replace("\n", "\n    ").rstrip()
    text = "\n".join((*source.imports, source.functions, "def load_data():", f"    {lines}"))
    script = ModuleType("script")
    script.__file__ = str(folder / "script.py")
    shown = ", ".join(f"{part!r}: {part}" for part in present(plan))
    code = compile(f"{text}\n    return {{{shown}}}\n", "script.py", "exec")
    exec(code, script.__dict__)
    splits = load(plan, seed=7, root=folder)
    made = script.load_data()
    for part in ("train", "val", "test"):
        split, rows = getattr(splits, part), made.get(part)
        assert (split is None) == (rows is None)
        if split is not None:
            assert list(rows) == list(split.fields)
            for field, tensor in zip(split.fields, split.tensors(), strict=True):
                assert rows[field].dtype == tensor.dtype
                assert torch.equal(rows[field], tensor), field
    assert "netspec" not in text
    assert max(map(len, source.body.splitlines())) <= 96


def test_exported_text_leaves_out_what_is_not_wanted(folder: Path) -> None:
    plan = planned(PLANS["homes"], folder)
    text = emit_data(plan, seed=7, names=["y"]).body
    assert "StandardScaler" not in text
    assert "OneHotEncoder" not in text


# --- what is fitted --------------------------------------------------------------------------


def test_scalers_learn_from_training_rows_alone(folder: Path) -> None:
    splits = loaded("make_moons(n_samples=50)\nx = x -> StandardScaler\nsplit(val=40%)", folder)
    assert splits.val is not None
    train, val = splits.train.tensors()[0], splits.val.tensors()[0]
    torch.testing.assert_close(train.mean(0), torch.zeros(2), atol=1e-6, rtol=0)
    torch.testing.assert_close(train.std(0, correction=0), torch.ones(2))
    assert val.mean(0).abs().max() > 1e-3


@pytest.mark.parametrize("shuffle", ["", ", shuffle=false"])
def test_groups_stay_in_one_part(shuffle: str, folder: Path) -> None:
    text = f"""
        wines = load_wine()
        x     = wines.x
        group = floor(wines.x[:, 1] * 4)
        split(train=60%, val=20%, test=20%, by=group{shuffle})
    """
    splits = loaded(text, folder)
    assert splits.val is not None
    assert splits.test is not None
    parts = [set(part.tensors()[1].tolist()) for part in (splits.train, splits.val, splits.test)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    lengths = [len(splits.train), len(splits.val), len(splits.test)]
    assert sum(lengths) == 178
    largest = max(
        torch.unique(split.tensors()[1], return_counts=True)[1].max()
        for split in (splits.train, splits.val, splits.test)
    )
    for length, share in zip(lengths, (0.6, 0.2, 0.2), strict=True):
        assert abs(length - share * 178) <= largest


def test_what_is_fitted_is_what_sklearn_fits_on_the_training_rows(folder: Path) -> None:
    text = """
        wines = load_wine()
        raw   = wines.x
        x     = raw -> RobustScaler -> PCA(4)
        split(train=60%, val=40%)
    """
    splits = loaded(text, folder)
    assert splits.val is not None
    learned = make_pipeline(RobustScaler(), PCA(4)).fit(splits.train.tensors()[0])
    for split in (splits.train, splits.val):
        raw, x = split.tensors()
        torch.testing.assert_close(
            x, torch.from_numpy(learned.transform(raw)).float(), atol=1e-4, rtol=1e-4
        )
    (prepared,) = splits.prepare(splits.val.tensors()[0].numpy())
    torch.testing.assert_close(prepared, splits.val.tensors()[1])


def test_statistics_learn_from_training_rows_alone(folder: Path) -> None:
    splits = loaded("make_moons(n_samples=50)\nx = x - mean(x, dim=0)\nsplit(val=40%)", folder)
    torch.testing.assert_close(splits.train.tensors()[0].mean(0), torch.zeros(2), atol=1e-6, rtol=0)


def test_rings_are_those_of_the_book(folder: Path) -> None:
    splits = loaded(PLANS["rings"], folder)
    points, x, y = splits.train.tensors()
    assert len(splits.train) == 393
    np.testing.assert_allclose(points[0], [1.341471, 0.327382], atol=5e-7)
    torch.testing.assert_close(x.std(0), torch.ones(2))
    assert y.dtype == torch.int64
    assert torch.bincount(y).tolist() == [98, 295]


def test_draws_follow_the_text_and_the_seed(folder: Path) -> None:
    text = "x = normal(0, 1, size=[5, 1])\ny = x + uniform(-1, 1)"
    random = np.random.RandomState(7)
    x = random.normal(0, 1, size=(5, 1))
    y = x + random.uniform(-1, 1, size=(5, 1))
    for got, want in zip(loaded(text, folder).train.tensors(), (x, y), strict=True):
        np.testing.assert_array_equal(got, want.astype(np.float32))
    other = loaded(f"seed = 8\n{text}", folder).train.tensors()[0]
    assert not torch.equal(other, torch.from_numpy(x).float())


def test_sources_are_the_same_at_every_run(folder: Path) -> None:
    first, again = (loaded("make_blobs()", folder).train.tensors() for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


# --- batches ---------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [1, 100, 2**26])
@pytest.mark.parametrize("size", [1, 4, 40, 100, None])
def test_batches_are_the_rows_in_order(
    size: int | None, piece: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netspec.data.batches.PIECE_BYTES", piece)
    split = loaded("make_moons(n_samples=41)", folder).train
    order = torch.randperm(41, generator=torch.Generator().manual_seed(0))
    for wanted in (None, order):
        batches = list(split.batches(size, wanted))
        lengths = [len(batch[0]) for batch in batches]
        assert lengths[:-1] == [size] * (len(batches) - 1)
        for place, whole in enumerate(split.tensors()):
            rows = torch.cat([batch[place] for batch in batches])
            assert torch.equal(rows, whole if wanted is None else whole[wanted])


@pytest.mark.parametrize("number", ["NUMBERS_BELOW", "memory_for_images"])
def test_images_are_the_same_wherever_they_are_kept(
    number: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PLANS["pictures"].rstrip() + " -> RandomCrop(3, padding=1, fill=0.5)"
    wanted = loaded(text, folder)
    monkeypatch.setattr(loading, number, 0 if number.isupper() else lambda: 0)
    found = loaded(text, folder)
    assert isinstance(found.train.columns[0], Files) == (number == "memory_for_images")
    order = torch.tensor([3, 1, 4, 0, 2])
    for seed in (None, 5):
        both = (splits.train.batches(2, order, seed) for splits in (wanted, found))
        for a, b in zip(*both, strict=True):
            assert torch.equal(a[0], b[0])
            assert torch.equal(a[1], b[1])


@pytest.mark.parametrize("on_disk", [False, True])
def test_an_image_that_is_cut_short_is_an_error_in_the_data(
    on_disk: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(PLANS["pictures"], folder)
    path = folder / "pets" / "train" / "dog" / "2.png"
    path.write_bytes(path.read_bytes()[:60])
    if on_disk:
        monkeypatch.setattr(loading, "memory_for_images", lambda: 0)
    with pytest.raises(DataError) as stopped:
        list(load(plan, seed=0, root=folder).train.batches(2, None))
    assert stopped.value.diagnostic.code == "NS5503"


def test_only_wanted_fields_are_made(folder: Path) -> None:
    plan = planned(PLANS["homes"], folder)
    splits = load(plan, seed=0, root=folder, names=["y", "x"])
    assert splits.train.fields == ("x", "y")


# --- rows of others --------------------------------------------------------------------------


def test_prepare_scales_as_the_training_rows_were(folder: Path) -> None:
    text = "x = rows -> select(rooms, price) -> StandardScaler\ny = rows.grade"
    splits = loaded(f'rows = csv("homes.csv")\n{text}', folder)
    raw = np.array([[6.0, 20.0], [7.0, 30.0]])
    (from_array,) = splits.prepare(raw)
    (from_columns,) = splits.prepare({"rooms": raw[:, 0], "price": raw[:, 1]})
    assert torch.equal(from_array, from_columns)
    assert from_array.dtype == torch.float32
    assert torch.equal(from_array[:1], splits.train.tensors()[0][:1])
    with pytest.raises(ValueError, match="`price` is wanted too"):
        splits.prepare({"rooms": [6.0]})
    with pytest.raises(ValueError, match="no column `prize`"):
        splits.prepare({"rooms": [6.0], "prize": [1.0]})


def test_prepare_of_expressions_images_and_categories(folder: Path) -> None:
    (points,) = loaded(PLANS["rings"], folder).prepare([[1.34147136, 0.32738239]])
    torch.testing.assert_close(points, loaded(PLANS["rings"], folder).train.tensors()[1][:1])
    (x,) = loaded("x = linspace(0, 1, 5) -> unsqueeze(1)\ny = x", folder).prepare([4.0, 5.0])
    assert x.tolist() == [[4.0], [5.0]]
    pictures = loaded('idx("x.gz", "y")\nx = x -> Normalize(0.5, 0.5)', folder)
    (white,) = pictures.prepare(np.full((2, 4, 4), 255, np.uint8))
    assert torch.equal(white, torch.ones(2, 1, 4, 4))
    text = "wide = rows -> select(side, grade) -> OneHotEncoder\ny = rows.price"
    (wide,) = loaded(f'rows = csv("homes.csv")\n{text}', folder).prepare(
        {"side": ["b"], "grade": [2]}, ["wide"]
    )
    assert wide.tolist() == [[0, 1, 0, 0, 1]]


# --- classes that training lacks ---------------------------------------------------------------

RARE = """
data {{
  x = arange(40) -> unsqueeze(1)
  y = where(arange(40) > 37, 2, where(arange(40) > 20, 1, 0)) {}
  split(train=80%, val=20%, {})
}}
model {{ Linear(3) }}
train {{
  loss      = CrossEntropyLoss
  optimizer = SGD(lr=0.001)
  epochs    = 1
}}
"""


@pytest.mark.parametrize(
    ("comment", "split", "expected"),
    [
        ("", "shuffle=false", ["NS8042"]),
        ("# netspec: allow[class-never-seen]", "shuffle=false", []),
        ("", "seed=1, stratify=y", []),
    ],
)
def test_a_class_that_is_measured_and_never_trained(
    comment: str, split: str, expected: list[str], tmp_path: Path, update_goldens: bool
) -> None:
    path, sink = tmp_path / "rare.net", Sink()
    path.write_text(RARE.format(comment, split), encoding="utf-8")
    program = driver.check(Source("rare.net", path.read_text(encoding="utf-8"), path), sink)
    assert program is not None
    assert driver.train(program, sink, runs=tmp_path / "runs") is not None
    assert [found.code for found in sink.diagnostics] == expected
    if expected:
        golden = Path(__file__).parents[2] / "cases" / "data" / "NS8042.txt"
        rendered = render_terminal(sink.diagnostics)
        if update_goldens:
            golden.write_text(rendered, encoding="utf-8")
        assert rendered == golden.read_text(encoding="utf-8")
