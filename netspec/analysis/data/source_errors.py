"""Mistakes with the sources of a data block (NS552), one constructor a code."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Edit, Fix, code, did_you_mean, error
from netspec.source import Span


@code("NS5530")
def unpacks_too_large(span: Span, file: str, detail: str) -> Diagnostic:
    """A packed file unpacks to far more than it holds.

    What is saved to be trained on shrinks to a half or to a tenth when it is packed. A file that
    would unpack to more than a hundred times its size, and to more than 2 GiB, holds zeros beyond
    number; reading it would only fill the memory.

    `netspec check moons.net` looks at the file's headers alone, and stops there. Where such a file
    is meant, save it with `numpy.savez`, which does not pack.
    """
    return error(
        f"`{file}` unpacks to {detail}",
        span,
        help="is it the right file? An array that is meant to be so is saved by `numpy.savez`",
    )


@code("NS5531")
def array_refused(span: Span, file: str, name: str, held: str, objects: bool) -> Diagnostic:
    """An array of an npz file holds what no column can.

    A column holds numbers, truth values or text. An array of Python objects is refused above all:
    reading it would run whatever code its pickle holds. NumPy makes one where rows differ in
    length, or where text and numbers are mixed.

    Save the array as numbers, `x.astype("float32")`, dates as numbers of days; or name the arrays
    that are wanted, `npz("moons.npz", arrays=["x", "y"])`. Then `netspec check moons.net` again.
    """
    return error(
        f"the array `{name}` of `{file}` holds {held}",
        span,
        notes=("reading Python objects would run the code in their pickle",) if objects else (),
        help="save it as numbers or text, or name the arrays to read: `arrays=[...]`",
    )


@code("NS5532")
def arrays_differ_in_rows(span: Span, file: str, told: str, wanted: Sequence[str]) -> Diagnostic:
    """The arrays of an npz file do not have the same rows.

    An array's first dimension is its rows, and all columns of a table have as many. A file may hold
    others beside them, a mean or the names of the classes: then say which are the columns.

    Arrays called `x_train`, `y_train`, `x_test` and `y_test`, and none beside them, are the columns
    `x` and `y` with a test set of their own. `netspec check moons.net` tells what was found.
    """
    named = ", ".join(f'"{name}"' for name in wanted)
    return error(
        f"the arrays of `{file}` are no table: {told}",
        span,
        help=f'name those that belong together: `npz("{file}", arrays=[{named}])`'
        if wanted
        else "save arrays with a row for each thing, as many in each",
    )


@code("NS5533")
def package_missing(
    span: Span, source: str, package: str, extra: str, said: str | None = None
) -> Diagnostic:
    """A source needs a package that netspec does not install by itself.

    torchvision reads its own data sets. It comes with an extra, `pip install "netspec[vision]"`, in
    a build that suits the installed torch: one that does not suit is found, and breaks off when it
    is imported. `check` and `show` need neither.

    `netspec run cifar.net` imports it; `netspec check cifar.net` is content without.
    """
    if said is not None:
        return error(
            f"`{package}`, which `{source}` needs, cannot be imported",
            span,
            notes=(said,),
            help=f"install the `{package}` that suits the installed torch: "
            f'`pip install --upgrade "netspec[{extra}]"`',
        )
    return error(
        f"`{source}` needs the package `{package}`, which is not installed",
        span,
        help=f'`pip install "netspec[{extra}]"`',
    )


@code("NS5534")
def set_not_there(
    span: Span, name: str, root: str, said: str | None = None, near: Sequence[str] = ()
) -> Diagnostic:
    """A data set is not in the folder named, or not whole.

    `torchvision.CIFAR10("data")` looks in the folder `data` beside the spec, then in that of the
    folder `NETSPEC_DATA`. With `download=true` a run fetches what is not there, once.

    Wrong:
        data {
          torchvision.USPS("no/such/folder")
        }

    Right:
        data {
          torchvision.USPS("no/such/folder", download=true)
        }
    """
    close = " or ".join(f'`"{other}"`' for other in near)
    return error(
        f"`{name}` is not in `{root}`" if said is None else f"`{name}` cannot be read in `{root}`",
        span,
        notes=(
            "looked in the spec's folder, then in `NETSPEC_DATA`"
            if said is None
            else f"torchvision: {said}",
        ),
        help=f"did you mean {close}?" if close else "with `download=true`, a run fetches it",
    )


@code("NS5539")
def set_left_out(span: Span, name: str, reason: str) -> Diagnostic:
    """A data set of torchvision that is not read.

    A row is an image of a known size and its class. Sets of boxes, sentences, videos or pairs hold
    something else; folders of images are read by `images`. `netspec doc ImageNet` says why, and so
    does the message.

    Wrong:
        data {
          torchvision.ImageNet("data")
        }

    Right:
        data {
          torchvision.CIFAR10("data", download=true)
        }
    """
    return error(f"`{name}` is left out: it {reason}", span)


@code("NS5540")
def set_of_package(span: Span, name: str) -> Diagnostic:
    """A data set of torchvision is called without the package's name.

    Wrong:
        data {
          CIFAR10("data", download=true)
        }

    Right:
        data {
          torchvision.CIFAR10("data", download=true)
        }
    """
    return error(
        f"`{name}` is a data set of torchvision",
        span,
        help=f"write `torchvision.{name}`",
        fix=Fix(edits=(Edit(span=span, replacement=f"torchvision.{name}"),), safe=True),
    )


@code("NS5541")
def hub_not_fetched(span: Span, path: str) -> Diagnostic:
    """A data set of the Hugging Face hub is not on this machine yet.

    `check` asks no network, and a run reads what `check` saw: the copy in the cache of the library
    `datasets`, which `pip install "netspec[hub]"` brings. The library fetches a set once.

    Wrong:
        data {
          hub("no-such-owner/no-such-set")
        }

    Right:
        data {
          make_moons()
        }
    """
    return error(
        f"`{path}` is not in the cache of `datasets`",
        span,
        notes=("its columns are known once it was fetched; neither `check` nor a run fetches it",),
        help=f'fetch it in Python: `from datasets import load_dataset; load_dataset("{path}")`',
    )


@code("NS5542")
def hub_streams(span: Span) -> Diagnostic:
    """A data set of the hub is asked for as a stream.

    A stream has no end that is known, no order but the hub's, and may be another one the next day.
    Rows are counted and divided before a run, shuffled by the seed, and scalers learn from all that
    are trained on; so that the same spec gives the same bits, a set is read from a copy. What the
    copy holds is mapped into memory, and images are decoded when a batch wants them.

    Wrong:
        data {
          hub("owner/pets", streaming=true)
        }

    Right:
        data {
          make_moons()
        }
    """
    return error(
        "data sets of the hub are read from a copy, not as a stream",
        span,
        notes=("rows are counted, divided and shuffled by the seed, which a stream forbids",),
        help="leave `streaming` out; a part of a large set can be saved and read by `parquet`",
    )


@code("NS5543")
def hub_column(span: Span, path: str, name: str, held: str, columns: Sequence[str]) -> Diagnostic:
    """A column of a data set of the hub holds what no column here can.

    A cell is a number, a class, a text, an image, or a list of numbers that is as long in every
    row. A set with sounds, lists of any length or records in its rows is read without them:
    `hub("owner/pets", columns=["image", "label"])`.

    `netspec check pets.net` names the columns that can be read.
    """
    named = ", ".join(f'"{column}"' for column in columns)
    return error(
        f"the column `{name}` of `{path}` holds {held}",
        span,
        help=f"name the columns to read: `columns=[{named}]`" if columns else None,
    )


@code("NS5544")
def hub_part(
    span: Span, path: str, what: str, name: str | None, there: Sequence[str]
) -> Diagnostic:
    """A data set of the hub has no split or no configuration of that name in the cache.

    A set has splits, most often `train` and `test`: `train=` and `test=` say which are read, where
    they are called otherwise. It may have several configurations, which `name=` tells apart.

    `netspec check pets.net` names those that are there. One that the hub has, and the cache has
    not, is fetched by `load_dataset("owner/pets", "name")` in Python.
    """
    listed = ", ".join(f"`{one}`" for one in there)
    if name is None:
        return error(
            f"`{path}` has several {what}s",
            span,
            notes=(f"in the cache: {listed}",),
            help=f'say which: `hub("{path}", name="{there[0]}")`',
        )
    return error(
        f"`{path}` has no {what} `{name}`",
        span,
        notes=(f"in the cache: {listed}",),
        help=did_you_mean(name, there),
    )
