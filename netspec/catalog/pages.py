"""What is to be said of an entry: its declaration, arguments, types and an example, in words.

`netspec doc` and the catalogue pages of the reference are drawn from the same pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from netspec.catalog import left_out, values
from netspec.catalog.entries import Catalog, Entry
from netspec.catalog.examples import example, sample_arguments
from netspec.catalog.kinds import FUNCTIONS as OF_KINDS
from netspec.catalog.kinds import VARIABLES, WORDS
from netspec.catalog.left_out_functions import FUNCTIONS
from netspec.catalog.left_out_sets import SETS
from netspec.catalog.records import REQUIRED, Argument
from netspec.catalog.rules.losses import operands
from netspec.catalog.weights import weights
from netspec.syntax import tree

# The kinds of entry, as their things are called, in the order of the reference.
KINDS = {
    "layer": "layers",
    "function": "functions",
    "loss": "losses",
    "optimizer": "optimizers",
    "schedule": "schedules",
    "metric": "metrics",
    "init": "initialisations",
    "source": "sources of data",
    "transform": "transforms of data",
    "estimator": "baselines",
    "weights": "weights to start from",
}
# What torch has and the catalogue has not, with why, as a sentence goes on after a colon.
LEFT_OUT = {
    **{
        name: f"it {reason}"
        for reasons in (
            left_out.LAYERS,
            left_out.LOSSES,
            left_out.OPTIMIZERS,
            left_out.SCHEDULES,
            left_out.TRANSFORMS,
            left_out.INITS,
            SETS,
            left_out.IMAGE_TRANSFORMS,
        )
        for name, reason in reasons.items()
    },
    **FUNCTIONS,
}

OF_VARIABLE = {
    "K": "numbers of any kind",
    "F": "floating-point numbers of any kind",
    "N": "numbers of any kind but truth values",
}
OF_FUNCTION = {
    "elements": "what the kind says of each number by itself",
    "averaged": "within 0..1 where the input is, else any number",
    "rounded": "within 0..1 where the input is, else any number",
    "root": "within 0..1 where the input is, else any number",
    "exponential": "probabilities of logarithms of them, else any number",
    "logarithm": "logarithms of probabilities of them, else any number",
    "numeric": "integers of integers, else any number",
    "floats": "within 0..1 of truth values, else floating-point numbers",
    "wholes": "integers; an index stays what it is",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An argument: its types in words, its default, and what else there is to know."""

    name: str
    types: str
    default: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One entry. `takes` and `gives` are (type, words) of the tensors, where it has any.

    `learns` and `stores` are the names of a layer's weights and buffers, with its arguments as they
    are by default.
    """

    kind: str
    name: str
    target: str
    doc: str
    declaration: str
    takes: tuple[tuple[str, str], ...]
    gives: tuple[tuple[str, str], ...]
    arguments: tuple[Line, ...]
    learns: tuple[str, ...]
    stores: tuple[str, ...]
    example: str | None


def page(entry: Entry) -> Page:
    """The page of an entry."""
    signature = entry.signature
    kept = weights(entry.name, sample_arguments(entry)) if entry.kind == "layer" else ()
    names: tuple[str, ...] = operands(entry.name) if entry.kind == "loss" else ()
    return Page(
        kind=entry.kind,
        name=entry.name,
        target=entry.target,
        doc=entry.doc,
        declaration=entry.declaration.text,
        takes=_tensors(signature.inputs if signature is not None else (), names),
        gives=_tensors(signature.outputs if signature is not None else (), entry.output_names),
        arguments=tuple(_line(entry, argument) for argument in entry.arguments),
        learns=tuple(name for name, _, learned in kept if learned),
        stores=tuple(name for name, _, learned in kept if not learned),
        example=example(entry),
    )


def pages(catalog: Catalog, name: str) -> list[Page]:
    """The pages of everything of that name, whatever its kind."""
    found = (catalog.find(kind, name) for kind in catalog.kinds)
    return [page(entry) for entry in found if entry is not None]


def _tensors(
    patterns: tuple[tree.TypeExpr, ...], names: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    made: list[tuple[str, str]] = []
    for at, pattern in enumerate(patterns):
        named = f"{names[at]}: " if len(names) == len(patterns) else ""
        made.append((f"{named}{pattern.span.text}", _kind_in_words(pattern)))
    return tuple(made)


def _kind_in_words(pattern: tree.TypeExpr) -> str:
    name = pattern.kind.id if pattern.kind is not None else "number"
    if name in VARIABLES:
        return OF_VARIABLE[name]
    if name in OF_KINDS:
        return OF_FUNCTION.get(name, "numbers")
    if name == "index" and pattern.args:
        return f"{WORDS['index']} below {pattern.args[0].span.text}"
    return "a single number" if pattern.dims == () else WORDS[name]


def _line(entry: Entry, argument: Argument) -> Line:
    if argument.inferred:
        default = "inferred"
    elif argument.default is REQUIRED:
        default = "needed"
    else:
        default = values.written(argument.default)
    types = values.wanted(argument.types) if argument.types else "anything"
    return Line(
        name=argument.name,
        types=types.replace("`", ""),
        default=default,
        notes=tuple(_notes(entry, argument)),
    )


def _notes(entry: Entry, argument: Argument) -> list[str]:
    notes: list[str] = []
    bounds = values.bounds(entry.kind, entry.name, argument.name)
    if bounds is not None and str(bounds):
        notes.append(str(bounds))
    if "string" in argument.types:
        choices = values.choices(entry.name, argument.name)
        if choices:
            notes.append("one of " + ", ".join(f'"{choice}"' for choice in choices))
    if argument.keyword_only:
        notes.append("by name only")
    difference = left_out.DIFFERENCES.get((entry.name, argument.name))
    if difference is not None and not difference.startswith("by keyword only"):
        notes.append(f"unlike torch: {difference}")
    return notes
