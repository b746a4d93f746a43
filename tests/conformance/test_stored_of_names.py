"""What parameters and buffers are made of: constants by their names, and buffers above them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import einops
import torch
from test_stored import check_same, pair
from torch import Tensor, nn

import netspec
from netspec import codegen
from netspec.codegen.tensors import VIEWS

SCHEDULE = """
block Rotary(theta, d) {
  input x: real[B, T, D]
  place = arange(0, d, 2) / d
  speed = theta ** -place
  slow = clamp(speed, max=0.5)
  inv: Buffer(speed * slow, persistent=false)
  outer: Buffer(speed + 1)
  x * (cat(inv, outer, dim=0) + cat(speed, slow, dim=0))
}
model Noisy(steps=10) {
  input x: real[B, 4]
  betas: Buffer(linspace(1e-4, 0.02, steps))
  kept = cumprod(1 - betas, dim=0)
  signal: Buffer(sqrt(kept))
  few: Buffer(betas[:3])
  flat = 0.5 * ones(4)
  one: Parameter(flat)
  two: Parameter(flat)
  kept = kept + 1
  last: Buffer(kept[-1] * ones(4))
  y = x * (one + last) + two + signal[:4] + sum(few)
  y = y -> unsqueeze(1) -> first: Rotary(100.0, 4)
  y -> second: Rotary(10.0, 4)
}
"""


class Rotary(nn.Module):
    def __init__(self, theta: float) -> None:
        super().__init__()
        speed = theta ** -(torch.arange(0, 4, 2) / 4)
        self.register_buffer("inv", speed * speed.clamp(max=0.5), persistent=False)
        self.register_buffer("outer", speed + 1)
        self.theta = theta

    def forward(self, x: Tensor) -> Tensor:
        speed = self.theta ** -(torch.arange(0, 4, 2) / 4)
        inv, outer = self.get_buffer("inv"), self.get_buffer("outer")
        return x * (torch.cat([inv, outer]) + torch.cat([speed, speed.clamp(max=0.5)]))


class Noisy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        betas = torch.linspace(1e-4, 0.02, 10)
        kept = torch.cumprod(1 - betas, dim=0)
        self.register_buffer("betas", betas)
        self.register_buffer("signal", kept.sqrt())
        self.register_buffer("few", betas[:3].clone())
        self.one = nn.Parameter(0.5 * torch.ones(4))
        self.two = nn.Parameter(0.5 * torch.ones(4))
        self.register_buffer("last", (kept + 1)[-1] * torch.ones(4))
        self.first = Rotary(100.0)
        self.second = Rotary(10.0)

    def forward(self, x: Tensor) -> Tensor:
        signal, few, last = (self.get_buffer(name) for name in ("signal", "few", "last"))
        y = x * (self.one + last) + self.two + signal[:4] + few.sum()
        out: Tensor = self.second(self.first(y.unsqueeze(1)))
        return out


def test_what_is_stored_is_made_of_names_and_of_buffers() -> None:
    """Each has memory of its own: parameters of one name learn apart."""
    check_same(SCHEDULE, Noisy, torch.randn(3, 4))
    built, _ = pair(SCHEDULE, Noisy)
    places = [tensor.data_ptr() for tensor in built.state_dict().values()]
    assert len(set(places)) == len(places)


def test_what_only_buffers_are_made_of_is_computed_once() -> None:
    model = netspec.parse(SCHEDULE).program.model
    assert model is not None
    text = codegen.emit_models((model,))
    init, forward = text[text.index("class Noisy") :].split("def forward")
    assert init.count("cumprod") == 1
    assert "cumprod" not in forward


IN_A_SCAN = """
model {
  input x: real[B, T, 4]
  hs = scan step in x along 1 carry h = zeros(B, 4) {
    share = 0.1 * ones(4)
    rate = 1 - share
    kept: Buffer(rate / 2)
    h = kept * h + step
  }
  hs * 1
}
"""


def test_what_a_buffer_in_a_scan_is_made_of_is_computed_once() -> None:
    model = netspec.parse(IN_A_SCAN).program.model
    assert model is not None
    assert codegen.emit_model(model).count("0.1") == 1
    built = codegen.build_model(model, "spec")
    x = torch.randn(2, 3, 4)
    h, found = torch.zeros(2, 4), []
    for step in x.unbind(1):
        h = 0.45 * h + step
        found.append(h)
    torch.testing.assert_close(built(x), torch.stack(found, dim=1))


X = torch.ones(4, 6)
# A call of each function that arranges numbers anew, and of some that compute them.
CALLED: dict[str, Callable[[], Tensor | Sequence[Tensor]]] = {
    "broadcast_to": lambda: X.broadcast_to((2, 4, 6)),
    "chunk": lambda: X.chunk(2),
    "detach": lambda: X.detach(),
    "diagonal": lambda: X.diagonal(),
    "einsum": lambda: torch.einsum("ij->ji", X),
    "expand": lambda: X.expand(2, -1, -1),
    "flatten": lambda: X.flatten(),
    "float": lambda: X.float(),
    "getitem": lambda: X[:2],
    "meshgrid": lambda: torch.meshgrid(X[0], X[1], indexing="ij"),
    "movedim": lambda: X.movedim(0, 1),
    "moveaxis": lambda: X.moveaxis(0, 1),
    "narrow": lambda: X.narrow(0, 1, 2),
    "permute": lambda: X.permute(1, 0),
    "ravel": lambda: X.ravel(),
    "rearrange": lambda: einops.rearrange(X, "a b -> b a"),
    "reduce": lambda: einops.reduce(X, "a b -> b a", "mean"),
    "repeat": lambda: einops.repeat(X, "a b -> a b c", c=1),
    "reshape": lambda: X.reshape(24),
    "select": lambda: X.select(0, 1),
    "split": lambda: torch.split(X, 2),
    "squeeze": lambda: X.squeeze(0),
    "swapaxes": lambda: X.swapaxes(0, 1),
    "swapdims": lambda: X.swapdims(0, 1),
    "t": lambda: X.t(),
    "tensor_split": lambda: X.tensor_split(2),
    "transpose": lambda: X.transpose(0, 1),
    "unbind": lambda: X.unbind(),
    "unflatten": lambda: torch.unflatten(X, 0, (2, 2)),
    "unsqueeze": lambda: X.unsqueeze(0),
    "tile": lambda: X.tile(1, 1),
    "roll": lambda: X.roll(0),
    "flip": lambda: X.flip(0),
    "cat": lambda: torch.cat([X]),
    "stack": lambda: torch.stack([X]),
    "diag": lambda: X.diag(),
    "tril": lambda: X.tril(9),
    "clamp": lambda: X.clamp(min=0),
    "where": lambda: torch.where(X > 0, X, X),
    "abs": lambda: X.abs(),
    "pad": lambda: torch.nn.functional.pad(X, (0, 0)),
    "repeat_interleave": lambda: X.repeat_interleave(1, dim=0),
    "index_select": lambda: X.index_select(0, torch.arange(4)),
    "hstack": lambda: torch.hstack([X]),
    "rot90": lambda: X.rot90(4),
    "nan_to_num": lambda: X.nan_to_num(),
    "maximum": lambda: X.maximum(X),
}


def test_what_may_share_the_memory_it_is_given_is_known() -> None:
    """A tensor that is stored has its own: what such a function gives is copied."""
    kept = {X.untyped_storage().data_ptr()}
    for name in ("bool", "long"):
        given = X.bool() if name == "bool" else X.long()
        assert getattr(given, name)() is given
    found = {"bool", "long"}
    for name, call in CALLED.items():
        made = call()
        first = made if isinstance(made, Tensor) else made[0]
        if first.untyped_storage().data_ptr() in kept:
            found.add(name)
    assert found == VIEWS
