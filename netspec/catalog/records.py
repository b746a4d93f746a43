"""What binding and applying a catalogue entry take and give: plain records, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from netspec.types import Dim, TensorType

Value = int | float | bool | str | None | Dim | tuple["Value", ...]
Operand = TensorType | Value | tuple["Operand", ...]

# An argument that a call is written with though the text leaves it away.
Implied = int | bool | str | tuple[int, ...]

Nesting = tuple["int | Nesting", ...]

Reason = Literal[
    "unknown-argument",
    "missing-argument",
    "too-many",
    "twice",
    "type",
    "value",
    "count",
    "rank",
    "size",
    "kind",
    "unknown-size",
    "classes",
    "pattern",
    "axis",
    "readings",
]


class Missing(Enum):
    """The default of an argument that has none."""

    REQUIRED = "required"


REQUIRED = Missing.REQUIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A declared argument.

    `inferred`: found from the input, given by keyword only and then checked. `keyword_only` also
    holds for arguments after `;` that have a default.
    """

    name: str
    types: tuple[str, ...]
    default: Value | Missing = REQUIRED
    inferred: bool = False
    keyword_only: bool = False

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return self.default is REQUIRED and not self.inferred


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A fact about sizes that are not known yet: `left == right` or `left >= right`."""

    left: Dim
    right: Dim
    relation: Literal["==", ">="]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a call cannot be meant.

    `argument` is the keyword's name or the positional index at fault, `input` the index of the
    tensor at fault, `within` the part of a text argument; `replacement` is text for the whole call,
    when it is surely what was meant.
    """

    reason: Reason
    message: str
    argument: str | int | None = None
    input: int | None = None
    within: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    replacement: str | None = None

    def of_input(self, index: int) -> Refusal:
        """The same refusal blamed on input `index`."""
        return replace(self, input=index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Arguments by name, in declared order, defaults filled in.

    An inferred argument is among `values` only if it was given. `positional` and `keywords` are
    what was written.
    """

    values: Mapping[str, Value]
    given: frozenset[str]
    positional: tuple[Value, ...] = ()
    keywords: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What a call gives.

    `arguments` holds every argument, inferred ones included; for a function also its tensors.
    `weights` are (name, shape, learned) in `state_dict` order. `nesting` says how torch packs the
    outputs: `(0, (1, 2))` for an LSTM; an empty one is flat. `implied` are keyword arguments that a
    function's call must be written with though the text leaves them away; of a user's function, all
    that it is written with.
    """

    outputs: tuple[TensorType, ...]
    arguments: Mapping[str, Operand]
    weights: tuple[tuple[str, tuple[int, ...], bool], ...] = ()
    requirements: tuple[Need, ...] = ()
    nesting: Nesting = ()
    implied: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What an operator or a subscript gives."""

    type: TensorType
    requirements: tuple[Need, ...] = ()
