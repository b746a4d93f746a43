"""Asserts that take a run, `overfits(...)` and `equal(A, B)`: their arguments, and what is plain.

Two models that could never be equal, of other types or with other weights, are decided at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netspec.analysis import errors
from netspec.analysis.facts import Fact, Shown, ends, same_types
from netspec.analysis.network.values import Unknown
from netspec.diagnostics import Diagnostic, did_you_mean
from netspec.program.asserts import Assertion, Decided, Equal, Overfits, Side
from netspec.program.graph import Model
from netspec.syntax import tree

RUNNABLE = ("overfits", "equal")
MOST_KEYS = 3
# The argument of `overfits` that names a phase of training.
PHASE = "phase"


@dataclass(frozen=True, slots=True)
class Setting:
    """An argument by name: its default, and what it accepts, in a test and in words."""

    default: int | float
    accepts: Callable[[object], bool]
    wanted: str


def _whole(low: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= low


def _between(low: float, high: float) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and low <= value < high
    )


SETTINGS: Mapping[str, Mapping[str, Setting]] = {
    "overfits": {
        "rows": Setting(32, _whole(1), "a positive number of rows"),
        "steps": Setting(200, _whole(1), "a positive number of steps"),
        "to": Setting(0.1, _between(0, 1), "a fraction of the first loss, below 1"),
    },
    "equal": {
        # Two orders of the same sums in float32 differ by about this much.
        "tolerance": Setting(1e-5, _between(0, float("inf")), "a number, 0 or more"),
        "seed": Setting(0, _whole(0), "a whole number, 0 or more"),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What an assert may ask of the block that it stands in."""

    fact: Callable[[tree.Expr], Fact]
    model: Callable[[tree.Expr], Model | None]
    report: Callable[[Diagnostic], None]
    # What keeps the spec from being trained on a few rows, if anything does.
    untrained: str | None
    phases: tuple[str, ...] = ()


def runnable(call: tree.Call, around: Around) -> Assertion | None:
    """The plan of an assert that takes a run; None when it was reported."""
    assert isinstance(call.func, tree.Name)
    name = call.func.id
    wanted = ("A", "B") if name == "equal" else ()
    settings = _settings(call, name, around)
    phases = _phases(call, around) if name == "overfits" else ()
    if len(call.args) != len(wanted):
        takes = "two models" if wanted else "no arguments by position"
        listed = ", ".join(SETTINGS[name])
        advice = "write `equal(A, B)`" if wanted else f"name them: {listed}"
        around.report(errors.wrong_count(call.span, f"`{name}` takes {takes}", help=advice))
        return None
    models = [around.model(argument) for argument in call.args]
    if settings is None or phases is None or None in models:
        return None
    if name == "overfits":
        if around.untrained is not None:
            around.report(errors.not_to_overfit(call.span, around.untrained))
            return None
        rows, steps = int(settings["rows"]), int(settings["steps"])
        return Overfits(span=call.span, rows=rows, steps=steps, to=settings["to"], phases=phases)
    left, right = (model for model in models if model is not None)
    decided = _different(call, left, right)
    if decided is not None:
        return decided
    tolerance, seed = settings["tolerance"], int(settings["seed"])
    return Equal(span=call.span, left=left, right=right, tolerance=tolerance, seed=seed)


def _settings(call: tree.Call, name: str, around: Around) -> dict[str, float] | None:
    """Every setting with its value; None when one was reported."""
    known = SETTINGS[name]
    values: dict[str, float] = {setting: known[setting].default for setting in known}
    whole = True
    for keyword in call.keywords:
        given = keyword.name.id
        if name == "overfits" and given == PHASE:
            continue
        if given not in known:
            takes = [*known, PHASE] if name == "overfits" else [*known]
            advice = did_you_mean(given, takes) or "it takes " + ", ".join(f"`{k}`" for k in takes)
            message = f"`{name}` has no argument `{given}`"
            around.report(errors.unknown_argument(keyword.name.span, message, help=advice))
            whole = False
            continue
        value = around.fact(keyword.value)
        if isinstance(value, Unknown):
            whole = False
        elif isinstance(value, int | float) and known[given].accepts(value):
            values[given] = value
        else:
            message = f"`{given}` is {known[given].wanted}, not `{keyword.value.span.text}`"
            around.report(errors.argument_value(keyword.value.span, message))
            whole = False
    return values if whole else None


def _phases(call: tree.Call, around: Around) -> tuple[str, ...] | None:
    """The phases that `overfits` looks at: the one it names, else all; None with a report."""
    written = next((keyword.value for keyword in call.keywords if keyword.name.id == PHASE), None)
    if written is None or around.untrained is not None:
        return around.phases
    if isinstance(written, tree.Name) and written.id in around.phases:
        return (written.id,)
    name = written.id if isinstance(written, tree.Name) else written.span.text
    around.report(errors.no_such_phase(written.span, name, around.phases))
    return None


def _different(call: tree.Call, left: Model, right: Model) -> Decided | None:
    """Why two models cannot be equal, where their types or weights tell."""
    one, other = call.args
    met: tuple[list[Shown], list[Shown]] = ([], [])
    for name in ("input", "output"):
        ours, theirs = ([*ends(model, name).values()] for model in (left, right))
        alike = len(ours) == len(theirs)
        # A size has one name for the inputs and the outputs of a model.
        met = ([*met[0], *ours], [*met[1], *theirs])
        if not alike or not same_types(*met):
            return _unequal(call, (_listed(name, ours), _listed(name, theirs)))
    shapes = [
        {key: weight.shape for key, weight in model.graph.weights() if weight.persistent}
        for model in (left, right)
    ]
    if shapes[0] == shapes[1]:
        return None
    odd = [
        [key for key in mine if mine[key] != others.get(key)]
        for mine, others in ((shapes[0], shapes[1]), (shapes[1], shapes[0]))
    ]
    found = tuple(
        f"has {_keys(keys, shapes[at])}" if keys else f"lacks {_keys(odd[1 - at], shapes[1 - at])}"
        for at, keys in enumerate(odd)
    )
    assert one.span != other.span
    return _unequal(call, found)


def _unequal(call: tree.Call, found: Sequence[str]) -> Decided:
    sides = tuple(
        Side(span=model.span, found=told) for model, told in zip(call.args, found, strict=True)
    )
    return Decided(span=call.span, passed=False, sides=sides)


def _listed(name: str, types: Sequence[Shown]) -> str:
    shown = ", ".join(map(str, types))
    return f"takes {shown}" if name == "input" else f"gives {shown}"


def _keys(keys: Sequence[str], shapes: Mapping[str, tuple[int, ...]]) -> str:
    shown = [f"`{key}` {list(shapes[key])}" for key in keys[:MOST_KEYS]]
    more = len(keys) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
