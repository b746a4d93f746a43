"""A model or a loss as a Python module: the text that is shown is the text that runs."""

from __future__ import annotations

import ast
import builtins
import functools
import gc
import linecache
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from netspec.allowed import module_of
from netspec.codegen.classes import class_lines
from netspec.codegen.layout import ATOM, Expr, call, lines
from netspec.codegen.losses import SHEET, function_name, loss_lines, sheet_lines
from netspec.codegen.plans import ClassPlan
from netspec.codegen.sharing import plan_classes
from netspec.codegen.user_names import (
    criteria_of,
    externs_of,
    given_names,
    import_names,
    sections,
    user_import_lines,
)
from netspec.program.externs import Extern
from netspec.program.graph import Model
from netspec.program.train import Phase, Sheet

_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}\.net")

# The function of a module of several models that makes them.
BUILD_MODELS = "build_models"

# The packages that emitted text may import by itself.
IMPORTED = frozenset({"einops", "fnmatch", "torch"})

_IMPORTS = {
    "fnmatch": "import fnmatch",
    "einops": "import einops",
    "torch": "import torch",
    "F": "import torch.nn.functional as F",
    "Tensor": "from torch import Tensor",
    "nn": "from torch import nn",
}


@dataclass(frozen=True, slots=True)
class Fragment:
    """Top-level definitions without their imports; `name` is the one they are there for.

    `user_names` are what the text calls things of the user's, by their targets.
    """

    name: str
    text: str
    user_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def imports(self) -> frozenset[str]:
        """Which of `fnmatch`, `einops`, `torch`, `F`, `Tensor`, `nn` the text uses."""
        names = {node.id for node in ast.walk(ast.parse(self.text)) if isinstance(node, ast.Name)}
        return frozenset(names & _IMPORTS.keys())


def model_fragment(model: Model, reserved: Iterable[str] = ()) -> Fragment:
    """The classes of a model, the model's own last; none has a `reserved` name."""
    reserved, model = frozenset(reserved), model.emitted
    names = import_names(externs_of(model.graph), reserved | given_names(model.graph))
    (plans,) = plan_classes([model], {*reserved, *names.values()})
    return Fragment(plans[-1].name, _classes(plans, model, names) + "\n", names)


def _classes(plans: Sequence[ClassPlan], model: Model, names: Mapping[str, str]) -> str:
    """The text of a model's classes; the model's own holds what it requires."""
    written = [
        "\n".join(class_lines(plan, model.requirements if plan is plans[-1] else (), names))
        for plan in plans
    ]
    return "\n\n\n".join(written)


def models_fragment(models: Sequence[Model], reserved: Iterable[str] = ()) -> Fragment:
    """The classes of models that are trained together, and the call that makes and holds them."""
    if len(models) == 1:
        return model_fragment(models[0], reserved)
    models = [model.emitted for model in models]
    taken = {*reserved, "models"}
    given = given_names(*(model.graph for model in models))
    names = import_names((e for model in models for e in externs_of(model.graph)), taken | given)
    taken |= set(names.values())
    written: list[str] = []
    made: list[tuple[str, Expr]] = []
    planned = plan_classes(models, taken)
    for model, plans in zip(models, planned, strict=True):
        written.append(_classes(plans, model, names))
        made.append((f'"{model.name}": ', call(plans[-1].name)))
    entries = Expr(
        f"{{{', '.join(key + value.text for key, value in made)}}}", ATOM, "{", tuple(made), "}"
    )
    lines_of_call = lines("return ", call("nn.ModuleDict", [entries]), 4)
    holder = "\n".join(
        [
            f"def {BUILD_MODELS}() -> nn.ModuleDict:",
            '    """Make every model, in the order that their weights are drawn."""',
            *lines_of_call,
        ]
    )
    return Fragment(BUILD_MODELS, "\n\n\n".join([*written, holder]) + "\n", names)


def loss_fragment(
    phase: Phase, reserved: Iterable[str] = (), known: Mapping[str, str] | None = None
) -> Fragment:
    """The function that computes a phase's loss.

    `known` is what other text beside it calls things of the user's.
    """
    reserved = frozenset(reserved)
    given = given_names(replace(phase.loss, children=()))
    names = import_names(criteria_of(phase.loss), reserved | given, known)
    written = "\n".join(loss_lines(phase, names, reserved))
    return Fragment(function_name(phase), written + "\n", names)


def sheet_fragment(
    sheet: Sheet, reserved: Iterable[str] = (), known: Mapping[str, str] | None = None
) -> Fragment:
    """The function that draws the pictures of a sheet; `known` as for losses."""
    reserved = frozenset(reserved)
    given = given_names(replace(sheet.graph, children=()))
    names = import_names(criteria_of(sheet.graph), reserved | given, known)
    return Fragment(SHEET, "\n".join(sheet_lines(sheet, names, reserved)) + "\n", names)


