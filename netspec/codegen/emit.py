"""A model or a loss as a Python module: the text that is shown is the text that runs."""

from __future__ import annotations

import ast
import gc
import linecache
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from netspec.codegen.classes import class_lines
from netspec.codegen.losses import LOSS_FUNCTION, loss_lines
from netspec.codegen.sharing import plan_classes
from netspec.program.graph import Model
from netspec.program.train import TrainPlan

_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}\.net")

_IMPORTS = {
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "Tensor": "from torch import Tensor",
    "nn": "from torch import nn",
}


@dataclass(frozen=True, slots=True)
class Fragment:
    """Top-level definitions without their imports; `name` is the one they are there for."""

    name: str
    text: str

    @property
    def imports(self) -> frozenset[str]:
        """Which of `torch`, `F`, `Tensor`, `nn` the text uses."""
        names = {node.id for node in ast.walk(ast.parse(self.text)) if isinstance(node, ast.Name)}
        return frozenset(names & _IMPORTS.keys())


def model_fragment(model: Model, reserved: Iterable[str] = ()) -> Fragment:
    """The classes of a model, the model's own last; none has a `reserved` name."""
    plans = plan_classes(model, reserved)
    written = [
        "\n".join(class_lines(plan, model.requirements if plan is plans[-1] else ()))
        for plan in plans
    ]
    return Fragment(plans[-1].name, "\n\n\n".join(written) + "\n")


def loss_fragment(plan: TrainPlan) -> Fragment:
    """The function `compute_loss` with the criteria it needs."""
    return Fragment(LOSS_FUNCTION, "\n".join(loss_lines(plan)) + "\n")


def import_lines(names: Iterable[str]) -> list[str]:
    """Import statements for names out of `Fragment.imports`, sorted as linters want them."""
    wanted = set(names)
    lines = [_IMPORTS[name] for name in ("torch", "F") if name in wanted]
    from_torch = [name for name in ("Tensor", "nn") if name in wanted]
    if from_torch:
        lines.append(f"from torch import {', '.join(from_torch)}")
    return lines


def emit_model(model: Model) -> str:
    """The model as a complete Python module."""
    return _model_module(model, model_fragment(model))


def emit_loss(plan: TrainPlan) -> str:
    """The loss as a complete Python module."""
    return _module("The loss as plain PyTorch.", loss_fragment(plan))


def build_model(model: Model, source_name: str) -> nn.Module:
    """Run the emitted text and make the module; its weights are drawn as torch's seed says."""
    with collector_paused():
        fragment = model_fragment(model)
        made = _run(_model_module(model, fragment), source_name)[fragment.name]
        assert isinstance(made, type)
        built = made()
        assert isinstance(built, nn.Module)
        return built


def build_loss(plan: TrainPlan, source_name: str = "loss") -> Callable[..., tuple[Tensor, ...]]:
    """Run the emitted text: a function of the loss's inputs that gives the loss and its terms."""
    compute = _run(emit_loss(plan), source_name)[LOSS_FUNCTION]
    assert callable(compute)
    if plan.terms:
        return compute

    def alone(*operands: Tensor) -> tuple[Tensor, ...]:
        return (compute(*operands),)

    return alone


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector from running while many modules are made at once.

    Modules are not garbage, and each full collection would walk the whole of torch's heap: the time
    to build would grow faster than the model.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _model_module(model: Model, fragment: Fragment) -> str:
    source = model.span.source.name
    # A file's name is the user's: it is told only where it can do no harm in a docstring.
    origin = f" from {source}" if _FILE_NAME.fullmatch(source) else ""
    return _module(f"{fragment.name}, compiled by netspec{origin}.", fragment)


def _module(docstring: str, fragment: Fragment) -> str:
    imports = "\n".join(import_lines(fragment.imports))
    return f'"""{docstring}"""\n\n{imports}\n\n\n{fragment.text}'


def _run(text: str, source_name: str) -> dict[str, object]:
    """Execute a module's text under a name that tracebacks can show lines of."""
    filename = f"<{source_name} as Python>"
    lines = text.splitlines(keepends=True)
    number = 1
    while linecache.getlines(filename) not in ([], lines):
        number += 1
        filename = f"<{source_name} as Python {number}>"
    # Without a time of change the entry is never checked against a file.
    linecache.cache[filename] = (len(text), None, lines, filename)
    namespace: dict[str, object] = {"__name__": "netspec_emitted"}
    exec(compile(text, filename, "exec"), namespace)
    return namespace
