"""Mistakes in data blocks and data files (NS55), one constructor a code; NS44 pass through.

Used by the analysis of data blocks, and by `netspec.data` for what only reading shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netspec.analysis.data.file_errors import csv_separator, file_encoding, no_rows_left
from netspec.analysis.data.source_errors import (
    array_refused,
    arrays_differ_in_rows,
    hub_column,
    hub_not_fetched,
    hub_part,
    hub_streams,
    package_missing,
    set_left_out,
    set_not_there,
    set_of_package,
    unpacks_too_large,
)
from netspec.analysis.data.type_errors import (
    image_sizes_differ,
    label_out_of_range,
    missing_cell,
    not_finite,
    rows_differ,
    sizes_differ,
    text_for_numbers,
    transform_refuses,
    wrong_value,
)
from netspec.analysis.data.window_errors import windows_in_order, windows_too_long
from netspec.analysis.errors.weights import pickled_weights
from netspec.diagnostics import Diagnostic, Fix, Label, code, did_you_mean, error
from netspec.program.schemas import Unreadable
from netspec.source import Span

__all__ = [
    "arguments_refused",
    "array_refused",
    "arrays_differ_in_rows",
    "chosen_after_fit",
    "csv_separator",
    "empty_split",
    "file_empty",
    "file_encoding",
    "file_malformed",
    "file_missing",
    "file_outside",
    "hub_column",
    "hub_not_fetched",
    "hub_part",
    "hub_streams",
    "image_sizes_differ",
    "label_out_of_range",
    "missing_cell",
    "no_fields",
    "no_rows_left",
    "not_finite",
    "not_for_data",
    "own_test_rows",
    "package_missing",
    "rows_differ",
    "set_left_out",
    "set_not_there",
    "set_of_package",
    "size_missing",
    "sizes_differ",
    "split_fractions",
    "split_twice",
    "text_for_numbers",
    "too_large",
    "transform_refuses",
    "unknown_column",
    "unknown_name",
    "unpacks_too_large",
    "unreadable",
    "unused",
    "windows_in_order",
    "windows_too_long",
    "wrong_value",
]


@code("NS5501")
def file_missing(span: Span, file: str, near: Sequence[str] = ()) -> Diagnostic:
    """A data file or folder does not exist.

    Paths in a spec start at the spec's folder; what is not there is looked for below the folder
    that the environment variable `NETSPEC_DATA` names.

    `NETSPEC_DATA=~/datasets netspec run boston.net` finds `csv("boston.csv")` in `~/datasets`.
    """
    close = " or ".join(f'`"{name}"`' for name in near)
    return error(
        f"there is no file or folder `{file}`",
        span,
        notes=("looked in the spec's folder, then in `NETSPEC_DATA`",),
        help=f"did you mean {close}?" if close else "put it there, or set `NETSPEC_DATA`",
    )


@code("NS5502")
def file_outside(span: Span, file: str) -> Diagnostic:
    """A path leaves the folders that data may come from.

    A spec reads only below its own folder and below `NETSPEC_DATA`, so that running a spec from a
    stranger cannot read other files: no absolute paths, no `..`, no link that leads outside.

    Wrong:
        data {
          rows = csv("/etc/passwd")
          x    = rows
        }

    Right:
        data {
          make_moons()
        }
    """
    return error(
        f"`{file}` is outside the spec's folder and `NETSPEC_DATA`",
        span,
        help="write a path relative to one of them, and set `NETSPEC_DATA` to the data's folder",
    )


@code("NS5503")
def file_malformed(span: Span, file: str, detail: str) -> Diagnostic:
    """A data file cannot be read as what the source says it is.

    A csv row with more or fewer cells than the header, an IDX file without its magic number, an
    image that cannot be decoded, a folder of images without a folder per class. The message says
    where it broke.

    `csv` takes `header=false` for a file without a line of names. Whether it helped is seen with
    `netspec check homes.net`.
    """
    return error(
        f"`{file}` cannot be read: {detail}", span, help="mend the file, or name the right one"
    )


@code("NS5504")
def file_empty(span: Span, file: str) -> Diagnostic:
    """A data file has no rows.

    A csv file of a header alone, or a folder without images, gives nothing to train on.

    A csv file of one row without a header wants `csv("file.csv", header=false)`. Whether it helped
    is seen with `netspec check homes.net`.
    """
    return error(f"`{file}` has no rows", span, help="is it the right file, and complete?")


@code("NS5505")
def unknown_column(span: Span, name: str, table: str, columns: Sequence[str]) -> Diagnostic:
    """A table has no column of that name.

    The columns of a csv file are named by its first line, or `column_0`, `column_1`, ... with
    `header=false`; those of other sources are listed by `netspec explain`, and in the message.

    Wrong:
        data {
          moons = make_moons()
          x     = moons.x
          y     = moons.label
        }

    Right:
        data {
          moons = make_moons()
          x     = moons.x
          y     = moons.y
        }
    """
    return error(
        f"{table} has no column `{name}`",
        span,
        notes=("its columns: " + _listed(columns),),
        help=did_you_mean(name, columns),
    )


@code("NS5506")
def unknown_name(
    span: Span, name: str, candidates: Iterable[str], advice: str | None = None
) -> Diagnostic:
    """A name in a data block stands for nothing.

    A name is one bound above in the same block, a param, a source (`csv`, `make_moons`), a function
    (`linspace`, `cat`) or a transform (`StandardScaler`).

    Wrong:
        data {
          make_mons(noise=0.1)
        }

    Right:
        data {
          make_moons(noise=0.1)
        }
    """
    return error(
        f"nothing here is called `{name}`",
        span,
        help="`split(...)` is a line of its own, below the data that it parts"
        if name == "split"
        else advice
        or did_you_mean(name, candidates)
        or "bind it above, or see the sources and functions in the language reference",
    )


@code("NS5507")
def arguments_refused(
    span: Span,
    message: str,
    help: str | None = None,
    notes: Sequence[str] = (),
    fix: Fix | None = None,
) -> Diagnostic:
    """The arguments of a source, function or transform do not fit.

    Names, types and defaults are those of scikit-learn, NumPy or torch, whose thing it is.

    Wrong:
        data {
          make_moons(nois=0.1)
        }

    Right:
        data {
          make_moons(noise=0.1)
        }
    """
    return error(message, span, help=help, notes=tuple(notes), fix=fix)


@code("NS5508")
def split_fractions(span: Span, message: str, help: str) -> Diagnostic:
    """The parts of a split do not add up.

    `train`, `val` and `test` are fractions of all rows: `80%` or `0.8`. Together they are at most
    100%; a part that is left out is empty, but `train`, which then is the rest.

    Wrong:
        data {
          make_moons()
          split(train=80%, val=30%)
        }

    Right:
        data {
          make_moons()
          split(train=70%, val=30%)
        }
    """
    return error(message, span, help=help)


@code("NS5509")
def empty_split(span: Span, part: str, rows: int) -> Diagnostic:
    """A part of the split gets no rows.

    The fraction is too small for so few rows: 1% of 20 rows is none.

    Wrong:
        data {
          make_moons(n_samples=20)
          split(train=99%, val=1%)
        }

    Right:
        data {
          make_moons(n_samples=20)
          split(train=90%, val=10%)
        }
    """
    count = "1 row" if rows == 1 else f"{rows} rows"
    return error(
        f"the `{part}` part of the split is empty",
        span,
        notes=(f"there are {count} to split",),
        help=f"give `{part}` a larger fraction, or leave it out",
    )


@code("NS5510")
def split_twice(span: Span, message: str, help: str, first: Span | None = None) -> Diagnostic:
    """The rows are divided in two ways.

    A data block has one `split`. A source with its own test set keeps it, so that figures can be
    compared with those of others: only its training rows may be divided, into `train` and `val`.

    Wrong:
        data {
          make_moons()
          split(train=80%, val=20%)
          split(train=80%, test=20%)
        }

    Right:
        data {
          make_moons()
          split(train=60%, val=20%, test=20%)
        }
    """
    also = () if first is None else (Label(first, "the rows are split here already"),)
    return error(message, span, help=help, also=also)


@code("NS5511")
def not_for_data(span: Span, what: str, help: str | None = None) -> Diagnostic:
    """A construct has no meaning in a data block.

    A data block is a list of bindings and calls: sources, columns, functions, transforms, `split`.
    Loops, branches, inputs and labels belong to models.

    Wrong:
        data {
          make_moons()
          repeat 3 { x = x * 2 }
        }

    Right:
        data {
          make_moons()
          x = x * 8
        }
    """
    return error(f"{what} does not belong in a data block", span, help=help)


@code("NS5512")
def unused(span: Span, name: str, settings: Sequence[str] = ()) -> Diagnostic:
    """A name is bound in a data block and never used.

    Fields of the data's rows are there for the model and the loss. A number, a list or an array
    with other rows is neither, so a name that nothing uses is most likely misspelt.

    Wrong:
        data {
          sed = 3
          make_moons()
        }

    Right:
        data {
          seed = 3
          make_moons()
        }
    """
    return error(
        f"`{name}` is bound and never used",
        span,
        help=did_you_mean(name, settings) or "use it, or take it out",
    )


@code("NS5513")
def chosen_after_fit(span: Span, what: str) -> Diagnostic:
    """Rows are chosen, or counted, by what was fitted on the training rows.

    A scaler, an imputer and a statistic such as `mean(x, dim=0)` learn from the training rows, so
    the rows and the split must be settled before them. Choose rows first, then scale.

    Wrong:
        data {
          moons = make_moons()
          x     = moons.x -> StandardScaler
          x     = x[x[:, 0] > 0]
          y     = moons.y
        }

    Right:
        data {
          moons = make_moons()
          near  = moons.x[:, 0] > 0
          x     = moons.x[near] -> StandardScaler
          y     = moons.y[near]
        }
    """
    return error(
        f"{what} comes after a value that is fitted on the training rows",
        span,
        help="choose, join and count rows first, then apply scalers and statistics",
    )


@code("NS5514")
def no_fields(span: Span) -> Diagnostic:
    """A data block gives no fields.

    The names bound to columns and matrices are the fields that feed the model and the loss; a
    source standing alone exports its own.

    Wrong:
        data {
          seed = 3
        }

    Right:
        data {
          seed = 3
          make_moons()
        }
    """
    return error(
        "this data block gives no fields",
        span,
        help='start with a source, e.g. `make_moons()` or `rows = csv("rows.csv")`',
    )


@code("NS5515")
def size_missing(span: Span) -> Diagnostic:
    """Random numbers are drawn, and nothing says how many.

    Beside an array, `y = 2 * x + normal(0, 1)`, as many numbers are drawn as the array has. Alone,
    a draw needs its size.

    Wrong:
        data {
          x = normal(0, 1)
          y = x * 2
        }

    Right:
        data {
          x = normal(0, 1, size=[100, 1])
          y = x * 2
        }
    """
    return error(
        "how many numbers are to be drawn is not known here",
        span,
        help="say it: `size=100` for a column, `size=[100, 2]` for a matrix",
    )


@code("NS5516")
def own_test_rows(span: Span, what: str) -> Diagnostic:
    """Rows of a source with its own test set are chosen or joined.

    Such a source keeps its test rows apart. Choosing or joining rows would mix them with the
    others, so it is refused; put the files in one folder without `train` and `test` to divide them
    freely.

    `images("folder")` with the folders `train` and `test` has its own test set, and so have four
    files in `idx`; `netspec show photos.net` tells how many rows each part has.
    """
    return error(
        f"{what} would mix the test rows that the source brings with the others",
        span,
        help="use all its rows, or a source without its own test set",
    )


@code("NS5517")
def too_large(span: Span, what: str, limit: str) -> Diagnostic:
    """An array of the data block would be larger than any that is made without a file.

    Sizes in a data block are checked before anything is allocated.

    Wrong:
        data {
          x = zeros(1_000_000_000_000, 10)
        }

    Right:
        data {
          x = zeros(1_000, 10)
        }
    """
    return error(f"{what} has more than {limit}", span, help="make it smaller")


@code("NS5535")
def split_two_ways(span: Span, stratify: Span) -> Diagnostic:
    """A split is told to keep groups together and the shares of classes.

    `by` puts all rows of a group into one part, `stratify` gives each part its share of each class.
    Both at once can seldom be had, so one is chosen.

    Wrong:
        data {
          wines  = load_wine()
          x      = wines.x
          y      = wines.y
          cellar = floor(wines.x[:, 0])
          split(train=80%, test=20%, by=cellar, stratify=y)
        }

    Right:
        data {
          wines  = load_wine()
          x      = wines.x
          y      = wines.y
          cellar = floor(wines.x[:, 0])
          split(train=80%, test=20%, by=cellar)
        }
    """
    return error(
        "`by` and `stratify` divide the rows in two ways",
        span,
        also=(Label(stratify, "the other way"),),
        help="take one of them out",
    )


@code("NS5536")
def too_few_groups(span: Span, part: str, groups: int) -> Diagnostic:
    """No group of rows falls to a part of the split.

    With `by` the rows of a group stay together, so there are as many pieces to divide as there are
    groups. Their sizes tell which part each falls to: the one that holds its middle row, when the
    groups stand in a row in an order drawn by the seed.

    Give the part a larger fraction, another seed, or a column that makes more groups; `netspec show
    houses.net` prints the split.
    """
    count = "1 group" if groups == 1 else f"{groups} groups"
    return error(
        f"the `{part}` part of the split is empty",
        span,
        notes=(f"there are {count} of rows to divide",),
        help=f"give `{part}` a larger fraction, or try another `seed`",
    )


@code("NS5537")
def transform_left_out(span: Span, name: str, reason: str) -> Diagnostic:
    """A transform of scikit-learn or torchvision that data blocks do not have.

    `netspec doc KBinsDiscretizer` says why, and so does the message; what stands in its place is
    named there.

    Wrong:
        data {
          make_moons()
          y = y -> LabelEncoder
        }

    Right:
        data {
          make_moons()
          x = x -> StandardScaler
        }
    """
    return error(f"`{name}` is left out: it {reason}", span)


@code("NS5538")
def after_chance(span: Span, what: str) -> Diagnostic:
    """Something comes after a transform that changes images by chance.

    `RandomCrop`, `ColorJitter` and their like act when a batch is trained on, after everything else
    was made once for all rows. Only other transforms of images may follow them, all but `Resize`.

    Wrong:
        data {
          digits = load_digits()
          x      = digits.images -> unsqueeze(1) -> RandomCrop(6, padding=1) -> flatten
          y      = digits.y
        }

    Right:
        data {
          digits = load_digits()
          x      = digits.images -> unsqueeze(1) -> RandomCrop(6, padding=1) -> CenterCrop(4)
          y      = digits.y
        }
    """
    return error(
        f"{what} comes after a transform that changes images by chance",
        span,
        help="put it before: chance changes the batches of training, once all rows are made",
    )


def unreadable(problem: Unreadable, span: Span) -> Diagnostic:
    """The diagnostic for a file that tells nothing."""
    match problem.reason:
        case "huge":
            return unpacks_too_large(span, problem.file, problem.detail)
        case "missing":
            return file_missing(span, problem.file, problem.near)
        case "outside":
            return file_outside(span, problem.file)
        case "empty":
            return file_empty(span, problem.file)
        case "malformed":
            return file_malformed(span, problem.file, problem.detail)
        case "pickled":
            return pickled_weights(span, problem.file)
        case "separator":
            return csv_separator(span, problem.file, problem.detail, ",", None)
        case "encoding":
            return file_encoding(span, problem.file, problem.detail, problem.near)


def _listed(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
