"""Lints: one file a rule, run over a program that has no errors.

A rule is a generator of warnings, with a name that `# netspec: allow[name]` silences on the line
that the warning points at. It fires only when it is certain: a false alarm is worse than a miss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from netspec.analysis.context import traced
from netspec.analysis.lints.allowances import allowances, by_line, unknown_lint
from netspec.analysis.lints.batch_of_one import find as batch_of_one
from netspec.analysis.lints.batch_too_large import find as batch_too_large
from netspec.analysis.lints.bias_before_norm import find as bias_before_norm
from netspec.analysis.lints.class_never_seen import find as class_never_seen
from netspec.analysis.lints.dead_parameters import find as dead_parameters
from netspec.analysis.lints.dropout_last import find as dropout_last
from netspec.analysis.lints.high_rate import find as high_rate
from netspec.analysis.lints.limit_never_reached import find as limit_never_reached
from netspec.analysis.lints.relu_last import find as relu_last
from netspec.analysis.lints.schedule_never_begins import find as schedule_never_begins
from netspec.analysis.lints.subject import Subject
from netspec.analysis.lints.target_in_inputs import find as target_in_inputs
from netspec.analysis.lints.two_linears import find as two_linears
from netspec.analysis.lints.unscaled_features import find as unscaled_features
from netspec.analysis.lints.unused_import import find as unused_import
from netspec.analysis.lints.unused_rows import find as unused_rows
from netspec.analysis.lints.warmup_too_long import find as warmup_too_long
from netspec.diagnostics import Diagnostic, Sink
from netspec.program import Program
from netspec.source import Span
from netspec.syntax import tree

Rule = Callable[[Subject], Iterator[Diagnostic]]

RULES: Mapping[str, Rule] = {
    "two-linears": two_linears,
    "bias-before-norm": bias_before_norm,
    "dropout-last": dropout_last,
    "relu-last": relu_last,
    "dead-parameters": dead_parameters,
    "batch-of-one": batch_of_one,
    "batch-too-large": batch_too_large,
    "high-rate": high_rate,
    "warmup-too-long": warmup_too_long,
    "schedule-never-begins": schedule_never_begins,
    "limit-never-reached": limit_never_reached,
    "class-never-seen": class_never_seen,
    "target-in-inputs": target_in_inputs,
    "unscaled-features": unscaled_features,
    "unused-import": unused_import,
    "unused-rows": unused_rows,
}


def silenced(program: Program, name: str, place: Span) -> bool:
    """Whether the text silences a lint on the line of a place."""
    return name in by_line(tuple(allowances(program.source))).get(place.line, ())


def lint(program: Program, file: tree.File, sink: Sink) -> Program:
    """Report what is legal and surely not meant; the program passes through."""
    if sink.failed:
        return program
    allowed = tuple(allowances(program.source))
    for one in allowed:
        if one.name not in RULES:
            sink.report(unknown_lint(one.span, one.name, RULES))
    silent = {program.source: by_line(allowed)}
    silent |= {one.source: by_line(tuple(allowances(one.source))) for one in program.libraries}
    imported = {one.source: one.uses[0] for one in program.libraries}
    subject = Subject(program=program, file=file)
    said: set[tuple[str, Span]] = set()
    for name, rule in RULES.items():
        for found in rule(subject):
            place = found.labels[0].span
            if name not in silent[place.source].get(place.line, ()) and (name, place) not in said:
                said.add((name, place))  # one phase after the other may see the same layer
                hint = f"`# netspec: allow[{name}]` at the end of the line silences this"
                sink.report(traced(found.with_note(hint), imported))
    return program
