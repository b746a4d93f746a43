"""A run is killed, at any moment, and resumed: it ends with the same bits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from export_cases import CASES

SPEC = CASES["ema"].replace("ema = 0.9", "ema = 0.9\n  checkpoint = 1")
ENDS = ("weights.safetensors", "weights_raw.safetensors")

# Trains in forks of one process, so that torch is loaded once. Each fork but the first kills itself
# at a moment of its own: when it touches a file for the nth time after the first epoch was logged.
KILLER = """
import os, signal, sys
from pathlib import Path
import netspec
import netspec.codegen, netspec.data, netspec.runner, netspec.report.pictures
from netspec import driver
from netspec.diagnostics import Sink

os.chdir(sys.argv[1])
WATCHED = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "os.listdir"}

def train(name, resume=None):
    sink = Sink()
    program = netspec.load("spec.net").program
    run = driver.train(program, sink, runs=Path(name), resume=resume)
    assert run is not None, sink.diagnostics
    assert not sink.diagnostics, sink.diagnostics

def in_a_fork(work):
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(3)
    return os.waitpid(child, 0)[1]

def killed_at(count):
    seen = 0
    def watch(event, arguments):
        nonlocal seen
        if event not in WATCHED or "step-" not in str(arguments[0]):
            return
        seen += 1
        if seen == count:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    train(f"killed-{count:03d}")

assert in_a_fork(lambda: train("whole")) == 0
for count in map(int, sys.argv[2:]):
    told = in_a_fork(lambda: killed_at(count))
    left = Path(f"killed-{count:03d}/spec-001")
    if told == 0:
        print(count, "ended", flush=True)
        continue
    assert os.WIFSIGNALED(told), told
    if not any(left.glob("step-*")):
        print(count, "nothing", flush=True)
        continue
    assert in_a_fork(lambda: train("", left)) == 0
    print(count, "resumed", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_run_killed_at_any_moment_ends_with_the_same_bits(tmp_path: Path) -> None:
    (tmp_path / "spec.net").write_text(SPEC, encoding="utf-8")
    moments = [str(moment) for moment in range(2, 60, 6)]
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path), *moments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = dict(line.split() for line in done.stdout.splitlines())
    assert list(told) == moments
    # Before the first checkpoint is whole there is nothing to resume; late moments never come.
    assert {"nothing", "resumed", "ended"} == set(told.values())
    resumed = [moment for moment, end in told.items() if end == "resumed"]
    assert len(resumed) >= 3
    whole = tmp_path / "whole" / "spec-001"
    for moment in resumed:
        left = tmp_path / f"killed-{int(moment):03d}" / "spec-001"
        for name in ENDS:
            assert (left / name).read_bytes() == (whole / name).read_bytes(), moment
        assert lines(left) == lines(whole)
        assert not list(left.glob(".step-*")), "what was half written is gone"


def lines(folder: Path) -> list[dict[str, float]]:
    """What each epoch measured."""
    text = (folder / "metrics.jsonl").read_text(encoding="utf-8")
    records = [json.loads(line) for line in text.splitlines()]
    return [{k: v for k, v in record.items() if k != "seconds"} for record in records]


def netspec_command(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "netspec", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_resumes_what_a_signal_ended(tmp_path: Path) -> None:
    long = SPEC.replace("epochs = 4", "epochs = 200").replace("checkpoint = 1", "checkpoint = 5")
    (tmp_path / "spec.net").write_text(long, encoding="utf-8")
    assert netspec_command("run", "spec.net", "--quiet", cwd=tmp_path).returncode == 0
    running = subprocess.Popen(
        [sys.executable, "-m", "netspec", "run", "spec.net", "--quiet"], cwd=tmp_path
    )
    left = tmp_path / "runs" / "spec-002"
    while running.poll() is None and not list(left.glob("step-*")):
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    whole = tmp_path / "runs" / "spec-001"
    if not (left / "result.json").exists():  # or else the signal came too late
        done = netspec_command("run", "spec.net", "--resume", left, cwd=tmp_path)
        assert (done.returncode, "error" in done.stderr) == (0, False)
    for name in ENDS:
        assert (left / name).read_bytes() == (whole / name).read_bytes()
    again = netspec_command("run", "spec.net", "--resume", left, cwd=tmp_path)
    assert again.returncode == 1
    assert "error[NS7040]" in again.stderr
