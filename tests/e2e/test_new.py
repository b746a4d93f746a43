"""`netspec new --from` and `--list`: models of the zoo to start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec import cli

ZOO = Path(__file__).parents[2] / "specs" / "zoo"


def here(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """The command in this process: exit code, output, errors."""
    status = cli.main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_a_model_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = (ZOO / "resnet18.net").read_text(encoding="utf-8")
    for arguments, file in (
        (["--from", "resnet18"], "resnet18.net"),
        (["mine.net", "--from", "resnet18"], "mine.net"),
        (["other.net", "--from", "resnet18.net"], "other.net"),
    ):
        status, out, err = here(capsys, "new", *arguments)
        assert (status, out, err) == (0, f"wrote {file}; next: netspec run {file}\n", "")
        assert Path(file).read_text(encoding="utf-8") == wanted


def test_a_file_that_exists_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("resnet18.net").write_text("mine", encoding="utf-8")
    status, out, err = here(capsys, "new", "--from", "resnet18")
    assert (status, out) == (1, "")
    assert "exists already" in err
    assert Path("resnet18.net").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "resnt18"), "did you mean `resnet18`?"),
        (("--from", "../resnet18"), "the zoo has no `../resnet18`"),
        (("--from", ""), "the zoo has no ``"),
        (("--from", "nothing like it"), "`netspec new --list` lists it"),
        (("a.net", "--from", "resnet18", "--task", "curve"), "`--task` or `--from`, not both"),
        (("--list", "a.net"), "`--list` stands alone"),
        (("--list", "--from", "resnet18"), "`--list` stands alone"),
        ((), "name the file to write"),
        (("--task", "curve"), "name the file to write"),
    ],
)
def test_wrong_uses(
    arguments: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = here(capsys, "new", *arguments)
    assert (status, out) == (2, "")
    assert said in err
    assert not list(tmp_path.iterdir())


def test_the_list_names_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = here(capsys, "new", "--list")
    assert status == 0
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(path.stem for path in ZOO.glob("*.net"))
    (line,) = (line for line in lines if line.startswith("resnet18 "))
    assert "11,689,512 parameters" in line
    text = (ZOO / "resnet18.net").read_text(encoding="utf-8")
    assert f" {len(text.splitlines())} lines " in line
    assert "ResNet-18 (He et al., 2015" in line
