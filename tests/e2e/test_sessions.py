"""Goldens of the command line: each `*.console` file is commands with what they print.

A session runs in a folder that holds the files of `tests/cases/commands/files/`. Both streams are
shown, the output first; `[exit 1]` follows where the exit code is not 0. Seconds are not told.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SESSIONS = Path(__file__).parent.parent / "cases" / "commands"


def transcript(text: str, folder: Path) -> str:
    """The session as it really goes: its comments and commands, each with what it prints."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            lines.append(line)
        elif line.startswith("$ "):
            if lines and not lines[-1].startswith("#"):
                lines.append("")
            lines += [line, *_printed(line[2:], folder)]
    return "\n".join(lines) + "\n"


def _printed(command: str, folder: Path) -> list[str]:
    words = shlex.split(command)
    assert words[0] == "netspec", f"a session is of `netspec` commands, not `{words[0]}`"
    environment = {k: v for k, v in os.environ.items() if k != "NETSPEC_DATA"}
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=environment | {"COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    shown = re.sub(r"\d+(\.\d+)? s\b", "... s", done.stdout + done.stderr)
    lines = [line.rstrip() for line in shown.splitlines()]
    return lines if done.returncode == 0 else [*lines, f"[exit {done.returncode}]"]


@pytest.mark.parametrize("path", sorted(SESSIONS.glob("*.console")), ids=lambda path: path.stem)
def test_session(path: Path, tmp_path: Path, update_goldens: bool) -> None:
    folder = tmp_path / "files"
    shutil.copytree(SESSIONS / "files", folder)
    shown = path.read_text(encoding="utf-8")
    real = transcript(shown, folder)
    if update_goldens:
        path.write_text(real, encoding="utf-8")
    assert real == path.read_text(encoding="utf-8")
