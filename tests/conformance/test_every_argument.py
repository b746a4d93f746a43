"""Every argument of everything that is torch's, at values of every type, its own and others.

What torch refuses is refused. What torch takes is taken, or one of `RULES` says why not.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import test_functions_of_axes as of_axes
import test_functions_of_layers as of_layers
import test_functions_of_losses as of_losses
import test_functions_of_numbers as of_numbers
import test_functions_of_places as of_places
import test_layers_at_sizes as layers
import test_losses_at_sizes as losses
import test_prelude_functions as functions
import torch
from sampling import Outcome, entry, run_layer
from spoken import inputs_of
from test_prelude_names import load
from test_training_arguments import NEEDED, OF_OTHERS, OF_THE_RUN, stepped
from torch import nn

from netspec import catalog
from netspec.catalog import REQUIRED, Application, Argument, Entry, Refusal, values
from netspec.catalog.rules import inits
from netspec.types import TensorType

CATALOG = catalog.load()
# Refusals of torch; that it stumbles over a value counts as one.
REFUSALS = (
    *(RuntimeError, ValueError, TypeError, IndexError),
    *(ArithmeticError, AttributeError, AssertionError),
)

# Numbers below, at and above every bound that an argument has, and things that are no numbers.
NUMBERS = (-2, -1, 0, 1, 2, 3, 7, -1.0, 0.0, 0.3, 1.0, 1.5, 3.0)
TUPLES = (
    *((), (2,), (0,), (1, 2), (2, 2), (1, 1), (0, 1), (-1, 1), (1, 2, 1), (2, 2, 2)),
    *((1, 1, 1, 1), (0, 1, 2, 1), (1, 1, 1, 1, 1, 1), (None,), (None, 2), (2, None)),
    *((None, 2, 1), (0.5,), (0.5, 0.7), (0.5, 1.2), (0.9, 1.0), (0.5, 0.6, 0.7), (None, 0.1)),
)
TEXTS = ("nonsense", "mean", "sum", "none", "relu", "same", "nearest", "min", "ij")
POOL: tuple[Any, ...] = (*NUMBERS, *TUPLES, *TEXTS, True, False, None)
# Torch asks of a truth value only whether it is one.
TRUTHS: tuple[Any, ...] = (True, False, 1, 0, (1, 2), "nonsense", None)


TUPLES_OF = {*values.LENGTHS, "ints", "sizes", "floats", "float_pair", "float_triple"} | {
    name for name in values.WORDS if name.startswith("optional_")
}
# Arguments that torch divides by or counts with, and that are whole numbers here.
COUNTS = frozenset(
    {
        *("step_size", "total_iters", "T_max", "T_0", "patience", "cooldown", "milestones"),
        *("step_size_up", "step_size_down", "max_iter", "max_eval", "p"),
        "proj_size",
    }
)


def sort(value: Any) -> str:
    """What a value is, whatever its numbers."""
    match value:
        case bool():
            return "truth"
        case int() | float():
            return "number"
        case str():
            return "text"
        case tuple():
            return "tuple"
        case _:
            return "none"


def sorts(argument: Argument) -> set[str]:
    """What the values of an argument are."""
    named = {"int": "number", "float": "number", "size": "number", "bool": "truth"}
    named |= {"string": "text", "none": "none"} | dict.fromkeys(TUPLES_OF, "tuple")
    return {named[of] for of in argument.types if of in named}


Rule = Callable[[Entry, Argument, Any], bool]
# Rules by which netspec refuses a value of another type that torch takes.
RULES: dict[str, Rule] = {
    "a truth value is `true` or `false`: no number, text or tuple stands for one": (
        lambda declared, argument, value: "bool" in argument.types and sort(value) != "truth"
    ),
    "a truth value is no number": (
        lambda declared, argument, value: "truth" not in sorts(argument) and sort(value) == "truth"
    ),
    "a tuple has a number for each dimension: one alone stands for all without a tuple": (
        lambda declared, argument, value: sort(value) == "tuple" and "tuple" in sorts(argument)
    ),
    "what is counted is a whole number": (
        lambda declared, argument, value: isinstance(value, float) and argument.name in COUNTS
    ),
    "what is needed, or inferred, is not `none`": (
        lambda declared, argument, value: value is None and (argument.required or argument.inferred)
    ),
    "of a function `none` is written where it is the default": (
        lambda declared, argument, value: value is None and declared.kind in {"function", "init"}
    ),
    "an empty tuple says nothing": lambda declared, argument, value: value == (),
    "a number is no text, tuple or `none`, though optimizers and schedules of torch never look": (
        lambda declared, argument, value: (
            declared.kind in {"optimizer", "schedule"} and sort(value) not in sorts(argument)
        )
    ),
}
# Ranges and choices narrower than torch's, which lets pass what means nothing: layers and windows
# of no size, shares and powers below 0, a number to add to a variance that would drown it or is
# below 0, runs of no steps, and texts that no code of torch knows.
OUTSIDE = frozenset(
    {
        *("out_features", "hidden_size", "dim_feedforward", "output_size", "kernel_size"),
        *("divisor_override", "norm_type", "dropout", "eps", "layer_norm_eps", "label_smoothing"),
        *("step_size", "total_iters", "T_max", "patience", "step_size_up", "scale_mode"),
        *("div_factor", "final_div_factor", "ns_steps", "std", "sparsity"),
    }
)
OUTSIDE_OF = frozenset(
    {
        *(("CELU", "alpha"), ("celu", "alpha"), ("ASGD", "alpha"), ("dirac", "groups")),
        *(("KLDivLoss", "reduction"), ("kl_div", "reduction"), ("scatter_reduce", "reduce")),
        # No size is 0.
        *(("tile", "dims"), ("repeat_interleave", "repeats"), ("narrow", "length"), ("diff", "n")),
        *(("diagonal", "offset"), ("diag", "diagonal")),
        *((f"{of}_indices", name) for of in ("tril", "triu") for name in ("row", "col", "offset")),
        *(("hardshrink", "lambd"), ("gumbel_softmax", "tau")),
        *(("hardtanh", "min_val"), ("hardtanh", "max_val")),
        ("scaled_dot_product_attention", "dropout_p"),
        ("one_hot", "num_classes"),
        # Beside a cut torch fills a circular border with numbers that nobody wrote.
        ("CircularPad1d", "padding"),
    }
)


def explained(declared: Entry, argument: Argument, value: Any, refusal: Refusal) -> bool:
    """Whether a rule says why a value is refused that torch takes."""
    if not values.fits(argument.types, value):
        return any(rule(declared, argument, value) for rule in RULES.values())
    if refusal.reason == "kind":  # what the numbers are is netspec's to say
        return True
    return argument.name in OUTSIDE or (declared.name, argument.name) in OUTSIDE_OF


def cases(kind: str, names: Iterator[str] | None = None) -> list[tuple[str, str]]:
    """Names and arguments of a kind; tensors are no arguments here."""
    return [
        (name, argument.name)
        for name in (names or CATALOG.names(kind))
        for argument in entry(kind, name).arguments
        if not set(argument.types) & {"tensor", "tensors", "schedules"}
    ]


def pool(argument: Argument) -> tuple[Any, ...]:
    """The values to try."""
    return TRUTHS if argument.types == ("bool",) else POOL


def hold(
    declared: Entry,
    argument: str,
    ours: Callable[[Any], Refusal | None],
    theirs: Callable[[Any], str | None],
) -> None:
    """Both sides agree on each value of the pool, or a rule says why not."""
    found = declared.argument(argument)
    assert found is not None
    wrong: list[str] = []
    for value in pool(found):
        mine, torchs = ours(value), theirs(value)
        if mine is None and torchs is not None:
            wrong.append(f"torch refuses {value!r}: {torchs[:200]}")
        if mine is not None and torchs is None and not explained(declared, found, value, mine):
            wrong.append(f"torch takes {value!r}: {mine.message}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "argument"), cases("layer"))
def test_layers(name: str, argument: str) -> None:
    keywords, types = layers.FORMS[name][0]
    given = [of.substitute(layers.MIDDLING) for of in types]
    made: dict[str, Outcome] = {}

    def outcome(value: Any) -> Outcome:
        if repr(value) not in made:
            made[repr(value)] = run_layer(name, (), {**keywords, argument: value}, given)
        return made[repr(value)]

    def ours(value: Any) -> Refusal | None:
        mine = outcome(value).ours
        return mine if isinstance(mine, Refusal) else None

    def theirs(value: Any) -> str | None:
        torchs = outcome(value).theirs
        return torchs if isinstance(torchs, str) else None

    hold(entry("layer", name), argument, ours, theirs)


@pytest.mark.parametrize(("name", "argument"), cases("loss"))
def test_losses(name: str, argument: str) -> None:
    form = losses.FORMS[name][0]
    given = form.at({"B": 3, "D": 4, "T": 9, "S": 2})

    def ours(value: Any) -> Refusal | None:
        mine = losses.ours(name, {**form.keywords, argument: value}, given)
        return mine if isinstance(mine, Refusal) else None

    def theirs(value: Any) -> str | None:
        made = losses.theirs(name, {**form.keywords, argument: value}, given)
        return made if isinstance(made, str) else None

    hold(entry("loss", name), argument, ours, theirs)


TRAINING = [
    (kind, name, argument)
    for kind in ("optimizer", "schedule")
    for name, argument in cases(kind)
    if name not in OF_OTHERS and (name, argument) not in OF_THE_RUN
]


@pytest.mark.parametrize(("kind", "name", "argument"), TRAINING)
def test_optimizers_and_schedules(kind: str, name: str, argument: str) -> None:
    declared = entry(kind, name)

    def ours(value: Any) -> Refusal | None:
        bound = declared.bind((), {**NEEDED.get(name, {}), argument: value})
        return bound if isinstance(bound, Refusal) else None

    def theirs(value: Any) -> str | None:
        return stepped(kind, name, {**NEEDED.get(name, {}), argument: value})

    hold(declared, argument, ours, theirs)


SHAPE_OF = {"dirac": (6, 4, 3)}
FILLED = {"constant": {"val": 0.5}, "sparse": {"sparsity": 0.5}}


@pytest.mark.parametrize(("name", "argument"), cases("init"))
def test_initializers(name: str, argument: str) -> None:
    declared = entry("init", name)

    def ours(value: Any) -> Refusal | None:
        bound = declared.bind((), {**FILLED.get(name, {}), argument: value})
        if isinstance(bound, Refusal):
            return bound
        unsuited = inits.suits(name, bound.values, SHAPE_OF.get(name, (6, 4)))
        crossed = inits.bounds_crossed(name, bound.values)
        return Refusal(reason="value", message=str(unsuited)) if unsuited or crossed else None

    def theirs(value: Any) -> str | None:
        function = getattr(nn.init, f"{name}_")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                given = torch.empty(SHAPE_OF.get(name, (6, 4)))
                function(given, **{**FILLED.get(name, {}), argument: value})
        except REFUSALS as error:
            return str(error) or "refused"
        return None

    hold(declared, argument, ours, theirs)


# --- functions ------------------------------------------------------------------------------------

Call = dict[str, Any]


def operand(node: ast.expr, inputs: Mapping[str, TensorType]) -> Any:
    """What stands in a call: a tensor's type, a constant, several of them."""
    match node:
        case ast.Name(id=name) if name in inputs:
            return inputs[name]
        case ast.Name(id=name):
            return {"true": True, "false": False, "none": None}[name]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return tuple(operand(item, inputs) for item in items)
        case _:
            return ast.literal_eval(node)


