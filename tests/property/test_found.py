"""What random programs and hostile ones found, each as small as it can be said.

Accepted lines run in torch, and their value is of the type that was said.
"""

from __future__ import annotations

import pytest
import torch
from test_random_nets import built, check, is_of

RUNS = {
    "truth values of which `reduce` sums up none": (
        'x = reduce(flatten(x, 0) > 0, "a ... -> a", "sum")',
        "bool",
    ),
    "truth values in axes of 1": ('x = reduce(x[..., :1] > 0, "b ... 1 -> b ...", "sum")', "bool"),
    "truth values summed up": ('x = reduce(x > 0, "b ... -> b", "sum")', "int"),
    "truth values along a diagonal": ("x = block_diag(x > 0, x[..., :1] > 0)", "bool"),
    "truth values and numbers along a diagonal": ("x = block_diag(x > 0, argmax(x, dim=1))", "int"),
    "two numbers by name": ("x = where(condition=x > 0, input=1.0, other=0.0)", "unit"),
    "two numbers by name, turned around": (
        "x = where(condition=x > 0, other=1.0, input=0.0)",
        "unit",
    ),
    "a target that nothing in a scan learns": (
        "scan s in x along 1 carry h = x[:, 0] { h = (h + s) / 2 }\n"
        "  x = soft_margin_loss(mean(x, dim=1), -h)",
        "real",
    ),
    "an index of one number": ("x = gather(flatten(x, 0), -1, argmax(flatten(x, 0)))", "real"),
    "one number put into a vector": (
        "x = scatter(flatten(x, 0), 0, argmax(flatten(x, 0)), mean(x))",
        "real",
    ),
    "a vector picked from one number": (
        "x = gather(mean(x), 0, zeros(3) -> argmax(dim=0, keepdim=true))",
        "real",
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_what_was_found_runs(name: str) -> None:
    line, kind = RUNS[name]
    program, found = check(f"model {{\n  input x: real[B, 4]\n  {line}\n  x\n}}\n")
    assert program is not None, found
    assert program.model is not None
    (told,) = program.model.graph.output_types
    assert told.kind.name == kind
    given = torch.rand(3, 4)
    value = built(program, 0)(given)
    assert [dim.evaluate({"B": 3}) for dim in told.shape] == list(value.shape)
    assert is_of(value, told)


def test_numbers_by_name_stand_where_they_belong() -> None:
    text = (
        "model {\n  input x: real[B, 4]\n  x = where(condition=x > 0, other=1.0, input=0.0)\n  x\n}"
    )
    program, _ = check(text)
    assert program is not None
    assert torch.equal(built(program, 0)(torch.tensor([[1.0, -1.0]])), torch.tensor([[0.0, 1.0]]))


REFUSED = {
    "windows of integers": ("x = unfold(where(x > 0, 1, 0), 2)", "NS4003"),
    "truth values multiplied": ('x = einsum("bchw,bchw->b", x > 0, x > 0)', "NS4003"),
    "a repeated border of truth values": (
        'x = pad(x > 0, [0, 1, 0, 1], mode="replicate")',
        "NS4003",
    ),
    "a diagonal beside the corner": ("x = diagonal(x, offset=4, dim1=2, dim2=3)", "NS4002"),
    "a target that a scan learns": (
        "scan s in x along 1 carry h = x[:, 0] { h = h + (s -> Linear(4)) }\n"
        "  x = soft_margin_loss(mean(x, dim=1), -h)",
        "NS3005",
    ),
    "two second tensors": ("x = min(input=x, dim=x, other=x)", "NS3005"),
    "a border of truth values": ('x = pad(x > 0, [1, 1, 1, 1], mode="reflect")', "NS4003"),
    "a target that learns": ("x = soft_margin_loss(x, x -> Linear(4))", "NS3005"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_was_found_is_refused(name: str) -> None:
    line, code = REFUSED[name]
    program, found = check(f"model {{\n  input x: real[B, 3, 4, 4]\n  {line}\n  x\n}}\n")
    assert program is None
    assert [diagnostic.code for diagnostic in found] == [code]
