"""Scores to probabilities, within each row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def softmax(scores: Floats, axis: int) -> Floats:
    """Probabilities in proportion to the exponentials of scores, along a dimension."""
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    shares: Floats = powers / powers.sum(axis=axis, keepdims=True)
    return shares


def log_softmax(scores: Floats, axis: int) -> Floats:
    """The logarithms of these probabilities."""
    scores = scores - scores.max(axis=axis, keepdims=True)
    logarithms: Floats = scores - np.log(np.exp(scores).sum(axis=axis, keepdims=True))
    return logarithms
