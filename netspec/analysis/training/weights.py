"""`weights = ...`: files to start from, held against the model by what their headers say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import cast

from netspec.analysis import errors
from netspec.analysis.data.errors import unreadable
from netspec.analysis.network.evaluate import Expressions, Frame
from netspec.analysis.network.values import Unknown, describe
from netspec.analysis.places import word_in
from netspec.analysis.training.choices import choose
from netspec.program.graph import Model
from netspec.program.schemas import Unreadable
from netspec.program.weights import (
    SavedTensor,
    Start,
    Wanted,
    pair,
    unweighed,
    wanted_tensors,
)
from netspec.source import Span
from netspec.syntax import tree

LOAD = "load"
# What torch.save is asked for by name; such files are pickles.
PICKLES = frozenset({".pt", ".pth", ".pkl", ".ckpt"})

# How many prefixes are tried for an advice, and how many layers it may leave out.
TRIED = 20
LEFT = 3

Files = list[Mapping[str, SavedTensor]]


def choose_weights(
    expression: tree.Expr, model: Model | None, evaluator: Expressions, frame: Frame
) -> tuple[Start, ...]:
    """The files that `weights` names; whatever does not fit the model is reported."""
    items = expression.items if isinstance(expression, tree.ListDisplay) else (expression,)
    if not items:
        evaluator.context.report(errors.weights_form(expression.span, "an empty list"))
        return ()
    starts = [_start(item, evaluator, frame) for item in items]
    held = [None if start is None else _tensors(start, evaluator) for start in starts]
    if model is None or any(tensors is None for tensors in held):
        return ()
    whole = cast("list[Start]", starts)
    files = cast("Files", held)
    if not model.weighed:
        return tuple(whole)  # what the model wants is known once its Python may be looked at
    wanted, unknown = wanted_tensors(model), unweighed(model)
    parts = [
        _parts_exist(start, tensors, wanted, evaluator, complete=not unknown)
        for start, tensors in zip(whole, files, strict=True)
    ]
    if not all(parts):
        return ()
    pairing = pair(whole, files, wanted, unknown)
    if pairing.twice:
        span = expression.span
        evaluator.context.report(errors.weights_twice(span, pairing.twice))
    elif not pairing.fits:
        span = whole[0].span if len(whole) == 1 else expression.span
        named = tuple(dict.fromkeys(start.file for start in whole))
        mended = None
        if len(whole) == 1 and not unknown:
            mended = _mended(whole[0], files[0], wanted)
        found = errors.weights_mismatch(span, named, pairing, len(wanted), mended)
        evaluator.context.report(found)
    return tuple(whole)


def _start(expression: tree.Expr, evaluator: Expressions, frame: Frame) -> Start | None:
    """A file by its name alone, or `load(...)`; None with a report."""
    head = expression.func if isinstance(expression, tree.Call) else expression
    if isinstance(head, tree.Name) and head.id == LOAD and frame.scope.find(LOAD) is None:
        choice = choose("weights", expression, evaluator, frame)
        if choice is None:
            return None
        given = dict(choice.arguments)
        leave = given.get("except", ())
        return Start(
            span=expression.span,
            file=cast(str, given["file"]),
            source=cast(str, given.get("from", "")),
            into=cast(str, given.get("into", "")),
            leave=(leave,) if isinstance(leave, str) else cast("tuple[str, ...]", leave),
        )
    if isinstance(expression, tree.Call):
        evaluator.context.report(errors.weights_form(expression.span, f"`{head.span.text}(...)`"))
        return None
    value = evaluator.constant(expression, frame)
    if isinstance(value, Unknown):
        return None
    if not isinstance(value, str):
        evaluator.context.report(errors.weights_form(expression.span, describe(value)))
        return None
    return Start(span=expression.span, file=value)


def _tensors(start: Start, evaluator: Expressions) -> Mapping[str, SavedTensor] | None:
    """What the file holds; None with a report."""
    context = evaluator.context
    place = _place(start, start.file)
    if PurePosixPath(start.file).suffix.lower() in PICKLES:
        context.report(errors.pickled_weights(place, start.file))
        return None
    assert context.schemas is not None
    held = context.schemas.tensors(start.file)
    if isinstance(held, Unreadable):
        context.report(unreadable(held, place))
        return None
    return held


def _parts_exist(
    start: Start,
    held: Mapping[str, SavedTensor],
    wanted: Mapping[str, Wanted],
    evaluator: Expressions,
    *,
    complete: bool,
) -> bool:
    """Whether what `from`, `into` and `except` say is there; False with a report.

    A model that is not `complete` has keys that are not known.
    """
    where = [(start.source, held.keys(), f"no key of `{start.file}` begins with")]
    if complete:
        where.append((start.into, wanted.keys(), "no key of the model begins with"))
    fine = True
    for prefix, keys, said in where:
        if not any(key.startswith(prefix) for key in keys):
            found = errors.weights_part(_place(start, prefix), said, prefix, _prefixes(keys), keys)
            evaluator.context.report(found)
            fine = False
    for pattern in start.leave if complete else ():
        only = Start(span=start.span, file=start.file, leave=(pattern,))
        if not any(only.leaves(key) for key in wanted):
            said = "no key of the model matches"
            near = [f"{prefix}*" for prefix in _prefixes(wanted)] + list(wanted)
            place = _place(start, pattern)
            evaluator.context.report(errors.weights_part(place, said, pattern, near, wanted))
            fine = False
    return fine


def _mended(
    start: Start, held: Mapping[str, SavedTensor], wanted: Mapping[str, Wanted]
) -> Start | None:
    """The file's part that fits, where a prefix or a few layers left out make one: it is tried."""
    tried = [start]
    if not start.source and not start.into:
        tried += [replace(start, source=prefix) for prefix in _outermost(held)]
        tried += [replace(start, into=prefix) for prefix in _outermost(wanted)]
    for part in tried:
        pairing = pair([part], [held], wanted)
        if pairing.fits:
            return part
        apart = [*(tensor.key for tensor in pairing.missing), *(key for _, key in pairing.extra)]
        apart += [misfit.wanted.key for misfit in pairing.misfits]
        layers = sorted({key.rpartition(".")[0] for key in apart})
        if len(layers) > LEFT or "" in layers:
            continue
        without = replace(part, leave=(*part.leave, *(f"{layer}.*" for layer in layers)))
        without_them = pair([without], [held], wanted)
        if without_them.fits and without_them.given[0]:
            return without
    return None


def _outermost(keys: Iterable[str]) -> Sequence[str]:
    """The shortest prefixes of these keys, as many as are worth trying."""
    return sorted(_prefixes(keys), key=lambda prefix: prefix.count("."))[:TRIED]


def _place(start: Start, text: str) -> Span:
    """Where the text of a `load` has a string; the whole of it when that is not to be found."""
    return word_in(start.span, f'"{text}"')


def _prefixes(keys: Iterable[str]) -> Sequence[str]:
    """Everything that stands before a dot in these keys, the dot included."""
    found: dict[str, None] = {}
    for key in keys:
        at = key.find(".")
        while at >= 0:
            found[key[: at + 1]] = None
            at = key.find(".", at + 1)
    return tuple(found)
