"""Losses as functions, against torch.nn.functional."""

from __future__ import annotations

import pytest
from spoken import agree, agree_at_other_sizes, agree_by_name

R, U, N = "real[4, 6]", "unit[4, 6]", "int[4, 6]"
I, P, LP = "index(6)[4]", "prob[4, 6]", "logprob[4, 6]"  # noqa: E741 # a letter a kind

ALIKE = ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"]
CASES = [
    *(
        (f"{name}(x, y{more})", f"x: {R}; y: {other}")
        for name in ALIKE
        for other in (R, "real[4, 5]")
        for more in ("", ', reduction="sum"', ', reduction="none"')
    ),
    ("smooth_l1_loss(x, y, beta=0.5)", f"x: {R}; y: {R}"),
    ("smooth_l1_loss(x, y, beta=-0.5)", f"x: {R}; y: {R}"),
    ("huber_loss(x, y, delta=0.5)", f"x: {R}; y: {R}"),
    ("huber_loss(x, y, delta=0.0)", f"x: {R}; y: {R}"),
    ("binary_cross_entropy(x, y)", f"x: {U}; y: {U}"),
    ("binary_cross_entropy_with_logits(x, y)", f"x: {R}; y: {U}"),
    ("cross_entropy(x, y)", f"x: {R}; y: {I}"),
    ("cross_entropy(x, y)", f"x: {R}; y: {P}"),
    ("nll_loss(x, y)", f"x: {LP}; y: {I}"),
    ("poisson_nll_loss(x, y)", f"x: {R}; y: {R}"),
    ("poisson_nll_loss(x, y, log_input=false, full=true)", f"x: {U}; y: {U}"),
    ("gaussian_nll_loss(x, y, v)", f"x: {R}; y: {R}; v: {U}"),
    ('gaussian_nll_loss(x, y, v, full=true, reduction="none")', f"x: {R}; y: {R}; v: {U}"),
    ("gaussian_nll_loss(x, y, v)", f"x: {R}; y: {R}; v: unit[3, 6]"),
    ('kl_div(x, y, reduction="batchmean")', f"x: {LP}; y: {P}"),
    ('kl_div(x, y, reduction="sum", log_target=true)', f"x: {LP}; y: {LP}"),
    ('kl_div(x, y, reduction="sum")', f"x: {LP}; y: prob[4, 5]"),
    ("multi_margin_loss(x, y)", f"x: {R}; y: {I}"),
    ("multi_margin_loss(x, y, p=2, margin=0.5)", f"x: {R}; y: {I}"),
    ("multi_margin_loss(x, y, p=3)", f"x: {R}; y: {I}"),
    ("multilabel_soft_margin_loss(x, y)", f"x: {R}; y: {U}"),
    ('multilabel_soft_margin_loss(x, y, reduction="none")', f"x: {R}; y: {U}"),
    ("cosine_embedding_loss(x, y, t)", f"x: {R}; y: {R}; t: int[4]"),
    ("cosine_embedding_loss(x, y, t)", f"x: {R}; y: real[4, 5]; t: int[4]"),
    ('margin_ranking_loss(x, y, t, margin=0.1, reduction="none")', f"x: {R}; y: {R}; t: {N}"),
    ("triplet_margin_loss(x, y, z)", f"x: {R}; y: {R}; z: {R}"),
    (
        'triplet_margin_loss(x, y, z, p=1.0, swap=true, reduction="none")',
        f"x: {R}; y: {R}; z: {R}",
    ),
    ("triplet_margin_loss(x, y, z, margin=-1.0)", f"x: {R}; y: {R}; z: {R}"),
    ("hinge_embedding_loss(x, y)", f"x: {R}; y: {N}"),
    ("soft_margin_loss(x, y)", f"x: {R}; y: {N}"),
    ("multilabel_margin_loss(x, y)", f"x: {R}; y: {N}"),
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
