"""Several models and phases against loops written by hand: the same weights, to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import netspec

SEED, BATCH, EPOCHS = 3, 8, 3

DCGAN = """
data {
  img = normal(0, 1, size=[24, 1, 8, 8])
}
model G {
  input z: real[B, 10]
  Unflatten(1, [10, 1, 1])
  ConvTranspose2d(8, 4, bias=false) -> BatchNorm2d -> ReLU
  ConvTranspose2d(1, 4, stride=2, padding=1, bias=false) -> Tanh
}
model D {
  input img: real[B, 1, 8, 8]
  Conv2d(8, 4, stride=2, padding=1, bias=false) -> LeakyReLU(0.2)
  Conv2d(1, 4, bias=false) -> Flatten
}
train {
  phase discriminator {
    fake      = randn(B, 10) -> G -> detach
    loss      = BCEWithLogitsLoss(img -> D, 0.9) + BCEWithLogitsLoss(fake -> D, 0)
    optimizer = Adam(lr=2e-4, betas=[0.5, 0.999])
    updates   = D
  }
  phase generator {
    loss      = BCEWithLogitsLoss(randn(B, 10) -> G -> D, 1)
    optimizer = Adam(lr=2e-4, betas=[0.5, 0.999])
    updates   = G
    clip      = 0.5
  }
  batch  = 8
  epochs = 3
  seed   = 3
}
"""
VAE = """
data {
  x = normal(0, 1, size=[24, 4])
}
model Encoder {
  h = x -> Linear(8) -> Tanh
  mu = h -> Linear(2)
  logvar = h -> Linear(2)
  output mu, logvar
}
model Decoder { Linear(8) -> Tanh -> Linear(4) }
train {
  mu, logvar = x -> Encoder
  x_hat      = mu + exp(0.5 * logvar) * randn_like(mu) -> Decoder
  recon      = mse_loss(x_hat, x, reduction="sum") / B
  kl         = -0.5 * sum(1 + logvar - mu ** 2 - exp(logvar)) / B
  loss       = recon + 0.1 * kl
  optimizer  = Adam(lr=1e-2)
  batch      = 8
  epochs     = 3
  seed       = 3
}
"""
SIAMESE = """
data {
  left  = normal(0, 1, size=[24, 4])
  right = normal(0, 1, size=[24, 4])
}
model Net {
  input v: real[B, 4]
  Linear(8) -> ReLU -> Linear(4)
}
train {
  a         = left -> Net
  b         = right -> Net
  loss      = mean((a - b) ** 2)
  optimizer = SGD(lr=1e-2, momentum=0.9)
  batch     = 8
  epochs    = 3
  seed      = 3
}
"""


def drawn(*shapes: tuple[int, ...]) -> Iterator[Tensor]:
    """The fields that `normal` draws, in the order of the text."""
    random = np.random.RandomState(SEED)
    for shape in shapes:
        yield torch.from_numpy(random.normal(0, 1, size=shape)).to(torch.float32)


def batches(*fields: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Every batch of the run, as the order of rows hangs on seed and epoch."""
    for epoch in range(EPOCHS):
        generator = torch.Generator().manual_seed(SEED * 1_000_003 + epoch)
        order = torch.randperm(len(fields[0]), generator=generator)
        shuffled = [field[order] for field in fields]
        yield from zip(*(torch.split(field, BATCH) for field in shuffled), strict=True)


