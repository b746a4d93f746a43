"""The Python API: a checked spec that can be built, trained and written out.

spec  = netspec.load("two_moons.net")
model = spec.build()
run   = spec.train(epochs=5)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from netspec import driver
from netspec.allowed import UserCodeError, blamed
from netspec.data.problems import DataError
from netspec.diagnostics import Diagnostic, Sink
from netspec.diagnostics.render import render_terminal
from netspec.program import Program
from netspec.program.graph import Literal
from netspec.source import Source
from netspec.types import TensorType

if TYPE_CHECKING:
    from torch import nn

    from netspec.runner import Run


class SpecError(Exception):
    """A spec, or the data it names, that is at fault. `str()` of it is the rendered diagnostics."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(*(diagnostic.message for diagnostic in self.diagnostics))

    def __str__(self) -> str:
        return render_terminal(self.diagnostics).rstrip("\n")


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec without mistakes."""

    program: Program

    @property
    def params(self) -> Mapping[str, Literal]:
        """The params by name, with the values this spec was loaded with."""
        return dict(self.program.params)

    def build(self, *, model: str | None = None, device: str | None = None) -> nn.Module:
        """Build the model on `device`, with the weights that `train` begins with.

        Of several models `model` names the one to build; without it, those that are trained
        together come in an `nn.ModuleDict` under their names. Raises `SpecError` when there is no
        one model to build, or when it needs a module that `load` was not told to allow.
        """
        names = [known.name for known in self.program.models if known.name]
        if model is not None and model not in names:
            listed = ", ".join(f"`{name}`" for name in names) or "none with a name"
            raise ValueError(f"the spec has no model `{model}`; its models are {listed}")
        sink = Sink()
        module = driver.build(self.program, sink, model)
        if module is None:
            raise SpecError(sink.diagnostics)
        return module if device is None else module.to(device)

    def train(
        self,
        *,
        epochs: int | None = None,
        steps: int | None = None,
        synthetic: bool = False,
        device: str | None = None,
        precision: str | None = None,
        workers: int | None = None,
        runs: str | Path = "runs",
        resume: str | Path | None = None,
    ) -> Run:
        """Train the model as the spec says; what is given here takes precedence.

        With `synthetic` it is trained on made-up rows of the types that the data has, and nothing
        of the data is read: to see that all of it works, in a few `steps`.

        Raises `SpecError` when the data or the run is at fault, as does `predict` of what it gives
        when rows are, or Python of the user's. Weights, metrics and pictures are
        written into a new folder below `runs`; or, with `resume`, the run in that folder goes on
        from its last checkpoint.
        """
        if epochs is not None and epochs < 1:
            raise ValueError(f"`epochs` is at least 1, not {epochs}")
        if steps is not None and steps < 1:
            raise ValueError(f"`steps` is at least 1, not {steps}")
        if steps is not None and epochs is not None:
            raise ValueError("give `epochs` or `steps`, not both")
        if workers is not None and workers < 0:
            raise ValueError(f"`workers` is at least 0, not {workers}")
        sink = Sink()
        program = driver.synthetic(self.program, sink) if synthetic else self.program
        run = (
            None
            if program is None
            else driver.train(
                program,
                sink,
                epochs=epochs,
                steps=steps,
                device=device,
                precision=precision,
                workers=workers,
                runs=Path(runs),
                resume=None if resume is None else Path(resume),
            )
        )
        if run is None:
            raise SpecError(sink.diagnostics)
        return replace(run, reporting=partial(_reported, self.program))

    def export(self) -> str:
        """Write the whole training as a Python script that does not need netspec.

        Without `data` or `train` it is the module of the model alone.
        """
        sink = Sink()
        script = driver.export(self.program, sink)
        if script is None:
            raise SpecError(sink.diagnostics)
        return script


@contextmanager
def _reported(program: Program) -> Iterator[None]:
    """Raise `SpecError` for what rows, or Python of the user's, have at fault inside."""
    try:
        with blamed(program.externs):
            yield
    except (UserCodeError, DataError) as stopped:
        raise SpecError([stopped.diagnostic]) from stopped


