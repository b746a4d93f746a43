"""The pipeline, on one page: text, tree, program, module, run.

Checking loads no torch; building, training and exporting load it when they are called.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Literal, ParamSpec, TypeVar, assert_never

from netspec import catalog, syntax
from netspec.allowed import UserCodeError, blamed, files_of
from netspec.analysis import analyse
from netspec.analysis.context import Limits
from netspec.analysis.lints import lint, silenced
from netspec.analysis.made_up import with_made_up_data
from netspec.data.schema import FolderReader
from netspec.diagnostics import Sink
from netspec.program import Program, errors, extern_errors
from netspec.program.assert_errors import assert_failed
from netspec.program.asserts import Decided, Equal, Outcome, Overfits
from netspec.program.data import Load
from netspec.program.externs import Inspector
from netspec.program.graph import Model
from netspec.program.schemas import SchemaReader
from netspec.program.train import PER_STEP, TrainPlan, compared
from netspec.source import Source
from netspec.types import TensorType

if TYPE_CHECKING:
    from torch import nn

    from netspec.data import Splits
    from netspec.runner import Observer, Run, RunFolder, Sheets
    from netspec.runner.job import Loss

P = ParamSpec("P")
Result = TypeVar("Result")


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
    allow: Sequence[str] = (),
    schemas: SchemaReader | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Program | None:
    """Text to a checked program; every complaint goes to `sink`. Loads no torch.

    `allow` names modules of the user's: what the spec declares from them is then looked at, for
    which they are imported, and torch with them. `schemas` reads what data files say, where not
    those of the spec's folder. With `sizes`, be they none, the program is one on made-up data, and
    they are of dimensions of inputs that nothing else tells.
    """
    tree = syntax.parse(source, sink)
    if sink.failed:
        return None
    program = analyse(
        tree,
        sink,
        catalog=catalog.load(),
        specs=syntax.SpecFolder(source),
        schemas=schemas or FolderReader(source.folder),
        overrides=overrides or {},
        inputs=inputs or {},
        limits=limits or Limits(),
        inspector=_inspector(allow) if allow else None,
        sizes=sizes,
    )
    if program is None:
        return None
    program = lint(program, tree, sink)
    return program if sizes is None or sink.failed else synthetic(program, sink)


def synthetic(program: Program, sink: Sink) -> Program | None:
    """The program on made-up rows of the types that its data has; of the data nothing is read."""
    return with_made_up_data(program, catalog.load(), FolderReader(program.source.folder), sink)


def _inspector(allow: Sequence[str]) -> Inspector:
    from netspec.codegen.inspecting import Inspection

    return Inspection(allow)


def may_run(program: Program, sink: Sink, verb: str = "run") -> bool:
    """Whether all Python that the program needs may be loaded; what may not goes to `sink`."""
    missing = [extern for extern in program.externs if not extern.allowed]
    if missing:
        file = program.source.name
        sink.report(extern_errors.not_allowed(missing, program.externs, file, verb))
    return not missing


def complete(program: Program, sink: Sink, *, made_up: bool = False) -> bool:
    """Whether the program can be trained; what it lacks goes to `sink`. Data may be made up."""
    name = program.source.name
    if program.network is None:
        sink.report(errors.nothing_to_build(name, [model.name for model in program.models]))
    elif program.data is None and not made_up:
        sink.report(errors.nothing_to_train(name, "data"))
    elif program.train is None:
        sink.report(errors.nothing_to_train(name, "train"))
    else:
        return True
    return False


def telling_user_code(
    verb: Callable[Concatenate[Program, Sink, P], Result | None],
) -> Callable[Concatenate[Program, Sink, P], Result | None]:
    """Report what Python of the user's raises as theirs: it is no bug in netspec."""

    @wraps(verb)
    def told(program: Program, sink: Sink, /, *args: P.args, **options: P.kwargs) -> Result | None:
        try:
            with blamed(program.externs):
                return verb(program, sink, *args, **options)
        except UserCodeError as stopped:
            sink.report(stopped.diagnostic)
            return None

    return told


@telling_user_code
def build(program: Program, sink: Sink, name: str | None = None) -> nn.Module | None:
    """What is trained, with the weights that `train` begins with; of several, the model `name`.

    A spec without `train` has no seed: its weights come from torch's random stream as it is. Raises
    KeyError when no model has this name.
    """
    from netspec import codegen, runner

    models, file = program.trained, program.source.name
    if name is not None and name not in {model.name for model in models}:
        models = ({model.name: model for model in program.models}[name],)
    if not models:
        sink.report(errors.nothing_to_build(file, [other.name for other in program.models]))
        return None
    if not may_run(program, sink):
        return None

    def make() -> nn.Module:
        return codegen.build_models(models, file)

    if program.train is None:
        made = make()
    else:
        made = runner.initialise(program.train.seed, make)
        if models == program.trained and program.network is not None:
            starts, root = program.train.weights, program.source.folder
            try:
                runner.load_weights(made, starts, root)
            except runner.RunError as stopped:
                sink.report(stopped.diagnostic)
                return None
    if name is None or len(models) == 1:
        return made
    found: nn.Module = made.get_submodule(name)
    return found


