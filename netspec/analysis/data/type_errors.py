"""Mistakes in what the numbers of a data block are (NS44), one constructor a code."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label, code, error
from netspec.source import Span

DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?")


@code("NS4401")
def text_for_numbers(span: Span, column: str, place: str, row: int, cell: str) -> Diagnostic:
    """Text stands where numbers are wanted.

    A csv column whose cells are not all numbers is text. Arithmetic, scalers and the model work on
    numbers, so text has to be encoded: each category as its index, or as a row of zeros with a one.
    A single odd cell among numbers is usually a mistake in the file; the message names it. Another
    mark for missing cells is declared with `csv(..., missing=["?"])`.

    Compare `netspec check` with the first lines of the file.
    """
    return error(
        f"`{column}` holds text, and numbers are wanted here",
        span,
        f"row {row} is `{cell}`",
        notes=(f"`{column}` is read from {place}",),
        help='are these decimal commas? Then say `csv(..., decimal=",")`'
        if DECIMAL_COMMA.fullmatch(cell)
        else "encode it with `-> OneHotEncoder` or `-> OrdinalEncoder`, or mend the file",
    )


@code("NS4402")
def rows_differ(
    span: Span, what: str, left: str, right: str, also: Sequence[Label] = ()
) -> Diagnostic:
    """Things with different numbers of rows are combined.

    What is computed row by row, and all fields of the data, must have the same rows. `cat(a, b)`
    puts rows after one another. The same mask, written once and named, keeps the same rows.

    Wrong:
        data {
          x = linspace(0, 1, 100) -> unsqueeze(1)
          y = linspace(0, 1, 90)
        }

    Right:
        data {
          x = linspace(0, 1, 100) -> unsqueeze(1)
          y = linspace(0, 1, 100)
        }
    """
    return error(
        f"{what} differ in rows: {left} against {right}",
        span,
        also=tuple(also),
        help="give both the same rows; name a mask that is used twice",
    )


@code("NS4403")
def missing_cell(span: Span, column: str, place: str, row: int) -> Diagnostic:
    """A cell that is used as a number is empty or not a number.

    An empty cell, `NA`, `NaN` or `null` is a missing value. A network cannot work with it, and a
    loss becomes NaN, so it has to be filled in before use: with a mean, a median or a constant by
    `SimpleImputer`, which learns them from the training rows alone.

    With `x = rows -> except(y) -> SimpleImputer -> StandardScaler` in place,
    `netspec check homes.net` is content.
    """
    return error(
        f"`{column}` has a missing value in row {row}",
        span,
        "used as numbers here",
        notes=(f"`{column}` is read from {place}; rows are counted from 1, a header aside",),
        help='fill it in with `-> SimpleImputer`, e.g. `SimpleImputer(strategy="median")`',
    )


@code("NS4404")
def wrong_value(
    span: Span, what: str, wanted: str, given: str, help: str | None = None
) -> Diagnostic:
    """An operation is given another kind of value than it works on.

    A source gives a table; `rows.name` is one of its columns, `rows -> except(name)` a table of the
    others. `select` and `except` work on tables, arithmetic and functions on columns and matrices,
    a subscript with a condition on any of them.

    Wrong:
        data {
          digits = load_digits()
          x      = digits / 16
          y      = digits.y
        }

    Right:
        data {
          digits = load_digits()
          x      = digits.x / 16
          y      = digits.y
        }
    """
    return error(f"{what} wants {wanted}, this is {given}", span, help=help)


@code("NS4405")
def sizes_differ(span: Span, left: str, right: str) -> Diagnostic:
    """Arrays of different shape are combined.

    Row by row, two arrays must have the same sizes; nothing is stretched in silence, save a size of
    1 and a statistic such as `mean(x, dim=0)`, which is applied to every row.

    Wrong:
        data {
          x = normal(0, 1, size=[50, 2])
          y = x + normal(0, 1, size=[50, 3])
        }

    Right:
        data {
          x = normal(0, 1, size=[50, 2])
          y = x + normal(0, 1, size=[50, 2])
        }
    """
    return error(
        f"{left} is combined with {right}",
        span,
        help="a column joins a matrix as `column -> unsqueeze(1)`",
    )


@code("NS4406")
def transform_refuses(span: Span, name: str, given: str, help: str) -> Diagnostic:
    """A transform is applied to something it is not meant for.

    Scalers work on columns and matrices of numbers, encoders on columns of categories (text or
    integers), `Normalize` and `Resize` on images.

    Wrong:
        data {
          make_moons()
          x = x -> Resize([32, 32])
        }

    Right:
        data {
          make_moons()
          x = x -> StandardScaler
        }
    """
    return error(f"`{name}` cannot be applied to {given}", span, help=help)


@code("NS4407")
def image_sizes_differ(span: Span, name: str, place: str) -> Diagnostic:
    """Images differ in size, and a network needs them alike.

    `images("folder")` takes images as they are. When they differ in height or width, they must be
    resized: `x = x -> Resize([64, 64])` (height, width), bilinear, without keeping proportions.

    `netspec check photos.net` looks at a sample of the images, `netspec run photos.net` at all.
    """
    return error(
        f"the images of `{name}` differ in size",
        span,
        notes=(place,),
        help=f"bring them to one size: `{name} = {name} -> Resize([64, 64])`",
    )


@code("NS4408")
def label_out_of_range(
    span: Span, name: str, place: str, row: int, label: int, classes: int
) -> Diagnostic:
    """A label is not one of the classes 0 to n-1.

    Classes are numbered from 0. A label outside the range would make the loss read past the end of
    the model's outputs. Labels numbered from 1, or with gaps, are renumbered by `OrdinalEncoder`.

    A file larger than 10 MB is not read whole by `netspec check homes.net`, so a label that stands
    far down is seen by `netspec run homes.net` only.
    """
    return error(
        f"`{name}` has the label {label} in row {row}, outside 0 to {classes - 1}",
        span,
        notes=(place,) if place else (),
        help="renumber the labels with `-> OrdinalEncoder`, or mend the file",
    )


@code("NS4409")
def not_finite(span: Span, name: str, row: int) -> Diagnostic:
    """A field of the data holds something that is no finite number.

    A division by zero, the logarithm of a negative number or an overflow gives infinity or NaN, and
    one such number spoils the whole training.

    Numbers are made when the data is read: `netspec run rates.net` shows this, `check` does not.
    `where(x > 0, x, 1)` replaces what a function is not defined for.
    """
    return error(
        f"`{name}` is not a finite number in row {row}",
        span,
        notes=("numbers are kept as float32, which ends at about 3.4e38",),
        help="look at the arithmetic that makes it, and at that row of the data",
    )