def load(
    path: str | Path,
    *,
    params: Mapping[str, object] | None = None,
    allow: Iterable[str] = (),
    synthetic: bool = False,
    sizes: Mapping[str, int] | None = None,
) -> Spec:
    """Read and check a spec file; `params` overrides its params by name.

    `allow` names the Python modules that the spec may load for what it declares with `extern`.
    Without them it is checked all the same, and loads none; to build or train it they are needed.

    With `synthetic` the spec is one on made-up rows, and its data need not be there: their types
    are then those that the models and the loss take, with `sizes` for dimensions that nothing
    tells, `{"H": 64}`.

    Raises `SpecError` with everything that is wrong.
    """
    sink = Sink()
    source = driver.read(Path(path), sink)
    made_up = _sizes(sizes, synthetic=synthetic)
    program = None if source is None else _check(source, sink, params, {}, allow, made_up)
    return _spec(program, sink)


def parse(
    text: str,
    *,
    params: Mapping[str, object] | None = None,
    allow: Iterable[str] = (),
    synthetic: bool = False,
    sizes: Mapping[str, int] | None = None,
    **inputs: str,
) -> Spec:
    """Check a spec given as text; `inputs` give the types of a model's inputs: `x="real[B, 4]"`.

    `allow`, `synthetic` and `sizes` are as `load` has them; modules are looked for in the folder
    one is in.

    Raises `SpecError` with everything that is wrong.
    """
    sink = Sink()
    made_up = _sizes(sizes, synthetic=synthetic)
    spec = _spec(_check(Source("<text>", text), sink, params, inputs, allow, made_up), sink)
    known = {slot.name or "x" for model in spec.program.models for slot in model.graph.inputs}
    strange = [name for name in inputs if name not in known]
    if strange:
        raise TypeError(f"no model of the spec has an input `{strange[0]}`")
    return spec


def check(
    text: str, *, params: Mapping[str, object] | None = None, **inputs: str
) -> tuple[Diagnostic, ...]:
    """All findings in a spec given as text, as data; an empty tuple when there are none."""
    sink = Sink()
    _check(Source("<text>", text), sink, params, inputs)
    return sink.diagnostics


def _spec(program: Program | None, sink: Sink) -> Spec:
    if program is None or sink.failed:
        raise SpecError(sink.diagnostics)
    return Spec(program)


def _check(
    source: Source,
    sink: Sink,
    params: Mapping[str, object] | None,
    inputs: Mapping[str, str],
    allow: Iterable[str] = (),
    sizes: Mapping[str, int] | None = None,
) -> Program | None:
    types = _types(inputs, sink)
    if sink.failed:
        return None
    overrides = {name: _written(value) for name, value in (params or {}).items()}
    return driver.check(source, sink, overrides, inputs=types, allow=_modules(allow), sizes=sizes)


def _sizes(sizes: Mapping[str, int] | None, *, synthetic: bool) -> Mapping[str, int] | None:
    """The sizes of made-up data; None where the data is not made up."""
    if sizes and not synthetic:
        raise ValueError("`sizes` are those of made-up data: give `synthetic=True` too")
    for name, size in (sizes or {}).items():
        if size < 1:
            raise ValueError(f"the size of `{name}` is at least 1, not {size}")
    return dict(sizes or {}) if synthetic else None


def _modules(allow: Iterable[str]) -> tuple[str, ...]:
    if isinstance(allow, str):
        raise TypeError(f"`allow` is a list of modules: write `allow=[{allow!r}]`")
    return tuple(allow)


def _types(inputs: Mapping[str, str], sink: Sink) -> dict[str, TensorType]:
    """Types as the text of a spec writes them, read off a model that has nothing but inputs."""
    if not inputs:
        return {}
    lines = [f"  input {name}: {written}" for name, written in inputs.items()]
    text = "\n".join(["model {", *lines, f"  output {', '.join(inputs)}", "}"])
    program = driver.check(Source("<inputs>", text), sink)
    if program is None or program.model is None:
        return {}
    return {slot.name: slot.type for slot in program.model.graph.inputs if slot.name is not None}


def _written(value: object) -> str:
    """A value as `--set` takes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "none"
        case list() | tuple():
            return "[" + ", ".join(_written(item) for item in value) + "]"
        case _:
            return str(value)