def load_data(program: Program, workers: int | None = None) -> Splits:
    """The rows that the program's models and losses look at, split and transformed.

    `workers` are the processes that decode images, where not as many as `train` says.
    """
    from netspec import data

    assert program.data is not None
    assert program.train is not None
    names = program.fields_used
    wanted = [field.name for field in program.data.fields if field.name in names]
    seed, root = program.train.seed, program.source.folder
    splits = data.load(program.data, seed=seed, root=root, names=wanted)
    return splits.decoded_by(program.train.workers if workers is None else workers)


def _tell_unseen(program: Program, sink: Sink, splits: Splits, inputs: Sequence[str]) -> None:
    """Warn of a class of the target that is measured and never trained."""
    from netspec.data import unseen_classes

    network, plan = program.network, program.train
    if network is None or plan is None or splits.plan.made_up:
        return  # a few rows by chance need not show every class
    _, target = compared(plan.judged.loss, network.output_names, inputs)
    for found in unseen_classes(splits, plan.judged.target or target):
        if not silenced(program, "class-never-seen", found.labels[0].span):
            sink.report(found)


def _folder(program: Program, sink: Sink, runs: Path, resume: Path | None) -> RunFolder:
    """A new folder for a run, holding what it takes to run it again; or the one to resume.

    Damaged checkpoints that are passed over go to `sink`.
    """
    from netspec import codegen, runner
    from netspec.export.resolved import resolved_imports, resolved_spec

    spec, imports = resolved_spec(program), resolved_imports(program)
    modules = files_of(program.externs)
    imports |= vocabularies(program)
    if resume is not None:
        folder = runner.RunFolder.resume(resume, spec=spec, imports=imports, modules=modules)
        for damage in folder.complaints():
            sink.report(damage)
        return folder
    return runner.RunFolder.create(
        runs,
        run_name(program),
        spec=spec,
        source=codegen.emit_models(program.trained),
        imports=imports,
        modules=modules,
    )


def sheets_of(program: Program) -> Sheets | None:
    """What draws the samples of a program, if it says so."""
    from netspec import codegen, runner

    plan = program.train
    if plan is None or plan.samples is None:
        return None
    compute = codegen.build_sheet(plan.samples, program.source.name)
    return runner.Sheets(sheet=plan.samples, compute=compute, seed=plan.seed)


def _beside_baseline(
    run: Run, plan: TrainPlan, network: Model, losses: Sequence[Loss], splits: Splits
) -> Run:
    """The run beside its plan's baseline, which is fitted to the same rows, if there is one."""
    if plan.baseline is None:
        return run
    from netspec.runner import with_baseline
    from netspec.runner.baseline import measure_baseline

    measured = measure_baseline(plan, plan.baseline, network, losses[0], splits)
    return with_baseline(run, plan.baseline.name, measured)


@telling_user_code
def train(
    program: Program,
    sink: Sink,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    device: str | None = None,
    precision: str | None = None,
    workers: int | None = None,
    runs: Path = Path("runs"),
    resume: Path | None = None,
    observer: Observer | None = None,
) -> Run | None:
    """Train as the program says, what is given here taking precedence; writes a run folder.

    With `resume`, the folder of such a run, go on from its last checkpoint.
    """
    from netspec import codegen, runner
    from netspec.data import DataError
    from netspec.report import pictures

    program = with_length(program, epochs, steps)
    network, plan = program.network, program.train
    if not (complete(program, sink) and may_run(program, sink)) or network is None or plan is None:
        return None
    try:
        chosen = runner.choose_device(plan, device)
        arithmetic = runner.choose_precision(plan, chosen, precision)
        splits = load_data(program, workers)
        inputs = [slot.name or "x" for slot in network.graph.inputs]
        _tell_unseen(program, sink, splits, inputs)
        module = build(program, sink)
        if module is None:
            return None
        folder = _folder(program, sink, runs, resume)
        losses = [codegen.build_loss(phase, program.source.name) for phase in plan.phases]
        run = runner.fit(
            plan,
            network,
            module,
            losses,
            splits,
            device=chosen,
            arithmetic=arithmetic,
            folder=folder,
            observer=observer,
            prepare=None if plan.models else lambda rows: splits.prepare(rows, inputs),
            class_names=class_names(program),
            made_up=bool(splits.plan.made_up),
            sheets=sheets_of(program),
        )
        run = _beside_baseline(run, plan, network, losses, splits)
        folder.save(run)
    except (runner.RunError, DataError) as stopped:
        sink.report(stopped.diagnostic)
        return None
    return replace(run, pictures=(*pictures.draw(run, folder.path), *folder.sheets))


