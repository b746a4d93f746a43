"""Sources of a data block: a call to the table it gives, from declarations and file schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from netspec.analysis.data import errors
from netspec.analysis.data.array_sources import array_table
from netspec.analysis.data.block import Block
from netspec.analysis.data.hub_sources import hub_table
from netspec.analysis.data.text_sources import text_table
from netspec.analysis.data.user_sources import user_table
from netspec.analysis.data.values import INT, MOST_CLASSES, REAL, Info, Table, describe
from netspec.analysis.data.vision_sources import of_torchvision, vision_table
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.catalog import Bound, Entry, Refusal
from netspec.catalog import Value as CatalogueValue
from netspec.diagnostics import did_you_mean
from netspec.program.data import Column, Load
from netspec.program.graph import Literal
from netspec.program.schemas import CsvColumn, CsvForm, CsvSchema, IdxSchema, Unreadable
from netspec.source import Span
from netspec.syntax import tree
from netspec.types import Dim, Kind

# Rows of scikit-learn's stored sets; each load_* gives all of them.
STORED_ROWS = {
    "load_iris": 150,
    "load_wine": 178,
    "load_breast_cancer": 569,
    "load_diabetes": 442,
    "load_linnerud": 20,
}
STORED_CLASSES = {
    "load_iris": ("setosa", "versicolor", "virginica"),
    "load_wine": ("class_0", "class_1", "class_2"),
    "load_breast_cancer": ("malignant", "benign"),
}
# The smallest and the largest of their features, where they are not of one size.
STORED_RANGES = {"load_wine": (0.13, 1680.0), "load_breast_cancer": (0.0, 4254.0)}
DIGITS = 1797
# make_blobs draws this many centers when none are given.
BLOBS = 3
MOST_ROWS = 2**31


def source_table(
    block: Block,
    entry: Entry,
    span: Span,
    bound: Bound,
    spans: Mapping[str, Span],
) -> Table | Unknown:
    """The table that a source gives when called with these arguments."""
    extern = block.extern(entry)
    if extern is not None:
        return user_table(block, entry, extern, span, bound)
    if of_torchvision(entry):
        return vision_table(block, entry, span, bound, spans)
    match entry.name:
        case "csv":
            return _csv(block, entry, span, bound, spans)
        case "parquet" | "json":
            return _frame(block, entry, span, bound, spans)
        case "idx":
            return _idx(block, entry, span, bound, spans)
        case "images":
            return _images(block, entry, span, bound, spans)
        case "hub":
            return hub_table(block, entry, span, bound, spans)
        case "npz":
            return array_table(block, entry, span, bound, spans)
        case "chars" | "text":
            return text_table(block, entry, span, bound, spans)
        case _:
            return _generated(block, entry, span, bound)


def _load(entry: Entry, span: Span, bound: Bound, columns: Sequence[Info], *, seeded: bool) -> Load:
    given = tuple((name, plain(bound.values[name])) for name in bound.values if name in bound.given)
    return Load(
        span=span,
        source=entry.name,
        target=entry.target,
        arguments=given,
        columns=tuple(Column(name=info.name, dtype=info.dtype) for info in columns),
        seeded=seeded,
    )


def plain(value: CatalogueValue) -> Literal:
    """A catalogue value as a literal of the plan."""
    if isinstance(value, Dim):
        assert value.value is not None
        return value.value
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    return value


# --- scikit-learn ----------------------------------------------------------------------------


def _generated(block: Block, entry: Entry, span: Span, bound: Bound) -> Table | Unknown:
    """`make_*` and `load_*`: the types are in the declaration."""
    values = dict(bound.values)
    refusal = _count(values)
    if refusal is not None:
        return block.fail(
            errors.arguments_refused(span, refusal, f"write a whole number from 1 to {MOST_ROWS:,}")
        )
    if entry.name == "make_blobs" and values["centers"] is None:
        values["centers"] = BLOBS
    applied = entry.apply(replace(bound, values=values), ())
    if isinstance(applied, Refusal):
        return block.fail(errors.arguments_refused(span, applied.message, applied.help))
    columns: list[Info] = []
    for name, output in zip(entry.output_names, applied.outputs, strict=True):
        dims = tuple(dim.value for dim in output.shape)
        if entry.name == "make_regression" and name == "y" and values["n_targets"] == 1:
            dims = ()
        columns.append(
            Info(
                name=name,
                dtype="int" if output.kind.is_integer else "real",
                kind=output.kind,
                dims=dims,
                place=f"column `{name}` of `{entry.name}`",
                class_names=STORED_CLASSES.get(entry.name, ()) if name == "y" else (),
                range=STORED_RANGES.get(entry.name) if name == "x" else None,
            )
        )
    seeded = "random_state" in values and values["random_state"] is None
    load = _load(entry, span, bound, columns, seeded=seeded)
    return Table(expression=load, columns=tuple(columns), rows=_rows(block, entry.name, values))


def _count(values: Mapping[str, CatalogueValue]) -> str | None:
    """What is wrong with the sizes asked for, if anything."""
    for name in ("n_samples", "n_features", "n_classes", "centers", "n_targets", "n_class"):
        for number in _flat(values.get(name)):
            if isinstance(number, int) and not 1 <= number <= MOST_ROWS:
                return f"`{name}` cannot be {number}"
    return None


def _flat(value: CatalogueValue) -> tuple[CatalogueValue, ...]:
    return value if isinstance(value, tuple) else (value,)


def _rows(block: Block, name: str, values: Mapping[str, CatalogueValue]) -> Dim:
    count = values.get("n_samples")
    if isinstance(count, tuple):
        count = sum(part for part in count if isinstance(part, int))
    if isinstance(count, int):
        return Dim.of(count)
    if name == "load_digits" and values["n_class"] == 10:
        return Dim.of(DIGITS)
    if name in STORED_ROWS:
        return Dim.of(STORED_ROWS[name])
    return block.unknown_rows()


# --- files -----------------------------------------------------------------------------------


def _csv(
    block: Block, entry: Entry, span: Span, bound: Bound, spans: Mapping[str, Span]
) -> Table | Unknown:
    bound = replace(bound, values={**bound.values, "separator": _tab(bound.values["separator"])})
    form = _csv_form(block, span, bound, spans)
    if isinstance(form, Unknown):
        return UNKNOWN
    file = str(bound.values["file"])
    read = partial(block.schemas.csv, file, form)
    schema = read(whole=False)
    if isinstance(schema, Unreadable):
        if schema.reason == "separator":
            mark, place = schema.detail, spans.get("separator")
            return block.fail(errors.csv_separator(span, file, mark, form.separator, place))
        return block.fail(errors.unreadable(schema, spans["file"]))
    columns = [
        _csv_info(column, file, place, schema) for place, column in enumerate(schema.columns, 1)
    ]
    if schema.rows is None:
        block.sampled[file] = partial(read, whole=True)
    rows = block.unknown_rows() if schema.rows is None else Dim.of(schema.rows)
    load = _load(entry, span, bound, columns, seeded=False)
    return Table(expression=load, columns=tuple(columns), rows=rows)


# The encodings by name: Python would look any other up among its modules.
ENCODINGS = ("utf-8", "latin-1", "cp1252", "utf-16")


def _tab(separator: CatalogueValue) -> CatalogueValue:
    """A tab, which may be written as in Python: strings of a spec know no escapes."""
    return "\t" if separator == "\\t" else separator


def _csv_form(
    block: Block, span: Span, bound: Bound, spans: Mapping[str, Span]
) -> CsvForm | Unknown:
    """How the call says that the file is written."""
    values = bound.values
    separator, decimal, encoding = (
        str(values[name]) for name in ("separator", "decimal", "encoding")
    )
    if len(separator) != 1:
        message = f"`separator` is one character, not {describe(separator)}"
        place, advice = spans.get("separator", span), 'write `separator=";"`'
        return block.fail(errors.arguments_refused(place, message, advice))
    if decimal not in {".", ","}:
        message = f'`decimal` is `"."` or `","`, not {describe(decimal)}'
        return block.fail(errors.arguments_refused(spans.get("decimal", span), message))
    if decimal == separator:
        message = f"`{separator}` cannot be both `separator` and `decimal`"
        advice = 'a file of decimal commas is separated otherwise, e.g. by `separator=";"`'
        return block.fail(errors.arguments_refused(spans.get("decimal", span), message, advice))
    if encoding not in ENCODINGS:
        listed = ", ".join(f'`"{name}"`' for name in ENCODINGS)
        message = f"`encoding` cannot be {describe(encoding)}"
        advice = did_you_mean(encoding, ENCODINGS) or f"it may be {listed}"
        return block.fail(errors.arguments_refused(spans.get("encoding", span), message, advice))
    missing = values["missing"]
    assert isinstance(missing, tuple)
    return CsvForm(
        header=values["header"] is True,
        separator=separator,
        missing=tuple(str(mark) for mark in missing),
        decimal=decimal,
        encoding=encoding,
    )


def _csv_info(column: CsvColumn, file: str, place: int, schema: CsvSchema) -> Info:
    return Info(
        name=column.name,
        dtype=column.dtype,
        kind=REAL if column.dtype == "real" else INT,
        missing=column.missing,
        text=column.text,
        categories=column.categories,
        range=column.range,
        classes=column.integers and column.range is not None and _are_classes(column.range),
        place=f"{file}, column {place}",
        sampled=file if schema.rows is None else None,
    )


def _are_classes(range: tuple[float, float]) -> bool:
    low, high = range
    return low == 0 < high < MOST_CLASSES


def _frame(
    block: Block, entry: Entry, span: Span, bound: Bound, spans: Mapping[str, Span]
) -> Table | Unknown:
    """`parquet` and `json`: columns with types of their own."""
    file = str(bound.values["file"])
    read = partial(block.schemas.frame, file, entry.name)
    schema = read(whole=False)
    if isinstance(schema, Unreadable):
        return block.fail(errors.unreadable(schema, spans["file"]))
    block.sampled[file] = partial(read, whole=True)
    columns = [
        replace(_csv_info(column, file, place, schema), sampled=file)
        for place, column in enumerate(schema.columns, 1)
    ]
    rows = block.unknown_rows() if schema.rows is None else Dim.of(schema.rows)
    load = _load(entry, span, bound, columns, seeded=False)
    return Table(expression=load, columns=tuple(columns), rows=rows)


def _idx(
    block: Block, entry: Entry, span: Span, bound: Bound, spans: Mapping[str, Span]
) -> Table | Unknown:
    """Two files, or four: images and labels with as many rows."""
    if (bound.values["test_images"] is None) != (bound.values["test_labels"] is None):
        message = "`test_images` and `test_labels` go together"
        return block.fail(errors.arguments_refused(span, message, "give both or neither"))
    schemas: dict[str, IdxSchema] = {}
    for name in ("images", "labels", "test_images", "test_labels"):
        file = bound.values[name]
        if not isinstance(file, str):
            continue
        schema = block.schemas.idx(file)
        if isinstance(schema, Unreadable):
            return block.fail(errors.unreadable(schema, spans[name]))
        schemas[name] = schema
    own_test = "test_images" in schemas
    pairs = [("images", "labels")] + [("test_images", "test_labels")] * own_test
    total, classes = 0, 0
    for images, labels in pairs:
        left, right = schemas[images].shape, schemas[labels].shape
        if left[0] != right[0]:
            what = f"`{bound.values[images]}` and `{bound.values[labels]}`"
            return block.fail(errors.rows_differ(span, what, str(left[0]), str(right[0])))
        if schemas[labels].classes is None or len(right) != 1:
            detail = "it does not hold labels, whole numbers from 0, one a row"
            file = str(bound.values[labels])
            return block.fail(errors.file_malformed(spans[labels], file, detail))
        if left[1:] != schemas["images"].shape[1:]:
            file, detail = str(bound.values[images]), "its images differ in size from the others"
            return block.fail(errors.file_malformed(spans[images], file, detail))
        total += left[0]
        classes = max(classes, schemas[labels].classes or 0)
    images_file, labels_file = str(bound.values["images"]), str(bound.values["labels"])
    size: tuple[int, ...] = schemas["images"].shape[1:]
    pixels = schemas["images"].pixels and len(size) == 2
    columns = (
        Info(
            name="x",
            dtype="pixels" if pixels else "real",
            kind=Kind("unit") if pixels else REAL,
            dims=(1, *size) if pixels else size,
            place=images_file,
        ),
        Info(name="y", dtype="int", kind=Kind("index", Dim.of(classes)), place=labels_file),
    )
    load = _load(entry, span, bound, columns, seeded=False)
    test = schemas["test_images"].shape[0] if own_test else 0
    return Table(expression=load, columns=columns, rows=Dim.of(total), own_test=test)


def _images(
    block: Block, entry: Entry, span: Span, bound: Bound, spans: Mapping[str, Span]
) -> Table | Unknown:
    folder, channels = str(bound.values["folder"]), bound.values["channels"]
    if channels not in (1, 3):
        message = f"`channels` is 1 (grey) or 3 (colour), not {channels}"
        place = spans.get("channels", span)
        return block.fail(errors.arguments_refused(place, message, "write `channels=1`"))
    schema = block.schemas.images(folder)
    if isinstance(schema, Unreadable):
        return block.fail(errors.unreadable(schema, spans["folder"]))
    assert isinstance(channels, int)
    height, width = schema.size or (None, None)
    columns = (
        Info(
            name="x",
            dtype="pixels",
            kind=Kind("unit"),
            dims=(channels, height, width),
            place=folder,
        ),
        Info(
            name="y",
            dtype="int",
            kind=Kind("index", Dim.of(len(schema.classes))),
            place=f"the folders in {folder}",
            class_names=schema.classes,
        ),
    )
    load = _load(entry, span, bound, columns, seeded=False)
    rows = Dim.of(schema.rows + schema.test_rows)
    return Table(expression=load, columns=columns, rows=rows, own_test=schema.test_rows)


def refused(block: Block, refusal: Refusal, call: tree.Call | None, span: Span) -> Unknown:
    """Report what the catalogue refused, at the argument at fault."""
    place = span
    if call is not None:
        if isinstance(refusal.argument, int) and refusal.argument < len(call.args):
            place = call.args[refusal.argument].span
        for keyword in call.keywords:
            if keyword.name.id == refusal.argument:
                unknown = refusal.reason == "unknown-argument"
                place = keyword.name.span if unknown else keyword.value.span
    block.fail(errors.arguments_refused(place, refusal.message, refusal.help, notes=refusal.notes))
    return UNKNOWN


def arguments_by_name(entry: Entry, call: tree.Call | None) -> dict[str, Span]:
    """Where each argument of a checked call stands."""
    if call is None:
        return {}
    names = [argument.name for argument in entry.arguments if not argument.keyword_only]
    spans = {name: arg.span for name, arg in zip(names, call.args, strict=False)}
    return spans | {keyword.name.id: keyword.value.span for keyword in call.keywords}