def by_names(name: str, positional: tuple[Any, ...], keywords: Mapping[str, Any]) -> Call:
    """All operands of a call by the names of arguments."""
    declared = entry("function", name)
    gathered = declared.gather(positional, tuple)
    return {**dict(zip((a.name for a in declared.arguments), gathered, strict=False)), **keywords}


def calls() -> dict[str, Call]:
    """A call of each function that its test takes: the first that is taken."""
    found: dict[str, Call] = {}

    def note(name: str, positional: tuple[Any, ...], keywords: Mapping[str, Any]) -> None:
        if name in found:
            return
        made = entry("function", name).apply_function(positional, keywords)
        if not isinstance(made, Refusal):
            found[name] = by_names(name, positional, keywords)

    note("arange", (2, 9, 3), {})  # with fewer arguments the first is the end
    for case in functions.CASES:
        note(*case)
    for home in (of_axes, of_layers, of_losses, of_numbers, of_places):
        for text, given in home.CASES:
            node = ast.parse(text, mode="eval").body
            assert isinstance(node, ast.Call)
            assert isinstance(node.func, ast.Name)
            inputs = inputs_of(given)
            note(
                node.func.id,
                tuple(operand(one, inputs) for one in node.args),
                {str(one.arg): operand(one.value, inputs) for one in node.keywords},
            )
    return found


