"""Checkpoints: what goes on from one ends as if nothing had happened; a damaged one is noticed."""

from __future__ import annotations

import random
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

import netspec
from netspec import driver
from netspec.diagnostics import Diagnostic, Sink
from netspec.runner import Position, Run
from netspec.runner.checkpoint import FILES, MANIFEST, load_newest
from netspec.runner.tree import packed, unpacked

sys.path.insert(0, str(Path(__file__).parents[2] / "e2e"))
from export_cases import CASES

SPEC = CASES["ema"].replace("ema = 0.9", "ema = 0.9\n  checkpoint = 1")


def train(text: str, folder: Path, resume: Path | None = None) -> tuple[Run, list[Diagnostic]]:
    """A run, or what is left of one gone on with; and the warnings."""
    sink = Sink()
    path = folder / "spec.net"
    path.write_text(text, encoding="utf-8")
    run = driver.train(netspec.load(path).program, sink, runs=folder / "runs", resume=resume)
    if run is None:
        raise netspec.SpecError(sink.diagnostics)
    return run, list(sink.diagnostics)


def broken_off(run: Run, place: Path, drop: int = 1) -> Path:
    """A copy of a run's folder as a kill would leave it, without its newest checkpoints."""
    assert run.folder is not None
    left = place / f"left-{run.folder.name}"
    shutil.copytree(run.folder, left)
    (left / "result.json").unlink()
    for path in sorted(left.glob("step-*"))[-drop:] if drop else []:
        shutil.rmtree(path)
    return left


def measured(run: Run) -> list[dict[str, float]]:
    records = [dict(record) for record in run.history]
    for record in records:
        record.pop("seconds")
    return records


def assert_same(resumed: Run, whole: Run) -> None:
    assert measured(resumed) == measured(whole)
    assert resumed.metrics == whole.metrics
    assert resumed.ended == whole.ended
    for mine, its in ((resumed.model, whole.model), (resumed.raw, whole.raw)):
        if mine is None or its is None:
            assert mine is its
            continue
        state = mine.state_dict()
        assert all(torch.equal(state[key], value) for key, value in its.state_dict().items())


# One of each kind of state: schedules, optimizers, stop conditions, random streams, scalers.
RESUMED = [
    *("multistep", "one_cycle", "cyclic", "plateau", "restarts", "sequential_of_three", "chained"),
    *("warmup_cosine", "warmup_sequential", "warmup_plateau"),
]
RESUMED = [f"schedule_{name}" for name in RESUMED]
RESUMED += ["lbfgs", "nadam", "asgd", "adafactor", "rprop", "adam", "groups", "accumulate_steps"]
RESUMED += ["stop_stalled", "stop_both", "ema", "fp16", "autoencoder", "sparse_gradients"]


@pytest.mark.parametrize("name", RESUMED)
def test_a_resumed_run_ends_as_the_whole_one(name: str, tmp_path: Path) -> None:
    text = CASES[name].replace("train {\n", "train {\n  checkpoint = 1\n", 1)
    text = text.replace("train { loss", "train { checkpoint = 1\n loss", 1)
    whole, _ = train(text, tmp_path)
    left = broken_off(whole, tmp_path)
    assert len(list(left.glob("step-*"))) == 1
    # The streams of random numbers are somewhere else by now.
    torch.manual_seed(99)
    random.seed(99)
    np.random.seed(99)
    resumed, warnings = train(text, tmp_path, left)
    assert not warnings
    assert_same(resumed, whole)
    assert resumed.folder == left
    lines = [
        (folder / "metrics.jsonl").read_text(encoding="utf-8").count("\n")
        for folder in (left, whole.folder or left)
    ]
    assert lines[0] == lines[1] == len(whole.history)
    assert (left / "result.json").exists()


def test_checkpoints_stand_every_so_many_epochs(tmp_path: Path) -> None:
    whole, _ = train(SPEC.replace("checkpoint = 1", "checkpoint = 3\n  epochs = 10", 1)
        .replace("  epochs = 4\n", ""), tmp_path)  # fmt: skip
    assert whole.folder is not None
    assert [path.name for path in sorted(whole.folder.glob("step-*"))] == [
        "step-000024",
        "step-000036",
    ]
    found, damaged = load_newest(whole.folder)
    assert found is not None
    assert (found.path.name, found.state["epoch"], damaged) == ("step-000036", 9, [])
    files = {path.name for path in found.path.iterdir()}
    assert files == {*FILES, MANIFEST}
    plain, _ = train(CASES["ema"], tmp_path)
    assert plain.folder is not None
    assert not list(plain.folder.glob("*step-*"))


DAMAGES = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "flipped": lambda path: path.write_bytes(
        path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1])
    ),
    "gone": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    folder = tmp_path_factory.mktemp("whole")
    return train(SPEC, folder)[0], folder


