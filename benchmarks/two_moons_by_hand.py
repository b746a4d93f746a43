"""What `netspec run specs/two_moons.net` does, as a careful person would script it.

The same data, model, seed, loop and files: metrics, weights, and the same three pictures. It is
what `benchmarks/startup.py` holds the whole command against.
"""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib
import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.datasets import make_moons
from torch import Tensor, nn

matplotlib.use("agg")
from matplotlib import pyplot

EPOCHS = 10
BATCH = 100


def network() -> nn.Sequential:
    """The model of specs/two_moons.net."""
    return nn.Sequential(
        *(nn.Linear(2, 20), nn.ReLU(), nn.BatchNorm1d(20)),
        *(nn.Linear(20, 20), nn.ReLU(), nn.BatchNorm1d(20)),
        *(nn.Linear(20, 20), nn.ReLU(), nn.BatchNorm1d(20)),
        *(nn.Linear(20, 1), nn.Sigmoid()),
    )


def train(model: nn.Module, x: Tensor, y: Tensor) -> list[dict[str, float]]:
    """Ten epochs of momentum, batches drawn by a permutation."""
    loss_of = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, fused=True)
    history = []
    for epoch in range(EPOCHS):
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(42 + epoch))
        total = torch.zeros(())
        right = torch.zeros(())
        for rows in torch.split(order, BATCH):
            prediction = model(x[rows]).squeeze(1)
            loss = loss_of(prediction, y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(rows)
            right += ((prediction.detach() > 0.5) == y[rows].bool()).sum()
        history.append({"loss": total.item() / len(x), "accuracy": right.item() / len(x)})
        print(epoch + 1, history[-1])
    return history


def draw(model: nn.Module, x: Tensor, y: Tensor, history: list[dict[str, float]]) -> None:
    """The curves, the decision boundary and the confusion matrix."""
    figure, both = pyplot.subplots(ncols=2, figsize=(8.8, 3.4))
    for name, axes in zip(("loss", "accuracy"), both, strict=True):
        axes.plot(range(1, EPOCHS + 1), [record[name] for record in history])
        axes.set(xlabel="epoch", ylabel=name)
    figure.savefig("curves.png")
    low, high = x.min(dim=0).values - 0.5, x.max(dim=0).values + 0.5
    across, up = np.meshgrid(
        np.linspace(low[0].item(), high[0].item(), 200),
        np.linspace(low[1].item(), high[1].item(), 200),
    )
    grid = torch.tensor(np.column_stack([across.ravel(), up.ravel()]), dtype=torch.float32)
    with torch.no_grad():
        height = model(grid).reshape(across.shape).numpy()
        predicted = (model(x).squeeze(1) > 0.5).long()
    figure, axes = pyplot.subplots()
    axes.contourf(across, up, height, levels=20, cmap="RdBu", alpha=0.7)
    axes.scatter(x[:, 0], x[:, 1], c=y, cmap="RdBu", edgecolors="k", s=15)
    figure.savefig("boundary.png")
    counts = torch.bincount(y.long() * 2 + predicted, minlength=4).reshape(2, 2)
    figure, axes = pyplot.subplots()
    axes.imshow(counts, cmap="Blues")
    for row in range(2):
        for column in range(2):
            axes.text(column, row, str(counts[row, column].item()), ha="center")
    figure.savefig("confusion.png")


def main() -> None:
    """Make the data, train, write everything into the working directory."""
    rows, labels = make_moons(n_samples=1000, noise=0.1, random_state=42)
    x = torch.tensor(rows, dtype=torch.float32)
    y = torch.tensor(labels, dtype=torch.float32)
    torch.manual_seed(42)
    model = network()
    history = train(model, x, y)
    model.eval()
    with torch.no_grad():
        right = ((model(x).squeeze(1) > 0.5) == y.bool()).float().mean().item()
    print("accuracy", right)
    Path("metrics.jsonl").write_text("".join(json.dumps(record) + "\n" for record in history))
    save_file(model.state_dict(), "weights.safetensors")
    draw(model, x, y, history)


if __name__ == "__main__":
    main()
