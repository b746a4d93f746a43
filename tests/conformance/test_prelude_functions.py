from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from sampling import entry, flat, holds, needs_hold, tensor, typed
from test_prelude_names import load
from torch import Tensor

from netspec import catalog
from netspec.catalog import Application, Refusal
from netspec.types import Dim, TensorType

R = typed("real", 4, 6)
U = typed("unit", 4, 6)
P = typed("prob", 4, 6)
LP = typed("logprob", 4, 6)
I = typed("index", 4, 6, size=5)  # noqa: E741 # one letter a kind, as above
N = typed("int", 4, 6)
T = typed("bool", 4, 6)
R3 = typed("real", 2, 4, 6)
ONE = typed("real", 1, 6)

Case = tuple[str, tuple[Any, ...], dict[str, Any]]
CASES: list[Case] = [
    *[(name, (R,), {}) for name in ("relu", "gelu", "silu", "softplus", "detach")],
    *[
        (name, (given,), {})
        for name in ("tanh", "sigmoid", "exp", "log", "sqrt", "rsqrt", "sin", "cos", "log1p")
        for given in (R, U, P, LP, I)
    ],
    ("expm1", (N,), {}),
    *[
        (name, (given,), {})
        for name in ("abs", "square", "sign", "round", "floor")
        for given in (R, U, P, LP, I, N)
    ],
    *[(name, (given,), {}) for name in ("float", "long", "bool") for given in (R, U, P, LP, I, N)],
    *[(name, (typed("bool", 3, 4),), {}) for name in ("float", "long", "bool")],
    *[("tensor", (given,), {}) for given in (2, 0.5, (1, -2), ((0.5, 1), (2, 3)), (True, False))],
    ("softmax", (R, 1), {}),
    ("softmax", (R,), {"dim": 2}),
    ("log_softmax", (R, -1), {}),
    ("clamp", (R, 0, 1), {}),
    ("clamp", (R,), {"min": 0}),
    ("clamp", (U,), {"max": 0.5}),
    ("clamp", (N,), {"max": 2}),
    ("clamp", (N,), {"max": 2.5}),
    ("clamp", (R,), {}),
    ("clamp", (N, 0, 6), {}),
    ("clamp", (I, 3, 9), {}),
    ("clamp", (I,), {"min": 7}),
    ("clamp", (I,), {"max": 1}),
    ("clamp", (I,), {"max": -1}),
    ("clamp", (I, -2, 2), {}),
    ("pow", (R, 2), {}),
    ("pow", (N, 2), {}),
    ("pow", (N, 2.0), {}),
    ("pow", (N, -1), {}),
    ("pow", (R, N), {}),
    ("pow", (R, typed("real", 4, 5)), {}),
    ("minimum", (R, U), {}),
    ("maximum", (U, P), {}),
    ("maximum", (N, I), {}),
    ("maximum", (R, typed("real", 3, 6)), {}),
    ("maximum", (R, ONE), {}),
    ("where", (T, R, U), {}),
    ("where", (T, R, 0.5), {}),
    ("where", (T, 1, 0), {}),
    ("where", (R, R, U), {}),
    ("where", (T, R, typed("real", 5)), {}),
    ("masked_fill", (R, T, float("-inf")), {}),
    ("masked_fill", (R, typed("bool", 6), 0), {}),
    ("masked_fill", (N, T, 1), {}),
    ("masked_fill", (R, N, 1.5), {}),
    ("cat", (R, R), {"dim": 1}),
    ("cat", ((R, U, N),), {}),
    ("cat", ((R, U), 1), {}),
    ("cat", (R, typed("real", 4, 2)), {"dim": -1}),
    ("cat", (R, typed("real", 4, 2)), {}),
    ("cat", (R, R3), {}),
    ("cat", (R, R), {"dim": 2}),
    ("cat", (typed("real"), typed("real")), {}),
    ("stack", (R, R), {}),
    ("stack", (R, U), {"dim": 2}),
    ("stack", (R, U), {"dim": 3}),
    ("stack", (R, ONE), {}),
    ("split", (R, 2), {"dim": 1}),
    ("split", (R, 4, 1), {}),
    ("split", (R, (1, 5), 1), {}),
    ("split", (R, (1, 4), 1), {}),
    ("split", (R, 0), {}),
    ("chunk", (R, 3), {}),
    ("chunk", (R, 4), {"dim": 1}),
    ("chunk", (R, 0), {}),
    ("mean", (R,), {}),
    ("mean", (U,), {"dim": 1}),
    ("mean", (R3,), {"dim": (0, 2), "keepdim": True}),
    ("mean", (R,), {"dim": 2}),
    ("mean", (R,), {"dim": (0, 0)}),
    ("mean", (N,), {}),
    ("sum", (N,), {}),
    ("sum", (T,), {"dim": 0}),
    ("sum", (R3,), {"dim": -1, "keepdim": True}),
    ("amax", (R,), {}),
    ("amax", (N,), {"dim": (0, 1)}),
    ("amin", (U,), {"dim": -1, "keepdim": True}),
    ("var", (R,), {}),
    ("var", (R, 1), {"correction": 0}),
    ("std", (R3, (0, 1)), {"keepdim": True}),
    ("std", (N,), {}),
    ("norm", (R,), {}),
    ("norm", (R,), {"dim": 1, "p": 1}),
    ("norm", (R,), {"dim": (0, 1), "p": "nuc"}),
    ("norm", (N,), {}),
    ("argmax", (R,), {}),
    ("argmax", (R,), {"dim": 1}),
    ("argmax", (R,), {"dim": 1, "keepdim": True}),
    ("argmax", (R,), {"dim": 2}),
    ("topk", (R, 3), {}),
    ("topk", (R, 3), {"dim": 0, "largest": False}),
    ("topk", (R, 7), {}),
    ("cumsum", (R, 1), {}),
    ("cumsum", (T, 1), {}),
    ("cumsum", (T, 2), {}),
    ("gather", (R, 1, typed("index", 4, 2, size=6)), {}),
    ("gather", (R, 0, typed("index", 2, 3, size=4)), {}),
    ("gather", (R, 0, typed("index", 2, 7, size=4)), {}),
    ("gather", (R, 0, typed("index", 4, size=4)), {}),
    ("gather", (R, 0, R), {}),
    ("normalize", (R,), {}),
    ("normalize", (R,), {"dim": 0, "p": 1.0}),
    ("normalize", (R,), {"dim": 2}),
    ("matmul", (R, typed("real", 6, 3)), {}),
    ("matmul", (R, typed("real", 6)), {}),
    ("matmul", (typed("real", 6), typed("real", 6)), {}),
    ("matmul", (typed("real", 4), R), {}),
    ("matmul", (R, R), {}),
    ("matmul", (R3, typed("real", 6, 3)), {}),
    ("matmul", (R3, typed("real", 1, 6, 3)), {}),
    ("matmul", (R3, typed("real", 3, 6, 3)), {}),
    ("matmul", (R, typed("real")), {}),
    ("matmul", (R, typed("int", 6, 3)), {}),
    ("matmul", (N, typed("int", 6, 3)), {}),
    ("einsum", ("bi,bj->bij", R, R), {}),
    ("einsum", ("bi,ij->bj", R, typed("real", 6, 3)), {}),
    ("einsum", ("bi,ij", R, typed("real", 6, 3)), {}),
    ("einsum", ("bi->b", R), {}),
    ("einsum", ("ii->i", typed("real", 3, 3)), {}),
    ("einsum", ("bi,ij->bj", R, R), {}),
    ("einsum", ("bi,ij->bk", R, typed("real", 6, 3)), {}),
    ("einsum", ("bij->b", R), {}),
    ("einsum", ("bi,ij->bb", R, typed("real", 6, 3)), {}),
    ("einsum", ("bi,ij->b", R), {}),
    ("scaled_dot_product_attention", (R3, R3, R3), {}),
    ("scaled_dot_product_attention", (R3, R3, typed("real", 2, 4, 3)), {"is_causal": True}),
    ("scaled_dot_product_attention", (R3, R3, typed("real", 2, 5, 3)), {}),
    ("scaled_dot_product_attention", (R3, typed("real", 2, 5, 3), R3), {}),
    *(
        ("scaled_dot_product_attention", (query, key, value), {"enable_gqa": True, **masked})
        for masked in ({}, {"attn_mask": typed("bool", 8, 5, 5)}, {"is_causal": True})
        for query in (typed("real", 2, 8, 5, 4), typed("real", 8, 5, 4), typed("real", 5, 4))
        for key in (typed("real", 2, 2, 5, 4), typed("real", 3, 5, 4), typed("real", 1, 8, 5, 4))
        for value in (typed("real", 2, 4, 5, 6), typed("real", 5, 4))
    ),
    ("scaled_dot_product_attention", (R3, R3, R3), {"attn_mask": typed("bool", 4, 4)}),
    ("scaled_dot_product_attention", (R3, R3, R3), {"attn_mask": typed("bool", 4, 5)}),
    *(
        ("scaled_dot_product_attention", (query,) * 3, {"attn_mask": typed("real", *mask)})
        for query in (typed("real", 5, 4), typed("real", 1, 5, 4), typed("real", 2, 1, 5, 4))
        for mask in ((2, 5, 5), (1, 5, 5), (2, 1, 5, 5), (2, 8, 5, 5), (1, 5), (5, 1))
    ),
    ("reshape", (R, 2, 12), {}),
    ("reshape", (R, (8, -1)), {}),
    ("reshape", (R, -1), {}),
    ("reshape", (R, 5, -1), {}),
    ("reshape", (R, 5, 5), {}),
    ("reshape", (R, -1, -1), {}),
    ("reshape", (R, -2, 12), {}),
    ("flatten", (R3,), {}),
    ("flatten", (R3, 1), {}),
    ("flatten", (R3,), {"end_dim": 1}),
    ("flatten", (R3, 2, 1), {}),
    ("flatten", (R3, 3), {}),
    ("transpose", (R3, 0, 2), {}),
    ("transpose", (R3, -1, -2), {}),
    ("transpose", (R3, 0, 3), {}),
    ("permute", (R3, 2, 0, 1), {}),
    ("permute", (R3, (2, 0, 1)), {}),
    ("permute", (R3, 0, 1), {}),
    ("permute", (R3, 0, 1, 1), {}),
    ("unsqueeze", (R, 0), {}),
    ("unsqueeze", (R, -1), {}),
    ("unsqueeze", (R, 3), {}),
    ("squeeze", (ONE,), {}),
    ("squeeze", (ONE, 0), {}),
    ("squeeze", (ONE, 1), {}),
    ("squeeze", (ONE, (0, 1)), {}),
    ("squeeze", (ONE, 2), {}),
    ("expand", (ONE, 5, 6), {}),
    ("expand", (ONE, 3, -1, -1), {}),
    ("expand", (ONE, -1, 1, 6), {}),
    ("expand", (ONE, 5, 7), {}),
    ("expand", (ONE, 6), {}),
    ("flip", (R, 0), {}),
    ("flip", (R, (0, 1)), {}),
    ("flip", (R, (0, 0)), {}),
    ("flip", (R, 2), {}),
    ("roll", (R, 1), {}),
    ("roll", (R, 1, 0), {}),
    ("roll", (R, (1, 2), (0, 1)), {}),
    ("roll", (R, (1, 2), 0), {}),
    ("roll", (R, 1, 2), {}),
    ("pad", (R, (1, 2)), {}),
    ("pad", (R, (1, 2, 0, 3)), {"value": 2.0}),
    ("pad", (U, (1, 2)), {}),
    ("pad", (R, (1, -2)), {}),
    ("pad", (R, (1, 2, 3)), {}),
    ("pad", (R, (1, 2, 3, 4, 5, 6)), {}),
    ("pad", (R3, (1, 2)), {"mode": "reflect"}),
    ("pad", (R3, (6, 2)), {"mode": "reflect"}),
    ("pad", (R3, (6, 2)), {"mode": "circular"}),
    ("pad", (R3, (7, 2)), {"mode": "circular"}),
    ("pad", (R3, (7, 2)), {"mode": "replicate"}),
    ("tril", (R,), {}),
    ("triu", (N, 1), {}),
    ("tril", (typed("real", 4),), {}),
    ("arange", (5,), {}),
    ("arange", (2, 9), {}),
    ("arange", (2, 9, 3), {}),
    ("arange", (9, 2, -3), {}),
    ("arange", (0.0, 1.0, 0.25), {}),
    ("arange", (9, 2), {}),
    ("arange", (2, 9, 0), {}),
    ("zeros", (2, 3), {}),
    ("zeros", ((2, 3),), {}),
    ("ones", (2,), {}),
    ("rand", (2, 3), {}),
    ("randn", (2, 3), {}),
    ("randn", (2, -3), {}),
    ("full", ((2, 3), 1.5), {}),
    ("full", ((2, 3), 3), {}),
    ("zeros_like", (R,), {}),
    ("zeros_like", (N,), {}),
    ("ones_like", (T,), {}),
    ("rand_like", (R,), {}),
    ("rand_like", (N,), {}),
    ("randn_like", (U,), {}),
    ("randn_like", (N,), {}),
    ("one_hot", (I,), {}),
    ("one_hot", (I, 7), {}),
    ("one_hot", (typed("index", 4, size=5), 3), {}),
    ("one_hot", (R, 7), {}),
]


