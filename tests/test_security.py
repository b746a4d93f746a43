"""A file runs no code, and no file exhausts the machine (quality: "A file runs no code").

Each rule is held by a test that fails when its guard is taken out: scans are tested on text that
breaks the rule, limits by a spec that passes once the limit is raised.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import netspec
from netspec import driver
from netspec.analysis.context import Limits
from netspec.data.paths import find
from netspec.diagnostics import Sink
from netspec.program.schemas import Unreadable
from netspec.source import Source
from netspec.syntax import read

PACKAGE = Path(netspec.__file__).parent

# --- no code is run ------------------------------------------------------------------------------

RUNNERS = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
MODULES = {
    "code", "ctypes", "dill", "ftplib", "http", "importlib", "joblib", "marshal", "pickle", "pty",
    "requests", "runpy", "shelve", "smtplib", "socket", "subprocess", "tarfile", "urllib",
    "webbrowser", "xmlrpc", "yaml", "zipfile", "zipimport",
}  # fmt: skip
# Functions that read files in which code can hide, run commands, or end the process.
CALLS = {
    "torch.load", "torch.save", "torch.compile", "torch.hub.load", "np.load", "numpy.load",
    "np.fromfile", "os.system", "shutil.unpack_archive", "os.popen", "os.execv",
    "os.fork", "os.spawnv",
    "pl.read_database", "pl.sql", "pl.scan_pyarrow_dataset", "torch.jit.load", "torch.package",
}  # fmt: skip

# What there is, and why it cannot be reached by a spec's text.
ALLOWED = {
    # The emitted source is what runs: the one place that executes text (see below).
    ("codegen/emit.py", "exec"): 1,
    ("codegen/emit.py", "compile"): 1,
    # torch's own compiler. What it is given is the module of the emitted source, nothing else.
    ("runner/evaluate.py", "torch.compile"): 1,
    # Resources of the package: the grammar and the prelude.
    ("catalog/index.py", "import importlib.resources"): 1,
    ("cli/new.py", "import importlib.resources"): 1,
    ("syntax/grammar.py", "import importlib.resources"): 1,
    ("syntax/examples.py", "import importlib.resources"): 1,
    # Rooms of the package itself, loaded late, by names from tables and folders of the package.
    ("cli/__init__.py", "import importlib"): 1,
    ("cli/explain.py", "import importlib"): 1,
    ("data/__init__.py", "import importlib"): 1,
    # An npz file's directory and headers, never extracted; arrays of objects are refused.
    ("data/array_files.py", "import zipfile"): 1,
    ("data/array_files.py", "np.load"): 1,
    ("data/array_files.py", "allow_pickle"): 2,
    # Modules of the user's, named by `--allow` or `allow=` and by nothing in a spec (see below).
    ("allowed.py", "import importlib"): 1,
    ("allowed.py", "import importlib.machinery"): 1,
    ("allowed.py", "import importlib.util"): 1,
}


def dangers(tree: ast.AST) -> Iterator[str]:
    """Everything in a module that could run code, or read what runs code."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (f"import {n.name}" for n in names if n.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=str() as module, level=0):
                if module.split(".")[0] in MODULES:
                    yield f"import {module}"
            case ast.Call(func=ast.Name(id=name)) if name in RUNNERS:
                yield name
            case ast.Attribute() if ast.unparse(node) in CALLS:
                yield ast.unparse(node)
            case ast.keyword(arg="allow_pickle" | "weights_only" | "shell" as name):
                yield name


def parsed() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_runs_code_but_what_is_allowed() -> None:
    found = Counter((name, danger) for name, tree in parsed() for danger in dangers(tree))
    assert dict(found) == ALLOWED


@pytest.mark.parametrize(
    "line",
    [
        "eval(text)",
        "exec(text)",
        "compile(text, 'name', 'exec')",
        "__import__(name)",
        "import pickle",
        "import pickle as p",
        "from pickle import load",
        "import importlib.util",
        "from importlib import import_module",
        "import os, subprocess",
        "from urllib.request import urlopen",
        "torch.load(path)",
        "np.load(path)",
        "os.system(command)",
        "shutil.unpack_archive(path)",
        "read(path, allow_pickle=True)",
        "def f():\n    return [eval(x) for x in y]",
    ],
)
def test_the_scan_can_fail(line: str) -> None:
    assert list(dangers(ast.parse(line)))


@pytest.mark.parametrize("line", ["module.eval()", "re.compile(text)", "import os", "data.load(x)"])
def test_the_scan_lets_good_lines_pass(line: str) -> None:
    assert not list(dangers(ast.parse(line)))