def import_lines(names: Iterable[str]) -> list[str]:
    """Import statements for names out of `Fragment.imports`, sorted as linters want them."""
    wanted = set(names)
    lines = [_IMPORTS[name] for name in ("einops", "torch", "F") if name in wanted]
    from_torch = [name for name in ("Tensor", "nn") if name in wanted]
    if from_torch:
        lines.append(f"from torch import {', '.join(from_torch)}")
    return lines


def emit_model(model: Model) -> str:
    """The model as a complete Python module."""
    return emit_models([model])


def emit_models(models: Sequence[Model]) -> str:
    """Models that are trained together as a complete Python module."""
    return _model_module(models, models_fragment(models))


def emit_loss(phase: Phase) -> str:
    """The loss of a phase as a complete Python module."""
    return _module("The loss as plain PyTorch.", loss_fragment(phase))


def build_model(model: Model, source_name: str) -> nn.Module:
    """Run the emitted text and make the module; its weights are drawn as torch's seed says."""
    return build_models([model], source_name)


def build_models(models: Sequence[Model], source_name: str) -> nn.Module:
    """The same for models that are trained together: an `nn.ModuleDict` of several by name."""
    with collector_paused():
        fragment = models_fragment(models)
        text = _model_module(models, fragment)
        externs = [extern for model in models for extern in externs_of(model.graph)]
        made = _run(text, source_name, externs)[fragment.name]
        assert callable(made)
        built = made()
        assert isinstance(built, nn.Module)
        return built


def build_loss(phase: Phase, source_name: str = "loss") -> Callable[..., tuple[Tensor, ...]]:
    """Run the emitted text: a function of the phase's models and inputs that gives its outputs."""
    made = _run(emit_loss(phase), source_name, criteria_of(phase.loss))
    compute = made[function_name(phase)]
    assert callable(compute)
    if len(phase.loss.outputs) > 1:
        return compute

    @functools.wraps(compute)
    def alone(*operands: Any) -> tuple[Tensor, ...]:
        return (compute(*operands),)

    return alone


def build_sheet(sheet: Sheet, source_name: str = "samples") -> Callable[..., Tensor]:
    """Run the emitted text: a function of the sheet's models that draws its pictures."""
    text = _module("Samples as plain PyTorch.", sheet_fragment(sheet))
    compute = _run(text, source_name, criteria_of(sheet.graph))[SHEET]
    assert callable(compute)
    return compute


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


def _model_module(models: Sequence[Model], fragment: Fragment) -> str:
    source = models[0].span.source.name
    # A file's name is the user's: it is told only where it can do no harm in a docstring.
    origin = f" from {source}" if _FILE_NAME.fullmatch(source) else ""
    what = fragment.name if len(models) == 1 else ", ".join(model.name for model in models)
    return _module(f"{what}, compiled by netspec{origin}.", fragment)


def _module(docstring: str, fragment: Fragment) -> str:
    own = user_import_lines(fragment.user_names)
    standard = [_IMPORTS["fnmatch"]] if "fnmatch" in fragment.imports else []
    imports = sections(standard, import_lines(fragment.imports), own)
    return f'"""{docstring}"""\n\n{imports}\n\n\n{fragment.text}'


def _run(text: str, source_name: str, externs: Iterable[Extern]) -> dict[str, object]:
    """Execute a module's text under a name that tracebacks can show lines of.

    It imports torch, and the modules of `externs`, which the user allowed.
    """
    filename = f"<{source_name} as Python>"
    lines = text.splitlines(keepends=True)
    number = 1
    while linecache.getlines(filename) not in ([], lines):
        number += 1
        filename = f"<{source_name} as Python {number}>"
    # Without a time of change the entry is never checked against a file.
    linecache.cache[filename] = (len(text), None, lines, filename)
    loaded = {extern.module: module_of(extern) for extern in externs}
    namespace: dict[str, object] = {
        "__name__": "netspec_emitted",
        "__builtins__": {**vars(builtins), "__import__": _importer(loaded)},
    }
    exec(compile(text, filename, "exec"), namespace)
    return namespace


def _importer(loaded: Mapping[str, ModuleType]) -> Callable[..., ModuleType]:
    """What `import` does in emitted text: it gives `IMPORTED`, and modules loaded already."""

    def importing(name: str, *given: object) -> ModuleType:
        if name in loaded:
            return loaded[name]
        if name.partition(".")[0] not in IMPORTED:
            raise ImportError(f"emitted text imports {name!r}")
        return builtins.__import__(name, *given)  # type: ignore[arg-type]  # as Python calls it

    return importing
