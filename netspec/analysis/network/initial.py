"""How a tensor begins: `normal(std=0.02)`, a function of `torch.nn.init` with its arguments."""

from __future__ import annotations

from typing import cast

from netspec.analysis import errors
from netspec.analysis.network.evaluate import Expressions, Frame
from netspec.analysis.network.operands import is_constant, literal
from netspec.analysis.network.refusals import written
from netspec.analysis.network.values import Unknown, Value, describe
from netspec.catalog import Refusal
from netspec.catalog import Value as Constant
from netspec.catalog.rules import inits
from netspec.program.graph import Initializer
from netspec.syntax import tree


def initializer(expression: tree.Expr, within: Expressions, frame: Frame) -> Initializer | None:
    """The function that `init` names, its arguments checked; None when a mistake was reported."""
    context = within.context
    call = expression if isinstance(expression, tree.Call) else None
    head = expression if call is None else call.func
    entry = context.catalog.find("init", head.id) if isinstance(head, tree.Name) else None
    if entry is None:
        names = context.catalog.names("init")
        context.report(errors.unknown_init(head.span, head.span.text, names))
        return None
    args = () if call is None else call.args
    keywords = () if call is None else call.keywords
    positional: list[Value] = []
    named: dict[str, Value] = {}
    for place in (*args, *(keyword.value for keyword in keywords)):
        value = within.evaluate(place, frame)
        if isinstance(value, Unknown):
            return None
        if not is_constant(value):
            context.report(errors.not_constant(place.span, describe(value)))
            return None
        positional.append(value)
    named = {k.name.id: v for k, v in zip(keywords, positional[len(args) :], strict=True)}
    bound = entry.bind(
        cast(tuple[Constant, ...], tuple(positional[: len(args)])), cast(dict[str, Constant], named)
    )
    if isinstance(bound, Refusal):
        within.refuse(bound, written(expression, entry))
        return None
    arguments = {name: literal(value) for name, value in bound.values.items()}
    if inits.bounds_crossed(entry.name, arguments):
        low, high = arguments["a"], arguments["b"]
        message = f"`{entry.name}` draws between `a` and `b`, and {low} is above {high}"
        context.report(errors.argument_value(expression.span, message))
        return None
    return Initializer(
        span=expression.span,
        name=entry.name,
        target=entry.target,
        arguments=tuple(arguments.items()),
    )


def ill_suited(function: Initializer, shape: tuple[int, ...]) -> str | None:
    """What the function wants of a tensor that this shape is not; none when it will do."""
    return inits.suits(function.name, dict(function.arguments), shape)
