"""Random graphs: the emitted module computes what walking the graph computes, to the bit."""

from __future__ import annotations

import operator
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from drawing import Drawing, dim, layer, linear, model, relu
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from netspec import codegen
from netspec.program.graph import Compute, Graph, Invoke, Layer, Operand, Ref, Scan, Sequence
from netspec.types import Dim

Value = Tensor | int | float | list[Tensor]

WIDTH = 4
BATCH = 3

BINARY: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
UNARY: Mapping[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "abs": torch.abs,
    "randn_like": torch.randn_like,
    "rand_like": torch.rand_like,
    "neg": operator.neg,
}
NAMES = st.sampled_from([None, None, None, "x", "y", "out", "x_2", "out_2", "lambda", "B"])


@st.composite
def graphs(draw: st.DrawFn, depth: int = 2) -> Graph:
    """A graph over rows of `WIDTH` numbers, with blocks inside."""
    # A block may hold other blocks, never itself.
    drawing = Drawing(("Inner", draw(st.sampled_from(["Outer", "Block"])), "Random")[depth])
    shape = f"B {WIDTH}"
    count = draw(st.integers(1, 2)) if depth == 2 else 1
    values = [drawing.input(shape, draw(NAMES)) for _ in range(count)]
    labels: list[str] = []
    for at in range(draw(st.integers(1, 8 if depth == 2 else 4))):
        name = draw(NAMES)
        # Mostly the value just made: what a flow does.
        operand = draw(st.sampled_from([values[-1], values[-1], *values]))
        match draw(
            st.sampled_from(["module", "module", "again", "unary", "binary", "size", "cat"])
        ):
            case "module":
                inner: Layer | Graph = draw(
                    st.sampled_from([linear(WIDTH, WIDTH), relu(), layer("Dropout", {"p": 0.5})])
                )
                if depth and draw(st.booleans()):
                    inner = draw(graphs(depth=depth - 1))
                labels.append(f"part{at}")
                made = drawing.stage(labels[-1], inner, operand, shape, name)
            case "again" if labels:
                made = drawing.run(draw(st.sampled_from(labels)), operand, shape=shape, name=name)
            case "binary":
                others: list[Operand] = [*values, 2, -0.5, dim("B")]
                sides = draw(st.permutations([operand, draw(st.sampled_from(others))]))
                function = draw(st.sampled_from(sorted(BINARY)))
                made = drawing.compute(function, *sides, shape=shape, name=name)
            case "size":
                made = drawing.compute("reshape", operand, dim("B"), -1, shape=shape, name=name)
            case "cat":
                parts = Sequence((operand, draw(st.sampled_from(values))))
                made = drawing.compute("stack", parts, shape=f"2 B {WIDTH}", dim=0)
                made = drawing.compute("mean", made, shape=shape, name=name, dim=0)
            case _:
                function = draw(st.sampled_from(sorted(UNARY)))
                made = drawing.compute(function, operand, shape=shape, name=name)
        values.append(made)
    used = {ref.id for step in drawing.steps for ref in step.operands if isinstance(ref, Ref)}
    used |= {ref.id for step in drawing.steps for ref in _listed(step.operands)}
    result = values[-1]
    # Analysis lets no value through that nothing uses.
    for value in values[:-1]:
        if value.id not in used:
            result = drawing.compute("+", result, value, shape=shape)
    outputs = [result]
    if depth == 2 and draw(st.booleans()):
        outputs.append(draw(st.sampled_from(values)))
    return drawing.done(*outputs)


def _listed(operands: tuple[Operand, ...]) -> list[Ref]:
    lists = [operand.items for operand in operands if isinstance(operand, Sequence)]
    return [item for items in lists for item in items if isinstance(item, Ref)]


def walk(graph: Graph, module: nn.Module, given: list[Tensor]) -> tuple[Tensor, ...]:
    """Run a graph step by step with the weights of a built module."""
    values = {slot.id: tensor for slot, tensor in zip(graph.inputs, given, strict=True)}

    def value(operand: Operand) -> Value:
        match operand:
            case Ref():
                return values[operand.id]
            case Dim():
                return BATCH
            case Sequence():
                return [values[item.id] for item in operand.items if isinstance(item, Ref)]
            case int() | float():
                return operand
            case _:
                raise AssertionError(operand)

    for step in graph.steps:
        assert not isinstance(step, Scan)
        first, *rest = [value(operand) for operand in step.operands]
        if isinstance(step, Invoke):
            child, part = graph.child(step.child), module.get_submodule(step.child)
            assert isinstance(first, Tensor)
            assert isinstance(child, Layer | Graph)
            made = part(first) if isinstance(child, Layer) else walk(child, part, [first])[0]
        else:
            assert isinstance(step, Compute)
            made = _computed(step.function, first, rest)
        values[step.results[0].id] = made
    return tuple(values[ref.id] for ref in graph.outputs)


def _computed(
    function: str, first: object, rest: list[Tensor | int | float | list[Tensor]]
) -> Tensor:
    match function:
        case "reshape":
            assert isinstance(first, Tensor)
            return first.reshape(BATCH, -1)
        case "stack":
            assert isinstance(first, list)
            return torch.stack(first)
        case "mean":
            assert isinstance(first, Tensor)
            return first.mean(dim=0)
        case name if name in BINARY:
            return BINARY[name](first, rest[0])  # type: ignore[arg-type]  # one side may be a number
        case name:
            assert isinstance(first, Tensor)
            return UNARY[name](first)


@given(graph=graphs(), seed=st.integers(0, 3))
@settings(max_examples=150)
def test_the_module_computes_what_the_graph_says(graph: Graph, seed: int) -> None:
    built = codegen.build_model(model(graph), "random.net")
    given = [torch.randn(BATCH, WIDTH) for _ in graph.inputs]
    torch.manual_seed(seed)
    expected = walk(graph, built, given)
    torch.manual_seed(seed)
    made = built(*given)
    made = made if isinstance(made, tuple) else (made,)
    assert len(made) == len(expected)
    for left, right in zip(made, expected, strict=True):
        assert torch.equal(left.nan_to_num(), right.nan_to_num())


texts = graphs().map(lambda graph: codegen.emit_model(model(graph)))


@given(drawn=st.lists(texts, min_size=6, max_size=6))
@settings(max_examples=10, phases=[Phase.generate])
def test_the_text_of_any_graph_is_clean(drawn: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for at, text in enumerate(drawn):
            Path(folder, f"m{at}.py").write_text(text, encoding="utf-8")
        rules = ["--isolated", "--no-cache", "--line-length", "100"]
        for command in (["check", "--select", "E,F,W,I,UP,B"], ["format", "--check", "--diff"]):
            run = subprocess.run(
                [sys.executable, "-m", "ruff", *command, *rules, folder],
                capture_output=True,
                text=True,
                check=False,
            )
            assert run.returncode == 0, run.stdout + run.stderr
