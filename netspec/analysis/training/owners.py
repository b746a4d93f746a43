"""Which phase updates which parameter: each has exactly one owner, or that is an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from netspec.analysis import errors
from netspec.analysis.network.arithmetic import Report
from netspec.analysis.patterns import by_first_names, meant_pattern
from netspec.diagnostics import did_you_mean
from netspec.program.graph import Model
from netspec.program.state import learned, state
from netspec.source import Span
from netspec.syntax import tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """What a phase says that it updates: patterns of full names, each with its place."""

    phase: str
    span: Span
    patterns: tuple[tuple[str, Span], ...]
    names: tuple[str, ...] = ()


def written_updates(
    phase: str,
    expression: tree.Expr,
    models: Sequence[str],
    called: Callable[[tree.Expr], str],
    *,
    held: bool,
    report: Report,
) -> Updates | None:
    """The patterns that `updates = ...` means; None with a report.

    `models` are the names of the models, `called` tells the one that an expression stands for;
    `held` says that names of parameters begin with them.
    """
    items: tuple[tree.Expr, ...] = (expression,)
    if isinstance(expression, tree.ListDisplay | tree.TupleDisplay):
        items = expression.items
    patterns: list[tuple[str, Span]] = []
    for item in items:
        match item:
            case tree.Text(value=str() as pattern):
                patterns.append((pattern, item.span))
            case tree.Name() | tree.Attribute() if (name := called(item)) in models:
                patterns.append((f"{name}.*" if held else "*", item.span))
            case _:
                name = item.id if isinstance(item, tree.Name) else ""
                close = did_you_mean(name, models)
                report(errors.updates_form(item.span, f"`{item.span.text}`", models, close))
                return None
    if not patterns:
        report(errors.updates_form(expression.span, "an empty list", models, None))
        return None
    return Updates(phase=phase, span=expression.span, patterns=tuple(patterns))


def by_any_name(updates: Updates, names: Sequence[str], others: Mapping[str, str]) -> Updates:
    """The same, with patterns that match by their first names the tied parameters it means."""
    patterns = [
        (meant, place)
        for pattern, place in updates.patterns
        for meant in by_first_names(pattern, names, others) or [pattern]
    ]
    return replace(updates, patterns=tuple(patterns))


def matched(
    updates: Updates, names: Sequence[str], report: Report, *, weighed: bool
) -> tuple[str, ...] | None:
    """The parameters that a phase updates, in the module's order; None with a report.

    Not all `names` are known unless the network is `weighed`.
    """
    for pattern, place in updates.patterns:
        if weighed and not any(fnmatchcase(name, pattern) for name in names):
            what = place.text.strip('"')
            close = did_you_mean(what, [*names, *_layers(names)])
            if (meant := meant_pattern(pattern, names)) is not None:
                close = f'write `"{meant}"`'
            within = {n.partition(".")[0] for n in names if fnmatchcase(n, f"*.{pattern}")}
            if within:
                meant = " or ".join(f'`"{model}.{pattern}"`' for model in sorted(within))
                close = f"the names begin with the model's: write {meant}"
            report(errors.updates_nothing(place, what, names, close))
            return None
    patterns = [pattern for pattern, _ in updates.patterns]
    return tuple(name for name in names if any(fnmatchcase(name, p) for p in patterns))


def prove_owners(
    owned: Sequence[tuple[Updates, Sequence[str]]],
    learned: Sequence[tuple[str, Span]],
    report: Report,
) -> bool:
    """Whether each learned parameter (with its place) has exactly one owner; False with reports."""
    owner: dict[str, Updates] = {}
    proven = True
    for updates, names in owned:
        twice: dict[str, tuple[Updates, list[str]]] = {}
        for name in names:
            if name in owner:
                earlier = owner[name]
                twice.setdefault(earlier.phase, (earlier, []))[1].append(name)
            owner.setdefault(name, updates)
        for earlier, shared in twice.values():
            places = _place(updates, shared[0]), _place(earlier, shared[0])
            report(errors.two_owners(places[0], updates.phase, places[1], earlier.phase, shared))
            proven = False
    left = [(name, span) for name, span in learned if name not in owner]
    if left:
        phases = [(updates.phase, updates.span) for updates, _ in owned]
        report(errors.no_owner(left[0][1], [name for name, _ in left], phases))
        proven = False
    return proven


def learned_parameters(network: Model, frozen: Sequence[str]) -> Iterator[tuple[str, Span]]:
    """The full name of every parameter that learns, in the module's order, with its place.

    What a pattern of `frozen` matches does not.
    """
    for tensor in learned(state(network.graph), frozen):
        yield tensor.name, tensor.span


def _place(updates: Updates, name: str) -> Span:
    """Where a phase says that it updates a parameter."""
    return next(place for pattern, place in updates.patterns if fnmatchcase(name, pattern))


def _layers(names: Sequence[str]) -> list[str]:
    return sorted({f"{name.rpartition('.')[0]}.*" for name in names})
