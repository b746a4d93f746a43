"""What chance does to images in an exported script: the function that its training loop calls."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.codegen.layout import Expr, call, display, literal
from netspec.export.writing import Writer
from netspec.program.data import Augment, Field

FUNCTIONS = {
    "RandomCrop": "random_crop",
    "RandomHorizontalFlip": "random_flip",
    "RandomVerticalFlip": "random_flip",
}


def augment_helpers(fields: Sequence[Field]) -> tuple[str, ...]:
    """The functions that the script then needs."""
    return tuple(dict.fromkeys(FUNCTIONS[change.name] for f in fields for change in f.augments))


def augment_function(fields: Sequence[Field]) -> str:
    """`def augment(rows, draws)`: every field after its changes; none without any."""
    changed = [field for field in fields if field.augments]
    if not changed:
        return ""
    writer = Writer()
    count = sum(change.draws for field in changed for change in field.augments)
    with writer.block("def augment(rows: Rows, draws: Tensor | None = None) -> Rows:"):
        writer.line('"""Change images as the random numbers of each row tell, in training."""')
        writer.line(f"numbers = [None] * {count} if draws is None else draws.unbind(1)")
        place = 0
        for field in changed:
            writer.line(f"images = rows[{literal(field.name)}]")
            for change in field.augments:
                drawn = [f"numbers[{place + at}]" for at in range(change.draws)]
                writer.expression("images = ", _call(change, drawn))
                place += change.draws
            writer.line(f"rows = {{**rows, {literal(field.name)}: images}}")
        writer.line("return rows")
    return writer.text()


def _call(change: Augment, drawn: Sequence[str]) -> Expr:
    if change.name == "RandomCrop":
        fill = display("[", [literal(number) for number in change.fill], "]")
        options = [("size", literal(change.size)), ("padding", literal(change.padding))]
        options.append(("fill", fill))
    else:
        dim = 3 if change.name == "RandomHorizontalFlip" else 2
        options = [("p", literal(change.p)), ("dim", literal(dim))]
    operands = [Expr(text) for text in ("images", *drawn)]
    return call(FUNCTIONS[change.name], operands, options)
