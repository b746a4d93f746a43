"""What a finished run is asked for: a text that goes on with a prompt, or a sheet of pictures.

A run's folder holds its spec, which is checked again, and its weights. torch is loaded when both
are found to be of use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from netspec.data.kept import KeptReader
from netspec.diagnostics import Sink, near
from netspec.driver import check, complete, may_run, read, sheets_of, telling_user_code
from netspec.program import Program
from netspec.program.language import language_model
from netspec.program.sample_errors import (
    no_language_model,
    no_longer_checks,
    no_prompt,
    no_run,
    nothing_to_sample,
)


def open_run(folder: Path, sink: Sink, *, allow: Sequence[str] = ()) -> Program | None:
    """The spec that a run has kept, checked again; what keeps it from being sampled to `sink`."""
    spec = folder / "spec.net"
    if not spec.is_file():
        reason = "there is no spec in it" if folder.is_dir() else "there is no such folder"
        inside = sorted(str(found.parent) for found in folder.glob("*/spec.net"))
        others = [found.parent.name for found in folder.parent.glob("*/spec.net")]
        beside = [str(folder.parent / name) for name in near(folder.name, others)]
        sink.report(no_run(str(folder), reason, inside[-3:] or beside))
        return None
    found = Sink()
    source, reader = read(spec, found), KeptReader(folder)
    program = None if source is None else check(source, found, allow=allow, schemas=reader)
    if program is not None and not found.failed:
        return program if complete(program, sink) else None
    for complaint in found.diagnostics:
        sink.report(complaint)
    sink.report(no_longer_checks(str(folder)))
    return None


@telling_user_code
def say(
    program: Program,
    sink: Sink,
    folder: Path,
    prompt: str,
    *,
    tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int = 0,
    device: str | None = None,
    heard: Callable[[str], None],
) -> bool:
    """Go on with a prompt as the run in `folder` has learned; `heard` gets the text as it comes."""
    plan, language = program.train, language_model(program)
    assert plan is not None
    if isinstance(language, str):
        draws = plan.samples is not None
        sink.report(no_language_model(str(folder), language, draws=draws))
        return False
    if not may_run(program, sink, "sample"):
        return False
    from netspec import codegen, runner

    try:
        given = runner.encode(prompt, language)
        module = codegen.build_models(program.trained, program.source.name)
        runner.load_kept(module, folder)
        chosen = runner.choose_device(plan, device)
        autocast = runner.choose_precision(plan, chosen).autocast
        speaker = runner.Speaker(language, module, chosen, str(folder), autocast)
        speaker.check_order()
        heard(prompt)
        before = language.vocabulary[given[-1]]
        chance = runner.Chance(temperature=temperature, top_k=top_k, seed=seed)
        for number in speaker.tokens(given, tokens, chance):
            token = language.vocabulary[number]
            heard(runner.written(token, before, language))
            before = token
    except runner.RunError as stopped:
        sink.report(stopped.diagnostic)
        return False
    return True


@telling_user_code
def draw(
    program: Program,
    sink: Sink,
    folder: Path,
    *,
    seed: int = 0,
    device: str | None = None,
    output: Path | None = None,
) -> Path | None:
    """Write a new sheet of samples of the run in `folder`, by its seed; the path of the picture."""
    plan = program.train
    assert plan is not None
    if plan.samples is None:
        said = isinstance(language_model(program), str)
        sink.report(nothing_to_sample(str(folder)) if said else no_prompt())
        return None
    if not may_run(program, sink, "sample"):
        return None
    from netspec import codegen, runner

    path = output or folder / f"samples-{seed}.png"
    try:
        module = codegen.build_models(program.trained, program.source.name)
        runner.load_kept(module, folder)
        chosen = runner.choose_device(plan, device)
        autocast = runner.choose_precision(plan, chosen).autocast
        sheets = sheets_of(program)
        assert sheets is not None
        images = sheets.draw(module.to(chosen), chosen, autocast, seed)
        runner.RunFolder(path.parent).draw(path.name, lambda place: sheets.write(place, images))
    except runner.RunError as stopped:
        sink.report(stopped.diagnostic)
        return None
    return path
