"""Phases of training: each with its loss, its optimizer, and the parameters that it updates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

from netspec.analysis import errors
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.values import Scope
from netspec.analysis.places import header
from netspec.analysis.training.applied import AppliedModels
from netspec.analysis.training.loss_values import Losses
from netspec.analysis.training.losses import Loss, analyse_loss
from netspec.analysis.training.owners import (
    Updates,
    by_any_name,
    learned_parameters,
    matched,
    prove_owners,
    written_updates,
)
from netspec.analysis.training.statements import PHASE, Statements
from netspec.analysis.training.terms import Term, needed
from netspec.program.data import DataPlan
from netspec.program.graph import Model
from netspec.program.state import other_names, state
from netspec.program.train import Choice, Phase, Schedule
from netspec.source import Span
from netspec.syntax import tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A phase as the text has it; `train` itself is one, without a name, where it has none."""

    name: str
    span: Span
    statements: Statements
    optimizer: Choice | None
    schedule: Schedule | None
    clip: float | None


def written_phases(
    block: tree.Train, statements: Statements, bodies: Bodies, scope: Scope
) -> tuple[Written, ...]:
    """The phases of a `train` block with what they say for themselves."""
    in_steps = "steps" in statements.settings and "epochs" not in statements.settings
    accumulates = statements.settings.get("accumulate")
    if not statements.phases:
        statements.check_complete(header(block.span), ("loss", "optimizer", "epochs"))
        return (_written("", block.span, statements, in_steps, accumulates),)
    elsewhere = statements.check_phased()
    lengths = {"epochs", "steps"}
    if not any(lengths.intersection(_bound_in(phase)) for phase in statements.phases):
        statements.check_complete(header(block.span), ("epochs",))
    found: dict[str, Written] = {}
    places: dict[str, Span] = {}
    for phase in statements.phases:
        name = phase.name.id
        if name in found:
            report = bodies.context.report
            report(errors.defined_twice(phase.name.span, f"the phase `{name}`", places[name]))
            continue
        where = f"the phase `{name}`"
        own = Statements(phase.body, bodies, Frame(Scope(scope)), PHASE, where)
        needed = [name for name in ("loss", "optimizer", "updates") if name not in elsewhere]
        own.check_complete(header(phase.span), needed)
        places[name] = phase.name.span
        found[name] = _written(name, phase.span, own, in_steps, accumulates)
    return tuple(found.values())


def _bound_in(phase: tree.Phase) -> Iterator[str]:
    """The names that a phase binds, settings that stand in the wrong place among them."""
    for statement in phase.body.statements:
        targets = statement.targets if isinstance(statement, tree.Bind) else ()
        yield from (target.id for target in targets if isinstance(target, tree.Name))


def _written(
    name: str, span: Span, statements: Statements, in_steps: bool, accumulates: tree.Bind | None
) -> Written:
    optimizer = statements.choice("optimizer")
    statements.check_closure(optimizer, accumulates)
    return Written(
        name=name,
        span=span,
        statements=statements,
        optimizer=optimizer,
        schedule=statements.schedule(in_steps=in_steps),
        clip=cast("float | None", statements.plain(("clip",)).get("clip")),
    )


def phase_losses(
    written: Sequence[Written],
    shared: Sequence[Term],
    model: Model | None,
    applied: AppliedModels,
    data: DataPlan,
    bodies: Bodies,
    scope: Scope,
    *,
    predicts: bool,
) -> list[Loss] | None:
    """The loss of each phase; None with a report. `shared` are terms bound beside the phases.

    A shared term is computed anew in each phase that uses it. `predicts` asks for the prediction
    that metrics look at, from the first phase that has one.
    """
    found: list[Loss] = []
    used: set[tuple[str, ...]] = set()
    for phase in written:
        binding = phase.statements.settings.get("loss")
        if binding is None:
            continue
        own = tuple(phase.statements.terms)
        beside = shared if phase.name else ()
        taken = needed(beside, [binding, *(term.statement for term in own)])
        used.update(term.names for term in taken)
        losses = Losses(bodies, model, applied, data, scope, phase.span)
        loss = analyse_loss(
            binding,
            (*taken, *own),
            losses,
            own=own,
            settings=phase.statements.names,
            predicts=predicts and not any(earlier.compared for earlier in found),
        )
        if loss is not None:
            found.append(loss)
    unused = [t for t in shared if t.names not in used] if written[0].name else []
    for term in unused:
        target = term.targets[0]
        names = written[0].statements.names
        bodies.context.report(errors.unknown_setting(target.span, target.id, names))
    return found if len(found) == len(written) and not unused else None


