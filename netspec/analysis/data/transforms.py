"""Transforms of a data block: what each takes, and the type of what it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from netspec.analysis.data import chance, errors, features, images
from netspec.analysis.data.applying import Use
from netspec.analysis.data.block import Block
from netspec.analysis.data.user_transforms import user_transformed
from netspec.analysis.data.values import INT, REAL, Array, Augmented, Info, Table, Value
from netspec.analysis.data.windows import windowed
from netspec.analysis.network.values import UNKNOWN, Unknown
from netspec.program.schemas import Category
from netspec.types import Dim, Kind

# What may follow a transform of chance: images are changed so batch by batch.
AFTER_CHANCE = (images.HANDLERS.keys() | chance.HANDLERS.keys()) - {"Resize"}
STRATEGIES = ("mean", "median", "most_frequent", "constant")


def transformed(block: Block, use: Use, value: Value) -> Value:
    """`value -> transform`."""
    if isinstance(value, Unknown):
        return UNKNOWN
    extern = block.extern(use.entry)
    if isinstance(value, Augmented) and (extern or use.name not in AFTER_CHANCE):
        return block.fail(errors.after_chance(use.span, f"`{use.name}`"))
    if extern is not None:
        place = (use.span, use.before)
        return user_transformed(block, use.entry, extern, use.bound, value, place)
    return HANDLERS[use.name](block, use, value)


# --- missing cells ---------------------------------------------------------------------------


def _imputed(block: Block, use: Use, value: Value) -> Value:
    """`SimpleImputer`: a table keeps its columns, without missing cells."""
    strategy = use.bound.values["strategy"]
    if strategy not in STRATEGIES:
        listed = ", ".join(f'`"{name}"`' for name in STRATEGIES)
        message = f"`strategy` of `SimpleImputer` cannot be {strategy!r}"
        return block.fail(errors.arguments_refused(use.span, message, f"it may be {listed}"))
    fill = use.bound.values["fill_value"]
    if isinstance(value, Array) and value.info is not None and value.rows is not None:
        infos: tuple[Info, ...] = (value.info,)
    elif isinstance(value, Table):
        infos = value.columns
    else:
        return use.refuse(block, value, "fill in a table or a column of a source")
    filled: list[Info] = []
    for info in infos:
        text = info.dtype == "text"
        if info.dims or info.dtype == "pixels":
            return use.refuse(block, value, "fill in columns with one number per row")
        if text and strategy in {"mean", "median"}:
            advice = '`strategy="most_frequent"` works on text, or choose the columns of numbers'
            return use.refuse(block, f"text (`{info.name}`)", advice)
        if strategy == "constant" and text != isinstance(fill, str):
            wanted = "text" if text else "a number"
            advice = f"`{info.name}` wants `fill_value` to be {wanted}"
            return use.refuse(block, f"`{info.name}`", advice)
        categories = info.categories
        if strategy == "constant" and categories is not None and isinstance(fill, str | int):
            categories = tuple(sorted({*categories, fill}, key=lambda c: (str(type(c)), c)))
        # Means are no integers; what stays an integer is a category.
        dtype = info.dtype if text else "real"
        filled.append(replace(info, missing=None, dtype=dtype, categories=categories))
    columns = tuple(info.name for info in infos)
    assert value.rows is not None
    block.fits.append((use.name, use.span, value.rows))
    if isinstance(value, Array):
        value = block.hoist(value, use.before)
        made = use.node(value.expression, fitted=True, flat=True, columns=columns)
        kind = INT if filled[0].dtype == "text" else REAL
        return replace(value, expression=made, kind=kind, info=filled[0], fitted=True, values=None)
    value = block.hoist(value, use.before)
    made = use.node(value.expression, fitted=True, flat=False, columns=columns)
    return replace(value, expression=made, columns=tuple(filled), fitted=True)


# --- categories ------------------------------------------------------------------------------


def _categories(
    block: Block, use: Use, value: Value
) -> tuple[tuple[Info, ...], tuple[tuple[Category, ...], ...]] | Unknown:
    """The columns of categories that an encoder is applied to, and the categories of each."""
    if isinstance(value, Array) and value.info is not None and value.rows is not None:
        infos: tuple[Info, ...] = (value.info,)
    elif isinstance(value, Table):
        infos = value.columns
    else:
        return use.refuse(block, value, "encode columns of a source: text or integers")
    infos = tuple(replace(info, categories=block.categories(info)) for info in infos)
    for info in infos:
        if info.missing is not None:
            block.fail(errors.missing_cell(use.before, info.name, info.place, info.missing))
            return UNKNOWN
        if info.categories is None:
            what = f"`{info.name}`, which does not hold categories"
            advice = "encode text or integers; numbers are scaled with `StandardScaler`"
            return block.fail(errors.transform_refuses(use.span, use.name, what, advice))
    return infos, tuple(info.categories or () for info in infos)


def _one_hot(block: Block, use: Use, value: Value) -> Value:
    """`OneHotEncoder`: a column of zeros and ones for each category."""
    found = _categories(block, use, value)
    if isinstance(found, Unknown):
        return UNKNOWN
    assert isinstance(value, Table | Array)
    infos, categories = found
    drop = use.bound.values["drop"]
    if drop not in (None, "first", "if_binary"):
        message = f"`drop` of `OneHotEncoder` cannot be {drop!r}"
        advice = 'it may be `none`, `"first"` or `"if_binary"`'
        return block.fail(errors.arguments_refused(use.span, message, advice))
    width = 0
    for values in categories:
        dropped = drop == "first" or (drop == "if_binary" and len(values) == 2)
        width += len(values) - dropped
    made = _encoded(block, use, value, infos, categories)
    return replace(made, kind=Kind("unit"), dims=(width,))


def _ordinal(block: Block, use: Use, value: Value) -> Value:
    """`OrdinalEncoder`: class indices; of a table as many as its column of most categories has."""
    found = _categories(block, use, value)
    if isinstance(found, Unknown):
        return UNKNOWN
    assert isinstance(value, Table | Array)
    infos, categories = found
    flat = isinstance(value, Array)
    return replace(
        _encoded(block, use, value, infos, categories),
        kind=Kind("index", Dim.of(max(map(len, categories)))),
        dims=() if flat else (len(infos),),
        class_names=tuple(str(category) for category in categories[0]) if flat else (),
    )


def _encoded(
    block: Block,
    use: Use,
    value: Table | Array,
    infos: Sequence[Info],
    categories: tuple[tuple[Category, ...], ...],
) -> Array:
    """Columns as an encoder makes them, fitted as they are; kind and size are for it to say."""
    value = block.hoist(value, use.before)
    made = use.node(
        value.expression,
        fitted=value.fitted,
        flat=isinstance(value, Array),
        columns=tuple(info.name for info in infos),
        categories=categories,
    )
    assert value.rows is not None
    return Array(
        expression=made,
        kind=REAL,
        dims=(),
        rows=value.rows,
        fitted=value.fitted,
        own_test=value.own_test,
    )


HANDLERS: Mapping[str, Callable[[Block, Use, Value], Value]] = {
    **features.HANDLERS,
    **images.HANDLERS,
    **chance.HANDLERS,
    "SimpleImputer": _imputed,
    "OneHotEncoder": _one_hot,
    "OrdinalEncoder": _ordinal,
    "windows": windowed,
}
