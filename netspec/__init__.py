"""netspec: a small language for neural networks, checked before a tensor exists.

The public names are loaded when they are first used, so that `import netspec` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.spec import Spec, SpecError, check, load, parse

__version__ = "0.3.0"

__all__ = ["Spec", "SpecError", "__version__", "check", "load", "parse"]

_IN_SPEC = frozenset({"Spec", "SpecError", "check", "load", "parse"})


def __getattr__(name: str) -> object:
    """Load a public name on first use (PEP 562)."""
    if name not in _IN_SPEC:
        raise AttributeError(f"module `netspec` has no attribute `{name}`")
    from netspec import spec

    value: object = getattr(spec, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
