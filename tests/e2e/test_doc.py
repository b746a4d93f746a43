"""`netspec doc` and the catalogue pages: every entry is told of, with an example that checks."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from safetensors.numpy import save_file

from netspec import catalog, cli, driver
from netspec.catalog.index import declarations
from netspec.catalog.pages import LEFT_OUT, page
from netspec.catalog.reference import FOLDER, documents
from netspec.diagnostics import Sink

CATALOG = catalog.load()
ENTRIES = list(declarations())


def idx(path: Path, *shape: int) -> None:
    head = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    path.write_bytes(head + bytes(int(np.prod(shape))))


def written_hub(cache: Path, homes: pl.DataFrame) -> None:
    """A set of the hub, as the library `datasets` keeps it."""
    made = cache / "owner___houses" / "default" / "0.0.0" / "0"
    made.mkdir(parents=True)
    homes.write_ipc_stream(made / "houses-train.arrow")
    value = {"_type": "Value", "dtype": "int64"}
    features = {
        name: {**value, "dtype": "string"} if name == "town" else value for name in homes.columns
    }
    splits = {"train": {"num_examples": homes.height}}
    info = {"config_name": "default", "features": features, "splits": splits}
    (made / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that examples name."""
    made = tmp_path_factory.mktemp("examples")
    rows = [f"{at % 5},{at * 10},{'north' if at % 2 else 'south'},{at}" for at in range(30)]
    (made / "houses.csv").write_text("\n".join(["rooms,area,town,price", *rows]), encoding="utf-8")
    homes = pl.read_csv(made / "houses.csv")
    homes.write_parquet(made / "houses.parquet")
    homes.write_json(made / "houses.json")
    written_hub(made / "hub", homes)
    np.savez(made / "houses.npz", x=np.arange(60.0).reshape(30, 2), y=np.arange(30.0))
    (made / "play.txt").write_text("To be, or not to be, that is the question:\n" * 40)
    idx(made / "train-images.idx", 30, 4, 4)
    idx(made / "train-labels.idx", 30)
    for animal in ("cat", "dog"):
        (made / "photos" / animal).mkdir(parents=True)
        for at in range(5):
            Image.new("RGB", (8, 8), (at, 9, 9)).save(made / "photos" / animal / f"{at}.png")
    weights = {"0.weight": np.zeros((1, 2), np.float32), "0.bias": np.zeros(1, np.float32)}
    save_file(weights, made / "moons.safetensors")
    return made


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_example_checks(
    kind: str, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(folder / "hub"))
    entry = CATALOG.find(kind, name)
    assert entry is not None
    example = page(entry).example
    assert example is not None, "none could be made: write one in lines of `#>`"
    assert name in example
    file = folder / f"{kind}_{name}.net"
    file.write_text(example, encoding="utf-8")
    source = driver.read(file, sink := Sink())
    assert source is not None
    driver.check(source, sink)
    assert [diagnostic.message for diagnostic in sink.diagnostics] == []


@pytest.mark.parametrize("name", sorted({name for _, name in ENTRIES}))
def test_every_name_is_told_of(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doc", name]) == 0
    printed = capsys.readouterr().out
    for kind, declared in ENTRIES:
        if declared == name:
            declaration = declarations()[kind, name]
            assert declaration.text in printed
            assert declaration.doc in printed
            assert f"  {kind}, " in printed


def test_a_page_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doc", "Softmax2d", "--no-color"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Softmax2d  layer, torch.nn.Softmax2d",
        "Probabilities over the channels of each place.",
        "",
        "    extern layer Softmax2d: real[B, C, H, W] -> prob[B, C, H, W]",
        "",
        "takes  real[B, C, H, W]: floating-point numbers",
        "gives  prob[B, C, H, W]: probabilities",
        "",
        "Example:",
        "    model {",
        "      input x: real[B, 8, H, W]",
        "      Softmax2d",
        "    }",
    ]


def test_weights_and_arguments_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doc", "BatchNorm1d"]) == 0
    printed = capsys.readouterr().out
    assert "\nlearns weight, bias\n" in printed
    assert "\nstores running_mean, running_var, num_batches_tracked\n" in printed
    assert "\neps                  a number          1e-05     above 0 and below 1\n" in printed
    assert "\nnum_features         a whole number    inferred  " in printed


def test_the_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doc"]) == 0
    printed = capsys.readouterr().out
    assert all(f"\n  {name} " in printed for _, name in ENTRIES)


def test_a_kind_lists_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doc", "metric"]) == 0
    printed = capsys.readouterr().out
    assert "  accuracy " in printed
    assert "Linear" not in printed


def test_an_unknown_name_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doc", "Lienar"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "did you mean `Linear`" in printed.err


@pytest.mark.parametrize("name", ["LazyLinear", "LinearCrossEntropyLoss", "LambdaLR"])
def test_what_is_left_out_says_why(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doc", name]) == 0
    assert LEFT_OUT[name] in capsys.readouterr().out


def test_it_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from netspec.cli import main\n"
        "assert main(['doc', 'Conv2d']) == 0\n"
        "assert not {'torch', 'numpy', 'sklearn', 'polars'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_the_pages_of_the_reference_are_up_to_date() -> None:
    """`make reference` writes them."""
    there = Path(str(files("netspec.grammar"))) / FOLDER
    made = documents(CATALOG)
    assert sorted(path.name for path in there.iterdir()) == sorted(made)
    stale = [name for name, text in made.items() if (there / name).read_text("utf-8") != text]
    assert stale == []
