"""Graphs drawn by hand, as analysis would make them, for tests of the code generator."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from netspec.program.graph import (
    Child,
    Compute,
    Graph,
    Invoke,
    Layer,
    Literal,
    Model,
    Operand,
    Ref,
    Requirement,
    Slot,
    Weight,
)
from netspec.program.train import Choice, Phase
from netspec.source import Source
from netspec.types import Dim, Kind, TensorType

SPAN = Source("drawn.net", "drawn").span(0, 5)

_ids = itertools.count()


def dim(text: str) -> Dim:
    """`3`, `B`, `H/2` (floor division)."""
    name, _, divisor = text.partition("/")
    size = Dim.of(int(name)) if name.isdecimal() else Dim.symbol(name)
    return size // int(divisor) if divisor else size


def shaped(shape: str) -> TensorType:
    """A real tensor whose sizes are written with blanks between: `"B 3 H H/2"`."""
    return TensorType(Kind("real"), tuple(dim(part) for part in shape.split()))


def layer(
    name: str,
    arguments: Mapping[str, Literal] | None = None,
    weights: Mapping[str, tuple[int, ...]] | None = None,
) -> Layer:
    """A layer of `torch.nn`."""
    return Layer(
        span=SPAN,
        name=name,
        target=f"torch.nn.{name}",
        arguments=tuple((arguments or {}).items()),
        weights=tuple(Weight(name=n, shape=s) for n, s in (weights or {}).items()),
    )


def linear(inputs: int, outputs: int, **more: Literal) -> Layer:
    """A `Linear` with all its arguments."""
    arguments = {"out_features": outputs, "bias": True, "in_features": inputs, **more}
    return layer("Linear", arguments, {"weight": (outputs, inputs), "bias": (outputs,)})


def conv2d(inputs: int, outputs: int, size: int, **more: Literal) -> Layer:
    """A `Conv2d` with all its arguments."""
    arguments: dict[str, Literal] = {
        "out_channels": outputs,
        "kernel_size": size,
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "groups": 1,
        "bias": True,
        "padding_mode": "zeros",
        **more,
        "in_channels": inputs,
    }
    return layer("Conv2d", arguments, {"weight": (outputs, inputs, size, size)})


def norm2d(features: int) -> Layer:
    """A `BatchNorm2d` with all its arguments."""
    arguments: dict[str, Literal] = {
        "eps": 1e-05,
        "momentum": 0.1,
        "affine": True,
        "track_running_stats": True,
        "num_features": features,
    }
    return layer("BatchNorm2d", arguments, {"weight": (features,), "bias": (features,)})


def relu() -> Layer:
    """A `ReLU`."""
    return layer("ReLU", {"inplace": False})


@dataclass
class Drawing:
    """A graph under the pencil. Shapes are texts, as `shaped` reads them."""

    name: str = ""
    arguments: Mapping[str, Literal] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    inputs: list[Slot] = field(default_factory=list)
    steps: list[Invoke | Compute] = field(default_factory=list)

    def input(self, shape: str, name: str | None = "x") -> Ref:
        """Add an input."""
        slot = self._slot(shape, name)
        self.inputs.append(slot)
        return Ref(slot.id)

    def add(self, key: str, module: Layer | Graph) -> str:
        """Add a child without running it."""
        labelled = not key.isdecimal()
        self.children.append(Child(key=key, module=module, labelled=labelled))
        return key

    def run(self, key: str, *operands: Operand, shape: str, name: str | None = None) -> Ref:
        """Run a child that was added."""
        (ref,) = self.run_several(key, *operands, shapes={name or "": shape})
        return ref

    def run_several(
        self, key: str, *operands: Operand, shapes: Mapping[str, str]
    ) -> tuple[Ref, ...]:
        """Run a child that gives several results, named by the keys of `shapes`."""
        slots = tuple(self._slot(shape, name or None) for name, shape in shapes.items())
        self.steps.append(Invoke(span=SPAN, child=key, operands=operands, results=slots))
        return tuple(Ref(slot.id) for slot in slots)

    def stage(
        self, key: str, module: Layer | Graph, value: Operand, shape: str, name: str | None = None
    ) -> Ref:
        """Add a child and run it on one value."""
        return self.run(self.add(key, module), value, shape=shape, name=name)

    def compute(
        self,
        function: str,
        *operands: Operand,
        shape: str,
        name: str | None = None,
        **keywords: Operand,
    ) -> Ref:
        """Apply a function or an operator."""
        slot = self._slot(shape, name)
        self.steps.append(
            Compute(
                span=SPAN,
                function=function,
                operands=operands,
                keywords=tuple(keywords.items()),
                results=(slot,),
            )
        )
        return Ref(slot.id)

    def done(self, *outputs: Ref) -> Graph:
        """The graph."""
        current = [self.inputs[0].id] if self.inputs else []
        chained = [s.child for s in self.steps if isinstance(s, Invoke)]
        for step in self.steps:
            if step.operands == (Ref(current[-1]),) and len(step.results) == 1:
                current.append(step.results[0].id)
        named = any(slot.name for step in self.steps for slot in step.results)
        sequential = (
            len(self.inputs) == 1
            and chained == [child.key for child in self.children]
            and len(current) == len(self.steps) + 1
            and len(chained) == len(self.steps)
            and outputs == (Ref(current[-1]),)
            and not named
        )
        return Graph(
            span=SPAN,
            name=self.name,
            arguments=tuple(self.arguments.items()),
            children=tuple(self.children),
            inputs=tuple(self.inputs),
            steps=tuple(self.steps),
            outputs=outputs,
            sequential=sequential,
        )

    def _slot(self, shape: str, name: str | None) -> Slot:
        return Slot(id=next(_ids), type=shaped(shape), span=SPAN, name=name)


def chain(*stages: tuple[Layer | Graph, str], given: str, name: str = "") -> Graph:
    """A chain of unlabelled stages, each with the shape it gives."""
    drawing = Drawing(name)
    value = drawing.input(given)
    for at, (module, shape) in enumerate(stages):
        value = drawing.stage(str(at), module, value, shape)
    return drawing.done(value)


def model(graph: Graph, *requirements: Requirement, name: str | None = None) -> Model:
    """A model around a graph."""
    return Model(
        span=SPAN,
        name=graph.name if name is None else name,
        graph=graph,
        output_names=(),
        requirements=requirements,
    )


def phase(loss: Graph, *terms: str) -> Phase:
    """A phase with this loss."""
    return Phase(
        span=SPAN,
        loss=loss,
        terms=terms,
        optimizer=Choice(span=SPAN, name="SGD", target="torch.optim.SGD"),
    )
