"""`netspec sample`: a language model goes on with a text, by the real command on tiny specs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from netspec import cli, codegen, runner, sampling
from netspec.diagnostics import Sink
from netspec.program.language import LanguageModel, language_model

RENDERED = Path(__file__).parents[1] / "cases" / "samples"
TEXT = "abcdefgh " * 60
WORDS = "I am here, and you are there. (It isn't so.) " * 30
TRAIN = """
train {
  loss      = CrossEntropyLoss
  optimizer = AdamW(lr=1e-2)
  batch     = 16
  epochs    = EPOCHS
}
"""
DATA = """
data {
  chars("play.txt") -> windows(8, stride=2)
  split(train=80%, val=20%)
}
"""
RECURRENT = """
model {
  input x
  Embedding(16)
  out, (h, c) = LSTM(24, batch_first=true)
  out -> Linear(9) -> movedim(-1, 1)
}
"""
ATTENTION = """
model {
  input x: index(V)[B, T]
  h = (x -> Embedding(16)) + (arange(T) -> Embedding(16, num_embeddings=32))
  q = h -> Linear(16)
  h = h + scaled_dot_product_attention(q, h, h, is_causal=CAUSAL)
  scores = h -> Linear(32) -> ReLU -> Linear(V)
  output scores
}
"""
# What is held against `y` is no longer as the model gives it.
FLAT = TRAIN.replace("CrossEntropyLoss", "cross_entropy(flatten(scores, 0, 1), flatten(y))")

SPECS = {
    "recurrent": DATA + RECURRENT + TRAIN.replace("EPOCHS", "14"),
    "attention": DATA
    + ATTENTION.replace("CAUSAL", "true")
    + FLAT.replace("epochs    = EPOCHS", "epochs = 40\n  ema = 0.8\n  checkpoint = 20"),
    "ahead": DATA + ATTENTION.replace("CAUSAL", "false") + FLAT.replace("EPOCHS", "1"),
    "words": DATA.replace('chars("play.txt")', 'text("words.txt")')
    + RECURRENT.replace("Linear(9)", "Linear(16)")
    + TRAIN.replace("EPOCHS", "20"),
    "numbers": """
data { make_regression(n_samples=20, n_features=3, random_state=1) }
model { Linear(1) }
train {
  loss      = MSELoss
  optimizer = SGD(lr=1e-3)
  epochs    = 1
}
""",
}

Sampled = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a spec's run, which is trained when it is first asked for."""
    root = tmp_path_factory.mktemp("specs")
    (root / "play.txt").write_text(TEXT, encoding="utf-8")
    (root / "words.txt").write_text(WORDS, encoding="utf-8")

    def run(name: str) -> Path:
        folder = root / "runs" / f"{name}-001"
        if not folder.exists():
            spec = root / f"{name}.net"
            spec.write_text(SPECS[name], encoding="utf-8")
            assert cli.main(["run", str(spec), "--quiet", "--runs", str(root / "runs")]) == 0
        return folder

    return run


