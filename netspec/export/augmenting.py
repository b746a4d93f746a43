"""What is done to images in batches, in an exported script: the function its loop calls."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.codegen.layout import Expr, call, display, literal
from netspec.export.writing import Writer
from netspec.program.data import Augment, Field
from netspec.program.graph import Literal

# Options that hold any number of things: as many as there are channels, or changes of colour.
LISTS = frozenset({"fill", "value", "mean", "std", "changes"})


def augment_helpers(fields: Sequence[Field]) -> tuple[str, ...]:
    """The functions that the script then needs."""
    return tuple(dict.fromkeys(change.function for f in fields for change in f.augments))


def augment_function(fields: Sequence[Field]) -> str:
    """`def augment(rows, draws)`: every field after its changes; none without any."""
    changed = [field for field in fields if field.augments]
    if not changed:
        return ""
    writer = Writer()
    counts = [c.draws for field in changed for c in field.augments if c.draws]
    with writer.block("def augment(rows: Rows, draws: Tensor | None = None) -> Rows:"):
        writer.line('"""Change images as the random numbers of each row tell, in training."""')
        sizes = display("[", [literal(count) for count in counts], "]")
        split = call("draws.split", [sizes], [("dim", literal(1))])
        writer.expression(f"drawn = [None] * {len(counts)} if draws is None else ", split)
        place = 0
        for field in changed:
            writer.line(f"images = rows[{literal(field.name)}]")
            for change in field.augments:
                writer.expression("images = ", _call(change, f"drawn[{place}]"))
                place += bool(change.draws)
            writer.line(f"rows = {{**rows, {literal(field.name)}: images}}")
        writer.line("return rows")
    return writer.text()


def _call(change: Augment, drawn: str) -> Expr:
    operands = [Expr("images"), *([Expr(drawn)] if change.draws else [])]
    options = [(name, _option(name, value)) for name, value in change.options]
    return call(change.function, operands, options)


def _option(name: str, value: Literal) -> Expr:
    if name in LISTS and isinstance(value, tuple):
        return display("[", [literal(item) for item in value], "]")
    return literal(value)
