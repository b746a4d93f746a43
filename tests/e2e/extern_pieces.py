"""A spec with a module beside it, in a folder of its own, as users have them."""

from __future__ import annotations

from pathlib import Path

import netspec
from netspec import driver
from netspec.diagnostics import Diagnostic, Sink
from netspec.program import Program

LAYERS = '''"""Layers of mine."""

import torch
from torch import Tensor, nn


class Snake(nn.Module):
    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.tensor(alpha))

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.sin(self.alpha * x) ** 2 / self.alpha


class Gate(nn.Module):
    def __init__(self, in_features: int, width: int, *, bias: bool = True) -> None:
        super().__init__()
        self.inner = nn.Linear(in_features, 2 * width, bias=bias)
        self.register_buffer("seen", torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.inner(x).chunk(2, dim=-1)
        return value * torch.sigmoid(gate)


class Parts(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x.amax(-1), x.argmax(-1)


class Numbers(nn.Module):
    """Cannot run without numbers."""

    def forward(self, x: Tensor) -> Tensor:
        return x / max(float(x.abs().max()), 1e-6)


class Focal(nn.Module):
    def __init__(self, gamma: float = 2.0) -> None:
        super().__init__()
        self.gamma = gamma

    def forward(self, scores: Tensor, target: Tensor) -> Tensor:
        found = scores.log_softmax(1).gather(1, target[:, None])[:, 0]
        return (-((1 - found.exp()) ** self.gamma) * found).mean()
'''

SNAKE = 'extern layer Snake(alpha: float = 1.0): real[...] -> real[...] from "my_layers:Snake"\n'
GATE = (
    "extern layer Gate(width: int, bias: bool = true; in_features: int): "
    'real[..., in_features] -> real[..., width] from "my_layers:Gate"\n'
)
PARTS = 'extern layer Parts(): real[B, D] -> (real[B], index(D)[B]) from "my_layers:Parts"\n'
FOCAL = (
    "extern loss Focal(gamma: float = 2.0): (score[B, C], index(C)[B]) -> real[] "
    'from "my_layers:Focal"\n'
)


def placed(folder: Path, spec: str, **modules: str) -> Path:
    """The spec's file, with modules beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    path = folder / "model.net"
    path.write_text(spec, encoding="utf-8")
    return path


def checked(path: Path, *allow: str) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """What a check of the file finds."""
    sink = Sink()
    source = driver.read(path, sink)
    assert source is not None
    return driver.check(source, sink, allow=allow), sink.diagnostics


def only(found: tuple[Diagnostic, ...]) -> Diagnostic:
    """The one finding, with the text of the lines it shows."""
    assert len(found) == 1, [f"{d.code} {d.message}" for d in found]
    return found[0]


def shown(found: Diagnostic) -> list[str]:
    """The names of the files that a finding shows, its own first."""
    return [Path(label.span.source.name).name for label in found.labels]


def loaded(folder: Path, spec: str, **modules: str) -> netspec.Spec:
    """The spec as `netspec.load` gives it, everything allowed."""
    return netspec.load(placed(folder, spec, **modules), allow=list(modules))
