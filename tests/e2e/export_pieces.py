"""Exported scripts run where netspec cannot be imported, beside the runs they must repeat."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import netspec

Values = dict[str, float]

# What stands in a record beside measurements.
NOT_MEASURED = frozenset({"epoch", "step", "lr", "seconds"})

ALONE = """
import runpy, sys
sys.modules["netspec"] = None
runpy.run_path(sys.argv[1], run_name="__main__")
"""
ONE_BY_ONE = """
import contextlib, io, json, runpy, sys, traceback, warnings
sys.modules["netspec"] = None
warnings.simplefilter("error")
for path in sys.stdin:
    printed, failure = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(path.strip(), run_name="__main__")
    except Exception:
        failure = traceback.format_exc()
    print(json.dumps([printed.getvalue(), failure]), flush=True)
"""


def is_measured(key: str) -> bool:
    """Whether a value of a record is a measurement; each phase has its own `lr_NAME` besides."""
    return key not in NOT_MEASURED and not key.startswith("lr_")


@dataclass(frozen=True, slots=True)
class Printed:
    """What a script told: each epoch, and each split at the end."""

    epochs: list[Values] = field(default_factory=list)
    final: dict[str, Values] = field(default_factory=dict)


def told(text: str) -> Printed:
    """The figures in what a script printed."""
    printed = Printed()
    for line in text.splitlines():
        name, *figures = line.split("  ")
        values = {key: float(value) for key, value in (figure.split(" ") for figure in figures)}
        if re.fullmatch(r"epoch \d+(/\d+)?", name):
            printed.epochs.append(values)
        else:
            printed.final[name] = values
    return printed


def recorded(history: list[dict[str, float]], final: dict[str, Values]) -> Printed:
    """The same of a run."""
    kept = [{k: v for k, v in record.items() if is_measured(k)} for record in history]
    return Printed(kept, final)


def run_alone(script: Path, warnings: str = "error", importing: Path | None = None) -> Printed:
    """Run a script in a process of its own, in its folder.

    `warnings` is what becomes of them; the script may import what is in `importing`.
    """
    found = "" if importing is None else f"import sys; sys.path.append({str(importing)!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-W", warnings, "-c", found + ALONE, str(script)],
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return told(done.stdout)


class Scripts:
    """A process that runs one script after the other, so that torch is loaded once."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, script: Path) -> Printed:
        """Run a script to its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{script}\n")
        self._process.stdin.flush()
        printed, failure = json.loads(self._process.stdout.readline())
        assert not failure, failure
        return told(printed)


@contextmanager
def scripts_process() -> Iterator[Scripts]:
    """A process for scripts, ended at the end."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", ONE_BY_ONE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Scripts(process)
        assert process.stdin is not None
        process.stdin.close()


def both(
    scripts: Scripts, text: str, folder: Path, params: Mapping[str, object] | None = None
) -> tuple[Printed, Printed, str]:
    """A spec run by netspec and by its exported script: what each measured, and the script."""
    path = folder / "spec.net"
    path.write_text(text, encoding="utf-8")
    spec = netspec.load(path, params=params)
    script = folder / "script.py"
    script.write_text(spec.export(), encoding="utf-8")
    run = spec.train(runs=folder / "runs")
    return recorded(run.history, run.metrics), scripts.run(script), spec.export()


def complaints(*scripts: Path) -> str:
    """What ruff says of scripts: mistakes, and how they would be formatted."""
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--isolated", "--no-cache", "--line-length", "100"]
    files = [str(script) for script in scripts]
    said = ""
    for command in (
        [*ruff, "check", *rules, "--select", "E,F,I,UP,B,W", *files],
        [*ruff, "format", "--diff", *rules, *files],
    ):
        done = subprocess.run(
            command, cwd=scripts[0].parent, capture_output=True, text=True, check=False
        )
        said += "" if done.returncode == 0 else done.stdout + done.stderr
    return said