def call(name: str, positional: Sequence[Any], keywords: Mapping[str, Any], ours: Any) -> Any:
    declared = entry("function", name)
    torch.manual_seed(1)
    operands = [concrete(value) for value in declared.gather(tuple(positional), tuple)]
    named = {key: concrete(value) for key, value in keywords.items()}
    if isinstance(ours, Application):
        named |= dict(ours.implied)
    function = load(declared.target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "einsum":
            return function(operands[0], *operands[1])
        if name == "arange":
            return function(*operands, **named)
        # By name where the function can be: the declared names are torch's.
        names = [argument.name for argument in declared.arguments]
        if name == "where" or "Tensor." in declared.target:
            return function(*operands, **named)
        return function(**dict(zip(names, operands, strict=False)), **named)


def concrete(value: Any) -> Any:
    if isinstance(value, TensorType):
        return tensor(value)
    if isinstance(value, tuple):
        return tuple(concrete(item) for item in value)
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]} {', '.join(map(str, c[1]))} {c[2]}")
def test_function_and_torch_agree(case: Case) -> None:
    name, positional, keywords = case
    ours = entry("function", name).apply_function(positional, keywords)
    theirs: tuple[Tensor, ...] | str
    try:
        theirs = flat(call(name, positional, keywords, ours))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        theirs = str(error)
    if isinstance(ours, Refusal):
        assert isinstance(theirs, str), f"torch accepts: {ours.message}"
        return
    assert not isinstance(theirs, str), f"torch refuses: {theirs}"
    assert len(theirs) == len(ours.outputs)
    for declared, given in zip(ours.outputs, theirs, strict=True):
        assert holds(declared, given), f"{declared} against {tuple(given.shape)} {given.dtype}"


