"""What is declared of torch's functions and what is left out: by reflection, and in all."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as functional

from netspec import catalog
from netspec.catalog import REQUIRED, Entry, left_out, rules
from netspec.catalog.left_out_functions import FUNCTIONAL, FUNCTIONS, MACHINERY, OTHERS
from netspec.codegen.functions import BY_PLACE, FORMS, Form

CATALOG = catalog.load()
NAMES = CATALOG.names("function")
TESTS = Path(__file__).parent
# Names of torch.nn.functional that are no functions of tensors.
HELPERS = {
    "assert_int_or_pair", "boolean_dispatch", "handle_torch_function", "has_torch_function",
    "has_torch_function_unary", "has_torch_function_variadic",
}  # fmt: skip


def found(name: str) -> Entry:
    entry = CATALOG.find("function", name)
    assert entry is not None
    return entry


def public() -> list[str]:
    """The functions of torch.nn.functional; those that end with `_` change their input."""
    return [
        name
        for name, value in vars(functional).items()
        if callable(value) and not isinstance(value, type) and not inspect.ismodule(value)
        if not name.startswith("_") and not name.endswith("_") and name not in HELPERS
        if getattr(value, "__module__", None) != "typing"
    ]


@pytest.mark.parametrize("name", public())
def test_every_function_of_torch_is_declared_or_left_out(name: str) -> None:
    assert (name in NAMES) != (name in FUNCTIONAL)


def of_torch() -> list[str]:
    """The functions of torch itself."""
    return [
        name
        for name in dir(torch)
        if callable(value := getattr(torch, name)) and not isinstance(value, type)
        if not name.startswith("_") and not name.endswith("_")
    ]


def test_every_function_of_torch_itself_is_declared_or_left_out() -> None:
    shapes = [re.compile(pattern) for pattern in MACHINERY]
    known = {*NAMES, *FUNCTIONS}
    absent = {
        name
        for name in of_torch()
        if name not in known and not any(shape.fullmatch(name) for shape in shapes)
    }
    assert not absent, sorted(absent)


def test_what_a_left_out_function_is_written_as_is_there() -> None:
    for reason in OTHERS.values():
        for word in re.findall(r"`(\w+)[`(]", reason) if reason.startswith("write") else ():
            assert word in NAMES or word in CATALOG.names("layer") or len(word) == 1, reason


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_what_is_left_out_is_there_and_not_declared(name: str) -> None:
    homes = [functional] if name in FUNCTIONAL else [torch, torch.Tensor]
    assert any(hasattr(home, name) for home in homes)
    assert name not in NAMES
    assert FUNCTIONS[name]


def test_no_function_is_left_out_twice() -> None:
    assert not FUNCTIONAL.keys() & OTHERS.keys()


def schemas(name: str) -> list[dict[str, object]]:
    """Argument names and defaults of each form of a function that is built in."""
    forms = torch._C._jit_get_schemas_for_operator(f"aten::{name}")
    return [
        {
            "input" if argument.name == "self" else argument.name: (
                argument.default_value if argument.has_default_value() else REQUIRED
            )
            for argument in form.arguments
        }
        for form in forms
    ]


@pytest.mark.parametrize("name", [name for name in NAMES if found(name).target == f"torch.{name}"])
def test_the_arguments_of_what_is_built_in_are_those_of_a_form_of_it(name: str) -> None:
    declared = found(name).arguments
    try:
        theirs = inspect.signature(getattr(torch, name)).parameters
    except ValueError:
        forms = schemas(name)
    else:
        if not any(p.kind is p.VAR_POSITIONAL for p in theirs.values()):
            assert {argument.name for argument in declared} <= theirs.keys()
        return
    known = {argument: form for form in forms for argument in form}
    for argument in declared:
        if (name, argument.name) in BY_PLACE:
            continue
        assert argument.name in known, f"{name} has no form with `{argument.name}`"
        if argument.default is REQUIRED or (name, argument.name) in left_out.DIFFERENCES:
            continue
        if (name, argument.name) in UNSAID:
            continue
        # An argument that some form requires may be left away: there is a form without it.
        defaults = {repr(plain(form.get(argument.name, argument.default))) for form in forms}
        required = any(form.get(argument.name) is REQUIRED for form in forms)
        without = any(argument.name not in form for form in forms)
        assert repr(plain(argument.default)) in defaults or (required and without)


# Defaults that say that an argument is not there, where torch has another way to say so.
UNSAID = {("arange", "end"), ("roll", "dims")}


def plain(value: object) -> object:
    """A default as its declaration writes it."""
    if isinstance(value, list):
        return tuple(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@pytest.mark.parametrize(
    "name", [n for n in NAMES if found(n).target.startswith("torch.nn.functional.")]
)
def test_the_arguments_of_functional_are_torchs(name: str) -> None:
    function = getattr(functional, name)
    try:
        theirs = inspect.signature(function).parameters
    except ValueError:
        return  # built in: the tests of shapes call these by the arguments' names
    if any(p.kind is p.VAR_POSITIONAL for p in theirs.values()):
        return
    declared = found(name).arguments
    for argument in declared:
        assert argument.name in theirs
        default = theirs[argument.name].default
        if (name, argument.name) not in left_out.DIFFERENCES and default is not inspect._empty:
            assert plain(argument.default) == plain(default) or default is None
    absent = set(theirs) - {argument.name for argument in declared}
    assert absent <= set(left_out.ARGUMENTS) | set(ABSENT.get(name, ()))


# Arguments that single functions leave out: the same as, or nothing without, what is there.
ABSENT = {
    "interpolate": {"recompute_scale_factor"},  # the size is worked out once, from the factor
    "gumbel_softmax": {"eps"},  # torch has stopped reading it
    "embedding": {"padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse"},
    "normalize": {"out"},
}


def test_there_are_as_many_as_the_change_log_says() -> None:
    # The first version had 76.
    assert len(NAMES) >= 76 + 200


@pytest.mark.parametrize("name", NAMES)
def test_every_function_is_run(name: str) -> None:
    texts = (path.read_text(encoding="utf-8") for path in TESTS.glob("test_*functions*.py"))
    calls = re.compile(rf"\b{name}\(|\"{name}\"|\b{name}\b(?=[ \w]*\")|f\"{{name}}_pool")
    assert any(calls.search(text) for text in texts)


def test_what_acts_in_training_is_written_so() -> None:
    assert {name for name, form in FORMS.items() if form is Form.TRAINED} == rules.TRAINED


@pytest.mark.parametrize("name", NAMES)
def test_every_function_can_be_written(name: str) -> None:
    home = found(name).target.rpartition(".")[0]
    match FORMS[name]:
        case Form.FUNCTIONAL | Form.TRAINED:
            assert home == "torch.nn.functional"
        case Form.METHOD:
            assert hasattr(torch.Tensor, name)
        case _:
            assert callable(getattr(importlib.import_module(home), name))
