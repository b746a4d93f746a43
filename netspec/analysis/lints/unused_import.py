"""An import that nothing in the file uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, code, warning
from netspec.source import Span
from netspec.syntax import tree
from netspec.syntax.walk import descend


@code("NS8030")
def unused_import(span: Span, name: str) -> Diagnostic:
    """A file is imported and never used.

    What is imported is read and checked, and here nothing comes of it: the spec would mean the same
    without the line.

    Silence it with `# netspec: allow[unused-import]`.

    Wrong:
        # file: blocks.net
        #| block Head { Linear(2) }
        import "blocks.net" as lib
        model {
          input x: real[B, 4]
          Linear(2)
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
    return warning(
        f"`{name}` is imported and never used", span, help="use it, or take the import out"
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """Imports of the spec itself whose name stands nowhere else in it."""
    items = subject.file.items
    imports = [item for item in items if isinstance(item, tree.Import)]
    if not imports:
        return
    others = (item for item in items if not isinstance(item, tree.Import))
    used = {node.id for item in others for node in descend(item) if isinstance(node, tree.Name)}
    for item in imports:
        place = item.path if item.alias is None else item.alias
        name = PurePosixPath(item.path.value).stem if item.alias is None else item.alias.id
        if name not in used:
            yield unused_import(place.span, name)
