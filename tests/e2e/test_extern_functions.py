"""Functions of the user's own: called in bodies and losses as torch's, held against their types."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from export_pieces import complaints, recorded, run_alone
from extern_pieces import checked, loaded, only, placed, shown
from torch import Tensor, nn

import netspec

FUNCTIONS = '''"""Functions of mine."""

import torch
from torch import Tensor


def softcap(x: Tensor, cap: float = 30.0) -> Tensor:
    return cap * torch.tanh(x / cap)


def halves(x: Tensor, *, D: int) -> tuple[Tensor, Tensor]:
    return x[:, : D // 2], x[:, D // 2 :]


def near(x: Tensor, y: Tensor, size: tuple[int, int] = (1, 2)) -> Tensor:
    assert isinstance(size, tuple)
    return sum(size) * (x - y).pow(2).mean(1)


def apart(x: Tensor, y: Tensor, *, power: int) -> Tensor:
    return (x.gather(1, y[:, None]) ** power).mean()
'''
DECLARED = """
extern function softcap(cap: float = 30.0): real[...] -> real[...] from "mine:softcap"
extern function halves(
  ; D: int
): real[B, D] -> (real[B, D // 2], real[B, D // 2]) from "mine:halves"
extern function near(size: pair = (1, 2)): (real[B, D], real[B, D]) -> real[B] from "mine:near"
extern function apart(power: int): (real[B, C], index(C)[B]) -> real[] from "mine:apart"
"""
MODEL = """
block Cap(cap) {
  input x
  x -> Linear(8) -> softcap(cap=cap)
}
model {
  input x
  shift: Buffer(softcap(ones(8), 0.5))
  softcapped = x -> Cap(20) -> Cap(2.5)
  a, b = halves(softcapped + shift)
  far = near(a, b, (3, 4))
  scores = cat(b -> softcap, unsqueeze(far, 1), dim=1) -> Linear(2) -> softcap(5)
  output scores
}
"""
SPEC = (
    DECLARED
    + MODEL
    + """
data { make_moons(n_samples=120, noise=0.1) }
train {
  far       = apart(scores, y, power=2)
  loss      = CrossEntropyLoss(scores, y) + 0.1 * far
  optimizer = Adam(lr=0.01)
  batch     = 30
  epochs    = 2
  seed      = 3
}
"""
)


class ByHand(nn.Module):
    shift: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("shift", 0.5 * torch.tanh(torch.ones(8) / 0.5))
        self.cap_0 = nn.ModuleDict({"linear_0": nn.Linear(2, 8)})
        self.cap_1 = nn.ModuleDict({"linear_0": nn.Linear(8, 8)})
        self.linear_0 = nn.Linear(5, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = 20 * torch.tanh(self.cap_0["linear_0"](x) / 20)
        x = 2.5 * torch.tanh(self.cap_1["linear_0"](x) / 2.5) + self.shift
        far = 7 * (x[:, :4] - x[:, 4:]).pow(2).mean(1)
        x = torch.cat([30 * torch.tanh(x[:, 4:] / 30), far[:, None]], dim=1)
        made: Tensor = 5 * torch.tanh(self.linear_0(x) / 5)
        return made


def test_a_check_knows_its_types_and_imports_nothing(tmp_path: Path) -> None:
    path = placed(tmp_path, SPEC, mine="raise SystemExit")
    program, found = checked(path)
    assert not found
    assert program is not None
    assert program.model is not None
    assert [str(given) for given in program.model.graph.output_types] == ["real[B, 2]"]
    with pytest.raises(netspec.SpecError) as refused:
        netspec.load(path).build()
    assert only(refused.value.diagnostics).code == "NS6010"


def test_the_model_is_the_one_written_by_hand(tmp_path: Path) -> None:
    built = loaded(tmp_path, SPEC, mine=FUNCTIONS).build()
    wanted = ByHand()
    built.load_state_dict(wanted.state_dict(), strict=True)
    assert list(built.state_dict()) == list(wanted.state_dict())
    x = torch.randn(7, 2)
    assert torch.allclose(built(x), wanted(x), atol=1e-6)


def test_a_run_its_folder_and_its_script_agree(tmp_path: Path) -> None:
    spec = loaded(tmp_path, SPEC, mine=FUNCTIONS)
    run = spec.train(runs=tmp_path / "runs")
    script = tmp_path / "script.py"
    script.write_text(spec.export(), encoding="utf-8")
    assert "from mine import apart, halves, near, softcap" in script.read_text().splitlines()
    assert run_alone(script, importing=tmp_path) == recorded(run.history, run.metrics)
    assert complaints(script) == ""
    assert run.folder is not None
    copied = netspec.load(run.folder / "spec.net", allow=["mine"])
    assert copied.train(runs=tmp_path / "more").metrics == run.metrics


def test_two_files_may_have_functions_of_one_name(tmp_path: Path) -> None:
    other = (
        'extern function softcap(cap: float = 30.0): real[...] -> real[...] from "other:double"\n'
    )
    placed(tmp_path, other, other="def double(x, cap=30.0):\n    return 2 * x\n").rename(
        tmp_path / "lib.net"
    )
    text = 'import "lib.net" as lib\n' + DECLARED
    text += "model {\n  input softcap: real[B, 2]\n  softcap -> lib.softcap\n}\n"
    path = placed(tmp_path, text, mine=FUNCTIONS)
    built = netspec.load(path, allow=["mine", "other"]).build()
    assert torch.equal(built(softcap=torch.ones(1, 2)), torch.full((1, 2), 2.0))
    assert "from other import double" not in sys.modules


def test_a_value_may_have_the_name_of_a_function(tmp_path: Path) -> None:
    text = DECLARED + "model {\n  input x: real[B, 2]\n  softcap_of = x -> softcap(2)\n"
    text += "  h = softcap_of + 1\n  y = x -> softcap(cap=4)\n  h * y\n}\n"
    built = loaded(tmp_path, text, mine=FUNCTIONS).build()
    x = torch.randn(3, 2)
    wanted = (2 * torch.tanh(x / 2) + 1) * (4 * torch.tanh(x / 4))
    assert torch.allclose(built(x), wanted)


BODY = "\nmodel {\n  input x: real[B, 4]\n  Linear(4) -> mine\n}\n"
ANY = "extern function mine(): real[...] -> real[...]"


@pytest.mark.parametrize(
    ("code", "declaration", "module", "said", "places"),
    [
        ("NS6012", ANY, "def other(x):\n    return x\n", "has no `mine`", 2),
        ("NS6013", ANY, "from torch import nn\nmine = nn.ReLU()\n", "is to be a function", 2),
        ("NS6013", ANY, "class mine: ...\n", "is to be a function", 3),
        ("NS6013", ANY, "mine = 3\n", "is to be a function", 2),
        ("NS6014", ANY.replace("()", "(a: int = 1)"), "def mine(x): ...\n", "does not take", 3),
        ("NS6015", ANY, "def mine(x, a): ...\n", "needs the argument `a`", 3),
        (
            "NS6016",
            ANY.replace("()", "(a: int = 1)"),
            "def mine(x, a=2): ...\n",
            "is declared to be `1`",
            3,
        ),
        ("NS6017", ANY, "def mine(x):\n    return x.mean(1)\n", "does not give [B, 4]", 3),
        ("NS6017", ANY, "def mine(x):\n    return (x,)\n", "a `tuple` of one tensor", 3),
        ("NS6017", ANY, "def mine(x):\n    return x > 0\n", "does not give `real`", 3),
        ("NS6018", ANY, "def mine(x):\n    raise SystemExit(1)\n", "raised on [2, 4]", 3),
        ("NS6025", ANY, "def mine(*, x):\n    return x\n", "declares 1 tensor", 3),
        (
            "NS6026",
            ANY.replace("()", "(a: int = 1)"),
            "def mine(a=1):\n    return a\n",
            "takes a tensor there",
            3,
        ),
        ("NS6027", ANY, "def mine(x):\n    return x.mul_(2)\n", "changes the tensor", 3),
    ],
)
def test_a_declaration_that_is_not_true_is_told(
    code: str, declaration: str, module: str, said: str, places: int, tmp_path: Path
) -> None:
    path = placed(tmp_path, f'{declaration} from "mine:mine"{BODY}', mine=module)
    assert not checked(path)[1]
    program, found = checked(path, "mine")
    assert program is None
    told = only(found)
    assert told.code == code
    assert said in told.message
    assert len(told.labels) == places
    assert {"model.net", "mine.py"} >= set(shown(told))


def test_a_callable_is_a_function_too(tmp_path: Path) -> None:
    module = "from functools import partial\nimport torch\n\nmine = partial(torch.clamp, min=0.0)\n"
    text = f'{ANY} from "mine:mine"{BODY}'
    built = loaded(tmp_path, text, mine=module).build()
    assert (built(torch.randn(9, 4)) >= 0).all()
