"""Real specs, exported: the script alone prints what `netspec run` measured, to the last digit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from export_pieces import Printed, Scripts, both, complaints, recorded, run_alone, scripts_process

from netspec import cli

SPECS = Path(__file__).parents[2] / "specs"
# Fewer epochs than the spec has, where it takes long.
ALONE = {
    "two_moons": {},
    "rings": {},
    "digits": {"epochs    = 12": "epochs    = 2"},
    "line": {"epochs    = 30_000": "epochs    = 300"},
}
WITH_DATA = {
    "boston": {"epochs    = 300": "epochs    = 20"},
    "wide_deep": {"epochs    = 30": "epochs    = 6"},
    "diabetes": {"epochs    = 400": "epochs    = 10"},
    "mnist": {"epochs    = 9": "epochs    = 1"},
}
needs_data = pytest.mark.skipif(
    "NETSPEC_DATA" not in os.environ, reason="NETSPEC_DATA does not say where the data sets are"
)


def edited(name: str, edits: dict[str, str]) -> str:
    text = (SPECS / f"{name}.net").read_text(encoding="utf-8")
    for before, after in edits.items():
        assert before in text
        text = text.replace(before, after)
    return text


def netspec_command(*arguments: str | Path, cwd: Path) -> str:
    """What the command prints, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "netspec", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def written(folder: Path) -> Printed:
    """What a run left in its folder."""
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return recorded([json.loads(line) for line in lines], result["metrics"])


@pytest.mark.parametrize("name", ALONE)
def test_a_script_alone_repeats_the_run(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.net").write_text(edited(name, ALONE[name]), encoding="utf-8")
    script = tmp_path / f"{name}.py"
    spec = tmp_path / f"{name}.net"
    assert cli.main(["export", str(spec), "--to", "python", "-o", str(script)]) == 0
    netspec_command("run", spec, "--quiet", cwd=tmp_path)
    run = written(tmp_path / "runs" / f"{name}-001")
    printed = run_alone(script)
    assert printed.epochs == run.epochs
    assert printed.final == run.final
    assert complaints(script) == ""


def test_a_script_that_differs_is_noticed(tmp_path: Path, scripts: Scripts) -> None:
    text = edited("two_moons", {"epochs    = 10": "epochs    = 1"})
    run, printed, source = both(scripts, text, tmp_path)
    assert printed == run
    script = tmp_path / "script.py"
    assert "momentum=0.9" in source
    script.write_text(source.replace("momentum=0.9", "momentum=0.9000001"), encoding="utf-8")
    assert scripts.run(script) != run


@pytest.fixture(scope="module")
def scripts() -> Iterator[Scripts]:
    with scripts_process() as process:
        yield process


@pytest.mark.data
@needs_data
@pytest.mark.parametrize("name", WITH_DATA)
def test_a_script_that_reads_files_repeats_the_run(
    name: str, scripts: Scripts, tmp_path: Path
) -> None:
    run, printed, _ = both(scripts, edited(name, WITH_DATA[name]), tmp_path)
    assert printed.epochs == run.epochs
    assert printed.final == run.final
    assert complaints(tmp_path / "script.py") == ""
