"""Models: the types of their inputs, from the text and the data, and their graphs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from netspec.analysis import errors
from netspec.analysis.context import Use
from netspec.analysis.network.bodies import Bodies
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.inputs import bind_dimensions, declared_type, opened_type
from netspec.analysis.network.requirements import formula, impossible, simplified
from netspec.analysis.network.values import Block
from netspec.program.data import DataPlan
from netspec.program.graph import Graph, Model
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim, TensorType

# The type of an input by its name, and where it comes from; None for one that nothing tells.
Known = Callable[[str], tuple[TensorType, Span | None] | None]


def analyse_model(
    block: Block, known: Known, fields: Sequence[str], bodies: Bodies
) -> Model | None:
    """Elaborate the network to build; None when a mistake was reported.

    `known` tells what flows in, and `fields` are the names of the data's fields, if there are any.
    """
    model = _elaborated(block, known, fields, bodies)
    if model is None or bodies.context.exhausted:
        return model
    opened = _opened(model, block, known, bodies, numbers=True)
    if opened is None:
        opened = _opened(model, block, known, bodies, numbers=False)
    return replace(model, open=opened)


def _opened(
    model: Model, block: Block, known: Known, bodies: Bodies, *, numbers: bool
) -> Model | None:
    """The same network without the sizes that `input` names and that only what flows in tells.

    Those are `numbers` of the data, or formulas: `B` of a model that `train` applies to two
    batches at once is `2*B` there. None where there are none, or where the network is another one
    without them.
    """
    arguments = {parameter.name.id for parameter in block.definition.parameters}
    frame = Frame(block.scope)
    types: dict[str, tuple[TensorType, Span | None]] = {}
    told: dict[str, Dim] = {}
    left: set[str] = set()  # the symbols of sizes that are not opened
    for statement in bodies.declared_inputs(block.definition):
        found = known(statement.name.id)
        if found is None:
            continue
        opened = given = found[0]
        if statement.type is not None:
            opened = opened_type(statement.type, given, frame, told, numbers=numbers)
            types[statement.name.id] = opened, found[1]
        kept = (dim for dim, before in zip(opened.shape, given.shape, strict=True) if dim == before)
        left |= {symbol for dim in kept for symbol in dim.symbols}
    if not told or not left.isdisjoint(told) or not arguments.isdisjoint(told):
        return None
    with bodies.context.trial() as sink:
        found_open = _elaborated(block, lambda name: types.get(name) or known(name), (), bodies)
    if found_open is None or sink.diagnostics or not _is_same(found_open.graph, model.graph):
        return None
    return found_open


def _is_same(one: Graph, other: Graph) -> bool:
    """Whether two graphs have the same layers under the same keys, with the same weights."""
    layers = (
        [(key, layer.target, layer.arguments) for key, layer in graph.layers()]
        for graph in (one, other)
    )
    return next(layers) == next(layers) and list(one.weights()) == list(other.weights())


def _elaborated(block: Block, known: Known, fields: Sequence[str], bodies: Bodies) -> Model | None:
    context = bodies.context
    definition = block.definition
    head = tree.Name(span=block.head, id=block.name)
    for parameter in definition.parameters:
        if parameter.default is None:
            shown = f" `{block.name}`" if block.name else ""
            context.report(errors.model_argument(parameter.span, shown, parameter.name.id))
            return None
    scope = bodies.block_scope(block, head, (), {})
    if scope is None:
        return None
    builder = GraphBuilder(block.name, definition.span)
    frame = Frame(scope, builder)
    context.requirements.clear()
    declared = bodies.declared_inputs(definition)
    tensors = _inputs(block, builder, known, fields, bodies, frame)
    if tensors is None:
        return None
    frame.current = tensors[0] if len(tensors) == 1 else None
    context.calls.append(Use(block.name or "model", head.span, definition))
    try:
        values = bodies.run(definition.body, frame)
        names = bodies.output_names
    finally:
        context.calls.pop()
    outputs = [value for value in values if isinstance(value, Tensor)]
    if len(outputs) != len(values) or context.exhausted:
        return None
    bodies.check_used(builder, outputs)
    bodies.check_inputs_used(declared, scope)
    requirements = simplified(context.requirements)
    for symbol, facts in impossible(context.requirements):
        said = tuple((fact.span, formula(fact)) for fact in facts)
        context.report(errors.no_size_fits(symbol, said))
    return Model(
        span=definition.span,
        name=block.name,
        graph=replace(bodies.finish(builder, outputs), name=block.name),
        output_names=names or _names(outputs),
        requirements=requirements,
    )


def _inputs(
    block: Block,
    builder: GraphBuilder,
    known: Known,
    fields: Sequence[str],
    bodies: Bodies,
    frame: Frame,
) -> list[Tensor] | None:
    """The model's inputs, bound to their names; None when a mistake was reported."""
    report, absent = bodies.context.report, bodies.context.without_data
    declared = bodies.declared_inputs(block.definition)
    if not declared:
        found = known("x")
        if found is None:
            report(errors.input_not_known(block.head, fields, absent=absent))
            return None
        tensor = builder.input(found[0], found[1] or block.definition.span, "x")
        frame.scope.bind("x", tensor, tensor.slot.span)
        return [tensor]
    tensors: list[Tensor] = []
    first: dict[str, Span] = {}
    for statement in declared:
        name = statement.name.id
        if name in first:
            what = f"the input `{name}`"
            report(errors.defined_twice(statement.name.span, what, first[name]))
            return None
        first[name] = statement.name.span
        found = known(name)
        if found is not None:
            tensor = builder.input(found[0], statement.span, name)
            if statement.type is not None:
                origin = found[1] or statement.span
                if not bind_dimensions(bodies, statement.type, found[0], frame, origin):
                    return None
        elif fields and not absent:
            report(errors.input_without_field(statement.name.span, name, fields))
            return None
        elif statement.type is not None:
            written = declared_type(bodies, statement.type, frame)
            if written is None:
                return None
            tensor = builder.input(written, statement.span, name)
        else:
            report(errors.input_not_known(statement.span, [], absent=absent))
            return None
        frame.scope.bind(name, tensor, statement.name.span)
        tensors.append(tensor)
    return tensors


def _names(outputs: Sequence[Tensor]) -> tuple[str, ...]:
    """The names of outputs that no `output` names: those of the values, where they have one."""
    if len(outputs) == 1:
        return ("output",)
    return tuple(tensor.slot.name or f"output_{number}" for number, tensor in enumerate(outputs))


def told_by(data: DataPlan | None, given: Mapping[str, TensorType]) -> Known:
    """What the caller tells of inputs by their names, else the data."""

    def known(name: str) -> tuple[TensorType, Span | None] | None:
        if name in given:
            return given[name], None
        field = data.field(name) if data is not None else None
        return (field.type, field.span) if field is not None else None

    return known
