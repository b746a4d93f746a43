"""Texts as token ids, and windows over them: plain functions, each whole in itself.

Exported scripts hold the text of these very functions, as they do those of `reading`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from netspec.data.reading import Array, Columns


def read_chars(path: Path) -> Array:
    """The characters of a text file, each as its place among the distinct ones in order."""
    text = path.read_text(encoding="utf-8-sig")
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    return np.unique(points, return_inverse=True)[1].astype(np.int64)


def read_words(path: Path) -> Array:
    """The words and marks of a text file, each as its place among the distinct ones in order."""
    words = re.findall(r"\w+|[^\w\s]", path.read_text(encoding="utf-8-sig"))
    places = {word: place for place, word in enumerate(sorted(set(words)))}
    return np.fromiter(map(places.__getitem__, words), dtype=np.int64, count=len(words))


def cut_windows(tokens: Array, n: int, stride: int | None = None) -> Columns:
    """Windows of n tokens, `stride` apart (n without one), and what follows each token as `y`.

    Both are views, (windows, n): neighbouring windows share the memory of `tokens`.
    """
    tokens = np.array(tokens)
    view = np.lib.stride_tricks.sliding_window_view(tokens, n + 1, writeable=True)
    windows = view[:: stride or n]
    return {"x": windows[:, :-1], "y": windows[:, 1:]}
