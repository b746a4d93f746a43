"""Near-miss names by Damerau-Levenshtein distance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

FARTHEST = 3


def distance(left: str, right: str) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours between two words.

    The optimal string alignment form: no substring is edited twice.
    """
    rows = [list(range(len(right) + 1))]
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def near(name: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """The one to three candidates nearest to `name`, best first; none beyond `FARTHEST`.

    Case alone costs nothing, and a short name may differ by less than half its letters.
    """
    farthest = min(FARTHEST, len(name) // 2)
    lower = name.lower()
    letters = Counter(lower)
    ranked: list[tuple[int, int, str]] = []
    for candidate in set(candidates):
        # Each edit mends one letter at most on either side: most names are told apart by that.
        other = candidate.lower()
        if abs(len(other) - len(lower)) > farthest or (letters - Counter(other)).total() > farthest:
            continue
        far = distance(lower, other)
        if far <= farthest:
            ranked.append((far, distance(name, candidate), candidate))
    ranked.sort()
    close = [(far, candidate) for far, _, candidate in ranked]
    # A name that differs in case alone is surely the one that was meant.
    slack = 1 if close and close[0][0] else 0
    return tuple(c for d, c in close if d <= close[0][0] + slack)[:3]


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """A help sentence naming the near misses, or none when nothing is near."""
    close = near(name, candidates)
    if not close:
        return None
    return "did you mean " + " or ".join(f"`{c}`" for c in close) + "?"
