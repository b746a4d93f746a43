"""How long one waits: `netspec check` against importing torch, `netspec run` against a bare script.

Each pair is timed in turn, in processes of their own, so that a busy moment of the machine falls on
both; the ratio is that of the medians. Run it with nothing else running:

    python benchmarks/startup.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
SPEC = ROOT / "specs" / "two_moons.net"
BARE = Path(__file__).parent / "two_moons_by_hand.py"

CHECK_AT_MOST = 0.25
RUN_AT_MOST = 1.1


def seconds(command: list[str], folder: Path) -> float:
    """How long a command takes, from its start to its end."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    # torch was compiled to bytecode when it was installed; ours is when it is first run.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def interleaved(left: list[str], right: list[str], rounds: int) -> tuple[float, float]:
    """The median seconds of two commands, run in turn; a first round of each is not counted."""
    times: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as folder:
        for round_ in range(rounds + 1):
            for command, taken in zip((left, right), times, strict=True):
                passed = seconds(command, Path(folder))
                if round_:
                    taken.append(passed)
    return statistics.median(times[0]), statistics.median(times[1])


def report(name: str, ours: float, theirs: float, wanted: float) -> None:
    """Print one line: both times, their ratio, and what was wanted."""
    ratio = ours / theirs
    verdict = "as wanted" if ratio <= wanted else "too slow"
    print(f"{name:<52} {ours:6.3f} s / {theirs:6.3f} s = {ratio:5.3f}  <= {wanted}: {verdict}")


def main() -> None:
    """Time both pairs."""
    netspec = [sys.executable, "-m", "netspec"]
    check = interleaved(
        [*netspec, "check", str(SPEC)], [sys.executable, "-c", "import torch"], rounds=9
    )
    report("netspec check two_moons.net / import torch", *check, CHECK_AT_MOST)
    run = interleaved([*netspec, "run", str(SPEC)], [sys.executable, str(BARE)], rounds=5)
    report("netspec run two_moons.net / the same by hand", *run, RUN_AT_MOST)


if __name__ == "__main__":
    main()
