"""Parameters, buffers and tensors of layers against modules written by hand: keys, bits, a step."""

from __future__ import annotations

import fnmatch
import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

import netspec
from netspec import catalog, codegen
from netspec.catalog import left_out
from netspec.codegen.settling import condition
from netspec.program.state import held, state

CATALOG = catalog.load()


def pair(text: str, reference: Callable[[], nn.Module]) -> tuple[nn.Module, nn.Module]:
    """The built module and the reference, both begun from the same seed."""
    model = netspec.parse(text).program.model
    assert model is not None
    torch.manual_seed(7)
    built = codegen.build_model(model, "spec")
    torch.manual_seed(7)
    return built, reference()


def check_same(text: str, reference: Callable[[], nn.Module], *inputs: Tensor) -> None:
    """Keys in their order, bits of weights and outputs, and of the weights after a step of SGD."""
    built, written = pair(text, reference)
    _check_state(built, written)
    assert [name for name, _ in built.named_parameters()] == [
        name for name, _ in written.named_parameters()
    ]
    for module in (built, written):
        learned = [parameter for parameter in module.parameters() if parameter.requires_grad]
        optimizer = torch.optim.SGD(learned, lr=0.1)
        (module(*inputs) ** 2).mean().backward()
        optimizer.step()
    assert torch.equal(built(*inputs), written(*inputs))
    _check_state(built, written)
    written.load_state_dict(built.state_dict(), strict=True)


def _check_state(built: nn.Module, written: nn.Module) -> None:
    ours, theirs = built.state_dict(), written.state_dict()
    assert list(ours) == list(theirs)
    for key, tensor in ours.items():
        assert tensor.dtype == theirs[key].dtype, key
        assert torch.equal(tensor, theirs[key]), key


ENCODER = """
block Attention(d, longest=6) {
  input x: real[B, T, D]
  mask: Buffer(tril(ones(longest, longest)), persistent=false)
  q, k, v = x -> qkv: Linear(3 * d) -> split(d, dim=2)
  w = q @ transpose(k, 1, 2) / d ** 0.5
  w = masked_fill(w, mask[:T, :T] == 0, -1e9)
  softmax(w, dim=-1) @ v -> proj: Linear(d)
}
block Layer(d) {
  input x: real[B, T, D]
  h = x -> attn: Attention(d)
  gamma: Parameter(1e-2 * ones(d))
  gamma * h + x
}
model Encoder(d=8) {
  input x: real[B, 5, 3]
  cls_token: Parameter([1, 1, d], init=normal(std=0.02))
  steps: Buffer(arange(6))
  h = x -> embed: Linear(d)
  pos_embed: Parameter([1, 6, d], init=trunc_normal(std=0.02))
  h = cat(expand(cls_token, B, -1, -1), h, dim=1) + pos_embed
  h * unsqueeze(steps, 1)
  h: repeat 2 { Layer(d) }
  Linear(2 * d)
  last: Layer(2 * d)
}
"""


class HandAttention(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.register_buffer("mask", torch.ones(6, 6).tril(), persistent=False)
        self.qkv = nn.Linear(d, 3 * d)
        self.proj = nn.Linear(d, d)
        self.d = d

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).split(self.d, dim=2)
        w = q @ k.transpose(1, 2) / self.d**0.5
        w = w.masked_fill(self.get_buffer("mask") == 0, -1e9)
        out: Tensor = self.proj(w.softmax(dim=-1) @ v)
        return out


class HandLayer(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.attn = HandAttention(d)
        self.gamma = nn.Parameter(1e-2 * torch.ones(d))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.gamma * self.attn(x) + x
        return out


class HandEncoder(nn.Module):
    def __init__(self, d: int = 8) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.empty(1, 1, d))
        nn.init.normal_(self.cls_token, std=0.02)
        self.register_buffer("steps", torch.arange(6))
        self.embed = nn.Linear(3, d)
        self.pos_embed = nn.Parameter(torch.empty(1, 6, d))
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        self.h = nn.Sequential(HandLayer(d), HandLayer(d))
        self.linear_0 = nn.Linear(d, 2 * d)
        self.last = HandLayer(2 * d)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.cat([self.cls_token.expand(len(x), -1, -1), self.embed(x)], dim=1)
        h = (h + self.pos_embed) * self.get_buffer("steps").unsqueeze(1)
        out: Tensor = self.last(self.linear_0(self.h(h)))
        return out


