"""The functions of prelude/numbers.net, and what is drawn or made, against torch."""

from __future__ import annotations

import pytest
from spoken import agree, agree_at_other_sizes, agree_by_name

R, I, N, T = "real[4, 6]", "index(5)[4, 6]", "int[4, 6]", "bool[4, 6]"  # noqa: E741 # a letter a kind
U, P, LP = "unit[4, 6]", "prob[4, 6]", "logprob[4, 6]"
KINDS = (R, U, P, LP, I, N, T)

PLACE_BY_PLACE = [
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "asinh",
    "acosh",
    "atanh",
    "exp2",
    "log2",
    "log10",
    "erf",
    "erfc",
    "erfinv",
    "lgamma",
    "digamma",
    "logit",
    "sinc",
    "deg2rad",
    "rad2deg",
    "reciprocal",
    "isnan",
    "isinf",
    "isfinite",
    "logical_not",
    "nan_to_num",
    "ceil",
    "trunc",
    "frac",
]
TOGETHER = [
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "add",
    "sub",
    "mul",
    "div",
    "floor_divide",
    "remainder",
    "fmod",
    "atan2",
    "hypot",
    "logaddexp",
    "copysign",
    "xlogy",
    "logical_and",
    "logical_or",
    "logical_xor",
    "isclose",
    "max",
    "min",
]
DIVISIONS = ("floor_divide", "remainder", "fmod")
ALONG = ["prod", "all", "any", "argmin", "max", "min", "median", "nansum", "nanmean"]
KEPT = ["cumprod", "cummax", "cummin", "logcumsumexp", "sort", "argsort", "mode", "diff"]

