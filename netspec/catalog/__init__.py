"""The catalogue: what the prelude declares, looked up, bound to arguments, applied to types."""

from __future__ import annotations

from functools import cache

from netspec.catalog import operators
from netspec.catalog.declared import DeclaredEntry, Overlay, declared
from netspec.catalog.entries import Catalog, Entry
from netspec.catalog.records import (
    REQUIRED,
    Application,
    Argument,
    Bound,
    Need,
    Operand,
    Operation,
    Refusal,
    Value,
)

__all__ = [
    "REQUIRED",
    "Application",
    "Argument",
    "Bound",
    "Catalog",
    "DeclaredEntry",
    "Entry",
    "Need",
    "Operand",
    "Operation",
    "Overlay",
    "Refusal",
    "Value",
    "declared",
    "load",
    "operators",
]


@cache
def load() -> Catalog:
    """The catalogue of the installed prelude; declarations are parsed when first asked for."""
    return Catalog()
