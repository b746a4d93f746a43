"""Which statements may stand in which body."""

from __future__ import annotations

from netspec.diagnostics import Edit, Fix, Sink
from netspec.source import Span
from netspec.syntax import errors, tree

NETWORK = (
    tree.Bind,
    tree.Flow,
    tree.Input,
    tree.Output,
    tree.For,
    tree.Repeat,
    tree.If,
    tree.Continued,
    tree.Scan,
    tree.Tie,
    tree.Freeze,
    tree.Init,
)
SETTINGS = (tree.Bind, tree.Flow, tree.For, tree.If)

# What may stand in which body. A flow in a block of settings, and a loop in `data`, are left to the
# later stages, which know what the names in them are.
ALLOWED: dict[str, tuple[type[tree.Node], ...]] = {
    "a model": NETWORK,
    "a block": NETWORK,
    "`data`": NETWORK,
    "`train`": (*SETTINGS, tree.Phase, tree.Group, tree.Stop, tree.Freeze),
    "a phase": (*SETTINGS, tree.Group),
    "a group": (tree.Bind, tree.Flow),
    "`test`": (tree.Assert, tree.Bind),
}
# Where a statement belongs that stands in a wrong place.
BELONGS: dict[type[tree.Node], tuple[str, str]] = {
    tree.Input: ("`input`", "it names the input of a model or block"),
    tree.Output: ("`output`", "it names the results of a model or block"),
    tree.Repeat: ("`repeat`", "it belongs in a model or block"),
    tree.Continued: ("a loop that goes on", "it belongs in a model or block"),
    tree.Scan: ("`scan`", "it belongs in a model or block"),
    tree.Tie: ("`tie`", "it belongs in a model or block"),
    tree.Init: ("`init`", "it belongs in a model or block"),
    tree.Freeze: ("`freeze`", "it belongs in a model, a block or `train`"),
    tree.Phase: ("`phase`", "it belongs in `train`"),
    tree.Group: ("`group`", "it belongs in `train`"),
    tree.Stop: ("`stop when`", "it belongs in `train`"),
    tree.Assert: ("`assert`", "it belongs in `test`"),
    tree.For: ("`for`", "it belongs in a model, a block, `data` or `train`"),
    tree.If: ("`if`", "it belongs in a model, a block, `data` or `train`"),
    tree.Flow: ("a lone value", "write `assert` before it"),
}
# Bodies whose statements are settings: there a label or a comparison is a binding gone wrong.
BINDING = ("`data`", "`train`", "a phase", "a group")


def place_of(node: tree.Node) -> str | None:
    """What the bodies right below a node are called in messages, where that changes."""
    match node:
        case tree.Definition(keyword=keyword):
            return f"a {keyword}"
        case tree.Data():
            return "`data`"
        case tree.Train():
            return "`train`"
        case tree.Test():
            return "`test`"
        case tree.Phase():
            return "a phase"
        case tree.Group():
            return "a group"
        case tree.Inline():
            return "a block"
        case _:
            return None


def check_body(body: tree.Body, where: str, sink: Sink) -> None:
    """Report the statements of a body that have no meaning in it."""
    for statement in body.statements:
        if not isinstance(statement, ALLOWED[where]):
            what, advice = BELONGS[type(statement)]
            sink.report(errors.misplaced(_head(statement), what, where, advice))
        elif where in BINDING and isinstance(statement, tree.Flow):
            _check_setting(statement, sink)


def _check_setting(statement: tree.Flow, sink: Sink) -> None:
    """`epochs: 10` and `epochs == 10`, where only `epochs = 10` makes sense."""
    match statement.values:
        case (tree.Labelled(label=label, stage=stage),):
            sign = between(label, stage, ":")
        case (tree.Binary(op="==", left=tree.Name() as label, right=stage),):
            sign = between(label, stage, "==")
        case _:
            return
    sink.report(
        errors.not_a_binding(
            sign,
            f"`{label.id}` is bound with `=`",
            f"write `{label.id} = {' '.join(stage.span.text.split())}`",
            Fix((Edit(sign, " =" if sign.text == ":" else "="),), safe=True),
        )
    )


def between(left: tree.Node, right: tree.Node, sign: str) -> Span:
    """The place of a sign that stands between two nodes."""
    source = left.span.source
    at = source.text.index(sign, left.span.end, right.span.start)
    return source.span(at, at + len(sign))


def _head(statement: tree.Node) -> Span:
    """The first line of a statement."""
    span = statement.span
    first = span.text.partition("\n")[0].partition("{")[0].rstrip()
    return span.source.span(span.start, span.start + max(1, len(first)))
