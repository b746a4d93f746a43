"""Data sets of the Hugging Face hub: `hub("owner/name")`, typed by the copy in the local cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netspec.analysis.data import errors
from netspec.analysis.data.block import Block
from netspec.analysis.data.values import INT, REAL, Info, Table
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.catalog import Bound, Entry
from netspec.program.data import Column, Load
from netspec.program.schemas import CsvColumn, HubCells, HubColumn, HubCopy, Unreadable
from netspec.source import Span
from netspec.types import Dim, Kind

TEST = "test"


def hub_table(
    block: Block, entry: Entry, span: Span, bound: Bound, spans: Mapping[str, Span]
) -> Table | Unknown:
    """The columns of a set; the rows of its test split are the last ones."""
    values, path = bound.values, str(bound.values["path"])
    if values["streaming"] is True:
        return block.fail(errors.hub_streams(spans["streaming"]))
    if values["channels"] not in (1, 3):
        message = f"`channels` is 1 (grey) or 3 (colour), not {values['channels']}"
        place = spans["channels"]
        return block.fail(errors.arguments_refused(place, message, "write `channels=1`"))
    copies = block.schemas.hub(path)
    if isinstance(copies, Unreadable):
        missing = copies.reason == "missing"
        place = spans["path"]
        refused = errors.hub_not_fetched(place, path) if missing else None
        return block.fail(refused or errors.unreadable(copies, place))
    copy = _copy(block, path, copies, values["name"], spans)
    if isinstance(copy, Unknown):
        return UNKNOWN
    splits = _splits(block, path, copy, bound, spans)
    columns = _columns(block, path, copy, values["columns"], spans)
    if isinstance(splits, Unknown) or isinstance(columns, Unknown):
        return UNKNOWN
    cells = block.schemas.hub_cells(path, copy.name, splits, columns)
    if isinstance(cells, Unreadable):
        return block.fail(errors.unreadable(cells, spans["path"]))
    channels = values["channels"]
    assert isinstance(channels, int)
    infos = tuple(_info(path, column, cells, channels) for column in columns)
    counts = dict(copy.rows)
    test = splits[1] if len(splits) > 1 else None
    load = Load(
        span=span,
        source=entry.name,
        target=entry.target,
        arguments=(
            *(("path", path), ("name", copy.name), ("train", splits[0])),
            *(("test", test), ("channels", channels)),
        ),
        columns=tuple(Column(name=info.name, dtype=info.dtype) for info in infos),
    )
    own_test = counts[test] if test is not None else 0
    return Table(
        expression=load,
        columns=infos,
        rows=Dim.of(counts[splits[0]] + own_test),
        own_test=own_test,
    )


def _copy(
    block: Block, path: str, copies: Sequence[HubCopy], name: object, spans: Mapping[str, Span]
) -> HubCopy | Unknown:
    """The configuration that is wanted: the only one, the one called `default`, or that named."""
    by_name = {copy.name: copy for copy in copies}
    if name is None and len(copies) == 1:
        return copies[0]
    found = by_name.get("default" if name is None else str(name))
    if found is not None:
        return found
    place = spans["path"] if name is None else spans["name"]
    wanted = None if name is None else str(name)
    return block.fail(errors.hub_part(place, path, "configuration", wanted, list(by_name)))


def _splits(
    block: Block, path: str, copy: HubCopy, bound: Bound, spans: Mapping[str, Span]
) -> tuple[str, ...] | Unknown:
    """The split to train on, and the one to test on where there is one."""
    rows = dict(copy.rows)
    train, test = str(bound.values["train"]), bound.values["test"]
    wanted = [("train", train)]
    if test is not None:
        wanted.append(("test", str(test)))
    elif TEST in rows and train != TEST:
        wanted.append(("test", TEST))
    for argument, split in wanted:
        place = spans.get(argument, spans["path"])
        if split not in rows:
            return block.fail(errors.hub_part(place, path, "split", split, list(rows)))
        if not rows[split]:
            return block.fail(errors.file_empty(place, f"{path}, {split}"))
    return tuple(split for _, split in wanted)


def _columns(
    block: Block, path: str, copy: HubCopy, wanted: object, spans: Mapping[str, Span]
) -> tuple[HubColumn, ...] | Unknown:
    """The columns to read, all of which can be."""
    by_name = {column.name: column for column in copy.columns}
    names = list(by_name) if wanted is None else [str(n) for n in wanted]  # type: ignore[attr-defined]  # a list of texts
    place = spans.get("columns", spans["path"])
    for name in names:
        if name not in by_name:
            return block.fail(errors.unknown_column(place, name, f"`{path}`", list(by_name)))
        if not by_name[name].dtype:
            readable = [column.name for column in copy.columns if column.dtype]
            held = by_name[name].held
            return block.fail(errors.hub_column(place, path, name, held, readable))
    if not names:
        message = "`columns` names none"
        return block.fail(errors.arguments_refused(place, message, "leave it out to read all"))
    return tuple(by_name[name] for name in dict.fromkeys(names))


def _info(path: str, column: HubColumn, cells: HubCells, channels: int) -> Info:
    place = f"{path}, column {column.name}"
    if column.dtype == "pixels":
        height, width = dict(cells.sizes)[column.name] or (None, None)
        dims = (channels, height, width)
        return Info(name=column.name, dtype="pixels", kind=Kind("unit"), dims=dims, place=place)
    found = {cell.name: cell for cell in cells.cells.columns}
    cell = found.get(column.name, CsvColumn(name=column.name, dtype="real"))
    dtype = column.dtype or "text"
    kind = INT if dtype == "int" else REAL
    if column.classes:
        kind = Kind("index", Dim.of(len(column.classes)))
    elif dtype == "int" and cell.missing is not None:
        dtype, kind = "real", REAL
    return Info(
        name=column.name,
        dtype=dtype,
        kind=kind,
        dims=column.dims,
        missing=cell.missing,
        text=cell.text if dtype == "text" else None,
        categories=cell.categories,
        place=place,
        class_names=column.classes,
    )
