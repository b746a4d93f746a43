from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest
import torch
from torch import nn

from netspec import catalog
from netspec.catalog import REQUIRED, Argument, Entry, left_out, rules

CATALOG = catalog.load()
REFLECTED = ("layer", "loss", "optimizer", "schedule", "estimator")
ENTRIES = [(kind, name) for kind in REFLECTED for name in CATALOG.names(kind)]
# RNN, LSTM and GRU take `*args, **kwargs`; their parent names them.
RECURRENT = {"RNN", "LSTM", "GRU"}


def found(kind: str, name: str) -> Entry:
    entry = CATALOG.find(kind, name)
    assert entry is not None
    return entry


def load(target: str) -> Any:
    module, _, rest = target.rpartition(".")
    try:
        return getattr(importlib.import_module(module), rest)
    except ModuleNotFoundError:
        return getattr(load(module), rest)


def parameters(entry: Entry) -> dict[str, inspect.Parameter]:
    if entry.name in RECURRENT:
        named = dict(inspect.signature(nn.RNNBase.__init__).parameters)
        for dropped in ("self", "mode"):
            del named[dropped]
        if entry.name != "LSTM":
            del named["proj_size"]
        return named
    signature = inspect.signature(load(entry.target))
    return {
        name: parameter
        for name, parameter in signature.parameters.items()
        if parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
    }


def plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value


def check_default(entry: Entry, argument: Argument, parameter: inspect.Parameter) -> None:
    if (entry.name, argument.name) in left_out.DIFFERENCES or argument.inferred:
        return
    wanted = REQUIRED if parameter.default is parameter.empty else plain(parameter.default)
    assert argument.default == wanted, argument.name
    if not isinstance(wanted, float | int):
        return
    assert isinstance(argument.default, bool) == isinstance(wanted, bool)


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_arguments_are_those_of_the_class(kind: str, name: str) -> None:
    entry = found(kind, name)
    theirs = parameters(entry)
    for argument in entry.arguments:
        if entry.name == "RNN" and argument.name == "nonlinearity":
            assert argument.default == "tanh"
            continue
        assert argument.name in theirs
        check_default(entry, argument, theirs[argument.name])
    if kind == "estimator":
        return  # the main arguments only
    absent = set(theirs) - {argument.name for argument in entry.arguments}
    assert absent <= set(left_out.ARGUMENTS), f"{name} leaves out {absent}"


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_positional_arguments_are_in_the_order_of_the_class(kind: str, name: str) -> None:
    entry = found(kind, name)
    theirs = [
        n
        for n, p in parameters(entry).items()
        if p.kind is not p.KEYWORD_ONLY and n not in entry.inferred
    ]
    ours = [a.name for a in entry.arguments if not a.keyword_only]
    skipped = {n for n in theirs if n in left_out.ARGUMENTS and n not in ours}
    assert ours == [n for n in theirs if n in ours]
    # Nothing that is left out stands before a positional argument: places would differ.
    head = theirs[: theirs.index(ours[-1])] if ours else []
    assert not [n for n in head if n in skipped and n not in {"optimizer", "params"}]


@pytest.mark.parametrize("name", CATALOG.names("function"))
def test_functions_are_where_the_declaration_says(name: str) -> None:
    entry = found("function", name)
    function = load(entry.target)
    assert callable(function)
    try:
        theirs = inspect.signature(function).parameters
    except ValueError:
        return  # built in: the shape tests call these with the arguments' names
    if any(p.kind is p.VAR_POSITIONAL for p in theirs.values()):
        return
    for argument in entry.arguments:
        assert argument.name in theirs


def public(module: Any) -> list[str]:
    """The public classes of a module of torch."""
    return [
        name
        for name, value in vars(module).items()
        if inspect.isclass(value) and not name.startswith("_")
    ]


def is_schedule(name: str) -> bool:
    """Whether it is a schedule, and no class that the module only imports."""
    found = vars(torch.optim.lr_scheduler)[name]
    return issubclass(found, torch.optim.lr_scheduler.LRScheduler)


@pytest.mark.parametrize("name", sorted({*public(torch.nn), *torch.nn.modules.__all__}))
def test_every_class_of_nn_is_declared_or_left_out(name: str) -> None:
    homes = (
        CATALOG.names("layer"),
        CATALOG.names("loss"),
        left_out.LAYERS,
        left_out.LOSSES,
    )
    assert sum(name in home for home in homes) == 1


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (torch.nn, left_out.LAYERS),
        (torch.nn, left_out.LOSSES),
        (torch.optim, left_out.OPTIMIZERS),
        (torch.optim.lr_scheduler, left_out.SCHEDULES),
    ],
    ids=["layers", "losses", "optimizers", "schedules"],
)
def test_what_is_left_out_is_there(module: Any, names: dict[str, str]) -> None:
    assert set(names) <= set(public(module))
    assert all(reason[0].islower() and not reason.endswith(".") for reason in names.values())


@pytest.mark.parametrize("name", public(torch.optim))
def test_every_optimizer_of_torch_is_declared_or_left_out(name: str) -> None:
    assert (name in CATALOG.names("optimizer")) != (name in left_out.OPTIMIZERS)


@pytest.mark.parametrize(
    "name", sorted({name for name in public(torch.optim.lr_scheduler) if is_schedule(name)})
)
def test_every_schedule_of_torch_is_declared_or_left_out(name: str) -> None:
    assert (name in CATALOG.names("schedule")) != (name in left_out.SCHEDULES)


@pytest.mark.parametrize("name", CATALOG.names("optimizer"))
def test_optimizers_are_built_from_their_defaults(name: str) -> None:
    entry = found("optimizer", name)
    bound = entry.bind((), {})
    assert isinstance(bound, catalog.Bound)
    load(entry.target)([nn.Parameter(torch.zeros(2, 2))], **bound.values)


def test_every_rule_belongs_to_an_entry() -> None:
    names = {*CATALOG.names("layer"), *CATALOG.names("function"), *CATALOG.names("loss")}
    assert {*rules.CHECKS, *rules.WHOLE, *rules.NESTING, *rules.OPTIONAL_INPUTS} <= names


@pytest.mark.parametrize("kind", ["layer", "function", "loss"])
def test_every_entry_has_a_signature_or_a_rule_and_a_doc(kind: str) -> None:
    for name in CATALOG.names(kind):
        entry = found(kind, name)
        assert entry.signature is not None or name in rules.WHOLE
        assert entry.doc


@pytest.mark.parametrize(("entry", "argument"), list(left_out.DIFFERENCES))
def test_differences_are_of_declared_arguments(entry: str, argument: str) -> None:
    kinds = [kind for kind in (*REFLECTED, "function") if entry in CATALOG.names(kind)]
    assert any(found(kind, entry).argument(argument) is not None for kind in kinds)
