"""Data sets as the library `datasets` lays them out in its cache, in the test's own folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image


def picture(number: int, size: tuple[int, int] = (6, 8)) -> dict[str, Any]:
    """An image as a cell holds it; size (width, height)."""
    pixels = np.random.RandomState(number).randint(0, 256, (size[1], size[0], 3))
    stream = BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(stream, "png")
    return {"bytes": stream.getvalue(), "path": None}


def pets(rows: int) -> dict[str, Any]:
    """Columns of every form that is read."""
    count = np.arange(rows)
    return {
        "image": [picture(at) for at in range(rows)],
        "label": count % 2,
        "size": count / 7,
        "rooms": count % 3,
        "town": np.array(["a", "b"])[count % 2],
        "point": pl.Series(
            [[at, at + 1.0] for at in count.tolist()], dtype=pl.Array(pl.Float32, 2)
        ),
        "tags": pl.Series([[1] * (at % 3) for at in count.tolist()], dtype=pl.List(pl.Int64)),
    }


FEATURES = {
    "image": {"_type": "Image"},
    "label": {"names": ["cat", "dog"], "_type": "ClassLabel"},
    "size": {"dtype": "float64", "_type": "Value"},
    "rooms": {"dtype": "int64", "_type": "Value"},
    "town": {"dtype": "string", "_type": "Value"},
    "point": {"feature": {"dtype": "float32", "_type": "Value"}, "length": 2, "_type": "List"},
    "tags": {"feature": {"dtype": "int64", "_type": "Value"}, "_type": "List"},
}


def write_set(
    cache: Path, path: str, splits: Mapping[str, Mapping[str, Any]], config: str = "default"
) -> Path:
    """A set in the cache; gives its folder."""
    folder = cache / path.replace("/", "___") / config / "0.0.0" / "0123456789abcdef"
    folder.mkdir(parents=True)
    counts: dict[str, Any] = {}
    for split, columns in splits.items():
        frame = pl.DataFrame(dict(columns))
        file = folder / f"{path.split('/')[-1]}-{split}.arrow"
        frame.write_ipc_stream(file, compat_level=pl.CompatLevel.oldest())
        counts[split] = {"name": split, "num_examples": frame.height}
    names = next(iter(splits.values()))
    info = {
        "features": {name: FEATURES[name] for name in names},
        "config_name": config,
        "splits": counts,
    }
    (folder / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    return folder
