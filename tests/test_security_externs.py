"""User code runs only by leave: what is imported, by whom, and after which words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXTERNS = """
extern layer Evil(a: int = 1): real[...] -> real[...] from "evil:Layer"
extern layer Inner(): real[...] -> real[...] from "evil_package.inner:Layer"
extern layer System(command: string): real[...] -> real[...] from "os:system"
extern loss EvilLoss(): (real[...], real[...]) -> real[] from "evil:Loss"
data {
  make_regression(n_samples=20, n_features=4)
}
model {
  Linear(4) -> Evil -> Inner -> System("touch imported") -> Linear(1)
}
train {
  loss      = EvilLoss
  optimizer = SGD
  epochs    = 1
}
"""
WATCHED = """
import sys

def watch(event, args):
    if event == "os.system" or (event == "import" and args[0].startswith("evil")):
        open("heard", "a").write(f"{event} {args[0]}\\n")

sys.addaudithook(watch)
sys.path.insert(0, ".")
"""
VERBS = """
from netspec.cli import main
for arguments in (["check"], ["check", "--format", "json"], ["show"], ["export"], ["run"]):
    main([*arguments, "externs.net"])
main(["explain", "NS6010"])
import netspec
spec = netspec.load("externs.net")
spec.export()
for verb in (spec.build, spec.train):
    try:
        verb()
    except netspec.SpecError as refused:
        assert [d.code for d in refused.diagnostics] == ["NS6010"]
    else:
        raise AssertionError("built without leave")
from netspec import codegen
from netspec.allowed import UserCodeError
for build in (
    lambda: codegen.build_model(spec.program.model, "x"),
    lambda: codegen.build_loss(spec.program.train.phases[0], "x"),
):
    try:
        build()
    except UserCodeError:
        pass
    else:
        raise AssertionError("built without leave")
assert not [name for name in sys.modules if name.startswith("evil")]
"""


EVIL = """
open("heard", "a").write(f"import {__name__}\\n")
class Layer: ...
Loss = Layer
"""


def heard(folder: Path, program: str) -> set[str]:
    """The imports of user modules, and the commands, that a program led to."""
    (folder / "evil_package").mkdir()
    for name in ("evil", "evil_package/__init__", "evil_package/inner", "evil_package/other"):
        (folder / f"{name}.py").write_text(EVIL)
    (folder / "externs.net").write_text(EXTERNS)
    ran = subprocess.run(
        [sys.executable, "-c", WATCHED + program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told = folder / "heard"
    return set(told.read_text().splitlines()) if told.exists() else set()


def shown(module: str) -> str:
    arguments = ["show", "externs.net", "--allow", module]
    return f"from netspec.cli import main\nassert main({arguments}) == 1\n"


def test_nothing_is_imported_without_leave(tmp_path: Path) -> None:
    assert heard(tmp_path, VERBS) == set()


def test_the_module_that_is_allowed_is_imported_and_no_other(tmp_path: Path) -> None:
    assert heard(tmp_path, shown("evil")) == {"import evil"}


def test_leave_for_a_package_is_leave_for_what_it_holds(tmp_path: Path) -> None:
    imported = {"import evil_package", "import evil_package.inner"}
    assert heard(tmp_path, shown("evil_package")) == imported


@pytest.mark.parametrize("name", ["evi", "evil.layers", "evil_package.other", "inner", "layers"])
def test_leave_for_another_module_is_none(name: str, tmp_path: Path) -> None:
    assert heard(tmp_path, shown(name).replace("== 1", "== 0")) == set()


def test_what_is_allowed_is_no_function_to_call(tmp_path: Path) -> None:
    """`os:system` is of the wrong sort even for who allows `os`: a layer is a class."""
    assert heard(tmp_path, shown("os")) == set()


def test_the_watch_can_hear(tmp_path: Path) -> None:
    listened = "import os\nos.system('true')\nimport evil\n"
    assert heard(tmp_path, listened) >= {"os.system b'true'", "import evil"}


def test_emitted_text_imports_torch_and_what_is_allowed() -> None:
    from netspec.codegen import emit

    assert emit._run("import torch.nn.functional as F\n", "x", ())["F"]
    for line in ("import os", "from os import system", "import torchvision", "import my_layers"):
        with pytest.raises(ImportError):
            emit._run(line, "x", ())


def test_a_module_is_not_taken_for_one_of_pythons_own(tmp_path: Path) -> None:
    """A file beside the spec hides no module of Python's from anybody else."""
    program = (
        "import os\nfrom netspec.cli import main\n"
        "open('colorsys.py', 'w').write('from evil import Layer')\n"
        "open('odd.net', 'w').write(open('externs.net').read().replace('evil:Loss', 'more:Loss'))\n"
        "open('more.py', 'w').write('import colorsys\\nassert colorsys.rgb_to_hsv')\n"
        "sys.path[:] = [path for path in sys.path if path not in {'', '.'}]\n"
        "main(['show', 'odd.net', '--allow', 'more'])\n"
        "assert 'evil' not in sys.modules\n"
        "assert not [path for path in sys.path if os.path.abspath(path) == os.getcwd()]\n"
    )
    assert heard(tmp_path, program) == set()
