"""The catalogue pages of the reference: one for each kind of entry, made from the prelude.

`make reference` writes them into `grammar/catalogue/`; a test holds them up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from netspec.catalog import left_out
from netspec.catalog.entries import Catalog
from netspec.catalog.left_out_functions import FUNCTIONS
from netspec.catalog.left_out_sets import SETS
from netspec.catalog.pages import KINDS, Line, Page, page

FOLDER = "catalogue"
INTRODUCTION = """\
Everything that a spec can name, as the [prelude](../../netspec/prelude) declares it. These pages
are made from the declarations by `make reference`; `netspec doc NAME` prints the same of one."""
LEFT_OUT = {
    "layer": left_out.LAYERS,
    "loss": left_out.LOSSES,
    "optimizer": left_out.OPTIMIZERS,
    "schedule": left_out.SCHEDULES,
    "transform": {**left_out.TRANSFORMS, **left_out.IMAGE_TRANSFORMS},
    "source": SETS,
    "init": left_out.INITS,
    "function": FUNCTIONS,
}
# How the reasons go on: those of functions are sentences of their own.
BECAUSE = {"function": "why"}


def write(grammar: Path) -> None:
    """Write every page below the folder `grammar`, and take away those of kinds that are gone."""
    folder = grammar / FOLDER
    folder.mkdir(exist_ok=True)
    made = documents(Catalog())
    for stale in set(folder.glob("*.md")) - {folder / name for name in made}:
        stale.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


def documents(catalog: Catalog) -> dict[str, str]:
    """The pages by the names of their files: `README.md`, and one for each kind."""
    kinds = [kind for kind in KINDS if kind in catalog.kinds]
    kinds += [kind for kind in catalog.kinds if kind not in KINDS]
    made = {"README.md": "\n".join(_contents(catalog, kinds))}
    for kind in kinds:
        made[f"{kind}.md"] = "\n".join(_document(catalog, kind))
    return made


def _contents(catalog: Catalog, kinds: list[str]) -> Iterator[str]:
    yield "# The catalogue"
    yield ""
    yield INTRODUCTION
    yield ""
    yield "| kind | names |"
    yield "| --- | --- |"
    for kind in kinds:
        names = catalog.names(kind)
        yield f"| [{_plural(kind)}]({kind}.md) | {len(names)} |"
    yield ""


def _document(catalog: Catalog, kind: str) -> Iterator[str]:
    title = _plural(kind)
    yield f"# {title[0].upper()}{title[1:]}"
    yield ""
    yield "Made from the declarations by `make reference`. [All kinds](README.md)."
    yield ""
    for name in catalog.names(kind):
        entry = catalog.find(kind, name)
        assert entry is not None
        yield from _section(page(entry))
    reasons = LEFT_OUT.get(kind)
    if reasons:
        yield "## What is left out"
        yield ""
        yield f"| torch's | {BECAUSE.get(kind, 'because it')} |"
        yield "| --- | --- |"
        for name, reason in sorted(reasons.items()):
            yield f"| `{name}` | {_cell(reason)} |"
        yield ""


def _plural(kind: str) -> str:
    return KINDS.get(kind, kind)


def _section(said: Page) -> Iterator[str]:
    yield f"## {said.name}"
    yield ""
    yield said.doc
    yield ""
    yield "```text"
    yield said.declaration
    yield "```"
    yield ""
    for label, tensors in (("Takes", said.takes), ("Gives", said.gives)):
        if tensors:
            yield f"{label} " + "; ".join(f"`{of}`, {words}" for of, words in tensors) + "."
            yield ""
    for label, weights in (("Learns", said.learns), ("Stores", said.stores)):
        if weights:
            yield f"{label} " + ", ".join(f"`{name}`" for name in weights) + "."
            yield ""
    if said.arguments:
        yield "| argument | is | default | |"
        yield "| --- | --- | --- | --- |"
        for line in said.arguments:
            yield _row(line)
        yield ""
    if said.example is not None:
        yield "```net"
        yield said.example.rstrip("\n")
        yield "```"
        yield ""


def _row(line: Line) -> str:
    default = line.default if line.default in {"needed", "inferred"} else f"`{line.default}`"
    return f"| `{line.name}` | {line.types} | {default} | {_cell('; '.join(line.notes))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
