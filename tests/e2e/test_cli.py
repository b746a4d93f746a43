"""The verbs through the real command: what they print, where, and how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

import netspec
from netspec import cli
from netspec.cli.explain import all_codes
from netspec.cli.new import TASKS

ROOT = Path(__file__).parent.parent.parent
MOONS = ROOT / "specs" / "two_moons.net"
VERB_FILES = set((ROOT / "netspec" / "cli").glob("[a-z]*.py")) - {
    ROOT / "netspec" / "cli" / name for name in ("complaints.py", "start.py", "verb.py")
}
VERBS = ("check", "run", "sample", "show", "export", "explain", "doc", "new", "test")

WRONG = "model {\n  input x: real[B, 8]\n  Linera(2)\n}\n"
GOOD = "param width = 4 in 2..8\n\nmodel {\n  input x: real[B, 8]\n  Linear(width)\n}\n"


def netspec_command(
    *arguments: str | Path, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "netspec", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def here(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """The command in this process: exit code, output, errors."""
    status = cli.main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong.net"
    file.write_text(WRONG, encoding="utf-8")
    return file


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.net"
    file.write_text(GOOD, encoding="utf-8")
    return file


# --- all verbs -----------------------------------------------------------------------------------


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert netspec.__version__ == settings["project"]["version"]
    assert here(capsys, "--version") == (0, f"netspec {netspec.__version__}\n", "")


@pytest.mark.parametrize("verb", VERBS)
def test_help_ends_in_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = here(capsys, verb, "--help")
    assert status == 0
    assert f"Example:\n  netspec {verb} " in out


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = here(capsys, "--help")
    assert all(f"\n  {verb} " in out for verb in VERBS)
    assert set(cli.VERBS) == set(VERBS) == {p.stem for p in VERB_FILES}


@pytest.mark.parametrize(
    "arguments",
    [
        ("chekc", "a.net"),
        ("check",),
        ("check", "a.net", "--format", "xml"),
        ("check", "a.net", "--set", "width"),
        ("run", "a.net", "--epochs", "0"),
        ("new", "a.net", "--task", "poetry"),
        ("explain", "NS0"),
    ],
)
def test_wrong_usage_is_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = here(capsys, *arguments)
    assert (status, out) == (2, "")
    assert "Error: " in err


@pytest.mark.parametrize("verb", ["check", "run", "show", "export"])
def test_a_wrong_spec_is_1(verb: str, wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = here(capsys, verb, wrong)
    assert (status, out) == (1, "")
    assert err.startswith("error[NS2")
    assert "`Linear`" in err


@pytest.mark.parametrize("verb", ["check", "run", "show", "export"])
def test_a_missing_spec_is_1(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "moons.net").write_text(GOOD, encoding="utf-8")
    status, out, err = here(capsys, verb, tmp_path / "mons.net")
    assert (status, out) == (1, "")
    assert err.startswith("error[NS0")
    assert "moons.net" in err


@pytest.mark.parametrize("verb", ["check", "run", "show", "export"])
def test_an_override_that_names_nothing_is_1(
    verb: str, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = here(capsys, verb, good, "--set", "widht=4")
    assert status == 1
    assert "`width`" in err


# --- a bug of ours -------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("netspec.driver.check", fail)


@pytest.mark.usefixtures("broken")
def test_a_bug_is_owned_up_to(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = here(capsys, "check", good)
    assert (status, out) == (70, "")
    assert "this is a bug in netspec" in err
    assert netspec.__version__ in err
    assert "report" in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("before", [True, False])
def test_a_traceback_only_when_asked_for(
    good: Path, capsys: pytest.CaptureFixture[str], *, before: bool
) -> None:
    words = ["--traceback", "check"] if before else ["check", "--traceback"]
    status, _, err = here(capsys, *words, good)
    assert status == 70
    assert "Traceback" in err
    assert "this is a bug in netspec" in err


def test_an_interrupt_is_130(
    good: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("netspec.driver.check", interrupt)
    status, _, err = here(capsys, "check", good)
    assert status == 130
    assert err.strip() == "interrupted"


# --- check ---------------------------------------------------------------------------------------


def test_check_says_ok(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert here(capsys, "check", good) == (0, f"{good}: ok (1 layer, 36 parameters)\n", "")


def test_check_takes_overrides(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = here(capsys, "check", good, "--set", "width=8")
    assert (status, "72 parameters" in out) == (0, True)
    status, _, err = here(capsys, "check", good, "--set", "width=9")
    assert (status, "2..8" in err) == (1, True)


def test_check_goes_on_to_the_other_files(
    good: Path, wrong: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = here(capsys, "check", wrong, good)
    assert status == 1
    assert out.startswith(f"{good}: ok")
    assert "Linera" in err


def test_check_gives_json(good: Path, wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = here(capsys, "check", wrong, good, "--format", "json")
    assert (status, err) == (1, "")
    (found,) = json.loads(out)["diagnostics"]
    assert found["code"].startswith("NS2")
    assert found["labels"][0]["start"]["line"] == 3
    status, out, _ = here(capsys, "check", good, "--format", "json")
    assert (status, json.loads(out)) == (0, {"diagnostics": []})


def test_no_colour_reaches_a_pipe(wrong: Path) -> None:
    done = netspec_command("check", wrong)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr


# --- show ----------------------------------------------------------------------------------------


def test_show_is_a_table(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = here(capsys, "show", good)
    assert (status, err) == (0, "")
    head, names, row, totals = (line.rstrip() for line in out.splitlines())
    assert head == "model(x: real[B, 8])"
    assert names.split() == ["line", "key", "layer", "output", "parameters"]
    assert row.split("  ")[-1].strip() == "36"
    assert "Linear(4, in_features=8)" in row
    assert "real[B, 4]" in row
    assert totals == "1 layer, 36 parameters"


def test_show_counts_a_shared_layer_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "twins.net"
    file.write_text(
        "model {\n  input a: real[B, 8]\n  input b: real[B, 8]\n"
        "  left = a -> tower: Linear(4)\n  right = b -> tower\n  left - right\n}\n",
        encoding="utf-8",
    )
    _, out, _ = here(capsys, "show", file)
    assert out.count("tower") == 2
    assert "1 layer, 36 parameters" in out


def test_show_tells_requirements(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "requires.net"
    file.write_text(
        "model {\n  input x: real[B, 3, H, W]\n  down = x -> MaxPool2d(2)\n"
        "  up = down -> ConvTranspose2d(3, 2, stride=2)\n  cat(x, up, dim=1)\n}\n",
        encoding="utf-8",
    )
    status, out, _ = here(capsys, "show", file)
    assert status == 0
    assert "requires" in out
    assert "H % 2 == 0" in out


# --- explain and new -----------------------------------------------------------------------------


def test_explain_shows_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    for number, known in all_codes().items():
        status, out, _ = here(capsys, "explain", number.lower())
        assert status == 0
        assert out.startswith(f"{number} {known.title}")


def test_explain_knows_the_near_miss(capsys: pytest.CaptureFixture[str]) -> None:
    number = next(iter(all_codes()))
    status, _, err = here(capsys, "explain", number + "1")
    assert status == 2
    assert "did you mean" in err
    assert number in err


def test_explain_alone_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = here(capsys, "explain")
    assert status == 0
    assert all(f"{number}  {known.title}\n" in out for number, known in all_codes().items())


@pytest.mark.parametrize("task", sorted(TASKS))
def test_new_writes_a_spec_that_checks(
    task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.net"
    assert here(capsys, "new", file, "--task", task)[0] == 0
    status, out, err = here(capsys, "check", file)
    assert (status, err) == (0, "")
    assert out.startswith(f"{file}: ok")
    assert f"netspec run {file}" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("task", sorted(TASKS))
def test_new_writes_a_spec_that_learns(task: str, tmp_path: Path) -> None:
    assert cli.main(["new", str(tmp_path / "mine.net"), "--task", task]) == 0
    run = netspec.load(tmp_path / "mine.net").train(epochs=5, runs=tmp_path / "runs")
    losses = [record["train.loss"] for record in run.history]
    assert losses[-1] < losses[0]


def test_new_overwrites_nothing(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = here(capsys, "new", good)
    assert status == 1
    assert "exists already" in err
    assert good.read_text(encoding="utf-8") == GOOD


def test_new_says_why_it_cannot_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = here(capsys, "new", tmp_path / "nowhere" / "a.net")
    assert status == 1
    assert "cannot write" in err


# --- run and export ------------------------------------------------------------------------------


def test_run_prints_its_epochs_and_its_table(tmp_path: Path) -> None:
    done = netspec_command("run", MOONS, "--epochs", "3", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "accuracy" in done.stdout
    assert "1,041" in done.stdout
    folder = tmp_path / "runs" / "two_moons-001"
    assert str(folder.relative_to(tmp_path)) in done.stdout
    written = {path.name for path in folder.iterdir()}
    assert {"spec.net", "metrics.jsonl", "weights.safetensors"} <= written
    assert {path.suffix for path in folder.iterdir()} >= {".png", ".py"}
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]


def test_run_takes_overrides_and_keeps_quiet(tmp_path: Path) -> None:
    arguments = ("run", MOONS, "--epochs", "1", "--set", "width=8", "--runs", tmp_path / "kept")
    loud = netspec_command(*arguments, cwd=tmp_path)
    quiet = netspec_command(*arguments, "--quiet", cwd=tmp_path)
    assert (loud.returncode, quiet.returncode) == (0, 0)
    assert len(quiet.stdout.splitlines()) < len(loud.stdout.splitlines())
    assert [path.name for path in sorted((tmp_path / "kept").iterdir())] == [
        "two_moons-001",
        "two_moons-002",
    ]
    kept = (tmp_path / "kept" / "two_moons-001" / "spec.net").read_text(encoding="utf-8")
    assert "param width = 8" in kept


def test_run_needs_data_and_a_plan(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = here(capsys, "run", good)
    assert status == 1
    assert err.startswith("error[NS6")
    assert "`data`" in err


def test_run_refuses_a_device_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = here(capsys, "run", MOONS, "--device", "tpu", "--runs", tmp_path)
    assert status == 1
    assert "`tpu`" in err


def test_an_interrupted_run_leaves_in_order(tmp_path: Path) -> None:
    """Ctrl-C ends the run after the step in progress, with its table and files."""
    running = subprocess.Popen(
        [sys.executable, "-u", "-m", "netspec", "run", str(MOONS), "--epochs", "1000000"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    metrics = tmp_path / "runs" / "two_moons-001" / "metrics.jsonl"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (metrics.exists() and metrics.stat().st_size):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out = running.communicate(timeout=60)[0]
    assert running.returncode in {0, 130}
    assert "accuracy" in out
    assert (metrics.parent / "weights.safetensors").exists()


def test_export_prints_or_writes_the_same(tmp_path: Path) -> None:
    printed = netspec_command("export", MOONS, "--to", "python")
    written = netspec_command("export", MOONS, "-o", tmp_path / "moons.py")
    assert (printed.returncode, written.returncode) == (0, 0)
    assert (tmp_path / "moons.py").read_text(encoding="utf-8") == printed.stdout
    compile(printed.stdout, "moons.py", "exec")
    assert "netspec" not in {
        word for line in printed.stdout.splitlines() if "import" in line for word in line.split()
    }


def test_export_of_a_spec_without_data_is_its_model(
    good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = here(capsys, "export", good)
    assert (status, err) == (0, "")
    assert "class Model(nn.Sequential):" in out
    assert "def main" not in out


def test_a_reader_that_goes_away_is_no_bug() -> None:
    done = subprocess.run(
        f"{sys.executable} -m netspec explain | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr


# --- limits --------------------------------------------------------------------------------------


@pytest.fixture
def long(tmp_path: Path) -> Path:
    file = tmp_path / "long.net"
    file.write_text("model {\n  input x: real[B, 4]\n  repeat 6000 { Linear(4) -> ReLU }\n}\n")
    return file


def test_a_limit_stops_a_spec_and_the_option_raises_it(
    capsys: pytest.CaptureFixture[str], long: Path
) -> None:
    status, _, errors = here(capsys, "check", long)
    assert (status, "NS0101" in errors) == (1, True)
    status, output, _ = here(capsys, "check", long, "--limit", "layers=12000")
    assert (status, "12,000 layers" in output) == (0, True)


@pytest.mark.parametrize("given", ["layer=3", "layers=many", "layers=-1", "layers"])
def test_a_limit_that_is_none_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], long: Path, given: str
) -> None:
    assert here(capsys, "check", long, "--limit", given)[0] == 2
