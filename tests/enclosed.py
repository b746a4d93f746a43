"""Files that a spec in a test carries along, in comments that begin with `# file: name`."""

from __future__ import annotations

import json
import re
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

BYTES = {"F32": 4, "F16": 2, "I8": 1, "I64": 8}


def files_within(text: str) -> dict[str, str]:
    """The text of each file by its name; its lines follow the comment, each behind `#| `."""
    files: dict[str, list[str]] = {}
    for line in text.splitlines():
        if named := re.match(r"# file: (\S+)", line):
            files[named[1]] = []
        elif line.startswith("#|"):
            files[next(reversed(files))].append(line[2:].removeprefix(" "))
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}


def lay_out(text: str, folder: Path) -> dict[str, str]:
    """Write the files into a folder."""
    files = files_within(text)
    for name, written in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".safetensors") and written.strip():
            (folder / name).write_bytes(tensor_file(written.splitlines()))
            continue
        if name.endswith(".npz"):
            np.savez(folder / name, **array_file(written.splitlines()))
            continue
        (folder / name).write_text(written, encoding="utf-8")
    return files


def array_file(lines: list[str]) -> dict[str, Any]:  # NumPy mistakes arrays by name for options
    """Arrays of zeros: a name, a dtype and the sizes each."""
    arrays: dict[str, Any] = {}
    for line in lines:
        name, dtype, *sizes = line.split()
        arrays[name] = np.zeros([int(size) for size in sizes], dtype)
    return arrays


def tensor_file(lines: list[str]) -> bytes:
    """A safetensors file of these tensors, all zeros."""
    header: dict[str, object] = {}
    end = 0
    for line in lines:
        key, dtype, *sizes = line.split()
        shape = [int(size) for size in sizes]
        begin, end = end, end + prod(shape) * BYTES[dtype]
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    told = json.dumps(header).encode()
    return len(told).to_bytes(8, "little") + told + bytes(end)
