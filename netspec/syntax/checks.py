"""What the grammar lets pass and is still no well-formed text: targets, arguments, places."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netspec.diagnostics import Edit, Fix, Sink
from netspec.source import Span
from netspec.syntax import errors, label_errors, tree
from netspec.syntax.places import BINDING, between, check_body, place_of
from netspec.syntax.walk import children

VERSION = 1


def check_tree(file: tree.File, sink: Sink) -> None:
    """Report what is wrong with a tree that parsed."""
    waiting: list[tuple[tree.Node, str]] = [(item, "") for item in file.items]
    while waiting:
        node, where = waiting.pop()
        where = place_of(node) or where
        if check := _CHECKS.get(type(node)):
            check(node, sink)
        for inner in children(node):
            if isinstance(inner, tree.Body):
                check_body(inner, where, sink)
            if isinstance(inner, tree.Labelled) and _is_argument(node, where):
                inner = inner.stage
            waiting.append((inner, where))
    for number, item in enumerate(file.items):
        if isinstance(item, tree.Version):
            _check_version(item, number, sink)


def _is_argument(parent: tree.Node, where: str) -> bool:
    """Whether a label right below `parent` was meant as `=`, and reported as that."""
    return isinstance(parent, tree.Call) or (isinstance(parent, tree.Flow) and where in BINDING)


def _check_targets(node: tree.Bind | tree.Scan, sink: Sink) -> None:
    for target in _leaves(node.targets):
        indexed = target
        if isinstance(indexed, tree.Subscript):
            indexed = indexed.value
        if not isinstance(indexed, tree.Name):
            sink.report(errors.bad_target(target.span))


def _leaves(targets: tuple[tree.Expr, ...]) -> Iterator[tree.Expr]:
    for target in targets:
        if isinstance(target, tree.TupleDisplay):
            yield from _leaves(target.items)
        else:
            yield target


def _check_call(call: tree.Call, sink: Sink) -> None:
    seen: dict[str, Span] = {}
    for keyword in call.keywords:
        name = keyword.name.id
        if name in seen:
            sink.report(
                errors.argument_order(
                    keyword.name.span,
                    f"`{name}` is given twice",
                    "remove one of the two",
                    seen[name],
                )
            )
        seen.setdefault(name, keyword.name.span)
    for argument in call.args:
        if call.keywords and argument.span.start > call.keywords[0].span.start:
            sink.report(
                errors.argument_order(
                    argument.span,
                    "an argument without a name follows one with a name",
                    "put it first, or name it",
                    call.keywords[0].span,
                )
            )
        if isinstance(argument, tree.Labelled):
            sign = between(argument.label, argument.stage, ":")
            sink.report(
                errors.not_a_binding(
                    sign,
                    f"the argument `{argument.label.id}` is given with `=`",
                    f"write `{argument.label.id}={' '.join(argument.stage.span.text.split())}`",
                    Fix((Edit(sign, "="),)),
                )
            )


def _check_loop(loop: tree.For | tree.Repeat, sink: Sink) -> None:
    """What stands before `:` in front of a loop, and is no label."""
    if loop.label is not None and not loop.label.id:
        sink.report(label_errors.bad_label(loop.label.span))


def _check_label(labelled: tree.Labelled, sink: Sink) -> None:
    """What is no label, and a label on something that can never be a layer."""
    if not labelled.label.id:
        sink.report(label_errors.bad_label(labelled.label.span))
    elif isinstance(labelled.stage, tree.Number | tree.Text | tree.Constant | tree.ListDisplay):
        sign = between(labelled.label, labelled.stage, ":")
        sink.report(
            errors.not_a_binding(
                sign,
                f"`:` labels a layer, and `{labelled.stage.span.text}` is none",
                f"write `{labelled.label.id} = {labelled.stage.span.text}`",
                Fix((Edit(sign, " ="),), safe=True),
            )
        )


def _check_parameters(node: tree.Definition | tree.Extern, sink: Sink) -> None:
    first: tree.Parameter | None = None
    for parameter in node.parameters:
        if parameter.inferred:
            return
        if parameter.default is not None:
            first = first or parameter
        elif first is not None:
            sink.report(errors.default_order(parameter.name.span, first.span))


def _check_version(version: tree.Version, number: int, sink: Sink) -> None:
    span, value = version.number.span, version.number.value
    if number > 0:
        sink.report(
            errors.wrong_version(
                version.span, "the version does not stand first", "move it to the first line"
            )
        )
    elif not isinstance(value, int) or value < 1:
        sink.report(
            errors.wrong_version(span, f"there is no version {span.text}", "write `netspec 1`")
        )
    elif value > VERSION:
        sink.report(
            errors.wrong_version(
                span,
                f"the file is written in version {value} of the language",
                f"this tool knows version {VERSION}: update netspec",
            )
        )


_CHECKS: dict[type[tree.Node], Callable[..., None]] = {
    tree.Bind: _check_targets,
    tree.Scan: _check_targets,
    tree.Call: _check_call,
    tree.Labelled: _check_label,
    tree.For: _check_loop,
    tree.Repeat: _check_loop,
    tree.Definition: _check_parameters,
    tree.Extern: _check_parameters,
}
