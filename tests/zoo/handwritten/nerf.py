"""The network of NeRF (Mildenhall et al., 2020, figure 7)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PositionalEncoding(nn.Module):
    """A point and the sines and cosines of its multiples: [B, 3] to [B, 3 + 6 * bands]."""

    scales: Tensor

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.register_buffer("scales", 2.0 ** torch.arange(bands), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        angles = x[:, None] * self.scales[:, None]
        waves = torch.stack([torch.sin(angles), torch.cos(angles)], dim=2)
        return torch.cat([x, waves.flatten(1)], dim=1)


class NeRF(nn.Module):
    def __init__(
        self,
        depth: int = 8,
        width: int = 256,
        skip: int = 4,
        point_bands: int = 10,
        view_bands: int = 4,
    ) -> None:
        super().__init__()
        points, views = 3 + 6 * point_bands, 3 + 6 * view_bands
        self.skip = skip
        self.encode_points = PositionalEncoding(point_bands)
        self.encode_views = PositionalEncoding(view_bands)
        self.pts_linears = nn.ModuleList([nn.Linear(points, width)])
        for i in range(1, depth):
            self.pts_linears.append(nn.Linear(width + points * (i == skip + 1), width))
        self.alpha_linear = nn.Linear(width, 1)
        self.feature_linear = nn.Linear(width, width)
        self.views_linear = nn.Linear(width + views, width // 2)
        self.rgb_linear = nn.Linear(width // 2, 3)

    def forward(self, points: Tensor, views: Tensor) -> tuple[Tensor, Tensor]:
        """The colour, [B, 3], and the density, [B], at points that are seen along views."""
        encoded = self.encode_points(points)
        h = encoded
        for i, layer in enumerate(self.pts_linears):
            h = F.relu(layer(h))
            if i == self.skip:
                h = torch.cat([encoded, h], dim=1)
        density = F.relu(self.alpha_linear(h)).squeeze(1)
        h = torch.cat([self.feature_linear(h), self.encode_views(views)], dim=1)
        h = F.relu(self.views_linear(h))
        return torch.sigmoid(self.rgb_linear(h)), density