def test_every_function_is_sampled() -> None:
    losses = {name for name in catalog.load().names("function") if "loss" in name}
    losses |= {"binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy"}
    # Those of the other files are sampled in the tests named after what they are functions of.
    declared = {
        name
        for name in catalog.load().names("function")
        if entry("function", name).declaration.file == "functions.net"
    }
    assert {name for name, _, _ in CASES} | (losses & declared) == declared


SYMBOLIC: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("reshape", (typed("real", "B", 3, "H"), Dim.symbol("B"), -1), {}, "real[B, 3*H]"),
    ("reshape", (typed("real", "B", 8), -1, 4), {}, "real[2*B, 4]"),
    ("reshape", (typed("real", "B", "H"), -1, 4), {}, "real[B*H // 4, 4]"),
    ("flatten", (typed("real", "B", 3, "H"), 1), {}, "real[B, 3*H]"),
    ("cat", (typed("real", "B", 3), typed("real", "B", 4)), {"dim": 1}, "real[B, 7]"),
    ("cat", (typed("real", "B", 3), typed("real", 4, 3)), {}, "real[B + 4, 3]"),
    ("chunk", (typed("real", "B", 8), 2), {"dim": 1}, "real[B, 4]"),
    ("zeros", (Dim.symbol("B"), 20), {}, "unit[B, 20]"),
    ("arange", (Dim.symbol("T"),), {}, "index(T)[T]"),
    ("expand", (typed("real", 1, 1, 5), Dim.symbol("B"), -1, -1), {}, "real[B, 1, 5]"),
    ("matmul", (typed("real", "B", "T", 4), typed("real", "B", 4, "T")), {}, "real[B, T, T]"),
    ("argmax", (typed("real", "B", 5),), {"dim": 1}, "index(5)[B]"),
    ("einsum", ("bi,ij->bj", typed("real", "B", 6), typed("real", 6, 3)), {}, "real[B, 3]"),
]


@pytest.mark.parametrize(("name", "positional", "keywords", "wanted"), SYMBOLIC)
def test_sizes_not_yet_known(
    name: str, positional: tuple[Any, ...], keywords: dict[str, Any], wanted: str
) -> None:
    applied = entry("function", name).apply_function(positional, keywords)
    assert isinstance(applied, Application)
    assert str(applied.outputs[0]) == wanted


def test_what_hangs_on_a_size_is_needed() -> None:
    given = typed("real", "B", "H")
    applied = entry("function", "reshape").apply_function((given, -1, 4), {})
    assert isinstance(applied, Application)
    assert needs_hold(applied, {"B": 2, "H": 2})
    assert not needs_hold(applied, {"B": 3, "H": 3})


def test_a_mask_never_cuts_a_number_off() -> None:
    # Torch would put 1 among the integers.
    refusal = entry("function", "masked_fill").apply_function((N, T, 1.5), {})
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.argument) == ("kind", "value")


def test_one_hot_is_written_with_its_classes() -> None:
    applied = entry("function", "one_hot").apply_function((typed("index", "B", size=5),), {})
    assert isinstance(applied, Application)
    assert applied.implied == (("num_classes", 5),)