def test(program: Program, sink: Sink) -> Iterator[Outcome]:
    """Each assert of the spec's tests as it is decided; one that does not hold goes to `sink`.

    torch is loaded only for those that take a run. Where Python of the user's is needed and was not
    allowed, nothing is decided: counts would be less than they are.
    """
    if not may_run(program, sink, "test"):
        return
    for asserted in program.tests:
        match asserted:
            case Decided():
                outcome = Outcome(span=asserted.span, passed=asserted.passed, found=asserted.sides)
                origins = asserted.origins
            case Overfits() | Equal():
                try:
                    with blamed(program.externs):
                        outcome, origins = _run_assert(program, asserted, sink), ()
                except UserCodeError as stopped:
                    sink.report(stopped.diagnostic)
                    outcome = asserted.outcome(passed=False, found="the run broke off")
                    origins = ()
            case _:
                assert_never(asserted)
        if not outcome.passed:
            shown = [(side.span, side.found) for side in (*outcome.found, *origins)]
            sink.report(assert_failed(outcome.span, shown))
        yield outcome


def _run_assert(program: Program, asserted: Overfits | Equal, sink: Sink) -> Outcome:
    """Build and run what an assert asks for; what breaks in it goes to `sink`."""
    from netspec import codegen, runner
    from netspec.data import DataError

    name = program.source.name
    if isinstance(asserted, Equal):
        left, right = (
            runner.initialise(asserted.seed, partial(codegen.build_model, model, name))
            for model in (asserted.left, asserted.right)
        )
        apart = runner.difference(asserted, left, right)
        if apart is None:
            return asserted.outcome(passed=False, found="no sizes were found that suit the inputs")
        passed = apart <= asserted.tolerance
        return asserted.outcome(passed=passed, found=f"the outputs differ by {apart:.2g}")
    plan, network = program.train, program.network
    assert plan is not None
    assert network is not None
    passed, found = True, []
    try:
        splits, device = load_data(program), runner.choose_device(plan)
        for phase in plan.phases:
            if asserted.phases and phase.name not in asserted.phases:
                continue
            # Each phase begins with the first weights, whatever another made of them.
            module = build(program, sink)
            if module is None:
                return asserted.outcome(passed=False, found="the model was not built")
            loss = codegen.build_loss(phase, name)
            first, last = runner.overfit(
                asserted, plan, phase, network, module, loss, splits, device
            )
            fell = last <= asserted.to * first
            limit = "" if fell else f", not to {asserted.to * first:.3g}"
            whose = f"the loss of `{phase.name}`" if phase.name else "the loss"
            found.append(f"{whose} went from {first:.3g} to {last:.3g}{limit}")
            passed &= fell
    except (runner.RunError, DataError) as stopped:
        sink.report(stopped.diagnostic)
        return asserted.outcome(passed=False, found="the run broke off")
    return asserted.outcome(passed=passed, found="; ".join(found))


def export(program: Program, sink: Sink) -> str | None:
    """The whole training as a Python script that does not need netspec.

    A spec that lacks data or training gives its model alone.
    """
    from netspec import codegen
    from netspec.export.python import python_script

    if program.network is not None and (program.data is None or program.train is None):
        return codegen.emit_models(program.trained)
    return python_script(program) if complete(program, sink) else None


def with_length(program: Program, epochs: int | None, steps: int | None = None) -> Program:
    """The program trained for another number of epochs, or of steps of the optimizers."""
    plan = program.train
    if plan is None or (epochs is None and steps is None):
        return program
    # Schedules move as in a spec that gives its length so.
    unit: Literal["epoch", "step"] = "epoch" if steps is None else "step"
    phases = tuple(
        replace(phase, schedule=replace(schedule, unit=unit))
        if (schedule := phase.schedule) is not None
        and schedule.then is not None
        and schedule.then.target not in PER_STEP
        else phase
        for phase in plan.phases
    )
    return replace(program, train=replace(plan, epochs=epochs, steps=steps, phases=phases))


def vocabularies(program: Program) -> dict[str, str]:
    """The file of a run that says which token each number is, where its data is text."""
    steps = program.data.steps if program.data is not None else ()
    found = {
        step.name: step.value.vocabulary
        for step in steps
        if isinstance(step.value, Load) and step.value.vocabulary
    }
    return {"vocabulary.json": json.dumps(found, ensure_ascii=False) + "\n"} if found else {}


def class_names(program: Program) -> tuple[str, ...]:
    """The names of the classes that the target tells apart, where the data names them."""
    target = program.data.field("y") if program.data is not None else None
    return target.class_names if target is not None else ()


def run_name(program: Program) -> str:
    """What the run's folder is called: the spec's file without its ending."""
    path = program.source.path
    return path.stem if path is not None else "run"