CASES = [
    *((f"{name}(x)", f"x: {kind}") for name in PLACE_BY_PLACE for kind in KINDS),
    *(
        (f"{name}(x, y)", f"x: {one}; y: {other}")
        for name in TOGETHER
        for one, other in [
            (R, U),
            (R, "real[6]"),
            (R, "real[5]"),
            ("real[4, 1]", "real[3, 1, 6]"),
            (R, N),
            (I, N),
            (N, T),
            (T, T),
            (T, R),
        ]
        # Zeros among whole numbers are the caller's affair.
        if not (name in DIVISIONS and (one, other) == (I, N))
    ),
    *(
        (f"{name}(x, {number})", f"x: {kind}")
        for name in [
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "add",
            "sub",
            "mul",
            "div",
            "floor_divide",
            "remainder",
            "fmod",
        ]
        for number in (2, 0.5)
        for kind in (R, N)
    ),
    ("add(x, y, alpha=2)", f"x: {R}; y: {R}"),
    ("sub(x, y, alpha=0.5)", f"x: {R}; y: {R}"),
    ("sub(x, y, alpha=0.5)", f"x: {N}; y: {N}"),
    ("add(x, y, alpha=2)", f"x: {N}; y: {N}"),
    ('div(x, y, rounding_mode="floor")', f"x: {R}; y: {U}"),
    ('div(x, 2, rounding_mode="trunc")', f"x: {N}"),
    ('div(x, 2, rounding_mode="up")', f"x: {R}"),
    ("lerp(x, y, 0.5)", f"x: {R}; y: {R}"),
    ("lerp(x, y, w)", f"x: {R}; y: {R}; w: unit[4, 1]"),
    ("lerp(x, y, 0.5)", f"x: {R}; y: {N}"),
    ("addcmul(x, y, z)", f"x: {R}; y: {R}; z: real[6]"),
    ("addcmul(x, y, z, value=0.5)", f"x: {R}; y: {R}; z: real[5]"),
    ("addcdiv(x, y, z, value=2)", f"x: {R}; y: {R}; z: {U}"),
    ("logit(x, eps=1e-6)", f"x: {U}"),
    ("nan_to_num(x, nan=1.0, posinf=2.0)", f"x: {R}"),
    ("clip(x, 0, 1)", f"x: {R}"),
    ("clip(x)", f"x: {R}"),
    ("isclose(x, y, rtol=0.1, equal_nan=true)", f"x: {R}; y: {R}"),
    *((f"{name}(x)", f"x: {kind}") for name in ALONG for kind in (R, U, N, T)),
    *((f"{name}(x, dim=1)", f"x: {kind}") for name in ALONG for kind in (R, U, N, T)),
    *((f"{name}(x, dim=-1, keepdim=true)", f"x: {R}") for name in ALONG),
    *((f"{name}(x, dim=2)", f"x: {R}") for name in ALONG),
    *((f"{name}(x, keepdim=true)", f"x: {R}") for name in ("prod", "max", "median", "all")),
    ("all(x, dim=[0, 1])", f"x: {T}"),
    ("any(x, dim=[0, 0])", f"x: {T}"),
    ("any(x, dim=[0, 1], keepdim=true)", f"x: {R}"),
    *((f"{name}(x, dim=0)", f"x: {kind}") for name in KEPT for kind in (R, U, N, T)),
    *((f"{name}(x, dim=-3)", f"x: {R}") for name in KEPT),
    *((f"{name}(x)", f"x: {R}") for name in ("sort", "argsort", "mode", "diff")),
    ("sort(x, dim=1, descending=true)", f"x: {I}"),
    ("mode(x, dim=0, keepdim=true)", f"x: {R}"),
    ("diff(x, n=2)", f"x: {U}"),
    ("diff(x, n=0)", f"x: {R}"),
    ("kthvalue(x, 2)", f"x: {R}"),
    ("kthvalue(x, 4, dim=0, keepdim=true)", f"x: {R}"),
    ("kthvalue(x, 5, dim=0)", f"x: {R}"),
    ("kthvalue(x, 0)", f"x: {R}"),
    ("kthvalue(x, 2)", f"x: {T}"),
    ("count_nonzero(x)", f"x: {R}"),
    ("count_nonzero(x, dim=1)", f"x: {T}"),
    ("count_nonzero(x, dim=[0, 1])", f"x: {N}"),
    ("logsumexp(x, dim=1)", f"x: {R}"),
    ("logsumexp(x, dim=[0, 1], keepdim=true)", f"x: {LP}"),
    ("logsumexp(x, dim=2)", f"x: {R}"),
    ("var_mean(x)", f"x: {U}"),
    ("var_mean(x, dim=1, correction=0)", f"x: {R}"),
    ("std_mean(x, dim=[0, 1], keepdim=true)", f"x: {R}"),
    ("std_mean(x)", f"x: {N}"),
    ("nansum(x, dim=[0, 1])", f"x: {R}"),
    ("quantile(x, 0.5)", f"x: {U}"),
    ("quantile(x, 0.75, dim=1, keepdim=true)", f"x: {R}"),
    ('quantile(x, 0.25, dim=0, interpolation="lower")', f"x: {R}"),
    ("quantile(x, 1.5)", f"x: {R}"),
    ("quantile(x, 0.5)", f"x: {N}"),
    ("bucketize(x, y)", f"x: {R}; y: real[5]"),
    ("bucketize(x, y, right=true)", f"x: {N}; y: int[5]"),
    ("bucketize(x, y)", f"x: {R}; y: real[5, 2]"),
    ("searchsorted(y, x)", f"x: {R}; y: real[4, 5]"),
    ("searchsorted(y, x)", f"x: {R}; y: real[5]"),
    ("searchsorted(y, x)", f"x: {R}; y: real[3, 5]"),
    ("searchsorted(y, x)", f"x: {R}; y: int[5]"),
    ("searchsorted(y, x)", f"x: {N}; y: {T}"),
]


@pytest.mark.parametrize(("call", "given"), CASES)
def test_netspec_and_torch_agree(call: str, given: str) -> None:
    agree(call, given)


@pytest.mark.parametrize(("call", "given"), CASES)
def test_they_agree_at_other_sizes(call: str, given: str) -> None:
    agree_at_other_sizes(call, given)


@pytest.mark.parametrize(("call", "given"), CASES)
def test_they_agree_by_the_names_of_arguments(call: str, given: str) -> None:
    agree_by_name(call, given)
