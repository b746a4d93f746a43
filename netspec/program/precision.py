"""`precision`: in what numbers the forward pass and the loss are computed."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import get_args

from netspec.program.graph import Compute, Graph, Layer
from netspec.source import Span

Precision = OneOf["fp32", "tf32", "bf16", "fp16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

# The dtype that torch.autocast is given, by its name in torch.
AUTOCAST: dict[Precision, str] = {"bf16": "bfloat16", "fp16": "float16"}

# What torch.autocast refuses: a probability of few digits is 0 or 1, and its logarithm infinite.
REFUSED = frozenset({"torch.nn.BCELoss", "binary_cross_entropy"})


def refused_by_autocast(loss: Graph) -> tuple[str, Span] | None:
    """The part of a loss that cannot be computed in few digits, and where it stands."""
    for child in loss.children:
        if isinstance(child.module, Layer) and child.module.target in REFUSED:
            return child.module.name, child.module.span
    for step in loss.steps:
        if isinstance(step, Compute) and step.function in REFUSED:
            return step.function, step.span
    return None
