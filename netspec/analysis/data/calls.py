"""Calls in a data block: sources, functions and transforms by name, as values and as stages."""

from __future__ import annotations

from netspec.analysis.data import errors, functions
from netspec.analysis.data.applying import Use
from netspec.analysis.data.arguments import FUNCTIONS
from netspec.analysis.data.expressions import Expressions
from netspec.analysis.data.sources import arguments_by_name, refused, source_table
from netspec.analysis.data.tables import chosen, unknown
from netspec.analysis.data.transforms import transformed
from netspec.analysis.data.values import Array, Augmented, Pending, Size, Table, Value, describe
from netspec.analysis.data.vision_sources import NAMES, PACKAGE, of_torchvision
from netspec.analysis.errors import externs as wrong
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.catalog import Bound, Entry, Refusal, left_out
from netspec.catalog.left_out_sets import SETS
from netspec.program.graph import Literal
from netspec.source import Span
from netspec.syntax import tree

SELECTORS = ("select", "except")

# What other libraries call things that have another name, or form, here.
ELSEWHERE = {
    "astype": "columns are numbers as they are; `-> OrdinalEncoder` makes classes of them",
    "concat": "rows are put after one another by `cat(a, b)`, columns by `dim=1`",
    "concatenate": "rows are put after one another by `cat(a, b)`, columns by `dim=1`",
    "clip": "it is torch's `clamp(x, 0, 1)`",
    "drop": "columns are left out by `rows -> except(name)`",
    "dropna": "missing cells are filled in: `-> SimpleImputer`; a condition leaves rows out",
    "fillna": "missing cells are filled in by `-> SimpleImputer`",
    "filter": "rows are chosen by a condition: `rows[rows.age > 18]`",
    "get_dummies": "categories become columns by `-> OneHotEncoder`",
    "read_csv": 'it is `csv("file.csv")`',
    "read_json": 'it is `json("file.json")`',
    "read_parquet": 'it is `parquet("file.parquet")`',
    "rand": "write `uniform(0, 1, size=[100, 2])`",
    "randn": "write `normal(0, 1, size=[100, 2])`",
    "random_split": "write `split(train=80%, test=20%)` on a line of its own",
    "train_test_split": "write `split(train=80%, test=20%)` on a line of its own",
    "shuffle": "rows are shuffled by `split`, and anew in each epoch",
}


