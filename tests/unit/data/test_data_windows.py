"""Windows over texts and series: what they hold, how they are divided, what they keep in memory."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from data_planning import codes, planned, types

import netspec
from netspec.data import Splits, Stored, load
from netspec.data.schema import FolderReader
from netspec.data.texts import read_chars, read_words
from netspec.program.data import Load
from netspec.program.schemas import TextSchema

PLAY = "First Citizen:\r\nBefore we proceed any further, héar me speak. 🎭\n" * 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "play.txt").write_bytes(b"\xef\xbb\xbf" + PLAY.encode())
    return tmp_path


def loaded(text: str, folder: Path) -> Splits:
    return load(planned(text, folder), seed=0, root=folder)


@pytest.mark.parametrize("words", [False, True])
def test_tokens_are_places_in_the_vocabulary(words: bool, folder: Path) -> None:
    schema = FolderReader(folder).text("play.txt", words=words)
    assert isinstance(schema, TextSchema)
    tokens = (read_words if words else read_chars)(folder / "play.txt")
    assert len(tokens) == schema.tokens
    told = [schema.vocabulary[token] for token in tokens.tolist()]
    text = PLAY.replace("\r\n", "\n")
    if words:
        line = ["First", "Citizen", ":", "Before", "we", "proceed", "any", "further", ",", "héar"]
        assert told == [*line, "me", "speak", ".", "🎭"] * 20
    else:
        assert "".join(told) == text
        assert list(schema.vocabulary) == sorted(set(text))


def test_targets_are_what_comes_next(folder: Path) -> None:
    plan = planned('chars("play.txt") -> windows(16)', folder)
    size = len(set(PLAY.replace("\r\n", "\n")))
    assert types(plan) == dict.fromkeys(("x", "y"), f"index({size})[B, 16]")
    x, y = load(plan, seed=0, root=folder).train.tensors()
    tokens = torch.from_numpy(read_chars(folder / "play.txt"))
    assert torch.equal(x.flatten(), tokens[: x.numel()])
    assert torch.equal(y.flatten(), tokens[1 : y.numel() + 1])
    assert plan.rows == len(x) == (len(tokens) - 1) // 16


def test_the_vocabulary_is_in_the_plan(folder: Path) -> None:
    plan = planned('chars("play.txt") -> windows(16)', folder)
    (found,) = (step.value for step in plan.steps if isinstance(step.value, Load))
    assert found.vocabulary == tuple(sorted(set(PLAY.replace("\r\n", "\n"))))


@pytest.mark.parametrize("n", [1, 2, 7, 10])
@pytest.mark.parametrize("stride", [1, 2, 3, 7, 10, 13])
def test_no_two_parts_overlap(n: int, stride: int, folder: Path) -> None:
    text = f"""
        place = linspace(0, 499, 500)
        place -> windows({n}, stride={stride})
        split(train=60%, val=20%, test=20%)
    """
    plan = planned(text, folder)
    splits = load(plan, seed=0, root=folder)
    parts = [splits.train, splits.val, splits.test]
    ends = []
    for part in parts:
        assert part is not None
        x, y = part.tensors()
        assert torch.equal(y, x + 1)
        assert torch.equal(x.diff(dim=0), torch.full((len(x) - 1, n), float(stride)))
        ends.append((float(x.min()), float(y.max())))
    (_, train), (val, middle), (test, last) = ends
    # Nothing is in two parts, and no more is left out than the windows that reach over a border.
    assert 0 < val - train <= stride
    assert 0 < test - middle <= stride
    assert last > 499 - stride
    assert plan.sizes == tuple(len(part) for part in parts if part is not None)


def test_windows_share_their_memory(folder: Path) -> None:
    splits = loaded(
        'chars("play.txt") -> windows(200, stride=1)\nsplit(train=60%, val=40%)', folder
    )
    for split in (splits.train, splits.val):
        assert split is not None
        for column in split.columns:
            assert isinstance(column, Stored)
            held = column.tensor.untyped_storage().nbytes()
            assert held <= 8 * len(PLAY) < column.tensor.numel()
            moved = column.to("meta").tensor
            assert moved.shape == column.tensor.shape
            assert moved.untyped_storage().nbytes() <= held


def test_batches_gather_windows(folder: Path) -> None:
    text = 'chars("play.txt") -> windows(9, stride=2)'
    split = loaded(text, folder).train
    x, y = split.tensors()
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    batches = list(split.batches(13, order))
    assert torch.equal(torch.cat([batch[0] for batch in batches]), x[order])
    assert torch.equal(torch.cat([batch[1] for batch in batches]), y[order])


def test_the_last_token_alone_is_a_class(folder: Path) -> None:
    plan = planned('text("play.txt") -> windows(4)\ny = y[:, -1]', folder)
    assert types(plan) == {"x": "index(14)[B, 4]", "y": "index(14)[B]"}
    x, y = load(plan, seed=0, root=folder).train.tensors()
    assert torch.equal(x[1:, 0], y[:-1])


def test_other_windows_are_prepared(folder: Path) -> None:
    splits = loaded('chars("play.txt") -> windows(8)', folder)
    (x,) = splits.prepare(np.array([[1, 2, 3, 4, 5, 6, 7, 8]]))
    assert x.dtype == torch.int64
    assert x.tolist() == [[1, 2, 3, 4, 5, 6, 7, 8]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('chars("play.tx") -> windows(8)', "NS5501"),
        ('chars("latin.txt") -> windows(8)', "NS5503"),
        ('chars("none.txt") -> windows(8)', "NS5504"),
        ('text("blank.txt") -> windows(8)', "NS5504"),
        ('chars(".") -> windows(8)', "NS5503"),
        ('chars("../play.txt") -> windows(8)', "NS5502"),
        ('chars("play.txt") -> windows(0)', "NS5507"),
        ('chars("play.txt") -> windows(8, stride=0)', "NS5507"),
        ('chars("play.txt") -> windows', "NS5507"),
        ('chars("play.txt") -> windows("8")', "NS5507"),
        ('windows(chars("play.txt"), 8)', "NS5507"),
        ('chars("play.txt") -> windows(100_000)', "NS5520"),
        ('chars("play.txt") -> windows(8)\nsplit(train=80%, val=20%, stratify=y)', "NS4404"),
        ('chars("play.txt") -> windows(8)\nsplit(train=99.9%, val=0.1%)', "NS5509"),
        ('w = chars("play.txt") -> windows(8)\nx = cat(w.x, w.y)', "NS5521"),
        ("x = linspace(0, 1, 50) -> StandardScaler\nx -> windows(3)", "NS5513"),
        ("x = linspace(0, 1, 50) -> unsqueeze(1)\nx -> windows(3)", "NS4406"),
        ("x = linspace(0, 1, 50) > 0.5\nx -> windows(3)", "NS4406"),
    ],
)
def test_mistakes(text: str, code: str, folder: Path) -> None:
    (folder / "latin.txt").write_bytes(b"caf\xe9")
    (folder / "none.txt").write_bytes(b"")
    (folder / "blank.txt").write_bytes(b" \n ")
    assert codes(text, folder) == [code]


def test_a_run_keeps_the_vocabulary(folder: Path) -> None:
    size = len(set(PLAY.replace("\r\n", "\n")))
    text = f"""
data {{
  chars("play.txt") -> windows(8)
}}

model {{ Embedding(4) -> Linear({size}) -> movedim(-1, 1) }}

train {{
  loss      = CrossEntropyLoss
  optimizer = SGD(lr=0.1)
  epochs    = 1
}}
"""
    (folder / "play.net").write_text(text, encoding="utf-8")
    netspec.load(folder / "play.net").train(runs=folder / "runs")
    (kept,) = (folder / "runs").glob("*/vocabulary.json")
    told = json.loads(kept.read_text(encoding="utf-8"))
    assert list(told.values()) == [sorted(set(PLAY.replace("\r\n", "\n")))]
