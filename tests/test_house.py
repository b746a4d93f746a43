"""The house rules of design and habit, held by reading the code: floors, guests, sizes, names."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from netspec.cli.explain import all_codes

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "netspec"

# Bottom to top. Rooms of one floor are strangers. Diagnostics are drawn on sources, so the ground
# floor is two steps; the command line and the Python API both stand on the driver.
FLOORS = (
    ("source", "grammar", "prelude"),
    ("diagnostics",),
    ("types",),
    ("syntax",),
    ("catalog", "program"),
    ("analysis",),
    ("allowed",),
    ("codegen", "data"),
    ("runner", "report", "export"),
    ("driver",),
    ("sampling",),
    ("cli", "lsp", "spec"),
    ("__init__", "__main__"),
)
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}

# They load the upper floors late on purpose, so that `check` answers while torch would still load.
LATE = {"cli", "driver", "sampling", "__init__", "__main__"}

# A package whose names load when first used (PEP 562), because `check` enters it by a side door.
LATE_DOORS = {"netspec.data"}

BUILDERS = {"codegen", "data", "runner", "report", "export"}
GUESTS = {
    "lark": {"syntax"},
    "click": {"cli"},
    "rich": {"cli", "report", "diagnostics.render"},
    "pydantic": {"program"},
    "torch": BUILDERS,
    "numpy": BUILDERS,
    "sklearn": BUILDERS,
    "polars": {"data"},
    "PIL": {"data"},
    "matplotlib": {"report"},
    "safetensors": {"runner", "export"},
}
HEAVY = ("torch", "numpy", "sklearn", "polars", "matplotlib", "PIL", "scipy", "pandas")

HOMELESS = {"utils", "util", "helpers", "common", "core", "base", "misc"}
EMPTY_NOUNS = ("Manager", "Handler", "Processor")
WALL = 500
SCREEN = 60

# Tables may pass the wall, each with its reason.
BEYOND_THE_WALL = {
    "netspec/analysis/data/errors.py": "a table: a page for each code",
    "netspec/syntax/errors.py": "a table: a page for each code",
}


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, where, and how: inside a function, or for type checkers only."""

    importer: str
    module: str
    line: int
    hidden: bool
    typing: bool


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str:
    """`analysis` of `netspec.analysis.shapes`; the package itself is its own top floor."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@cache
def modules() -> dict[str, Path]:
    return {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(importer: str, node: ast.AST, *, known: frozenset[str]) -> Iterator[Import]:
    """Every import below `node`; `from package import module` counts as the module."""
    stack: list[tuple[ast.AST, bool, bool]] = [(node, False, False)]
    while stack:
        at, hidden, typing = stack.pop()
        match at:
            case ast.Import():
                for name in at.names:
                    yield Import(importer, name.name, at.lineno, hidden, typing)
            case ast.ImportFrom():
                assert at.level == 0, f"{importer}:{at.lineno}: a relative import"
                assert at.module is not None
                for name in at.names:
                    inner = f"{at.module}.{name.name}"
                    found = inner if inner in known else at.module
                    yield Import(importer, found, at.lineno, hidden, typing)
            case _:
                inside = hidden or isinstance(
                    at, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
                )
                for child in ast.iter_child_nodes(at):
                    guarded = isinstance(at, ast.If) and child in at.body and _is_typing(at.test)
                    stack.append((child, inside, typing or guarded))


def _is_typing(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


@cache
def all_imports() -> tuple[Import, ...]:
    known = frozenset(modules())
    return tuple(
        found
        for name, path in modules().items()
        for found in imports(name, tree(path), known=known)
    )


def complaint(found: Import) -> str | None:
    """What house rule an import breaks, or None."""
    at = f"{found.importer}:{found.line} imports {found.module}"
    here = room(found.importer)
    if found.module.split(".")[0] == "netspec":
        there = room(found.module)
        if there == "__init__":
            # The version, and nothing else that the top floor has: allowed to the top rooms only.
            return None if here in LATE else f"{at}: the package's door is for people outside"
        if here == there:
            late = here in LATE or found.importer in LATE_DOORS
            return f"{at} inside a function" if found.hidden and not late else None
        if FLOOR[there] > FLOOR[here]:
            return f"{at}: imports go down only"
        if FLOOR[there] == FLOOR[here]:
            return f"{at}: rooms on one floor are strangers"
        if found.hidden and here not in LATE:
            return f"{at} inside a function"
        return None
    guest = found.module.split(".")[0]
    if guest not in GUESTS or (found.typing and here in LATE | {"spec"}):
        return None
    rooms = GUESTS[guest]
    section = ".".join(found.importer.split(".")[1:])
    if any(section == r or section.startswith(r + ".") for r in rooms):
        return None
    return f"{at}: {guest} is a guest of {', '.join(sorted(rooms))} only"


# --- floors and guests ---------------------------------------------------------------------------


def test_imports_go_down_and_guests_stay_in_their_rooms() -> None:
    assert [said for found in all_imports() if (said := complaint(found))] == []


def test_every_room_has_a_floor() -> None:
    assert {room(name) for name in modules()} <= FLOOR.keys()


@pytest.mark.parametrize(
    ("importer", "text", "expected"),
    [
        ("netspec.types.dims", "from netspec.syntax import parse", "imports go down only"),
        ("netspec.codegen.emit", "from netspec.data import load", "strangers"),
        ("netspec.catalog.load", "import torch", "torch is a guest"),
        ("netspec.catalog.load", "def f():\n  import numpy as np", "numpy is a guest"),
        ("netspec.diagnostics.codes", "from rich.console import Console", "rich is a guest"),
        ("netspec.analysis.a", "def f():\n  from netspec.types import Dim", "inside a function"),
        ("netspec.analysis.a", "from netspec import check", "door"),
        ("netspec.catalog.a", "if TYPE_CHECKING:\n  from torch import nn", "torch is a guest"),
    ],
)
def test_the_import_check_can_fail(importer: str, text: str, expected: str) -> None:
    (found,) = imports(importer, ast.parse(text), known=frozenset(modules()))
    said = complaint(found)
    assert said is not None
    assert expected in said


@pytest.mark.parametrize(
    ("importer", "text"),
    [
        ("netspec.diagnostics.codes", "from netspec.source import Span"),
        ("netspec.diagnostics.render.text", "from rich.console import Console"),
        ("netspec.driver", "def f():\n  from netspec.codegen import build_model"),
        ("netspec.spec", "if TYPE_CHECKING:\n  from torch import nn"),
        ("netspec.report.table", "from rich.table import Table"),
    ],
)
def test_the_import_check_lets_good_ones_pass(importer: str, text: str) -> None:
    (found,) = imports(importer, ast.parse(text), known=frozenset(modules()))
    assert complaint(found) is None


def cycle(edges: dict[str, set[str]]) -> list[str]:
    """Some circle of imports, or an empty list."""
    done: set[str] = set()
    path: list[str] = []

    def walk(node: str) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        path.append(node)
        for onward in sorted(edges.get(node, ())):
            if circle := walk(onward):
                return circle
        path.pop()
        done.add(node)
        return []

    for node in sorted(edges):
        if circle := walk(node):
            return circle
    return []


def test_no_circular_imports() -> None:
    edges: dict[str, set[str]] = {}
    for found in all_imports():
        if found.module.split(".")[0] == "netspec" and not (found.hidden or found.typing):
            edges.setdefault(found.importer, set()).add(found.module)
    assert cycle(edges) == []


def test_the_circle_check_can_fail() -> None:
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}}) == []


# --- what a check loads --------------------------------------------------------------------------


def loaded_by(code: str) -> set[str]:
    """The heavy libraries in memory after `code` ran in a Python of its own."""
    listing = f"import sys; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{listing}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


CHECK = "from netspec.cli import main\nassert main({arguments!r}) == {status}"


@pytest.mark.parametrize("verb", ["check", "show"])
def test_check_and_show_load_no_heavy_library(verb: str) -> None:
    arguments = [verb, str(ROOT / "specs" / "two_moons.net")]
    assert loaded_by(CHECK.format(arguments=arguments, status=0)) == set()


def test_a_failing_check_loads_no_heavy_library(tmp_path: Path) -> None:
    spec = tmp_path / "wrong.net"
    spec.write_text("model {\n  Linera(2)\n}\n", encoding="utf-8")
    assert loaded_by(CHECK.format(arguments=["check", str(spec)], status=1)) == set()


def test_the_api_loads_no_heavy_library() -> None:
    code = "import netspec; netspec.check('model { Linear(2) }', x='real[B, 4]')"
    assert loaded_by(code) == set()


def test_the_loading_check_can_fail() -> None:
    assert loaded_by("import numpy") == {"numpy"}


# --- sizes, names, habits ------------------------------------------------------------------------

OURS = ("netspec", "tests", "benchmarks", "examples")


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_passes_the_wall() -> None:
    long = {
        shown(path): lines
        for path in python_files(*OURS)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > WALL
        and shown(path) not in BEYOND_THE_WALL
    }
    assert long == {}


def test_functions_fit_a_screen() -> None:
    long = [
        f"{shown(path)}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in python_files("netspec")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > SCREEN
    ]
    assert long == []


def test_everything_has_a_better_name_than_utils() -> None:
    homeless = [shown(p) for p in PACKAGE.rglob("*") if p.stem.strip("_") in HOMELESS]
    empty = [
        f"{shown(path)}: {node.name}"
        for path in python_files("netspec")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(EMPTY_NOUNS)
    ]
    assert homeless + empty == []


UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
IGNORED = re.compile(r"#\s*(?:noqa|type:\s*ignore)(?P<rest>[^#]*(?:#.*)?)$")
REASON = re.compile(r"#.*\w|\]\s+\w|\s-\s*\w|[A-Z]+\d+\s+\S*[a-z]")


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{shown(path)}:{number}: {line.strip()}"
        for path in python_files(*OURS)
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_an_ignored_lint_carries_its_reason() -> None:
    found = [
        f"{shown(path)}:{number}: {line.strip()}"
        for path in python_files(*OURS)
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (ignored := IGNORED.search(line)) and not REASON.search(ignored["rest"])
    ]
    assert found == []


def broad_catches(module: ast.Module) -> list[int]:
    """The lines that catch every exception."""
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        )
    ]


def test_only_the_command_line_catches_everything() -> None:
    """An exception of ours is named a bug in one place; anywhere else it would be swallowed."""
    catching = {
        shown(p): found for p in python_files("netspec") if (found := broad_catches(tree(p)))
    }
    # What the user's own Python raises is theirs, whatever it is: it is told as such, or raised on.
    assert set(catching) <= {"netspec/cli/__init__.py", "netspec/allowed.py"}


def test_the_catch_check_can_fail() -> None:
    assert broad_catches(ast.parse("try:\n  f()\nexcept Exception:\n  pass")) == [3]
    assert broad_catches(ast.parse("try:\n  f()\nexcept OSError:\n  pass")) == []


def test_every_module_says_what_it_is() -> None:
    silent = [shown(path) for path in python_files("netspec") if not ast.get_docstring(tree(path))]
    hollow = [
        shown(path)
        for path in python_files("netspec")
        if ast.get_docstring(tree(path)) == "To come."
    ]
    assert silent + hollow == []


def test_every_package_folder_is_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(settings["tool"]["setuptools"]["packages"])
    folders = {".".join(p.parent.relative_to(ROOT).parts) for p in PACKAGE.rglob("__init__.py")}
    folders |= {"netspec.grammar", "netspec.zoo"}
    assert listed == folders


# --- codes ---------------------------------------------------------------------------------------

REGISTERED = re.compile(r'^@code\("(NS\d+)"\)', re.MULTILINE)


def test_every_code_is_known_to_explain() -> None:
    written = [
        number
        for path in python_files("netspec")
        for number in REGISTERED.findall(path.read_text(encoding="utf-8"))
    ]
    assert sorted(written) == list(all_codes())


def test_every_code_has_a_golden() -> None:
    """A golden under tests/cases; what only a run or a machine can show, a test that names it."""

    def read(folder: Path) -> str:
        files = (path for path in folder.rglob("*") if path.is_file())
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in files)

    goldens = read(ROOT / "tests" / "cases")
    tests = "".join(path.read_text(encoding="utf-8") for path in python_files("tests"))
    late = ("NS00", "NS6", "NS7")
    missing = [
        number
        for number in all_codes()
        if number not in goldens and not (number.startswith(late) and number in tests)
    ]
    assert missing == []