def settled_phases(
    written: Sequence[Written],
    losses: Sequence[Loss],
    network: Model,
    applied: AppliedModels,
    frozen: Sequence[str],
    bodies: Bodies,
) -> tuple[Phase, ...] | None:
    """The phases with the parameters that each updates; None with a report.

    `applied` are the models that the losses apply, `frozen` patterns of what does not learn.
    """
    models = [model.name for model in applied.models]
    learned = tuple(learned_parameters(network, frozen))
    names = [name for name, _ in learned]
    others = other_names(state(network.graph))
    updates: list[Updates | None] = [None] * len(written)
    owned: list[tuple[str, ...] | None] = [None] * len(written)
    if written[0].name:
        updates = [
            said if said is None else by_any_name(said, names, others)
            for said in (_updates(phase, network, applied, bodies) for phase in written)
        ]
        owned = [
            None
            if said is None
            else matched(said, names, bodies.context.report, weighed=network.weighed)
            for said in updates
        ]
        pairs = [
            (said, mine)
            for said, mine in zip(updates, owned, strict=True)
            if said is not None and mine is not None
        ]
        if len(pairs) < len(written) or not _proven(
            written, losses, pairs, learned, models, bodies
        ):
            return None
    made: list[Phase] = []
    for phase, loss, said, mine in zip(written, losses, updates, owned, strict=True):
        whole = names if mine is None else mine
        groups = phase.statements.groups(whole if network.weighed else None, others)
        if phase.optimizer is None:
            return None
        made.append(
            Phase(
                span=phase.span,
                name=phase.name,
                loss=loss.graph,
                terms=loss.terms,
                target=None if loss.compared is None else loss.compared.target.name,
                optimizer=phase.optimizer,
                groups=groups,
                schedule=phase.schedule,
                clip=phase.clip,
                updates=mine,
                patterns=() if said is None else tuple(pattern for pattern, _ in said.patterns),
            )
        )
    return tuple(made)


def _updates(
    phase: Written, network: Model, applied: AppliedModels, bodies: Bodies
) -> Updates | None:
    binding = phase.statements.settings.get("updates")
    if binding is None:
        return None
    models = [model.name for model in applied.models or (network,) if model.name]
    called = partial(applied.called, scope=phase.statements.frame.scope)
    held, report = len(applied.models) > 1, bodies.context.report
    return written_updates(phase.name, binding.values[0], models, called, held=held, report=report)


def _proven(
    written: Sequence[Written],
    losses: Sequence[Loss],
    pairs: Sequence[tuple[Updates, tuple[str, ...]]],
    learned: Sequence[tuple[str, Span]],
    models: Sequence[str],
    bodies: Bodies,
) -> bool:
    """Whether each parameter has one owner, whose loss applies its model; False with reports."""
    report = bodies.context.report
    proven = prove_owners(pairs, learned, report)
    if len(models) < 2:
        return proven
    for phase, loss, (updates, names) in zip(written, losses, pairs, strict=True):
        seen = {child.key for child in loss.graph.children}
        unseen = dict.fromkeys(name.partition(".")[0] for name in names)
        for model in unseen:
            if model not in seen:
                place = phase.statements.settings["loss"].values[0].span
                report(errors.updates_unseen(updates.span, phase.name, model, place))
                proven = False
    return proven
