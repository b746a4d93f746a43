"""Mistakes with the sources of a data block (NS552), one constructor a code."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Edit, Fix, code, error
from netspec.source import Span


@code("NS5522")
def source_not_yet(span: Span, source: str, advice: str) -> Diagnostic:
    """A source that the language means to have is not read yet.

    The data sets of torchvision and those of the Hugging Face hub are not read. What they hold can
    be written to a parquet file once, with two lines of Python, or read by a function of your own,
    `extern source`, which `--allow` lets run.

    Wrong:
        data {
          rows = hub("moons")
          x    = rows.x
          y    = rows.y
        }

    Right:
        data {
          rows = make_moons()
          x    = rows.x
          y    = rows.y
        }
    """
    return error(f"`{source}` is not supported yet", span, help=advice)


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
