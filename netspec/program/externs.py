"""Things that a spec declares and the user's own Python makes: `extern layer Snake ... from "m:S"`.

The front end knows their declarations only. What their Python says is asked of an `Inspector`,
which is there when the user allowed their modules, and only then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from netspec.diagnostics import Diagnostic
from netspec.source import Span
from netspec.types import TensorType

if TYPE_CHECKING:
    from netspec.program.graph import Literal, Weight


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternArgument:
    """An argument as declared; `default` is meant only where it is not `required`.

    `keyword`: it stands behind `;`, inferred or given by name.
    """

    name: str
    required: bool
    default: Literal = None
    keyword: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Extern:
    """A declaration whose Python the user brings.

    `head` is where it is declared, `origin` the text behind `from`, `signature` its types. `folder`
    is where modules are looked for first. `allowed`: its module may be imported. `tensors` is how
    many a function takes, before its arguments.
    """

    kind: str
    name: str
    module: str
    attribute: str
    arguments: tuple[ExternArgument, ...]
    head: Span
    origin: Span
    signature: Span | None
    folder: Path
    allowed: bool
    tensors: int = 0

    @property
    def target(self) -> str:
        """What the declaration has behind `from`."""
        return f"{self.module}:{self.attribute}"


class Inspector(Protocol):
    """Looks at the Python of declarations; handed to the analysis by who may import it."""

    def allows(self, module: str) -> bool:
        """Whether the user named this module."""

    def inspect(self, extern: Extern) -> Diagnostic | None:
        """What is wrong with its Python: where it is, what it is, what arguments it takes."""

    def weigh(
        self,
        extern: Extern,
        arguments: Sequence[tuple[str, Literal]],
        inputs: Sequence[TensorType],
        outputs: Sequence[TensorType],
    ) -> tuple[Weight, ...] | Diagnostic:
        """The weights of a layer or loss that makes `outputs` of `inputs`, or why it does not.

        A function has none.
        """
