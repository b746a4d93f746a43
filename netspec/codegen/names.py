"""Names in emitted text: checked, kept apart, and turned into Python's own spelling."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from torch import nn

# What emitted modules import.
IMPORTED = frozenset({"F", "Tensor", "einops", "nn", "torch"})

# Local names must not hide what a method's text may use.
LOCAL = IMPORTED | {"self"} | frozenset(dir(builtins))

# An attribute of these names would be a method of `nn.Module`, not the child.
TAKEN_BY_MODULE = frozenset(dir(nn.Module())) | frozenset(nn.Module.__annotations__)

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"0|[1-9][0-9]*")
_INDEXED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)((?:\[[A-Za-z0-9_, ]+\])+)")
_SHAPE = re.compile(r"[A-Za-z0-9_ ,.*/+()\[\]-]*")


class UnsafeNameError(ValueError):
    """A name that must not enter emitted text; the front end lets none through."""


def checked(name: str) -> str:
    """The same name, if it is an identifier and no keyword of Python.

    Raises UnsafeNameError otherwise.
    """
    if not _IDENTIFIER.fullmatch(name) or keyword.iskeyword(name):
        raise UnsafeNameError(f"{name!r} cannot be a name in Python")
    return name


def identifier(name: str) -> str:
    """A name of the language as one of Python: `lambda` as `lambda_`, `skip[0]` as `skip_0`.

    Raises UnsafeNameError for what is no name of the language.
    """
    indexed = _INDEXED.fullmatch(name)
    if indexed:
        name = "_".join([indexed[1], *re.findall(r"\w+", indexed[2])])
    return checked(f"{name}_" if keyword.iskeyword(name) else name)


def checked_shape(text: str) -> str:
    """The same shape, for a comment, if it holds nothing but sizes.

    Raises UnsafeNameError otherwise.
    """
    if not _SHAPE.fullmatch(text):
        raise UnsafeNameError(f"{text!r} is no shape")
    return text


def child_key(key: str) -> str:
    """A key of a child, checked: an identifier (keywords too), one and a number, or a number.

    Raises UnsafeNameError when the key is none, or when `nn.Module` has an attribute of this name.
    """
    # Python mangles a private name inside a class, so it would not stay the key it is.
    mangled = key.startswith("__")
    name, number = parted(key)
    listed = _IDENTIFIER.fullmatch(name) if number is not None else _NUMBER.fullmatch(key)
    if (_IDENTIFIER.fullmatch(key) or listed) and not mangled:
        if name in TAKEN_BY_MODULE:
            raise UnsafeNameError(f"`{key}` is an attribute of every module of PyTorch")
        return key
    raise UnsafeNameError(f"{key!r} cannot be a key")


def parted(key: str) -> tuple[str, int | None]:
    """A key of a list's item, `fc.0`, as the list's and the item's number; None of another key."""
    name, _, number = key.partition(".")
    return name, int(number) if _NUMBER.fullmatch(number) else None


def is_attribute(key: str) -> bool:
    """Whether `self.key` can be written."""
    return not key.isdecimal() and not keyword.iskeyword(key)


def camel_case(name: str) -> str:
    """`layer1` as `Layer1`, `self_attention` as `SelfAttention`; capitals stay."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) or "Part"


def unused(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or the first of `wanted_2`, `wanted_3`, ... that is not taken."""
    names = taken if isinstance(taken, set | frozenset | dict) else set(taken)
    if wanted not in names:
        return wanted
    stem = f"{wanted.rstrip('_')}_"
    number = 2
    while f"{stem}{number}" in names:
        number += 1
    return f"{stem}{number}"


def local(name: str, taken: Iterable[str] = ()) -> str:
    """A name for a variable or an argument that hides nothing."""
    wanted = identifier(name)
    return unused(f"{wanted}_" if wanted in LOCAL else wanted, taken)


def class_name(name: str, taken: Iterable[str], fallback: str) -> str:
    """A name for a class; one that would hide something else has `fallback` behind it."""
    wanted = camel_case(identifier(name))
    if wanted in LOCAL or keyword.iskeyword(wanted):
        wanted += fallback
    names = set(taken)
    number = 2
    numbered = wanted
    while numbered in names:
        numbered = f"{wanted}{number}"
        number += 1
    return checked(numbered)
