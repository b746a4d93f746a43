"""Bytes on disk to a text: what a golden spec, which is text, cannot show."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.diagnostics import Sink
from netspec.syntax import parse, read
from netspec.syntax.files import BYTES

SPEC = "model {\n  input x: real[B, 4]\n  x -> Linear(3)\n}\n"


def reading(path: Path, found: bytes) -> tuple[str | None, list[str]]:
    path.write_bytes(found)
    sink = Sink()
    source = read(path, sink, name="a.net")
    return None if source is None else source.text, [d.code for d in sink.diagnostics]


@pytest.mark.parametrize(
    "found",
    [
        SPEC.encode(),
        SPEC.replace("\n", "\r\n").encode(),
        SPEC.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + SPEC.encode(),
    ],
    ids=["plain", "crlf", "cr", "bom"],
)
def test_one_text_however_it_was_saved(tmp_path: Path, found: bytes) -> None:
    assert reading(tmp_path / "a.net", found) == (SPEC, [])


@pytest.mark.parametrize("found", ["# caf\u00e9".encode("latin-1"), SPEC.encode("utf-16")])
def test_other_encodings_are_refused(tmp_path: Path, found: bytes) -> None:
    assert reading(tmp_path / "a.net", found) == (None, ["NS0002"])


def test_the_bad_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_bytes(b"# one\n# two \xff\n")
    sink = Sink()
    read(tmp_path / "a.net", sink, name="a.net")
    assert sink.diagnostics[0].message == "`a.net` is not UTF-8 (line 2)"


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    comment = b"#" * (BYTES - 1) + b"\n"
    assert reading(tmp_path / "a.net", comment)[1] == []
    assert reading(tmp_path / "a.net", comment + b"\n") == (None, ["NS0003"])


def test_what_cannot_be_read_is_reported(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.net"):
        sink = Sink()
        assert read(path, sink) is None
        assert [d.code for d in sink.diagnostics] == ["NS0001"]


def test_columns_count_characters(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text('param a = "\N{PARTY POPPER}\u00e9" ?\n', encoding="utf-8")
    sink = Sink()
    source = read(tmp_path / "a.net", sink)
    assert source is not None
    parse(source, sink)
    assert [(d.code, d.labels[0].span.column) for d in sink.diagnostics] == [("NS1005", 16)]
