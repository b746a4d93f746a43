"""Using blocks: their arguments, and their bodies expanded on what flows in."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.analysis import errors
from netspec.analysis.context import Context, Use
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.operands import is_literal, literal
from netspec.analysis.network.passed import Passed
from netspec.analysis.network.stages import Recipe, counted, joined
from netspec.analysis.network.values import (
    UNKNOWN,
    Block,
    CatalogueName,
    Scope,
    Stage,
    Unknown,
    Value,
    describe,
)
from netspec.diagnostics import Label, did_you_mean
from netspec.program.graph import Graph, Literal
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim

# The types that a block may declare for its arguments, in words.
WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "`true` or `false`",
    "string": "a text",
    "none": "`none`",
    "layer": "a layer",
    "list": "a list",
    "pair": "a list of 2",
}
FLOWS = ", and are named by a line `input x`"


def check_types(definition: tree.Definition, context: Context) -> None:
    """Report types that a block or model declares for its arguments and that there are not."""
    for parameter in definition.parameters:
        for declared in parameter.types:
            if declared.id not in WORDS:
                context.report(
                    errors.argument_type_unknown(declared.span, declared.id, WORDS, flows=FLOWS)
                )


# Defaults that are no stages: nothing is looked up later.
PLAIN = (tree.Name, tree.Number, tree.Text, tree.Constant)


def several(name: str, inputs: Sequence[str], given: int) -> str | None:
    """How to send several values into a block; none when too many flow."""
    if len(inputs) <= given:
        return None
    return f"send them together: `({', '.join(inputs)}) -> {name}`"


class Blocks(Passed):
    """Applies blocks."""

    def block(
        self, block: Block, stage: tree.Expr, flow: Value, frame: Frame, label: tree.Name | None
    ) -> Value:
        """Apply a block."""
        arguments = self.stage_arguments(stage, frame)
        inputs = self.tensors(flow, stage.span)
        if arguments is None or frame.graph is None:
            return UNKNOWN
        around = self.context.around()
        if any(use.definition is block.definition for use in around):
            at = [use.definition for use in around].index(block.definition)
            ring = [use.name for use in around[at:]] + [block.name]
            self.context.report(errors.recursion(stage.span, ring))
            return UNKNOWN
        scope = self.block_scope(block, stage, arguments[0], arguments[1])
        if scope is None or inputs is None:
            return UNKNOWN
        made = self._expand(block, stage, inputs, frame, scope)
        if made is None:
            return UNKNOWN
        child = self.add(made[0], frame, label)
        if child is None:
            return UNKNOWN
        self.remember(frame, child, label, Recipe(None, None, stage, frame))
        operands = [frame.graph.ref(tensor) for tensor in (*inputs, *made[1])]
        return joined(frame.graph.invoke(child, operands, made[0].output_types, stage.span))

    def takes(self, block: Block, use: Span, inputs: Sequence[Tensor]) -> bool:
        """Whether a block takes so many inputs; False with a report."""
        declared = self.declared_inputs(block.definition)
        wanted = max(1, len(declared))
        if len(inputs) == wanted:
            return True
        self.context.report(
            errors.wrong_count(
                use,
                f"`{block.name}` takes {counted(wanted, 'input')}, not {len(inputs)}",
                also=tuple(Label(s.name.span, "declared here") for s in declared),
                help=several(block.name, [s.name.id for s in declared], len(inputs)),
            )
        )
        return False

    def _expand(
        self,
        block: Block,
        stage: tree.Expr,
        inputs: Sequence[Tensor],
        frame: Frame,
        scope: Scope,
    ) -> tuple[Graph, tuple[Tensor, ...]] | None:
        """Run a block's body on `inputs`: its graph, and the outer values it captured."""
        declared = self.declared_inputs(block.definition)
        if not self.takes(block, stage.span, inputs):
            return None
        builder = GraphBuilder(
            block.name, block.definition.span, frame.graph, self._literals(block, scope)
        )
        inner = Frame(scope, builder)
        self.context.calls.append(Use(block.name, stage.span, block.definition))
        try:
            tensors = [
                builder.input(
                    tensor.type,
                    declared[number].name.span if declared else tensor.slot.span,
                    declared[number].name.id if declared else "x",
                    learns=tensor.learns,
                )
                for number, tensor in enumerate(inputs)
            ]
            for statement, tensor, outer in zip(declared, tensors, inputs, strict=False):
                if not self.bind_input(statement, tensor, inner, outer.slot.span):
                    return None
            inner.current = tensors[0] if len(tensors) == 1 else None
            outputs = self.tensors(self.run(block.definition.body, inner), block.definition.span)
            if outputs is None:
                return None
            self.check_used(builder, outputs)
            self.check_inputs_used(declared, scope)
            return self.finish(builder, outputs), builder.captured()
        finally:
            self.context.calls.pop()

    def finish(self, builder: GraphBuilder, outputs: Sequence[Tensor]) -> Graph:
        """The graph that a body has built; of a label with indices none is left out."""
        for family, parts in builder.families().items():
            for number, at in enumerate(parts):
                label = builder.parts[at].label or ""
                if builder.parts[at].number != number:
                    place = builder.labels[label]
                    self.context.report(errors.label_gap(place, family, label, number))
                    break
        return builder.finish(outputs)

    def _literals(self, block: Block, scope: Scope) -> tuple[tuple[str, Literal], ...]:
        found: list[tuple[str, Literal]] = []
        for parameter in block.definition.parameters:
            value = scope.names[parameter.name.id].value
            if is_literal(value):
                found.append((parameter.name.id, literal(value)))
        return tuple(found)

    def block_scope(
        self,
        block: Block,
        stage: tree.Expr,
        positional: Sequence[Value],
        named: dict[str, Value],
    ) -> Scope | None:
        """A scope with the block's arguments bound, or None with a report."""
        scope = Scope(block.scope)
        given = self._placed(block, stage, positional, named)
        if given is None:
            return None
        for parameter in block.definition.parameters:
            name = parameter.name.id
            if name in given:
                value, span = given[name]
            elif parameter.default is not None:
                # A layer is applied later: it sees the arguments before it, as they are here.
                before = scope
                if not isinstance(parameter.default, PLAIN):
                    before = Scope(block.scope, dict(scope.names))
                    self.context.evaluate(stage.span, len(scope.names))
                value = self.evaluate(parameter.default, Frame(before))
                span = parameter.default.span
            else:
                self.context.report(
                    errors.missing_argument(
                        stage.span,
                        f"`{block.name}` needs `{name}`",
                        also=(Label(parameter.span, "declared here without a default"),),
                    )
                )
                return None
            if not self._suits(parameter, value, span):
                return None
            scope.bind(name, value, parameter.name.span)
        return scope

    def _placed(
        self,
        block: Block,
        stage: tree.Expr,
        positional: Sequence[Value],
        named: dict[str, Value],
    ) -> dict[str, tuple[Value, Span]] | None:
        """What is given for each argument and where, or None with a report."""
        parameters = block.definition.parameters
        call = stage if isinstance(stage, tree.Call) else None
        if len(positional) > len(parameters):
            assert call is not None
            what = counted(len(parameters), "argument")
            self.context.report(
                errors.too_many_arguments(
                    call.args[len(parameters)].span,
                    f"`{block.name}` takes {what}, not {len(positional)}",
                    also=(Label(block.head, "declared here"),),
                )
            )
            return None
        values: dict[str, tuple[Value, Span]] = {}
        for number, value in enumerate(positional):
            assert call is not None
            values[parameters[number].name.id] = (value, call.args[number].span)
        names = {parameter.name.id: None for parameter in parameters}
        for keyword in call.keywords if call is not None else ():
            name = keyword.name.id
            if name not in names:
                self.context.report(
                    errors.unknown_block_argument(
                        keyword.name.span, name, block.name, list(names), block.head
                    )
                )
                return None
            if name in values:
                twice = errors.argument_twice(
                    keyword.span,
                    f"`{block.name}` is given `{name}` twice",
                    also=(Label(values[name][1], "here by its position"),),
                    help="keep one of the two",
                )
                self.context.report(twice)
                return None
            values[name] = (named[name], keyword.span)
        return values

    def _suits(self, parameter: tree.Parameter, value: Value, span: Span) -> bool:
        """Whether an argument is of a type the block declares for it."""
        if not parameter.types or isinstance(value, Unknown):
            return True
        names = {type_name.id for type_name in parameter.types}
        matches = {
            "int": isinstance(value, int | Dim) and not isinstance(value, bool),
            "float": isinstance(value, int | float) and not isinstance(value, bool),
            "bool": isinstance(value, bool),
            "string": isinstance(value, str),
            "none": value is None,
            "layer": isinstance(value, Stage | Block | CatalogueName),
            "list": isinstance(value, tuple),
            "pair": isinstance(value, tuple) and len(value) == 2,
        }
        if any(matches.get(name, True) for name in names):
            return True
        wanted = " or ".join(WORDS[type_name.id] for type_name in parameter.types)
        advice = None
        if isinstance(value, str) and "layer" in names:
            near = did_you_mean(value, self.context.catalog.names("layer"))
            advice = "name a layer, without quotes" + (f"; {near}" if near else "")
        self.context.report(
            errors.argument_type(
                span,
                f"`{parameter.name.id}` is {wanted}, not {describe(value)}",
                also=(Label(parameter.span, "declared here"),),
                help=advice,
            )
        )
        return False

    def check_inputs_used(self, declared: Sequence[tree.Input], scope: Scope) -> None:
        """Report inputs that nothing uses, where there are several: a lone one is the flow.

        One that is there for a size, whose name it binds, is used where that name is.
        """
        for statement in declared:
            name = statement.name.id
            used = scope.names[name].used or _binds_used_size(statement, scope)
            if len(declared) > 1 and not used:
                self.context.report(errors.input_unused(statement.name.span, name))

    def check_used(self, builder: GraphBuilder, outputs: Sequence[Tensor]) -> None:
        """Report steps and inputs that no output hangs on: nothing is dropped in silence."""
        dead = builder.dead_steps(outputs)
        if dead:
            again = builder.label_used_besides(dead)
            self.context.report(errors.value_unused(dead[-1].span, again))


def _binds_used_size(statement: tree.Input, scope: Scope) -> bool:
    """Whether the name of a dimension that this input binds is used."""
    dims = () if statement.type is None else statement.type.dims or ()
    names = [dim for dim in dims if isinstance(dim, tree.Name)]
    bound = [(name, scope.names[name.id]) for name in names if name.id in scope.names]
    return any(size.used and size.span == name.span for name, size in bound)