def test_parameters_and_buffers_are_those_of_a_module_by_hand() -> None:
    check_same(ENCODER, HandEncoder, torch.randn(4, 5, 3))


READING = """
block Pair(d) {
  input x: real[B, D]
  fc: Linear(d) -> ReLU -> out: Linear(d)
}
model {
  input x: index(11)[B, T]
  wte: Embedding(6)
  -> mean(dim=1)
  pair: Pair(6)
  h: repeat 2 { Linear(6) -> Tanh }
  norm: BatchNorm1d
  -> matmul(h[0][0].weight * h[-1][0].bias + pair.fc.bias)
  -> matmul(transpose(wte.weight, 0, 1) + norm.running_mean[0])
}
"""


class HandPair(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.fc = nn.Linear(d, d)
        self.out = nn.Linear(d, d)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(self.fc(x).relu())
        return out


class HandReading(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.wte = nn.Embedding(11, 6)
        self.pair = HandPair(6)
        self.h = nn.Sequential(*(nn.Sequential(nn.Linear(6, 6), nn.Tanh()) for _ in range(2)))
        self.norm = nn.BatchNorm1d(6)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.h(self.pair(self.wte(x).mean(dim=1))))
        first, last = self.h[0][0], self.h[1][0]  # type: ignore[index]  # they are chains
        assert isinstance(first, nn.Linear)
        assert isinstance(last, nn.Linear)
        assert self.norm.running_mean is not None
        x = x @ (first.weight * last.bias + self.pair.fc.bias)
        out: Tensor = x @ (self.wte.weight.transpose(0, 1) + self.norm.running_mean[0])
        return out


def test_tensors_of_layers_are_read_as_by_hand() -> None:
    check_same(READING, HandReading, torch.randint(11, (4, 5)))


def test_a_container_is_given_a_tensor_of_the_body_around_it() -> None:
    text = """
    model {
      input x: real[B, 3]
      fc: Linear(3)
      gain: Parameter([3], init=ones)
      head: {
        Tanh -> matmul(fc.weight * gain)
        Linear(2)
      }
    }
    """
    assert "self.head(x, self.fc.weight, self.gain)" in netspec.parse(text).export()


GPT = """
block Mlp(d, std=0.02) {
  input x: real[B, T, D]
  fc: Linear(4 * d) -> GELU -> proj: Linear(d)
  init "*.weight" = normal(std=std)
  init "*.bias" = zeros
}
block Layer(d, std) {
  input x: real[B, T, D]
  x + (x -> ln: LayerNorm -> mlp: Mlp(d, std=std))
  freeze "ln.bias"
}
model Gpt(d=8, V=11, T=5) {
  input tokens: index(11)[B, 5]
  wpe: Parameter([T, d], init=normal(std=0.01))
  h = tokens -> wte: Embedding(d)
  h + wpe -> a: Layer(d, 0.02) -> b: Layer(d, 0.5) -> mid: (Linear(d) -> Tanh)
  ln_f: LayerNorm
  lm_head: Linear(V, bias=false)
  tie b.mlp.fc.bias = a.mlp.fc.bias
  tie lm_head.weight = wte.weight
  init "*.weight" = uniform(a=-0.1, b=0.1)
  init "*.l?.weight" = constant(2)
  init "mid.*.weight" = orthogonal(gain=0.5)
  freeze "wpe", "a.ln.*", "mid.0.bias", "*ln_f*"
}
"""


class HandMlp(nn.Module):
    def __init__(self, d: int, std: float) -> None:
        super().__init__()
        self.fc = nn.Linear(d, 4 * d)
        self.gelu = nn.GELU()
        self.proj = nn.Linear(4 * d, d)
        for linear in (self.fc, self.proj):
            nn.init.normal_(linear.weight, std=std)
            nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.proj(self.gelu(self.fc(x)))
        return out


class HandGptLayer(nn.Module):
    def __init__(self, d: int, std: float) -> None:
        super().__init__()
        self.ln = nn.LayerNorm(d)
        self.mlp = HandMlp(d, std)
        self.ln.bias.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.mlp(self.ln(x))
        return out


class HandGpt(nn.Module):
    def __init__(self, d: int = 8, words: int = 11) -> None:
        super().__init__()
        self.wpe = nn.Parameter(torch.empty(5, d).normal_(std=0.01))
        self.wte = nn.Embedding(words, d)
        self.a = HandGptLayer(d, 0.02)
        self.b = HandGptLayer(d, 0.5)
        self.mid = nn.Sequential(nn.Linear(d, d), nn.Tanh())
        self.ln_f = nn.LayerNorm(d)
        self.lm_head = nn.Linear(d, words, bias=False)
        self.lm_head.weight = self.wte.weight
        self.b.mlp.fc.bias = self.a.mlp.fc.bias
        for part in (self.wte, self.a, self.b):
            for name, parameter in part.named_parameters():
                if name == "ln.weight":
                    nn.init.constant_(parameter, 2)
                elif name.endswith("weight"):
                    nn.init.uniform_(parameter, -0.1, 0.1)
        nn.init.orthogonal_(self.mid.get_parameter("0.weight"), gain=0.5)
        nn.init.uniform_(self.ln_f.weight, -0.1, 0.1)
        for frozen in (self.wpe, *self.a.ln.parameters(), *self.ln_f.parameters()):
            frozen.requires_grad_(False)
        self.mid.get_parameter("0.bias").requires_grad_(False)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.b(self.a(self.wte(tokens) + self.wpe))
        out: Tensor = self.lm_head(self.ln_f(self.mid(x)))
        return out


def test_tied_filled_and_frozen_parameters_are_those_of_a_module_by_hand() -> None:
    check_same(GPT, HandGpt, torch.randint(11, (4, 5)))
    built, written = pair(GPT, HandGpt)
    learns = [{n: p.requires_grad for n, p in m.named_parameters()} for m in (built, written)]
    assert learns[0] == learns[1]
    model = netspec.parse(GPT).program.model
    assert model is not None
    found = state(model.graph)
    assert {one.name: one.learns for one in held(found)} == learns[0]
    assert built.get_parameter("lm_head.weight") is built.get_parameter("wte.weight")


def test_ties_hold_in_any_order_of_the_lines() -> None:
    lines = ["  tie a.weight = b.weight\n", "  tie b.weight = c.weight\n"]
    for order in (lines, lines[::-1]):
        text = """
        model {
          input x: real[B, 3]
          a: Linear(3) -> b: Linear(3) -> c: Linear(3)
        """
        built = netspec.parse(f"{text}{''.join(order)}}}").build()
        one = built.get_parameter("c.weight")
        assert built.get_parameter("a.weight") is built.get_parameter("b.weight") is one


def test_patterns_match_as_fnmatch_does() -> None:
    """However a pattern is written in Python, it is `fnmatch`'s."""
    names = ["a.weight", "a.bias", "b.0.weight", "b.0.bias", "b.1.norm.weight", "weight", "ab"]
    patterns = ["*", "**", "a*", "*a", "*a*", "a.*", "*.bias", "b.*", "b.?.*", "*.0.*", "a.weight"]
    patterns += ["[ab]", "[ab]*", "?", "*weight*", "b.*.weight", "w*t", ""]
    for pattern in patterns:
        test = condition("name", pattern)
        for name in names:
            found = test is None or eval(test, {"name": name, "fnmatch": fnmatch})
            assert found == fnmatch.fnmatchcase(name, pattern), (pattern, name)


def test_a_tied_model_is_saved_under_both_keys_and_loads_again(tmp_path: Path) -> None:
    data = "data { make_blobs(n_samples=30, n_features=4, centers=3, random_state=1) }"
    model = """
    model {
      input x
      a: Linear(4) -> Tanh -> b: Linear(4) -> Tanh -> Linear(3)
      tie b.weight = a.weight
      freeze "a.bias"
    }
    """
    train = "train { loss = CrossEntropyLoss; optimizer = Adam(lr=0.1); epochs = 2 }"
    spec = netspec.parse(f"{data}{model}{train.replace(';', chr(10))}")
    before = spec.build().get_parameter("a.bias").clone()
    run = spec.train(runs=tmp_path)
    assert run.folder is not None
    saved = load_file(run.folder / "weights.safetensors")
    assert torch.equal(saved["a.weight"], saved["b.weight"])
    fresh = spec.build()
    fresh.load_state_dict(saved, strict=True)
    assert fresh.get_parameter("a.weight") is fresh.get_parameter("b.weight")
    assert torch.equal(saved["a.bias"], before)
    assert run.parameters == 4 * 4 + 4 + 4 + 4 * 3 + 3


def test_a_frozen_norm_keeps_its_running_statistics_moving() -> None:
    text = """
    model {
      input x: real[B, 3]
      norm: BatchNorm1d -> Linear(2)
      freeze "norm.*"
    }
    """
    built = netspec.parse(text.replace("-> Linear", "-> head: Linear")).build()
    before = built.get_buffer("norm.running_mean").clone()
    built(torch.randn(8, 3) + 5)
    assert not torch.equal(built.get_buffer("norm.running_mean"), before)
    assert not built.get_parameter("norm.weight").requires_grad


@pytest.mark.parametrize("name", CATALOG.names("init"))
def test_an_initializer_has_torchs_arguments(name: str) -> None:
    entry = CATALOG.find("init", name)
    assert entry is not None
    function = getattr(nn.init, entry.target.rpartition(".")[2])
    theirs = {p.name: p for p in inspect.signature(function).parameters.values()}
    ours = {argument.name: argument for argument in entry.arguments}
    assert set(theirs) - set(ours) == {"tensor", *({"generator"} & set(theirs))}
    for argument in entry.arguments:
        default = theirs[argument.name].default
        wanted = catalog.REQUIRED if default is inspect.Parameter.empty else default
        assert argument.default == wanted


def test_every_initializer_is_declared_or_left_out() -> None:
    fill = {name[:-1] for name, found in vars(nn.init).items() if _fills(name, found)}
    assert fill == set(CATALOG.names("init"))
    others = {name for name, found in vars(nn.init).items() if _is_public(name, found)}
    aliases = {name for name in others if name in fill}
    assert others - aliases - {f"{name}_" for name in fill} == set(left_out.INITS)


def _is_public(name: str, found: object) -> bool:
    return inspect.isfunction(found) and found.__module__ == "torch.nn.init" and name[0] != "_"


def _fills(name: str, found: object) -> bool:
    return _is_public(name, found) and name.endswith("_")


SHAPES = [(), (4,), (3, 4), (4, 3, 2), (6, 4, 3, 3), (2, 2, 2, 2, 2), (2,) * 6]
ARGUMENTS = {
    "constant": ["val=0.5"],
    "sparse": ["sparsity=0.5", "sparsity=0.5, std=1.0"],
    "normal": ["", "std=0.02", "mean=1.0"],
    "uniform": ["", "a=-1.0, b=2.0", "b=-1.0"],
    "trunc_normal": ["", "std=0.02", "a=0.0, b=1.0", "a=1.0, b=0.0"],
    "dirac": ["", "groups=2", "groups=3"],
    "xavier_uniform": ["", "gain=2.0", "gain=-1.0"],
    "kaiming_normal": ["", 'mode="fan_out", nonlinearity="relu"', "a=0.2"],
}


def made(name: str, arguments: str, shape: tuple[int, ...]) -> Tensor | None:
    """What a spec begins with; None where it is refused."""
    text = f"""
    model {{
      input x: real[B, 1]
      p: Parameter([{", ".join(map(str, shape))}], init={name}({arguments}))
      x + sum(p)
    }}
    """
    if netspec.check(text):
        return None
    torch.manual_seed(3)
    return netspec.parse(text).build().get_parameter("p").detach()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", CATALOG.names("init"))
def test_what_torch_fills_is_filled_and_what_it_refuses_is_refused(
    name: str, shape: tuple[int, ...]
) -> None:
    function = getattr(nn.init, f"{name}_")
    for arguments in ARGUMENTS.get(name, [""]):
        torch.manual_seed(3)
        try:
            wanted = eval(f"function(torch.empty(shape), {arguments})", dict(locals(), torch=torch))
        except (ValueError, RuntimeError):
            wanted = None
        found = made(name, arguments, shape)
        assert (found is None) == (wanted is None), arguments
        if found is not None:
            assert torch.equal(found, wanted)
