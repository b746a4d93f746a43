"""The pipeline, on one page: text, tree, program, module, run.

Checking loads no torch; building, training and exporting load it when they are called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from netspec import catalog, syntax
from netspec.analysis import analyse
from netspec.analysis.context import Limits
from netspec.analysis.lints import lint
from netspec.data.schema import FolderReader
from netspec.diagnostics import Sink
from netspec.program import Program, errors
from netspec.program.train import PER_STEP
from netspec.source import Source
from netspec.types import TensorType

if TYPE_CHECKING:
    from torch import nn

    from netspec.data import Splits
    from netspec.runner import Observer, Run


def read(path: Path, sink: Sink) -> Source | None:
    """The text of a spec; what keeps it from being read goes to `sink`."""
    return syntax.read(path, sink)


def check(
    source: Source,
    sink: Sink,
    overrides: Mapping[str, str] | None = None,
    *,
    inputs: Mapping[str, TensorType] | None = None,
    limits: Limits | None = None,
) -> Program | None:
    """Text to a checked program; every complaint goes to `sink`. Loads no torch."""
    tree = syntax.parse(source, sink)
    if sink.failed:
        return None
    program = analyse(
        tree,
        sink,
        catalog=catalog.load(),
        specs=syntax.SpecFolder(source),
        schemas=FolderReader(source.folder),
        overrides=overrides or {},
        inputs=inputs or {},
        limits=limits or Limits(),
    )
    return lint(program, tree, sink) if program is not None else None


def complete(program: Program, sink: Sink) -> bool:
    """Whether the program can be trained; what it lacks goes to `sink`."""
    name = program.source.name
    if program.model is None:
        sink.report(errors.nothing_to_build(name, [model.name for model in program.models]))
    elif program.data is None:
        sink.report(errors.nothing_to_train(name, "data"))
    elif program.train is None:
        sink.report(errors.nothing_to_train(name, "train"))
    else:
        return True
    return False


def build(program: Program, sink: Sink) -> nn.Module | None:
    """The program's model with the weights that `train` begins with, fresh or from its files.

    A spec without `train` has no seed: its weights come from torch's random stream as it is.
    """
    from netspec import codegen, runner

    model, name = program.model, program.source.name
    if model is None:
        sink.report(errors.nothing_to_build(name, [other.name for other in program.models]))
        return None
    if program.train is None:
        return codegen.build_model(model, name)
    module = runner.initialise(program.train.seed, lambda: codegen.build_model(model, name))
    try:
        runner.load_weights(module, model, program.train.weights, program.source.folder)
    except runner.RunError as stopped:
        sink.report(stopped.diagnostic)
        return None
    return module


def load_data(program: Program) -> Splits:
    """The rows that the program's model and loss look at, split and transformed."""
    from netspec import data

    assert program.model is not None
    assert program.data is not None
    assert program.train is not None
    slots = (*program.model.graph.inputs, *program.train.loss.inputs)
    names = {slot.name for slot in slots}
    wanted = [field.name for field in program.data.fields if field.name in names]
    seed, root = program.train.seed, program.source.folder
    return data.load(program.data, seed=seed, root=root, names=wanted)


def train(
    program: Program,
    sink: Sink,
    *,
    epochs: int | None = None,
    device: str | None = None,
    runs: Path = Path("runs"),
    observer: Observer | None = None,
) -> Run | None:
    """Train as the program says, `epochs` and `device` taking precedence; writes a run folder."""
    from netspec import codegen, runner
    from netspec.data import DataError
    from netspec.export.resolved import resolved_imports, resolved_spec
    from netspec.report import pictures

    program = with_epochs(program, epochs)
    if not complete(program, sink):
        return None
    assert program.model is not None
    assert program.train is not None
    model, plan = program.model, program.train
    try:
        chosen = runner.choose_device(plan, device)
        splits = load_data(program)
        module = build(program, sink)
        if module is None:
            return None
        folder = runner.RunFolder.create(
            runs,
            run_name(program),
            spec=resolved_spec(program),
            source=codegen.emit_model(model),
            imports=resolved_imports(program),
        )
        loss = codegen.build_loss(plan, program.source.name)
        inputs = [slot.name or "x" for slot in model.graph.inputs]
        run = runner.fit(
            plan,
            model,
            module,
            loss,
            splits,
            device=chosen,
            folder=folder,
            observer=observer,
            prepare=lambda rows: splits.prepare(rows, inputs),
            class_names=class_names(program),
        )
        if plan.baseline is not None:
            from netspec.runner.baseline import measure_baseline

            measured = measure_baseline(plan, plan.baseline, model, loss, splits)
            run = runner.with_baseline(run, plan.baseline.name, measured)
        folder.save(run)
    except (runner.RunError, DataError) as stopped:
        sink.report(stopped.diagnostic)
        return None
    return replace(run, pictures=pictures.draw(run, folder.path))


def export(program: Program, sink: Sink) -> str | None:
    """The whole training as a Python script that does not need netspec.

    A spec that lacks data or training gives its model alone.
    """
    from netspec import codegen
    from netspec.export.python import python_script

    if program.model is not None and (program.data is None or program.train is None):
        return codegen.emit_model(program.model)
    return python_script(program) if complete(program, sink) else None


def with_epochs(program: Program, epochs: int | None) -> Program:
    """The program trained for another number of epochs."""
    plan = program.train
    if epochs is None or plan is None:
        return program
    schedule = plan.schedule
    if schedule is not None and schedule.then is not None and schedule.then.target not in PER_STEP:
        # As in a spec that gives its length in epochs.
        schedule = replace(schedule, unit="epoch")
    return replace(program, train=replace(plan, epochs=epochs, steps=None, schedule=schedule))


def class_names(program: Program) -> tuple[str, ...]:
    """The names of the classes that the target tells apart, where the data names them."""
    target = program.data.field("y") if program.data is not None else None
    return target.class_names if target is not None else ()


def run_name(program: Program) -> str:
    """What the run's folder is called: the spec's file without its ending."""
    path = program.source.path
    return path.stem if path is not None else "run"
