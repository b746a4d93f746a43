"""What each function of `torch.nn.init` asks of the tensor it fills, and of its own bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# The fewest and the most dimensions; the others take any tensor.
RANKS: Mapping[str, tuple[int, int | None]] = {
    "eye": (2, 2),
    "dirac": (3, 5),
    "xavier_uniform": (2, None),
    "xavier_normal": (2, None),
    "kaiming_uniform": (2, None),
    "kaiming_normal": (2, None),
    "orthogonal": (2, None),
    "sparse": (2, 2),
}
# Functions that draw between the arguments `a` and `b`.
BOUNDED = frozenset({"uniform", "trunc_normal"})


def suits(name: str, arguments: Mapping[str, object], shape: Sequence[int]) -> str | None:
    """What the function wants that this shape is not, in words; none when it will do."""
    fewest, most = RANKS.get(name, (0, None))
    if len(shape) < fewest or (most is not None and len(shape) > most):
        if most is None:
            return f"at least {fewest} dimensions"
        return f"{fewest} dimensions" if fewest == most else f"{fewest} to {most} dimensions"
    groups = arguments.get("groups", 1)
    if name == "dirac" and isinstance(groups, int) and shape[0] % groups:
        return f"a first dimension that {groups} groups divide"
    return None


def bounds_crossed(name: str, arguments: Mapping[str, object]) -> bool:
    """Whether the lower bound is above the upper one."""
    low, high = arguments.get("a"), arguments.get("b")
    if name not in BOUNDED or not isinstance(low, int | float) or not isinstance(high, int | float):
        return False
    return low > high
