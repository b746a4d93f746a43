"""The models of `specs/` in PyTorch written by hand: what the compiler is held against."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, which is projected where shapes differ."""

    def __init__(self, inplanes: int, planes: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            inplanes, planes, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or inplanes != planes:
            self.downsample = nn.Sequential(
                nn.Conv2d(inplanes, planes, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(planes),
            )

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        out = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(out)) + shortcut)


class ReferenceResNet18(nn.Module):
    """ResNet-18 with torchvision's keys."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._layer(64, 64, stride=1)
        self.layer2 = self._layer(64, 128, stride=2)
        self.layer3 = self._layer(128, 256, stride=2)
        self.layer4 = self._layer(256, 512, stride=2)
        self.fc = nn.Linear(512, classes)

    @staticmethod
    def _layer(inplanes: int, planes: int, stride: int) -> nn.Sequential:
        return nn.Sequential(
            ResidualBlock(inplanes, planes, stride), ResidualBlock(planes, planes, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        scores: Tensor = self.fc(x.mean(dim=(2, 3)))
        return scores


def reference_vgg11(classes: int = 1000, hidden: int = 4096) -> nn.Module:
    """VGG-11 with torchvision's keys."""
    features: list[nn.Module] = []
    channels = 3
    for width in (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"):
        if isinstance(width, str):
            features.append(nn.MaxPool2d(kernel_size=2, stride=2))
        else:
            features += [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU()]
            channels = width
    return _Vgg(
        nn.Sequential(*features),
        nn.Sequential(
            nn.Linear(512 * 7 * 7, hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(hidden, classes),
        ),
    )


class _Vgg(nn.Module):
    def __init__(self, features: nn.Sequential, classifier: nn.Sequential) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = classifier

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))
        return scores


def _twice(inputs: int, outputs: int) -> nn.Sequential:
    parts: list[nn.Module] = []
    for channels in (inputs, outputs):
        parts += [
            nn.Conv2d(channels, outputs, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        ]
    return nn.Sequential(*parts)


class ReferenceUNet(nn.Module):
    """U-Net of any depth; keys count the parts of each kind in the order they run."""

    def __init__(self, base: int = 64, depth: int = 4, classes: int = 2) -> None:
        super().__init__()
        self.depth = depth
        channels = 3
        for level in range(depth + 1):
            self.add_module(f"double_{level}", _twice(channels, base << level))
            channels = base << level
        for step in range(depth):
            width = base << (depth - 1 - step)
            self.add_module(f"conv_transpose2d_{step}", nn.ConvTranspose2d(channels, width, 2, 2))
            self.add_module(f"double_{depth + 1 + step}", _twice(2 * width, width))
            channels = width
        self.conv2d_0 = nn.Conv2d(channels, classes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        seen = []
        for level in range(self.depth):
            seen.append(self.get_submodule(f"double_{level}")(x))
            x = nn.functional.max_pool2d(seen[-1], 2)
        x = self.get_submodule(f"double_{self.depth}")(x)
        for step in range(self.depth):
            x = self.get_submodule(f"conv_transpose2d_{step}")(x)
            x = torch.cat((x, seen.pop()), dim=1)
            x = self.get_submodule(f"double_{self.depth + 1 + step}")(x)
        masks: Tensor = self.conv2d_0(x)
        return masks
