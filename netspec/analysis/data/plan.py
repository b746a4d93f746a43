"""A data block to its plan: statements in order, then the fields, the split, and what is unused."""

from __future__ import annotations

from dataclasses import replace

from netspec.analysis.data import errors
from netspec.analysis.data.arrays import list_array, rows_words
from netspec.analysis.data.block import Block
from netspec.analysis.data.calls import Calls
from netspec.analysis.data.fields import plan_fields
from netspec.analysis.data.split import PARTS, is_seed, parse_split, sizes
from netspec.analysis.data.text_sources import COLUMN
from netspec.analysis.data.values import Array, Pending, Table, column_of, describe
from netspec.analysis.network.values import Unknown
from netspec.program.data import DataPlan, Operand, SplitPlan, Step, Use
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim

SETTINGS = ("seed",)


def analyse_data(data: tree.Data, block: Block) -> DataPlan | None:
    """The plan of a data block; None when anything in it is wrong, which the sink is told.

    `block` is new, and says what stands around.
    """
    return Statements(block).plan(data)


def analyse_shares(data: tree.Data, block: Block) -> SplitPlan | None:
    """The parts that `split` makes, of a block whose rows cannot be told; None without any."""
    for statement in data.body.statements:
        match statement:
            case tree.Flow(values=(tree.Call(func=tree.Name(id="split")) as call,)):
                keywords = tuple(one for one in call.keywords if one.name.id in PARTS)
                evaluate = Calls(block).evaluate
                values = {one.name.id: evaluate(one.value) for one in keywords}
                split = parse_split(block, replace(call, args=(), keywords=keywords), values)
                return split if isinstance(split, SplitPlan) else None
            case _:
                pass
    return None


