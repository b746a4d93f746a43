"""Imports of other files, and what is looked for in them (NS203x), and their limits (NS001x)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label, code, did_you_mean, error
from netspec.source import Span

# How many names of a file a report lists.
MOST_LISTED = 8


@code("NS2030")
def import_missing(span: Span, path: str, near: Sequence[str]) -> Diagnostic:
    """An imported file is not there.

    The path starts from the folder of the file that has the `import`.

    Wrong:
        # file: blocks.net
        #| block Head { Linear(2) }
        import "block.net" as lib
        model {
          input x: real[B, 4]
          lib.Head
        }

    Right:
        # file: blocks.net
        #| block Head { Linear(2) }
        import "blocks.net" as lib
        model {
          input x: real[B, 4]
          lib.Head
        }
    """
    advice = "the path starts from the folder of this file"
    if near:
        advice = "did you mean " + " or ".join(f'`"{name}"`' for name in near) + "?"
    return error(f"there is no file `{path}` to import", span, help=advice)


@code("NS2031")
def import_path(span: Span, message: str, help: str) -> Diagnostic:
    """An import does not say where a spec is.

    An import names a `.net` file by its path from the folder of the file that has the `import`,
    with `/` between folders. The path goes down only, and no link on it may lead out of the folder
    of the spec: what a spec needs lies beside it.

    Wrong:
        import "../shared/blocks.net" as lib
        model {
          input x: real[B, 4]
          lib.Head
        }

    Right:
        # file: shared/blocks.net
        #| block Head { Linear(2) }
        import "shared/blocks.net" as lib
        model {
          input x: real[B, 4]
          lib.Head
        }
    """
    return error(message, span, help=help)


@code("NS2032")
def import_ring(span: Span, ring: Sequence[str]) -> Diagnostic:
    """Files import one another in a ring.

    A file is read after those that it imports, so none of them may import it in turn, at once or by
    way of others. What both need goes into a third file.

    Wrong:
        # file: blocks.net
        #| import "example.net" as main
        #| block Head { Linear(main.classes) }
        import "blocks.net" as lib
        param classes = 2
        model {
          input x: real[B, 4]
          lib.Head
        }

    Right:
        # file: sizes.net
        #| param classes = 2
        # file: blocks.net
        #| import "sizes.net" as sizes
        #| block Head { Linear(sizes.classes) }
        import "blocks.net" as lib
        model {
          input x: real[B, 4]
          lib.Head
        }
    """
    through = " -> ".join(f"`{name}`" for name in ring)
    return error(
        f"`{ring[-1]}` imports itself",
        span,
        notes=(f"the ring is {through}",) if len(ring) > 2 else (),
        help="put what both files need into a third one" if len(ring) > 2 else "take this out",
    )


@code("NS2033")
def import_nameless(span: Span, path: str, example: str) -> Diagnostic:
    """An imported file has no name to use it by.

    Without `as`, an imported file goes by its own name: `import "blocks.net"` makes `blocks`. A
    name is made of letters, digits and underscores; a file that is called otherwise needs an `as`.

    Wrong:
        # file: my-blocks.net
        #| block Head { Linear(2) }
        import "my-blocks.net"
        model {
          input x: real[B, 4]
          Linear(2)
        }

    Right:
        # file: my-blocks.net
        #| block Head { Linear(2) }
        import "my-blocks.net" as blocks
        model {
          input x: real[B, 4]
          blocks.Head
        }
    """
    advice = f'write `import "{path}" as {example}`'
    return error(f"`{path}` is no name to use it by", span, help=advice)


@code("NS2034")
def not_in_file(
    span: Span, name: str, namespace: str, names: Sequence[str], imported: Span, help: str | None
) -> Diagnostic:
    """An imported file has nothing of that name.

    A file offers its blocks, named models, params, imports, and the layers and losses it declares
    under their names, and its only or unnamed model as `model`. Its `data`, `train` and `test` are
    its own affair.

    Wrong:
        # file: blocks.net
        #| block Head { Linear(2) }
        import "blocks.net" as lib
        model {
          input x: real[B, 4]
          lib.Haed
        }

    Right:
        # file: blocks.net
        #| block Head { Linear(2) }
        import "blocks.net" as lib
        model {
          input x: real[B, 4]
          lib.Head
        }
    """
    advice = help or did_you_mean(name, names)
    if advice is None:
        advice = f"it has {_listed(names)}" if names else "it has nothing to use"
    place = Label(imported, "imported here")
    return error(f"`{namespace}` has no `{name}`", span, also=(place,), help=advice)


@code("NS2035")
def in_imported_file(span: Span, name: str, written: str) -> Diagnostic:
    """A name of an imported file is used without saying whose it is.

    What another file defines goes by the name of the file, a dot, and its own name, so that one
    sees where it comes from, and files may use the same names.

    Wrong:
        # file: blocks.net
        #| block Head { Linear(2) }
        import "blocks.net" as lib
        model {
          input x: real[B, 4]
          Head
        }

    Right:
        # file: blocks.net
        #| block Head { Linear(2) }
        import "blocks.net" as lib
        model {
          input x: real[B, 4]
          lib.Head
        }
    """
    return error(f"`{name}` is the name of nothing in this file", span, help=f"write `{written}`")


@code("NS2036")
def file_as_value(span: Span, name: str, names: Sequence[str]) -> Diagnostic:
    """An imported file stands where one of its blocks or params is meant.

    A file is no layer and no number. What it holds is used by its name behind the file's.

    Wrong:
        # file: blocks.net
        #| block Head { Linear(2) }
        import "blocks.net" as lib
        model {
          input x: real[B, 4]
          lib
        }

    Right:
        # file: blocks.net
        #| block Head { Linear(2) }
        import "blocks.net" as lib
        model {
          input x: real[B, 4]
          lib.Head
        }
    """
    listed = _listed([f"{name}.{known}" for known in names])
    advice = f"say what of it is meant: {listed}" if names else "it has nothing to use"
    return error(f"`{name}` is an imported file, not a value", span, help=advice)


@code("NS0010")
def too_many_files(span: Span, limit: int) -> Diagnostic:
    """A spec imports too many files.

    At most 256 files may be imported, at once or by one another. A file that is imported several
    times is read, and counted, once.

        netspec check generated.net
    """
    advice = "put what belongs together in one file"
    return error(f"more than {limit} files are imported", span, help=advice)


@code("NS0011")
def override_twice(name: str, other: str, span: Span) -> Diagnostic:
    """Two `--set` give one param two values.

    A file that is imported under two names is one file, with one value for each of its params. Set
    the param by one of its names.

        netspec run model.net --set lib.width=40
    """
    return error(
        f"`--set {other}=...` and `--set {name}=...` set one param",
        span,
        help="leave one of the two out",
    )


@code("NS0012")
def import_from_text(span: Span) -> Diagnostic:
    """A spec that is no file imports one.

    An import starts from the folder of the file it stands in. A text given to `netspec.parse` or
    `netspec.check` stands in no file. Save it, and load it from there:

        netspec check model.net
    """
    return error(
        "a spec that is no file can import none",
        span,
        help="save it in a file, and read that with `netspec.load`",
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:MOST_LISTED])
    more = len(names) - MOST_LISTED
    return f"{shown} and {more} more" if more > 0 else shown