@pytest.fixture
def copied(runs: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a run, alone in its folder: nothing that it was made from is beside it."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(runs(name), tmp_path / f"{name}-001"))

    return copy


@pytest.fixture
def sampled(capsys: pytest.CaptureFixture[str]) -> Sampled:
    """The command in this process: exit code, output, errors."""

    def sample(run: Path, *arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = cli.main(["sample", str(run), *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return sample


def speaker(run: Path) -> runner.Speaker:
    program = sampling.open_run(run, Sink())
    assert program is not None
    language = language_model(program)
    assert isinstance(language, LanguageModel)
    module = codegen.build_models(program.trained, "spec.net")
    runner.load_kept(module, run)
    return runner.Speaker(language, module, torch.device("cpu"), str(run))


# --- a text -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["recurrent", "attention"])
def test_a_model_goes_on_with_what_it_has_learned(
    name: str, copied: Callable[[str], Path], sampled: Sampled
) -> None:
    """Its text is gone: the characters are those that the run has kept."""
    run = copied(name)
    for prompt in ("c", "abc", "gh abcdefgh abc"):  # shorter than a window, and longer
        begins = (TEXT * 2).index(prompt) + len(prompt)
        wanted = prompt + (TEXT * 2)[begins : begins + 30] + "\n"
        assert sampled(run, "--prompt", prompt, "--tokens", 30, "--temperature", 0) == (
            0,
            wanted,
            "",
        )


def test_words_and_marks_are_set_as_a_text_sets_them(runs: Callable[[str], Path]) -> None:
    """The command in a process of its own."""
    options = ["--prompt", "I am here", "--tokens", "17", "--top-k", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "netspec", "sample", str(runs("words")), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    said = "I am here, and you are there. (It isn't so.) I am here"
    assert (done.returncode, done.stdout, done.stderr) == (0, said + "\n", "")


def test_the_same_seed_says_the_same(runs: Callable[[str], Path], sampled: Sampled) -> None:
    options = ("--prompt", "abc", "--tokens", 60, "--temperature", 3)
    first = sampled(runs("recurrent"), *options)
    assert first == sampled(runs("recurrent"), *options, "--seed", 0)
    other = sampled(runs("recurrent"), *options, "--seed", 1)
    assert other[0] == 0
    assert other != first
    assert sampled(runs("recurrent") / "spec.net", *options) == first


@pytest.mark.parametrize("name", ["recurrent", "attention"])
def test_scores_are_those_of_the_window_as_it_stands(
    name: str, runs: Callable[[str], Path]
) -> None:
    """A short window is filled up behind its end, which changes nothing before it."""
    asked = speaker(runs(name))
    whole = asked.scores([1, 2, 3, 4, 5, 6, 7, 8])
    assert whole.shape == (8, 9)
    for length in (1, 3, 8):
        short = asked.scores([1, 2, 3, 4, 5, 6, 7, 8][:length], filling=5)
        torch.testing.assert_close(short, whole[:length], rtol=1e-5, atol=1e-5)


def test_draws_follow_the_scores() -> None:
    scores = torch.tensor([0.0, 2.0, 1.0, -3.0], dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)

    def shares(chance: runner.Chance) -> torch.Tensor:
        drawn = [runner.generate.draw(scores, chance, generator) for _ in range(4000)]
        return torch.bincount(torch.tensor(drawn), minlength=4) / 4000

    def close(found: torch.Tensor, wanted: torch.Tensor) -> bool:
        return torch.allclose(found.double(), wanted, rtol=0, atol=0.03)

    assert close(shares(runner.Chance()), scores.softmax(0))
    warm = (scores / 2).softmax(0)
    assert close(shares(runner.Chance(temperature=2)), warm)
    best = torch.zeros(4, dtype=torch.float64)
    best[1:3] = scores[1:3].softmax(0)
    assert close(shares(runner.Chance(top_k=2)), best)
    assert shares(runner.Chance(temperature=1e-300)).tolist() == [0, 1, 0, 0]
    assert shares(runner.Chance(temperature=0)).tolist() == [0, 1, 0, 0]


def test_a_run_that_was_killed_speaks_by_its_checkpoint(
    copied: Callable[[str], Path], sampled: Sampled
) -> None:
    """The averaged weights are taken, as those at the end of a run are."""
    run = copied("attention")
    options = ("--prompt", "abc", "--tokens", 20, "--temperature", 2)
    wanted = sampled(run, *options)
    assert wanted[0] == 0
    raw = load_file(run / "weights_raw.safetensors")
    kept = load_file(run / "weights.safetensors")
    assert any(not torch.equal(raw[key], kept[key]) for key in kept)
    for name in ("weights.safetensors", "weights_raw.safetensors", "result.json"):
        (run / name).unlink()
    assert sampled(run, *options) == wanted


ZOO = Path(__file__).parents[2] / "specs" / "zoo"
SIZES = {
    "gpt2": "vocab=9 context=8 width=16 heads=2 depth=1",
    "llama": "vocab=9 width=16 hidden=16 heads=4 kv_heads=2 depth=1",
    "lstm_lm": "words=9 width=16",
    "rnn": "words=9 width=16",
    "wavenet": "levels=9 channels=4 skip=8 depth=2 stacks=2",
}


@pytest.mark.parametrize("name", SIZES)
def test_the_zoo_s_language_models_speak(name: str, tmp_path: Path, sampled: Sampled) -> None:
    """Those of attention, of recurrences and of convolutions, each on a text."""
    (tmp_path / "play.txt").write_text(TEXT, encoding="utf-8")
    text = (ZOO / f"{name}.net").read_text(encoding="utf-8")
    data = re.search(r"^data \{\n.*?^\}\n", text, re.MULTILINE | re.DOTALL)
    assert data is not None
    spec = tmp_path / f"{name}.net"
    spec.write_text(text.replace(data[0], DATA.strip() + "\n"), encoding="utf-8")
    given = [part for size in SIZES[name].split() for part in ("--set", size)]
    options = ["--quiet", "--epochs", "1", "--runs", str(tmp_path / "runs")]
    assert cli.main(["run", str(spec), *given, *options]) == 0
    status, out, err = sampled(tmp_path / "runs" / f"{name}-001", "--prompt", "ab", "--tokens", 20)
    assert (status, err) == (0, "")
    assert out.startswith("ab")
    assert len(out) == 2 + 20 + 1


# --- mistakes ---------------------------------------------------------------------------------


def nothing(run: Path) -> None:
    """Leave a run as it is."""


def without_weights(run: Path) -> None:
    for path in run.glob("*.safetensors"):
        path.unlink()


def cut_off(run: Path) -> None:
    content = (run / "weights.safetensors").read_bytes()
    (run / "weights.safetensors").write_bytes(content[: len(content) // 2])


def of_another(run: Path) -> None:
    weights = load_file(run / "weights.safetensors")
    save_file(
        {key: weight[1:].clone() for key, weight in weights.items()}, run / "weights.safetensors"
    )


def infinite(run: Path) -> None:
    weights = load_file(run / "weights.safetensors")
    save_file(
        {k: torch.full_like(w, torch.nan) for k, w in weights.items()}, run / "weights.safetensors"
    )


def older(run: Path) -> None:
    spec = run / "spec.net"
    spec.write_text(
        spec.read_text(encoding="utf-8").replace("Embedding(", "Embeding("), encoding="utf-8"
    )


def empty(run: Path) -> None:
    for path in run.iterdir():
        path.unlink()


MISTAKES: dict[str, tuple[str, str, Callable[[Path], object], tuple[str, ...]]] = {
    "no_folder": ("NS0080", "recurrent", shutil.rmtree, ("--prompt", "a")),
    "empty_folder": ("NS0080", "recurrent", empty, ("--prompt", "a")),
    "no_weights": ("NS0080", "recurrent", without_weights, ("--prompt", "a")),
    "strange_characters": ("NS0081", "recurrent", nothing, ("--prompt", "ROMEO:\n")),
    "strange_words": ("NS0081", "words", nothing, ("--prompt", "I was hear")),
    "no_prompt": ("NS0082", "recurrent", nothing, ()),
    "empty_prompt": ("NS0082", "recurrent", nothing, ("--prompt", "")),
    "blank_words": ("NS0082", "words", nothing, ("--prompt", "  ")),
    "older_spec": ("NS0083", "recurrent", older, ("--prompt", "a")),
    "no_language": ("NS7080", "numbers", nothing, ("--prompt", "a")),
    "nothing_to_sample": ("NS7084", "numbers", nothing, ()),
    "cut_off": ("NS7081", "recurrent", cut_off, ("--prompt", "a")),
    "of_another": ("NS7081", "recurrent", of_another, ("--prompt", "a")),
    "looks_ahead": ("NS7082", "ahead", nothing, ("--prompt", "a")),
    "infinite": ("NS7083", "recurrent", infinite, ("--prompt", "a")),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(
    name: str, copied: Callable[[str], Path], sampled: Sampled, update_goldens: bool
) -> None:
    code, spec, spoil, options = MISTAKES[name]
    run = copied(spec)
    spoil(run)
    status, out, err = sampled(run, *options)
    assert (status, out) == (1, "")
    assert f"error[{code}]" in err
    rendered = err.replace(str(run.parent), "runs")
    golden = RENDERED / f"{name}.txt"
    if update_goldens:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(rendered, encoding="utf-8")
    assert rendered == golden.read_text(encoding="utf-8")


def test_a_folder_of_runs_tells_its_runs(runs: Callable[[str], Path], sampled: Sampled) -> None:
    run = runs("recurrent")
    _, _, err = sampled(run.parent, "--prompt", "a")
    assert f"`{run}`" in err
    _, _, err = sampled(run.with_name("recurent-001"), "--prompt", "a")
    assert f"did you mean `{run}`?" in err


@pytest.mark.parametrize("content", ["", "[]", '{"a": []}', '{"a": [1]}', '{"a": 1}'])
def test_a_damaged_vocabulary_is_noticed(
    content: str, copied: Callable[[str], Path], sampled: Sampled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text of today, which has other characters, is not read in its stead."""
    run = copied("recurrent")
    (run / "vocabulary.json").write_text(content, encoding="utf-8")
    other = run.parent / "texts"
    other.mkdir()
    (other / "play.txt").write_text(TEXT.replace("a", "z"), encoding="utf-8")
    monkeypatch.setenv("NETSPEC_DATA", str(other))
    status, out, err = sampled(run, "--prompt", "b")
    assert (status, out) == (1, "")
    assert "`vocabulary.json` cannot be read: it is damaged" in err
    assert "error[NS0083]" in err


def test_a_run_of_several_texts_reads_them(copied: Callable[[str], Path], sampled: Sampled) -> None:
    run = copied("recurrent")
    (run / "vocabulary.json").write_text('{"a": ["a"], "b": ["b"]}', encoding="utf-8")
    status, _, err = sampled(run, "--prompt", "a")
    assert status == 1
    assert "error[NS5501]" in err
    assert "error[NS0083]" in err


@pytest.mark.parametrize(
    "options",
    [
        ("--tokens", "0"),
        ("--temperature", "-1"),
        ("--temperature", "nan"),
        ("--temperature", "inf"),
        ("--top-k", "0"),
        ("--seed", "-1"),
        ("--tokens", "x"),
    ],
)
def test_wrong_usage_is_2(options: tuple[str, ...], tmp_path: Path, sampled: Sampled) -> None:
    status, out, err = sampled(tmp_path, "--prompt", "a", *options)
    assert (status, out) == (2, "")
    assert "Error: " in err