HOSTILE = """
import "evil.net" as evil
extern layer Evil(a: int = 1): real[...] -> real[...] from "evil:Layer"
extern loss EvilLoss: (real[...], real[...]) -> real[] from "evil:Loss"
extern optimizer EvilSGD(lr: float = 0.1) from "evil:SGD"
param text = "evil"
data {
  rows = csv("evil.py")
  x    = rows.x
  y    = rows.y
}
model {
  Linear(2) -> Evil -> evil.Layer(3)
}
train {
  loss      = EvilLoss
  optimizer = EvilSGD
  epochs    = 1
  weights   = "evil.py"
}
"""


def test_no_text_of_a_spec_reaches_an_import(tmp_path: Path) -> None:
    marker = tmp_path / "imported"
    (tmp_path / "evil.py").write_text(f"open({str(marker)!r}, 'w').close()\nLayer = Loss = SGD = 1")
    (tmp_path / "evil.net").write_text("block Layer { ReLU }")
    (tmp_path / "hostile.net").write_text(HOSTILE)
    program = (
        "import sys; sys.path.insert(0, '.')\n"
        "from pathlib import Path\n"
        "from netspec import driver\n"
        "from netspec.diagnostics import Sink\n"
        "sink = Sink()\n"
        "source = driver.read(Path('hostile.net'), sink)\n"
        "assert driver.check(source, sink, {'text': 'evil'}) is None\n"
        "assert {d.code for d in sink.diagnostics} >= {'NS2060'}\n"
        "assert 'evil' not in sys.modules\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert not marker.exists()


QUIET = """
import socket, sys, os
from pathlib import Path

def refuse(event, args):
    writing = event == "open" and (
        (isinstance(args[1], str) and set(args[1]) & set("wax+"))
        or (isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    )
    if writing and "__pycache__" not in str(args[0]):
        raise RuntimeError(f"a check writes {args[0]}")
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.mkdir",
                         "os.remove", "os.rename", "shutil.", "urllib.")):
        raise RuntimeError(f"a check does {event}")

from netspec import driver
from netspec.diagnostics import Sink

sys.dont_write_bytecode = True
sys.addaudithook(refuse)
for name in sys.argv[1:]:
    if name == "--break":
        {breaking}
    sink = Sink()
    source = driver.read(Path(name), sink)
    assert source is not None
    driver.check(source, sink)
"""


def check_quietly(files: list[Path], folder: Path, breaking: str = "pass") -> str:
    program = QUIET.replace("{breaking}", breaking)
    arguments = ["--break", *map(str, files)] if breaking != "pass" else [str(f) for f in files]
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stderr


def test_check_writes_nothing_and_opens_no_socket(tmp_path: Path) -> None:
    files = sorted((PACKAGE.parent / "specs").glob("*.net"))
    files += sorted((PACKAGE.parent / "tests" / "cases" / "bad").rglob("*.net"))[::9]
    assert len(files) > 10
    assert check_quietly(files, tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "breaking", ["open('x', 'w')", "socket.socket()", "os.mkdir('x')", "os.system('true')"]
)
def test_that_check_can_fail(breaking: str, tmp_path: Path) -> None:
    assert "a check" in check_quietly([], tmp_path, breaking)


# --- emitted source ------------------------------------------------------------------------------

LABELS = [
    "self",
    "torch",
    "nn",
    "Tensor",
    "super",
    "forward",
    "training",
    "print",
    "object",
    "__init__",
    "F",
    "x",
    "children",
]


@pytest.mark.parametrize(
    "name",
    ['x"""\nimport evil\n"""', "x\\", "'); import evil", "a\nb.net", "{0}.net", '"""'],
)
def test_a_files_name_is_no_code(name: str) -> None:
    from netspec import codegen

    sink = Sink()
    text = "model {\n  input x: real[B, 4]\n  Linear(2)\n}\n"
    program = driver.check(Source(name, text), sink)
    assert program is not None
    emitted = ast.parse(codegen.emit_model(program.models[0]))
    imported = [node for node in ast.walk(emitted) if isinstance(node, ast.Import)]
    assert {alias.name for node in imported for alias in node.names} <= {"torch"}
    assert "evil" not in {node.id for node in ast.walk(emitted) if isinstance(node, ast.Name)}
    codegen.build_model(program.models[0], name)


def test_names_of_a_spec_cannot_take_over_the_emitted_source() -> None:
    import torch

    from netspec import codegen

    stages = " -> ".join(f"{label}: Linear(4)" for label in LABELS)
    text = f"model {{\n  input x: real[B, 4]\n  y = x -> {stages}\n  y + x\n}}\n"
    sink = Sink()
    program = driver.check(Source("labels.net", text), sink)
    if program is None:
        # Refused is as good as emitted with care, as long as it says so.
        assert sink.failed
        return
    module = codegen.build_model(program.models[0], "labels.net")
    assert module(torch.ones(2, 4)).shape == (2, 4)
    keys = {key.split(".")[0] for key in module.state_dict()}
    assert keys == set(LABELS)


# --- limits --------------------------------------------------------------------------------------


def codes(text: str, limits: Limits | None = None) -> list[str]:
    sink = Sink()
    driver.check(Source("limits.net", text), sink, limits=limits)
    return [diagnostic.code for diagnostic in sink.diagnostics if diagnostic.severity == "error"]


def body(*lines: str) -> str:
    inner = "\n".join(f"  {line}" for line in ("input x: real[B, 4]", *lines))
    return f"model {{\n{inner}\n}}\n"


EXPANDED = [
    (body("repeat 10_001 { ReLU }"), Limits(layers=11_000, expansions=10**6)),
    (body("repeat 100_001 { y = 1 }", "Linear(2)"), Limits(expansions=300_000)),
    (body("for i in 0..100_001 { y = i }", "Linear(2)"), Limits(expansions=300_000)),
    (body("repeat 400 { repeat 400 { y = 1 } }", "Linear(2)"), Limits(expansions=300_000)),
    (body("Linear(1_000_000)", "-> relu", "-> Linear(1_000_000)"), Limits(parameters=2**50)),
]


@pytest.mark.parametrize(("text", "raised"), EXPANDED, ids=[t.split("\n")[2] for t, _ in EXPANDED])
def test_expansion_is_limited(text: str, raised: Limits) -> None:
    assert codes(text) == ["NS0101"]
    assert codes(text, raised) == []


@pytest.mark.parametrize(
    "text",
    [
        body("repeat 1_000_000_000_000 { Linear(4) }"),
        body("for i in 0..10 ** 17 { Linear(4) }"),
        "block A { repeat 100 { ReLU } }\nblock C { repeat 100 { A } }\n"
        "block D { repeat 100 { C } }\n" + body("repeat 100 { D }"),
        body("big: repeat 100_000 { Linear(4) -> ReLU }"),
        body("repeat 1_000_000_000 { }"),
    ],
)
def test_huge_counts_are_refused_before_they_are_expanded(text: str) -> None:
    assert codes(text) == ["NS0101"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (body("n = 1234567890123456789", "Linear(2)"), "NS0006"),
        (body("n = 9 ** 9 ** 9 ** 9", "Linear(2)"), "NS3109"),
        (body("n = 10 ** 17 * 10", "Linear(2)"), "NS3109"),
        (body("n = B", "repeat 60 { n = n * (n + 1) }", "Linear(2)"), "NS3109"),
        (body("n = B", "repeat 60 { n = n * n }", "Linear(2)"), "NS3109"),
        (body("n = B", "repeat 100 { n = n + n }", "Linear(2)"), "NS3109"),
        (body("repeat 90 { x = cat(x, x, dim=1) }", "Linear(2)"), "NS4002"),
        (body('s = "ab"', "repeat 60 { s = s + s }", "Linear(2)"), "NS3115"),
        (body("s = [1]", "repeat 60 { s = [s, s] }", "Linear(2)"), "NS3115"),
    ],
)
def test_numbers_texts_and_lists_stay_small(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_nesting_is_limited() -> None:
    def nested(depth: int) -> str:
        return body("x -> " + "(" * depth + "ReLU" + ")" * depth)

    # The braces of the model are one level.
    assert codes(nested(99)) == []
    assert codes(nested(100)) == ["NS0004"]
    assert codes(nested(100_000)) == ["NS0004"]


def test_operators_are_limited() -> None:
    assert codes(body("n = " + " + ".join(["1"] * 150), "Linear(2)")) == []
    assert codes(body("n = " + " + ".join(["1"] * 100_000), "Linear(2)")) == ["NS0005"]


def test_a_deep_ring_of_blocks_ends() -> None:
    count = 60
    blocks = [f"block B{n} {{ B{(n + 1) % count} }}" for n in range(count)]
    assert codes("\n".join(blocks) + "\n" + body("B0")) == ["NS2006"]


def test_the_size_of_a_file_is_limited(tmp_path: Path) -> None:
    text = "model {\n  input x: real[B, 4]\n  Linear(2)\n}\n"
    spec = tmp_path / "large.net"
    spec.write_text(text + "#" * (1_000_000 - len(text)))
    sink = Sink()
    assert read(spec, sink) is not None
    spec.write_text(text + "#" * (1_000_001 - len(text)))
    assert read(spec, sink) is None
    assert [diagnostic.code for diagnostic in sink.diagnostics] == ["NS0003"]


# --- files ---------------------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec's folder with a file, a secret beside it, and links to the secret."""
    (tmp_path / "secret.csv").write_text("x,y\n1,2\n")
    inside = tmp_path / "inside"
    (inside / "deep").mkdir(parents=True)
    (inside / "deep" / "rows.csv").write_text("x,y\n1,2\n")
    (inside / "link.csv").symlink_to(tmp_path / "secret.csv")
    (inside / "folder").symlink_to(tmp_path)
    monkeypatch.delenv("NETSPEC_DATA", raising=False)
    return inside


@pytest.mark.parametrize(
    "name",
    [
        "../secret.csv",
        "deep/../../secret.csv",
        "deep/../deep/rows.csv",
        "link.csv",
        "folder/secret.csv",
        "/etc/passwd",
        "",
        "rows\0.csv",
    ],
)
def test_data_stays_in_its_folders(name: str, folders: Path) -> None:
    found = find(name, folders)
    assert isinstance(found, Unreadable)
    assert found.reason == "outside"


def test_an_absolute_path_is_refused_even_to_the_folder(folders: Path) -> None:
    found = find(str(folders / "deep" / "rows.csv"), folders)
    assert isinstance(found, Unreadable)


def test_data_is_found_where_it_may_be(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find("deep/rows.csv", folders) == folders / "deep" / "rows.csv"
    monkeypatch.setenv("NETSPEC_DATA", str(folders.parent))
    assert find("secret.csv", folders) == folders.parent / "secret.csv"
    assert isinstance(find("../secret.csv", folders), Unreadable)


@pytest.mark.parametrize("name", ["../secret.csv", "link.csv", "/etc/passwd", "folder/secret.csv"])
def test_a_spec_cannot_read_outside(name: str, folders: Path) -> None:
    spec = folders / "spy.net"
    spec.write_text(
        f'data {{\n  rows = csv("{name}")\n  x = rows.x\n  y = rows.y\n}}\nmodel {{ Linear(1) }}\n'
    )
    sink = Sink()
    source = driver.read(spec, sink)
    assert source is not None
    assert driver.check(source, sink) is None
    (found,) = sink.diagnostics
    assert "root" not in found.message
    assert found.code.startswith("NS5")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../secret.net", "NS2031"),
        ("deep/../../secret.net", "NS2031"),
        ("link.net", "NS2031"),
        ("folder/secret.net", "NS2031"),
        ("/etc/passwd", "NS2031"),
        ("", "NS2031"),
        ("rows\0.net", "NS2031"),
        ("deep", "NS2030"),
    ],
)
def test_imports_stay_in_the_folder_of_the_spec(name: str, code: str, folders: Path) -> None:
    secret = folders.parent / "secret.net"
    secret.write_text("block Secret { this is no spec\n")
    (folders / "link.net").symlink_to(secret)
    spec = folders / "spy.net"
    spec.write_text(f'import "{name}" as spied\n' + body("spied.Secret"))
    sink = Sink()
    source = driver.read(spec, sink)
    assert source is not None
    assert driver.check(source, sink) is None
    assert [diagnostic.code for diagnostic in sink.diagnostics] == [code]
    assert "no spec" not in repr(sink.diagnostics[0].message)


def test_data_folders_hold_no_specs(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETSPEC_DATA", str(folders / "deep"))
    (folders / "deep" / "blocks.net").write_text("block Head { Linear(2) }\n")
    spec = folders / "spec.net"
    spec.write_text('import "blocks.net" as lib\n' + body("lib.Head"))
    sink = Sink()
    source = driver.read(spec, sink)
    assert source is not None
    driver.check(source, sink)
    assert [diagnostic.code for diagnostic in sink.diagnostics] == ["NS2030"]


def test_the_environment_is_no_part_of_a_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "token-1234")
    text = 'param home = "$SECRET"\n' + body("Linear(2)")
    program = driver.check(Source("env.net", text), Sink(), {})
    assert program is not None
    assert dict(program.params)["home"] == "$SECRET"
    assert "token-1234" not in repr(program)
    assert os.environ["SECRET"] == "token-1234"