CALLS = calls()


@pytest.mark.parametrize(("name", "argument"), cases("function"))
def test_functions(name: str, argument: str) -> None:
    declared = entry("function", name)
    call = CALLS[name]

    def ours(value: Any) -> Refusal | None:
        made = declared.apply_function((), {**call, argument: value})
        return made if isinstance(made, Refusal) else None

    def theirs(value: Any) -> str | None:
        given = {**call, argument: value}
        made = declared.apply_function((), given)
        try:
            run(declared, given, dict(made.implied) if isinstance(made, Application) else {})
        except REFUSALS as error:
            return str(error) or "refused"
        return None

    hold(declared, argument, ours, theirs)


# Functions that torch takes tensors of one by one.
SPREAD = {"einsum", "meshgrid", "cartesian_prod", "block_diag"}
# Functions whose first arguments torch does not call by our names.
PLACED = {"expand", "masked_fill", "where", "arange", "tensor_split"}


def run(declared: Entry, call: Call, implied: Mapping[str, Any]) -> None:
    """The call in torch; an argument that is `none` as by default is left away there."""
    named: Call = {}
    for argument in declared.arguments:
        if argument.name in call:
            value = call[argument.name]
            if not (value is None and argument.default is None):
                named[argument.name] = functions.concrete(value)
    named.update(implied)
    places: list[Any] = []
    if declared.name in SPREAD:
        assert declared.variadic is not None
        first = [named.pop(one.name) for one in declared.arguments[: 1 + declared.variadic]]
        places = [*first[:-1], *first[-1]]
    elif declared.name in PLACED:
        places = [named.pop(one.name) for one in declared.arguments if one.name in named]
    torch.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        load(declared.target)(*places, **named)


def test_every_function_has_a_call() -> None:
    assert set(CALLS) == set(CATALOG.names("function"))


# --- declarations ---------------------------------------------------------------------------------

# A default that says that there is none of it, where none may be written.
LEFT_AWAY = {("prod", "dim"), ("max", "dim"), ("min", "dim"), ("median", "dim")}
DECLARED = [(kind, name) for kind in CATALOG.kinds for name in CATALOG.names(kind)]


@pytest.mark.parametrize(("kind", "name"), DECLARED)
def test_a_default_is_a_value_that_may_be_given(kind: str, name: str) -> None:
    for argument in entry(kind, name).arguments:
        if argument.default is not REQUIRED and (name, argument.name) not in LEFT_AWAY:
            refused = catalog.binding.check_value(
                kind, name, argument, argument.name, argument.default
            )
            assert refused is None, refused
