"""Dimensions and their algebra, shapes, kinds. No torch."""

from netspec.types.bounds import compare, divide, lowest, product
from netspec.types.dimensions import Dim, SizeTooLargeError
from netspec.types.kinds import Kind
from netspec.types.tensors import TensorType
from netspec.types.unification import Bindings, Capture, Clash, Fixed, Rest, broadcast, unify

__all__ = [
    "Bindings",
    "Capture",
    "Clash",
    "Dim",
    "Fixed",
    "Kind",
    "Rest",
    "SizeTooLargeError",
    "TensorType",
    "broadcast",
    "compare",
    "divide",
    "lowest",
    "product",
    "unify",
]