@pytest.mark.parametrize(
    ("damage", "file"),
    [
        *(("flipped", file) for file in FILES),
        *(("cut", file) for file in (FILES[0], MANIFEST)),
        *(("gone", file) for file in (FILES[1], MANIFEST)),
        *(("empty", file) for file in (FILES[2], MANIFEST)),
    ],
)
def test_a_damaged_checkpoint_is_passed_over_with_a_warning(
    damage: str, file: str, whole: tuple[Run, Path], tmp_path: Path
) -> None:
    left = broken_off(whole[0], tmp_path, drop=0)
    newest = max(left.glob("step-*"))
    DAMAGES[damage](newest / file)
    resumed, warnings = train(SPEC, tmp_path, left)
    (found,) = warnings
    assert found.code == "NS7041"
    assert newest.name in found.message
    assert_same(resumed, whole[0])
    assert load_newest(left)[1] == []


def test_a_run_of_damaged_checkpoints_is_not_resumed(
    whole: tuple[Run, Path], tmp_path: Path
) -> None:
    left = broken_off(whole[0], tmp_path, drop=0)
    for path in left.glob("step-*"):
        DAMAGES["cut"](path / "weights.safetensors")
    with pytest.raises(netspec.SpecError) as raised:
        train(SPEC, tmp_path, left)
    (found,) = raised.value.diagnostics
    assert found.code == "NS7040"
    assert "weights.safetensors" in found.notes[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("lr=0.05", "lr=0.06"), "spec.net"),
        (("epochs = 4", "epochs = 5"), "spec.net"),
        (("", ""), "it has ended"),
        (None, "no run"),
    ],
)
def test_what_is_no_such_run_is_not_resumed(
    change: tuple[str, str] | None, reason: str, whole: tuple[Run, Path], tmp_path: Path
) -> None:
    left = tmp_path / "nothing"
    if change is not None:
        left = broken_off(whole[0], tmp_path)
    if change == ("", ""):
        assert whole[0].folder is not None
        left = whole[0].folder
    with pytest.raises(netspec.SpecError) as raised:
        train(SPEC.replace(*(change or ("", ""))), tmp_path, left)
    (found,) = raised.value.diagnostics
    assert found.code == "NS7040"
    assert reason in found.notes[0]


class Interrupter:
    """Ends a run after its second epoch, as Ctrl-C does."""

    position: Position | None = None

    def begin(self, position: Position) -> None:
        self.position = position

    def epoch(self, record: Mapping[str, float]) -> None:
        assert self.position is not None
        self.position.interrupted = record["epoch"] == 2

    def end(self) -> None:
        pass


def test_an_interrupted_run_is_resumed(whole: tuple[Run, Path], tmp_path: Path) -> None:
    (tmp_path / "spec.net").write_text(SPEC, encoding="utf-8")
    program = netspec.load(tmp_path / "spec.net").program
    broken = driver.train(program, Sink(), runs=tmp_path / "runs", observer=Interrupter())
    assert broken is not None
    assert (broken.ended, len(broken.history)) == ("interrupted", 2)
    assert broken.folder is not None
    assert (broken.folder / "result.json").exists()
    resumed, _ = train(SPEC, tmp_path, broken.folder)
    assert_same(resumed, whole[0])


def test_other_rows_are_noticed(tmp_path: Path) -> None:
    text = SPEC.replace(
        SPEC[: SPEC.index("model")],
        'data {\n  rows = csv("rows.csv")\n  x = rows -> select(a, b, c, d)\n  y = rows.y\n}\n',
    )
    lines = ["a,b,c,d,y", *(f"{n},{n % 7},{n % 5},{n % 4},{n % 3}" for n in range(40))]
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run, _ = train(text, tmp_path)
    left = broken_off(run, tmp_path)
    (tmp_path / "rows.csv").write_text("\n".join(lines[:-3]) + "\n", encoding="utf-8")
    with pytest.raises(netspec.SpecError) as raised:
        train(text, tmp_path, left)
    (found,) = raised.value.diagnostics
    assert found.code == "NS7040"
    assert "its rows was 40, and is 37 now" in found.notes[0]


def test_nested_state_comes_back_as_it_was() -> None:
    state = {
        "none": None,
        "numbers": [1, -2.5, 1e-300, 0.1 + 0.2, True],
        "tuple": (1, (2, [3])),
        "keys": {0: "a", "b": {"float": "c"}, (1, 2): 3},
        "counter": Counter({3: 2, 5: 1}),
        "odd": {"tensor": "x", "pairs": []},
    }
    tensors: dict[str, torch.Tensor] = {}
    told = packed(state | {"far": [float("inf"), float("-inf")]}, tensors)
    back = unpacked(told, tensors)
    assert back.pop("far") == [float("inf"), float("-inf")]
    assert back == state
    assert type(back["counter"]) is Counter
    assert type(back["tuple"]) is tuple
    assert np.isnan(unpacked(packed(float("nan"), tensors), tensors))
    values = [torch.tensor(3.5), torch.arange(6).reshape(2, 3).T, torch.ones(2).bfloat16()]
    back = unpacked(packed(values, tensors), tensors)
    assert all(torch.equal(mine, its) for mine, its in zip(back, values, strict=True))
    with pytest.raises(TypeError):
        packed(object(), tensors)
    for wrong in ({"class": "os.system"}, {"tuple": 3}, {}):
        with pytest.raises(ValueError, match="no state"):
            unpacked(wrong, tensors)