def dcgan() -> nn.Module:
    """The tutorial's loop: all gradients are computed, those of the other model thrown away."""
    (img,) = drawn((24, 1, 8, 8))
    torch.manual_seed(SEED)
    generator = nn.Sequential(
        nn.Unflatten(1, (10, 1, 1)),
        nn.ConvTranspose2d(10, 8, 4, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1, bias=False),
        nn.Tanh(),
    )
    critic = nn.Sequential(
        nn.Conv2d(1, 8, 4, stride=2, padding=1, bias=False),
        nn.LeakyReLU(0.2),
        nn.Conv2d(8, 1, 4, bias=False),
        nn.Flatten(),
    )
    of_critic, of_generator = (
        torch.optim.Adam(model.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
        for model in (critic, generator)
    )
    compare = nn.BCEWithLogitsLoss()
    for (real,) in batches(img):
        critic.zero_grad()
        fake = generator(torch.randn(len(real), 10)).detach()
        said, lied = critic(real), critic(fake)
        loss = compare(said, torch.full_like(said, 0.9)) + compare(lied, torch.zeros_like(lied))
        loss.backward()
        of_critic.step()

        generator.zero_grad()
        said = critic(generator(torch.randn(len(real), 10)))
        compare(said, torch.ones_like(said)).backward()
        nn.utils.clip_grad_norm_(generator.parameters(), 0.5)
        of_generator.step()
    return nn.ModuleDict({"G": generator, "D": critic})


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear_0 = nn.Linear(4, 8)
        self.linear_1 = nn.Linear(8, 2)
        self.linear_2 = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.tanh(self.linear_0(x))
        return self.linear_1(h), self.linear_2(h)


def vae() -> nn.Module:
    (x,) = drawn((24, 4))
    torch.manual_seed(SEED)
    encoder = Encoder()
    decoder = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 4))
    both = nn.ModuleDict({"Encoder": encoder, "Decoder": decoder})
    optimizer = torch.optim.Adam(both.parameters(), lr=1e-2, fused=True)
    for (rows,) in batches(x):
        optimizer.zero_grad()
        mu, logvar = encoder(rows)
        rebuilt = decoder(mu + torch.exp(0.5 * logvar) * torch.randn_like(mu))
        recon = functional.mse_loss(rebuilt, rows, reduction="sum") / len(rows)
        kl = -0.5 * torch.sum(1 + logvar - mu**2 - torch.exp(logvar)) / len(rows)
        (recon + 0.1 * kl).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
    return both


def siamese() -> nn.Module:
    left, right = drawn((24, 4), (24, 4))
    torch.manual_seed(SEED)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4))
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-2, momentum=0.9, fused=True)
    for one, other in batches(left, right):
        optimizer.zero_grad()
        loss: Tensor = ((net(one) - net(other)) ** 2).mean()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
    return net


BY_HAND = {"dcgan": (DCGAN, dcgan), "vae": (VAE, vae), "siamese": (SIAMESE, siamese)}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_weights_are_those_of_a_loop_by_hand(name: str, tmp_path: Path) -> None:
    text, by_hand = BY_HAND[name]
    run = netspec.parse(text).train(runs=tmp_path)
    expected, given = by_hand().state_dict(), run.model.state_dict()
    assert list(given) == list(expected)
    for key, tensor in expected.items():
        assert torch.equal(given[key], tensor), key


def test_several_models_come_by_their_names(tmp_path: Path) -> None:
    spec = netspec.parse(DCGAN)
    whole, alone = spec.build(), spec.build(model="D")
    assert isinstance(whole, nn.ModuleDict)
    assert list(whole) == ["G", "D"]
    for key, tensor in alone.state_dict().items():
        assert torch.equal(tensor, whole["D"].state_dict()[key])
    with pytest.raises(ValueError, match="`G`, `D`"):
        spec.build(model="H")
    run = spec.train(runs=tmp_path, epochs=1)
    assert run.folder is not None
    assert (run.folder / "weights.safetensors").exists()
    with pytest.raises(ValueError, match=r'run.model\["G"\]'):
        run.predict(np.zeros((2, 10)))


def test_a_phase_moves_what_it_updates_and_nothing_else(tmp_path: Path) -> None:
    before, after = DCGAN.split("  phase generator")
    still = after.replace("Adam(lr=2e-4, betas=[0.5, 0.999])", "SGD(lr=0)")
    text = f"{before}  phase generator{still}"
    spec = netspec.parse(text)
    fresh = spec.build().state_dict()
    run = spec.train(epochs=1, runs=tmp_path)
    moved = {key for key, p in run.model.named_parameters() if not torch.equal(p, fresh[key])}
    assert moved == {"D.0.weight", "D.2.weight"}
