"""DCGAN, written by hand (Radford, Metz and Chintala, 2015)."""

from __future__ import annotations

from torch import Tensor, nn


def weights_init(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


class Generator(nn.Module):
    def __init__(
        self,
        latent: int = 100,
        width: int = 128,
        channels: int = 3,
        start: int = 4,
        stages: int = 4,
    ) -> None:
        super().__init__()
        c = width * 2 ** (stages - 1)
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(latent, c, start, bias=False),
            nn.BatchNorm2d(c),
            nn.ReLU(),
        ]
        for _ in range(stages - 1):
            layers += [
                nn.ConvTranspose2d(c, c // 2, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(c // 2),
                nn.ReLU(),
            ]
            c //= 2
        layers += [nn.ConvTranspose2d(c, channels, 4, stride=2, padding=1), nn.Tanh()]
        self.main = nn.Sequential(*layers)
        self.apply(weights_init)

    def forward(self, z: Tensor) -> Tensor:
        out: Tensor = self.main(z[:, :, None, None])
        return out


class Discriminator(nn.Module):
    def __init__(
        self, width: int = 128, channels: int = 3, start: int = 4, stages: int = 4
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
        ]
        c = width
        for _ in range(stages - 1):
            layers += [
                nn.Conv2d(c, c * 2, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(c * 2),
                nn.LeakyReLU(0.2),
            ]
            c *= 2
        self.main = nn.Sequential(*layers)
        self.out = nn.Linear(c * start * start, 1)
        self.apply(weights_init)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.out(self.main(x).flatten(1))
        return out
