"""VGG-11, written by hand (Simonyan and Zisserman, 2014, table 1, column A)."""

from __future__ import annotations

from torch import Tensor, nn


class VGG11(nn.Module):
    def __init__(self, classes: int = 1000, width: int = 64, hidden: int = 4096) -> None:
        super().__init__()
        features: list[nn.Module] = []
        channels = 3
        for planes, convolutions in ((1, 1), (2, 1), (4, 2), (8, 2), (8, 2)):
            for _ in range(convolutions):
                features.append(nn.Conv2d(channels, planes * width, 3, padding=1))
                features.append(nn.ReLU(inplace=True))
                channels = planes * width
            features.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*features)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(8 * width * 7 * 7, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(hidden, classes),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]  # there is one
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.01)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.avgpool(self.features(x))
        x = x.flatten(1)
        out: Tensor = self.classifier(x)
        return out