class Statements:
    """Walks the statements of one data block."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.calls = Calls(block)
        self.split: SplitPlan | None = None

    def plan(self, data: tree.Data) -> DataPlan | None:
        """Every statement, then the whole."""
        for statement in data.body.statements:
            self._statement(statement)
        head = Span(data.span.source, data.span.start, data.span.start + len("data"))
        found = plan_fields(self.block, head)
        if isinstance(found, Unknown):
            return None
        self._check_unused()
        own_test = found.own_test
        if own_test and self.split is not None and self.split.test:
            advice = "leave `test` out: the source's own test rows are the test set"
            message = "the source brings its own test set, and `split` makes another"
            self.block.fail(errors.split_twice(self.split.place("test"), message, advice))
        self._check_split_columns(found.rows)
        self._split_windows(found.rows)
        counts = self._sizes(found.rows, own_test)
        if self.block.failed:
            return None
        return DataPlan(
            span=data.span,
            fields=found.fields,
            steps=_named_apart(self.block),
            split=self.split,
            seed=self.block.seed,
            count=self._count(found.rows),
            own_test=own_test > 0,
            windows=found.rows in self.block.windows,
            rows=found.rows.value,
            sizes=counts,
        )

    # --- statements --------------------------------------------------------------------------

    def _statement(self, statement: tree.Statement) -> None:
        match statement:
            case tree.Bind(targets=(tree.Name() as name,), values=(value,)):
                self._bind(name, value)
            case tree.Bind():
                advice = "bind one name a line"
                self.block.fail(errors.not_for_data(statement.span, "this form of binding", advice))
            case tree.Flow(values=(tree.Call(func=tree.Name(id="split")) as call,)):
                self._split(call)
            case tree.Flow(values=(value,)):
                self._flow(value)
            case _:
                word = statement.span.text.split(None, 1)[0].rstrip("{(:,")
                self.block.fail(errors.not_for_data(statement.span, f"`{word}`"))

    def _bind(self, name: tree.Name, expression: tree.Expr) -> None:
        self.block.target = name.id
        value = self.calls.evaluate(expression)
        if name.id == "seed" and not isinstance(value, Table | Array):
            if isinstance(value, int) and is_seed(value):
                self.block.seed = value
            elif not isinstance(value, Unknown):
                wanted, given = "a whole number from 0 to 2**32 - 1", describe(value)
                self.block.fail(errors.wrong_value(expression.span, "`seed`", wanted, given))
            return
        if isinstance(value, tuple):
            value = list_array(value, self.block, expression.span)
        if isinstance(value, Pending):
            value = self.block.fail(errors.size_missing(value.span))
        self.block.bind(name, value)

    def _flow(self, expression: tree.Expr) -> None:
        """A table standing alone: its columns become names."""
        self.block.target = _source_name(expression)
        value = self.calls.evaluate(expression)
        if isinstance(value, Unknown):
            self.block.nameless = True
            return
        if not isinstance(value, Table):
            advice = "bind it to a name: `x = ...`"
            self.block.fail(
                errors.wrong_value(
                    expression.span, "a line without a name", "a source", describe(value), advice
                )
            )
            return
        step = self.block.add_named(self.block.target, value, expression.span)
        table = replace(value, expression=Use(step))
        for info in value.columns:
            if info.name.isidentifier():
                name = tree.Name(span=expression.span, id=info.name)
                column = column_of(table, self.block.known(info), expression.span)
                self.block.bind(name, column, exported=True)

    def _split(self, call: tree.Call) -> None:
        if self.split is not None:
            message = "the rows are split twice"
            advice = "write one `split` with all parts"
            self.block.fail(errors.split_twice(call.span, message, advice, self.split.span))
            return
        values = {k.name.id: self.calls.evaluate(k.value) for k in call.keywords}
        split = parse_split(self.block, call, values)
        if isinstance(split, SplitPlan):
            self.split = split

    # --- the whole ---------------------------------------------------------------------------

    def _check_unused(self) -> None:
        for name, named in self.block.names.items():
            if named.step is None and not named.used and not isinstance(named.value, Unknown):
                self.block.fail(errors.unused(named.span, name, SETTINGS))

    def _check_split_columns(self, rows: Dim) -> None:
        """What `stratify` and `by` name has a value for each of the data's rows."""
        split = self.split
        divided = () if split is None else (("stratify", split.stratify), ("by", split.by))
        made = dict(self.block.made)
        for name, step in divided:
            theirs = None if step is None else made[step].rows
            if split is not None and theirs is not None and theirs != rows:
                sides = (rows_words(theirs), rows_words(rows))
                what = f"`{name}` of `split` and the data"
                self.block.fail(errors.rows_differ(split.place(name), what, *sides))

    def _count(self, rows: Dim) -> Operand:
        count = self.block.count(rows)
        assert count is not None, "the rows of the fields are those of a step"
        return count

    def _split_windows(self, rows: Dim) -> None:
        """Windows are divided in the order they stand in, a gap between the parts."""
        gap = self.block.windows.get(rows)
        if gap is None or self.split is None:
            return
        split = self.split
        shuffled = split.shuffle and "shuffle" in dict(split.places)
        columns = (("stratify", split.stratify), ("by", split.by))
        for name, given in (("seed", split.seed), *columns, ("shuffle", shuffled or None)):
            if given is not None:
                what = f"`{name}` of `split`"
                self.block.fail(errors.windows_in_order(split.place(name), what))
        self.split = replace(self.split, shuffle=False, gap=gap)

    def _sizes(self, rows: Dim, own_test: int) -> tuple[int, int, int] | None:
        """How many rows each part gets, when known; an empty one is reported."""
        total = rows.value
        if total is None:
            return None
        free = total - own_test
        if self.split is None:
            return free, 0, own_test
        if self.split.by is not None:
            return None  # the sizes of the groups tell
        train, val, test = sizes(self.split, free)
        wanted = (("train", self.split.train, train), ("val", self.split.val, val))
        for part, fraction, count in (*wanted, ("test", self.split.test, test)):
            if fraction > 0 and count == 0:
                self.block.fail(errors.empty_split(self.split.place(part), part, free))
        return train, val, own_test or test


def _source_name(expression: tree.Expr) -> str:
    """A name for the table that an unnamed source gives: `make_moons()` is `moons`."""
    head = expression.stages[0] if isinstance(expression, tree.Pipe) else expression
    func = head.func if isinstance(head, tree.Call) else head
    named = func.name if isinstance(func, tree.Attribute) else func
    name = named.id if isinstance(named, tree.Name) else "rows"
    if name in {"csv", "parquet", "json", "idx", "images"}:
        return "rows"
    if name in {"chars", "text"}:
        return COLUMN
    return name.removeprefix("make_").removeprefix("load_")


def _named_apart(block: Block) -> tuple[Step, ...]:
    """The steps with unique names: of several bound to one name, the last keeps it."""
    steps = block.steps
    last = {step.name: place for place, step in enumerate(steps)}
    taken = set(last)
    result: list[Step] = []
    for place, step in enumerate(steps):
        name, number = step.name, 0
        if last[step.name] != place:
            while name in taken:
                name = f"{step.name}_{number}"
                number += 1
            taken.add(name)
        result.append(replace(step, name=name))
    return tuple(result)
