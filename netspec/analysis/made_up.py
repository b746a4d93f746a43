"""Made-up data: a program whose rows are drawn by chance, of the types that its fields have.

The rows are drawn by a `data` block written here, in the language: what runs, what is exported and
what a run keeps are then what they are for any other block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isclose

from netspec.analysis.data import Block, analyse_data
from netspec.analysis.data.fields import stored_as
from netspec.analysis.data.split import sizes
from netspec.catalog import Catalog
from netspec.diagnostics import Sink
from netspec.program import Program
from netspec.program.asserts import Overfits
from netspec.program.data import MADE_UP, DataPlan, Field
from netspec.program.schemas import SchemaReader
from netspec.source import Source
from netspec.syntax import parse, tree
from netspec.types import TensorType

# The parts of the rows: to train on, to validate and to test.
Shares = tuple[float, float, float]
# Kinds of declarations of the user's that a `data` block uses.
OF_DATA = frozenset({"source", "transform"})
# So many batches are trained on; without `batch`, so many rows.
BATCHES = 4
ROWS = 64


def with_made_up_data(
    program: Program, catalog: Catalog, schemas: SchemaReader, sink: Sink
) -> Program | None:
    """The program on made-up rows; one that trains on nothing stays as it is.

    None with a report where a field would be larger than any array is made.
    """
    plan, train = program.data, program.train
    if plan is None or train is None:
        return program
    rows = BATCHES * train.batch if train.batch is not None else ROWS
    asked = [one.rows for one in program.tests if isinstance(one, Overfits)]
    used = [field for field in plan.fields if field.name in program.fields_used]
    made = made_up(plan, used, max([rows, *asked]), catalog, schemas, sink)
    if made is None:
        return None
    # What brings rows or changes them is not wanted, and so no Python of the user's for it.
    externs = tuple(one for one in program.externs if one.kind not in OF_DATA)
    return replace(program, data=made, externs=externs)


def made_up(
    plan: DataPlan,
    fields: Sequence[Field],
    rows: int,
    catalog: Catalog,
    schemas: SchemaReader,
    sink: Sink,
) -> DataPlan | None:
    """A plan that draws `fields`, so many rows to train on and the other parts in proportion.

    Whatever the plan does to its rows is not done: the types of fields are those afterwards. None
    with a report, which shows the block that was written, where a field would be too large.
    """
    text = _block(fields, *_divided(plan, rows))
    (block,) = parse(Source("made-up data", text), sink).items
    assert isinstance(block, tree.Data), text
    around = Block(sink=sink, catalog=catalog, schemas=schemas, constant=lambda expression: None)
    drawn = analyse_data(block, around)
    if drawn is None:
        return None
    steps = {field.name: field.step for field in drawn.fields}
    split = drawn.split
    if split is not None:
        split = replace(split, span=plan.span if plan.split is None else plan.split.span, places=())
    return replace(
        drawn,
        span=plan.span,
        fields=tuple(
            replace(field, step=steps[field.name], augments=(), ranges=()) for field in fields
        ),
        split=split,
        made_up=text,
    )


def _divided(plan: DataPlan, rows: int) -> tuple[int, Shares]:
    """How many rows there are, of which so many are trained on, and the shares of the parts.

    They are the plan's where those leave that many rows to train on. Else a part that is there has
    a row at least, and no more than training has.
    """
    split = plan.split
    if split is not None and not plan.own_test and isclose(split.train + split.val + split.test, 1):
        shares = (split.train, split.val, split.test)
        about = int(rows / split.train)
        for total in range(about - 1, about + 3) if about <= 3 * rows else ():
            counts = sizes(replace(split, gap=0), total)
            if counts[0] == rows and [bool(part) for part in counts] == [*map(bool, shares)]:
                return total, shares
    train, val, test = (1.0, 0.0, 0.0) if split is None else (split.train, split.val, split.test)
    if plan.own_test:
        test = plan.sizes[2] / max(sum(plan.sizes[:2]), 1) if plan.sizes is not None else train
    val, test = (
        min(max(round(rows * part / train), 1), rows) if part else 0 for part in (val, test)
    )
    total = rows + int(val) + int(test)
    return total, (rows / total, val / total, test / total)


def field_of(name: tree.Name, type: TensorType) -> Field:
    """A field that is made up: its rows are anywhere only once a plan draws them."""
    return Field(
        span=name.span,
        name=name.id,
        type=type,
        stored=stored_as(type.kind),
        step=0,
        origin=f"`{name.id}` is made up: {type}, as is asked for here",
    )


# --- the block -------------------------------------------------------------------------------


def _block(fields: Sequence[Field], total: int, shares: Shares) -> str:
    lines = [f"{field.name} = {draw(field.type, total)}" for field in fields]
    if shares[0] < 1:
        parts = zip(("train", "val", "test"), shares, strict=True)
        lines.append(f"split({', '.join(f'{name}={_share(of)}' for name, of in parts if of)})")
    body = "\n".join(f"  {line}" for line in (MADE_UP, *lines))
    return f"data {{\n{body}\n}}"


def _share(share: float) -> str:
    """A part of the rows: in percent where that is exact enough to read, else to the last digit."""
    percent = f"{100 * share:g}"
    return f"{percent}%" if isclose(float(percent) / 100, share, rel_tol=1e-9) else repr(share)


def draw(type: TensorType, rows: int) -> str:
    """Random rows of a type, as a data block writes them."""
    dims = [dim.value for dim in type.shape[1:]]
    assert None not in dims, type
    size = f"size=[{', '.join(map(str, (rows, *dims)))}]" if dims else f"size={rows}"
    count = None if type.kind.size is None else type.kind.size.value
    if type.kind.name == "index":
        return f"randint({count}, {size})"
    name = type.kind.name if dims else ALONE.get(type.kind.name, type.kind.name)
    return DRAWS[name](size)


# One number a row has nothing beside it to sum to 1 with.
ALONE = {"prob": "unit", "logprob": "real"}
DRAWS: Mapping[str, Callable[[str], str]] = {
    "real": lambda size: f"normal({size})",
    "unit": lambda size: f"uniform(0, 1, {size})",
    "prob": lambda size: f"softmax(normal({size}), dim=1)",
    "logprob": lambda size: f"log_softmax(normal({size}), dim=1)",
    "int": lambda size: f"randint(-9, 10, {size})",
    "bool": lambda size: f"uniform(0, 1, {size}) < 0.5",
}
