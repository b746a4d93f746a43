"""Kinds: what the numbers of a tensor are, and which kind accepts which."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.types.dimensions import Dim

FLOATS = frozenset({"real", "unit", "prob", "logprob"})
INTEGERS = frozenset({"index", "int"})
NAMES = FLOATS | INTEGERS | {"bool"}
PATTERNS = NAMES | {"score"}


@dataclass(frozen=True, slots=True)
class Kind:
    """`real`, `unit`, `prob`, `logprob`, `index(n)`, `int`, `bool`; in patterns also `score`.

    `size` is the n of `index(n)`; None elsewhere, and where n is not known. `score` is any float
    that is not known to be `unit`, `prob` or `logprob`.
    """

    name: str
    size: Dim | None = None

    @property
    def is_float(self) -> bool:
        """Whether torch holds it as a floating type."""
        return self.name in FLOATS

    @property
    def is_integer(self) -> bool:
        """Whether torch holds it as an integer type."""
        return self.name in INTEGERS

    def accepts(self, given: Kind) -> bool:
        """Whether a tensor of kind `given` may stand where this kind is declared.

        `index` sizes are compared by the caller, which can say more about them.
        """
        match self.name:
            case "real":
                return given.is_float
            case "score":
                return given.name == "real"
            case "unit":
                return given.name in {"unit", "prob"}
            case "int":
                return given.is_integer
            case _:
                return self.name == given.name

    def __str__(self) -> str:
        return f"{self.name}({self.size})" if self.size is not None else self.name
