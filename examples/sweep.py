"""A story: how wide must the network be to tell the moons apart?

One spec, several values of its param; the spec stays as it is.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import netspec

SPEC = Path(__file__).parent.parent / "specs" / "two_moons.net"


def main(epochs: int = 5) -> dict[int, float]:
    """Train three widths and print the loss of each."""
    losses = {}
    with tempfile.TemporaryDirectory() as folder:
        for width in (4, 16, 64):
            spec = netspec.load(SPEC, params={"width": width})
            run = spec.train(epochs=epochs, runs=folder)
            losses[width] = run.history[-1]["train.loss"]
            print(f"width {width:>2}: loss {losses[width]:.4f}")
    return losses


if __name__ == "__main__":
    main()
