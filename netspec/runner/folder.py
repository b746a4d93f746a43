"""The run directory: `runs/NAME-NNN`, made anew for every run, written to again to resume it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from shutil import copyfile
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from netspec.diagnostics.record import Diagnostic
from netspec.program.data import MADE_UP
from netspec.runner.checkpoint import Checkpoint, Damaged, load_newest, save_checkpoint
from netspec.runner.errors import RunError, cannot_resume, cannot_write, checkpoint_damaged
from netspec.runner.job import Record
from netspec.runner.result import Run

NUMBERED = re.compile(r"-(\d+)$")


class RunFolder:
    """A directory that belongs to one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoint: Checkpoint | None = None  # what to go on from
        self.damaged: tuple[Damaged, ...] = ()
        self._metrics: TextIOWrapper | None = None

    @classmethod
    def create(
        cls,
        root: Path,
        name: str,
        *,
        spec: str,
        source: str,
        imports: Mapping[str, str] | None = None,
        modules: Mapping[str, Path] | None = None,
    ) -> RunFolder:
        """Make `root/NAME-NNN` with the next free number, holding the spec and the model's source.

        `spec` is the resolved text, that can be run again, `imports` what it imports, by path;
        `source` is the emitted module; `modules` are files of the user's that both need, by where
        they are to be.
        """
        with _writing(root):
            root.mkdir(parents=True, exist_ok=True)
            path = _claim(root, re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "run")
            (path / "spec.net").write_text(spec, encoding="utf-8")
            (path / "model.py").write_text(source, encoding="utf-8")
            for file, text in (imports or {}).items():
                (path / file).parent.mkdir(exist_ok=True)
                (path / file).write_text(text, encoding="utf-8")
            for place, module in (modules or {}).items():
                (path / place).parent.mkdir(parents=True, exist_ok=True)
                copyfile(module, path / place)
        return cls(path)

    @classmethod
    def resume(
        cls,
        path: Path,
        *,
        spec: str,
        imports: Mapping[str, str],
        modules: Mapping[str, Path],
    ) -> RunFolder:
        """The directory of a run that was broken off; what is given must be what it was made with.

        Raises `RunError` when it is no such run.
        """
        kept = path / "spec.net"
        if not kept.is_file():
            raise RunError(cannot_resume(path=str(path), reason="there is no run in it"))
        if _ended(path / "result.json"):
            raise RunError(cannot_resume(path=str(path), reason="it has ended, with a result"))
        with _writing(path):
            texts = {"spec.net": spec, **imports}
            contents = {file: text.encode() for file, text in texts.items()}
            contents |= {place: module.read_bytes() for place, module in modules.items()}
            for file, content in contents.items():
                there = path / file
                if not there.is_file() or there.read_bytes() != content:
                    before = there.read_bytes() if there.is_file() else b""
                    reason = _changed(file, before.decode(errors="replace"), texts.get(file, ""))
                    raise RunError(cannot_resume(path=str(path), reason=reason))
            found, damaged = load_newest(path)
        if found is None:
            reason = damaged[0].reason if damaged else "no checkpoint was written yet"
            raise RunError(cannot_resume(path=str(path), reason=reason))
        folder = cls(path)
        folder.checkpoint, folder.damaged = found, tuple(damaged)
        return folder

    def complaints(self) -> list[Diagnostic]:
        """A warning for each damaged checkpoint that is passed over."""
        instead = self.checkpoint.path.name if self.checkpoint is not None else ""
        return [
            checkpoint_damaged(path=found.path.name, reason=found.reason, instead=instead)
            for found in self.damaged
        ]

    def keep(self, step: int, weights: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Write a checkpoint."""
        with _writing(self.path):
            spec = (self.path / "spec.net").read_text(encoding="utf-8")
            save_checkpoint(self.path, step, weights=weights, state=state, spec=spec)

    def log(self, record: Record) -> None:
        """Add an epoch's line to `metrics.jsonl`."""
        with _writing(self.path):
            if self._metrics is None:
                # A line is on its way to the disk as soon as it is written.
                self._metrics = (self.path / "metrics.jsonl").open(
                    "w", encoding="utf-8", buffering=1
                )
            self._metrics.write(json.dumps(_plain(record)) + "\n")

    @property
    def sheets(self) -> tuple[Path, ...]:
        """The sheet of samples, where there is one."""
        return tuple(self.path.glob("samples.png"))

    def draw(self, name: str, write: Callable[[Path], object]) -> None:
        """Have a picture written."""
        with _writing(self.path):
            write(self.path / name)

    def close(self) -> None:
        """Finish `metrics.jsonl`; harmless when done twice."""
        with _writing(self.path):
            if self._metrics is not None:
                self._metrics.close()

    def save(self, run: Run) -> None:
        """Write `weights.safetensors` and `result.json`; beside averaged weights the raw ones."""
        with _writing(self.path):
            save_weights(run.model, self.path / "weights.safetensors")
            if run.raw is not None:
                save_weights(run.raw, self.path / "weights_raw.safetensors")
            write_whole(self.path / "result.json", json.dumps(_plain(summary(run)), indent=2))


def _changed(file: str, before: str, now: str) -> str:
    """Why what was kept of a run is not what there is now."""
    if MADE_UP in before and MADE_UP not in now:
        return "its data were made up, and stay so: give `--synthetic` too"
    if MADE_UP in now and MADE_UP not in before:
        return "its data were not made up: leave `--synthetic` away"
    return f"its `{file}` is not what the spec says now"


def _ended(result: Path) -> bool:
    """Whether a run came to its end by itself, and not by Ctrl-C."""
    try:
        return bool(json.loads(result.read_text(encoding="utf-8"))["ended"] != "interrupted")
    except (OSError, ValueError, KeyError, TypeError):
        return False  # there is no result, or it was never brought to the disk


def save_weights(module: nn.Module, path: Path) -> None:
    """Write a module's `state_dict` as safetensors, under its own keys."""
    # Copies, since safetensors refuses tensors that share memory.
    weights = {
        key: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for key, tensor in module.state_dict().items()
    }
    _rename_into(path, lambda temporary: save_file(weights, temporary, {"format": "pt"}))


def write_whole(path: Path, text: str) -> None:
    """Write a file under another name and rename it, so that it is never seen half written."""
    _rename_into(path, lambda temporary: temporary.write_text(text + "\n", encoding="utf-8"))


def summary(run: Run) -> dict[str, Any]:
    """The final table as plain data."""
    return {
        "metrics": run.metrics,
        "baseline": {run.baseline_name: run.baseline} if run.baseline else {},
        "per_class": {run.judged_on: run.per_class} if run.confusion else {},
        "confusion": run.confusion,
        "parameters": run.parameters,
        "epochs": run.epochs,
        "ended": run.ended,
        "seconds": round(run.seconds, 3),
        "device": run.device,
        "data": "made up" if run.made_up else "read",
    }


def _claim(root: Path, name: str) -> Path:
    """Make the directory with the next free number; whoever makes it owns it."""
    taken = [NUMBERED.search(path.name) for path in root.glob(f"{name}-*")]
    number = max((int(match.group(1)) for match in taken if match), default=0)
    while True:
        number += 1
        path = root / f"{name}-{number:03d}"
        try:
            path.mkdir()
        except FileExistsError:
            continue  # another run took this number in the meantime
        return path


def _rename_into(path: Path, write: Callable[[Path], object]) -> None:
    temporary = path.with_name(path.name + ".part")
    write(temporary)
    temporary.replace(path)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        reason = failure.strerror or str(failure)
        shown = str(failure.filename or path)
        raise RunError(cannot_write(path=shown, reason=reason)) from failure


def _plain(value: Any) -> Any:
    """The same value as strict JSON can hold it: what is not a finite number becomes null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value