class Calls(Expressions):
    """Expressions with calls resolved against the catalogue and the functions of data."""

    def is_callable(self, name: str) -> bool:
        """Whether a source, function or transform is called that."""
        return (
            name in FUNCTIONS
            or name in SELECTORS
            or name == "split"
            or any(self._entry(kind, name) is not None for kind in ("source", "transform"))
        )

    def callables(self) -> tuple[str, ...]:
        """Every source, function and transform."""
        names = self.block.catalog.names
        return (
            *names("source"),
            *names("transform"),
            *FUNCTIONS,
            *SELECTORS,
            "split",
        )

    def _entry(self, kind: str, name: str) -> Entry | None:
        return self.block.catalog.find(kind, name)

    # --- as values ---------------------------------------------------------------------------

    def call(self, name: tree.Name, call: tree.Call | None) -> Value:
        """The value of `name(...)`; a source may stand without parentheses."""
        span = name.span if call is None else call.span
        source = self._entry("source", name.id)
        if source is not None and of_torchvision(source):
            return self.block.fail(errors.set_of_package(name.span, name.id))
        if source is not None:
            return self._source(source, call, span)
        if name.id in FUNCTIONS and call is not None:
            positional = [(self.evaluate(arg), arg.span) for arg in call.args]
            return functions.apply(self.block, name.id, span, positional, self._keywords(call))
        if name.id in FUNCTIONS:
            message = f"`{name.id}` needs its arguments"
            advice = f"write `{name.id}({', '.join(FUNCTIONS[name.id].names)})`"
            return self.block.fail(errors.arguments_refused(span, message, advice))
        if name.id == "split":
            advice = "write `split(...)` on a line of its own"
            return self.block.fail(errors.not_for_data(span, "`split` as a value", advice))
        if name.id in SELECTORS or self._entry("transform", name.id) is not None:
            advice = f"write `rows -> {span.text if len(span.text) < 40 else name.id}`"
            message = f"`{name.id}` is applied to a value by `->`"
            return self.block.fail(errors.arguments_refused(span, message, advice))
        if name.id in self.block.catalog.faulty:
            self.block.failed = True  # its declaration was reported
            return UNKNOWN
        candidates = self.callables()
        meant = ELSEWHERE.get(name.id)
        return self.block.fail(errors.unknown_name(name.span, name.id, candidates, meant))

    def of_package(self, name: tree.Attribute, call: tree.Call | None) -> Value:
        """The value of `torchvision.CIFAR10(...)`."""
        source = self._entry("source", name.name.id)
        if source is not None and of_torchvision(source):
            return self._source(source, call, name.span if call is None else call.span)
        if name.name.id in SETS:
            reason = SETS[name.name.id]
            return self.block.fail(errors.set_left_out(name.span, name.name.id, reason))
        sets = [f"{PACKAGE}.{known}" for known in NAMES]
        return self.block.fail(errors.unknown_name(name.span, name.span.text, sets))

    def of_file(self, entry: Entry, name: tree.Expr, call: tree.Call | None) -> Value:
        """The value of `lib.name(...)`, or of a bare source's name, of an imported file."""
        span = name.span if call is None else call.span
        if entry.kind == "source":
            return self._source(entry, call, span)
        if entry.kind == "transform":
            advice = f"write `rows -> {span.text if len(span.text) < 40 else name.span.text}`"
            message = f"`{entry.name}` is applied to a value by `->`"
            return self.block.fail(errors.arguments_refused(span, message, advice))
        return self.block.fail(wrong.extern_misplaced(name.span, entry.kind, name.span.text))

    def _source(self, entry: Entry, call: tree.Call | None, span: Span) -> Table | Unknown:
        bound = self._bound(entry, call, span)
        if isinstance(bound, Unknown):
            return UNKNOWN
        spans = arguments_by_name(entry, call)
        table = source_table(self.block, entry, span, bound, spans)
        return table if isinstance(table, Unknown) else self.block.hoist(table, span)

    def _keywords(self, call: tree.Call) -> list[tuple[tree.Name, Value]]:
        return [(keyword.name, self.evaluate(keyword.value)) for keyword in call.keywords]

    def _bound(self, entry: Entry, call: tree.Call | None, span: Span) -> Bound | Unknown:
        """The arguments of a source or a transform, which are constants."""
        positional: list[Literal] = []
        keywords: dict[str, Literal] = {}
        for keyword, expression in _arguments(call):
            value = self.evaluate(expression)
            if isinstance(value, Unknown):
                return UNKNOWN
            if isinstance(value, Table | Array | Augmented | Size | Pending):
                what = f"an argument of `{entry.name}`"
                given = describe(value)
                return self.block.fail(
                    errors.wrong_value(expression.span, what, "a constant", given)
                )
            if keyword is None:
                positional.append(value)
            else:
                keywords[keyword.id] = value
        bound = entry.bind(positional, keywords)
        if isinstance(bound, Refusal):
            return refused(self.block, bound, call, span)
        return bound

    # --- as stages ---------------------------------------------------------------------------

    def stage(self, value: Value, stage: tree.Expr, before: Span) -> Value:
        """`value -> stage`; `before` is the span of what the value was written as."""
        match stage:
            case tree.Name():
                name, call = stage, None
            case tree.Call(func=tree.Name() as name):
                call = stage
            case tree.Attribute() if self.is_of_file(stage):
                return self._stage_of_file(value, stage, None, before)
            case tree.Call(func=tree.Attribute() as func) if self.is_of_file(func):
                return self._stage_of_file(value, func, stage, before)
            case _:
                named = stage.func if isinstance(stage, tree.Call) else stage
                head = named.value if isinstance(named, tree.Attribute) else None
                if head is not None and isinstance(self.block.constant(head), Unknown):
                    self.block.failed = True  # what was wrong with the import was reported
                    return UNKNOWN
                advice = "a transform, a function, `select` or `except` comes after `->`"
                return self.block.fail(errors.not_for_data(stage.span, "this stage", advice))
        if isinstance(value, Augmented) and name.id in SELECTORS:
            return self.block.fail(errors.after_chance(stage.span, f"`{name.id}`"))
        if name.id in SELECTORS:
            return self._selected(value, name, call, stage.span, before)
        transform = self._entry("transform", name.id)
        if transform is not None:
            return self._transformed(value, transform, call, (stage.span, before))
        if name.id in FUNCTIONS:
            positional = [(value, before)]
            keywords = []
            if call is not None:
                positional += [(self.evaluate(arg), arg.span) for arg in call.args]
                keywords = self._keywords(call)
            return functions.apply(self.block, name.id, stage.span, positional, keywords)
        if self._entry("source", name.id) is not None:
            return self._source_late(stage.span)
        if name.id in self.block.catalog.faulty:
            self.block.failed = True  # its declaration was reported
            return UNKNOWN
        reason = {**left_out.TRANSFORMS, **left_out.IMAGE_TRANSFORMS}.get(name.id)
        if reason is not None:
            return self.block.fail(errors.transform_left_out(name.span, name.id, reason))
        names = (*self.block.catalog.names("transform"), *FUNCTIONS, *SELECTORS)
        meant = ELSEWHERE.get(name.id)
        return self.block.fail(errors.unknown_name(name.span, name.id, names, meant))

    def _stage_of_file(
        self, value: Value, name: tree.Attribute, call: tree.Call | None, before: Span
    ) -> Value:
        """`value -> lib.Clip`, a transform that an imported file declares."""
        span = name.span if call is None else call.span
        entry = self.declared_there(name)
        if entry is not None and entry.kind == "transform":
            return self._transformed(value, entry, call, (span, before))
        if entry is not None and entry.kind == "source":
            return self._source_late(span)
        if entry is not None:
            return self.of_file(entry, name, call)
        if self.is_missing(name):
            return UNKNOWN
        advice = "a transform, a function, `select` or `except` comes after `->`"
        return self.block.fail(errors.not_for_data(span, "this stage", advice))

    def _source_late(self, span: Span) -> Unknown:
        advice = "a source stands first"
        return self.block.fail(errors.not_for_data(span, "a source after `->`", advice))

    def _transformed(
        self, value: Value, entry: Entry, call: tree.Call | None, place: tuple[Span, Span]
    ) -> Value:
        """A transform applied; `place` is where it stands, and where the value before it."""
        span, before = place
        bound = self._bound(entry, call, span)
        if isinstance(bound, Unknown):
            return UNKNOWN
        use = Use(entry=entry, bound=bound, span=span, before=before)
        return transformed(self.block, use, value)

    def _selected(
        self, value: Value, name: tree.Name, call: tree.Call | None, span: Span, before: Span
    ) -> Value:
        """`rows -> select(a, "b c")`, `rows -> except(medv)`: column names, not values."""
        if isinstance(value, Unknown):
            return UNKNOWN
        if not isinstance(value, Table):
            what, given = f"`{name.id}`", describe(value)
            return self.block.fail(errors.wrong_value(before, what, "a table", given))
        if call is None or not call.args or call.keywords:
            message = f"`{name.id}` takes the names of columns"
            advice = f"write `{name.id}({value.columns[0].name})`"
            return self.block.fail(errors.arguments_refused(span, message, advice))
        names: list[str] = []
        for arg in call.args:
            match arg:
                case tree.Name(id=column) | tree.Text(value=column):
                    if value.column(column) is None:
                        return self.block.fail(unknown(value, column, arg.span))
                    names.append(column)
                case _:
                    message = f"`{name.id}` takes the names of columns"
                    advice = 'write a name, or `"odd name"`'
                    return self.block.fail(errors.arguments_refused(arg.span, message, advice))
        if name.id == "except":
            names = [info.name for info in value.columns if info.name not in names]
        return chosen(self.block, value, list(dict.fromkeys(names)), span)


def _arguments(call: tree.Call | None) -> list[tuple[tree.Name | None, tree.Expr]]:
    if call is None:
        return []
    named = [(keyword.name, keyword.value) for keyword in call.keywords]
    return [*((None, arg) for arg in call.args), *named]
