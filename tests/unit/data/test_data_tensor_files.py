"""The header of a safetensors file, read without safetensors: as it is, and when it is broken."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from netspec.data.tensor_files import read_tensor_schema
from netspec.program.schemas import Unreadable
from netspec.program.weights import SavedTensor


def written(header: bytes, numbers: int = 0, length: int | None = None) -> bytes:
    told = len(header) if length is None else length
    return told.to_bytes(8, "little") + header + bytes(numbers)


def tensor(**other: object) -> bytes:
    entry = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]} | other
    return json.dumps({"w": entry}).encode()


def test_the_header_says_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    tensors = {"a.b": torch.ones(3, 4), "n": torch.tensor(3), "h": torch.ones(2).bfloat16()}
    save_file(tensors, path, {"format": "pt"})
    assert read_tensor_schema(path, "a") == {
        "a.b": SavedTensor(shape=(3, 4), dtype="F32"),
        "n": SavedTensor(shape=(), dtype="I64"),
        "h": SavedTensor(shape=(2,), dtype="BF16"),
    }


def test_a_header_as_long_as_a_pickle_begins_is_none(tmp_path: Path) -> None:
    # 0x0280, the length of this header, is how a bare pickle begins.
    header = tensor().ljust(0x0280)
    (tmp_path / "a").write_bytes(written(header, 16))
    assert isinstance(read_tensor_schema(tmp_path / "a", "a"), dict)


BROKEN = {
    "nothing": (b"", "malformed"),
    "short": (b"\x04\0\0", "malformed"),
    "text": (b"these are no weights at all", "malformed"),
    "no_json": (written(b"weights!"), "malformed"),
    "no_object": (written(b"[1, 2, 3]"), "malformed"),
    "deep": (written(b"[" * 100_000), "malformed"),
    "longer_than_the_file": (written(tensor(), 16, length=10_000), "malformed"),
    "huge": (written(tensor(), 16, length=2**63), "malformed"),
    "no_tensors": (written(b"{}"), "malformed"),
    "metadata_alone": (written(b'{"__metadata__": {"format": "pt"}}'), "malformed"),
    "cut_off": (written(tensor(), 15), "malformed"),
    "no_shape": (written(tensor(shape="2"), 16), "malformed"),
    "odd_sizes": (written(tensor(shape=[2, "x"]), 16), "malformed"),
    "no_dtype": (written(tensor(dtype=3), 16), "malformed"),
    "pickle": (pickle.dumps({"w": [1.0] * 9}, protocol=2), "pickled"),
    "zip": (b"PK\x03\x04" + bytes(200), "pickled"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_said_to_be_one(name: str, tmp_path: Path) -> None:
    content, reason = BROKEN[name]
    (tmp_path / "a").write_bytes(content)
    found = read_tensor_schema(tmp_path / "a", "a")
    assert isinstance(found, Unreadable)
    assert found.reason == reason


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    found = read_tensor_schema(tmp_path, "a")
    assert isinstance(found, Unreadable)
    assert found.detail == "it is a folder"
