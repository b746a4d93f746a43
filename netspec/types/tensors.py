"""The type of a tensor: a kind and a shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netspec.types.dimensions import Dim
from netspec.types.kinds import Kind


@dataclass(frozen=True, slots=True)
class TensorType:
    """`kind[dims]`, batch dimension included."""

    kind: Kind
    shape: tuple[Dim, ...]

    @property
    def rank(self) -> int:
        """How many dimensions."""
        return len(self.shape)

    def with_kind(self, kind: Kind) -> TensorType:
        """The same shape holding another kind."""
        return TensorType(kind, self.shape)

    def substitute(self, values: Mapping[str, Dim]) -> TensorType:
        """The type with symbols replaced, in the shape and in `index(n)`."""
        size = None if self.kind.size is None else self.kind.size.substitute(values)
        kind = Kind(self.kind.name, size)
        return TensorType(kind, tuple(dim.substitute(values) for dim in self.shape))

    def dims(self) -> str:
        """The shape as it is written: `[B, 3]`."""
        return "[" + ", ".join(str(dim) for dim in self.shape) + "]"

    def __str__(self) -> str:
        return f"{self.kind}{self.dims()}"
